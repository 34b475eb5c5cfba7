"""Reading a template.

JSON or YAML with CloudFormation's short forms, and the checks that need no parameters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from infra.embedded.cloudformation import aws_types
from infra.embedded.cloudformation.errors import InsufficientCapabilities, ValidationError
from infra.embedded.refusals import NotImplementedHere

_FORMAT = "Template format error: "
_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    }
)
_IAM_NAMES: Mapping[str, str | None] = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}


@dataclass(frozen=True, slots=True)
class Template:
    """A template's text and its parsed sections."""

    body: str
    data: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        """The section as a mapping; an absent one is empty."""
        return self.data.get(name) or {}

    @property
    def resources(self) -> Mapping[str, Any]:
        """Logical ID to definition."""
        return self.section("Resources")

    @property
    def capabilities(self) -> list[str]:
        """What the caller must acknowledge: nothing, CAPABILITY_IAM, or CAPABILITY_NAMED_IAM."""
        iam = [definition for definition in self.resources.values() if definition["Type"] in _IAM_NAMES]
        if any(_IAM_NAMES[made["Type"]] in (made.get("Properties") or {}) for made in iam):
            return ["CAPABILITY_NAMED_IAM"]
        return ["CAPABILITY_IAM"] if iam else []

    @property
    def essence(self) -> Mapping[str, Any]:
        """What an update would act on: without descriptions and metadata."""
        return {name: self.section(name) for name in ("Resources", "Outputs", "Conditions", "Mappings")}


def require_capabilities(template: Template, given: list[str]) -> None:
    """Raise InsufficientCapabilities unless what the template needs was acknowledged."""
    for needed in template.capabilities:
        enough = {needed, "CAPABILITY_NAMED_IAM"}
        if not enough & set(given):
            raise InsufficientCapabilities(needed)


def read(body: str, known_types: frozenset[str]) -> Template:
    """Parse and check a template. Raises ValidationError in AWS's words."""
    template = Template(body, _parse(body))
    _check_sections(template)
    _check_resources(template, known_types)
    return template


def _parse(body: str) -> Mapping[str, Any]:
    try:
        data = json.loads(body) if body.lstrip().startswith("{") else yaml.load(body, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except json.JSONDecodeError as error:
        place = f"(line {error.lineno}, column {error.colno})"
        raise ValidationError(f"{_FORMAT}JSON not well-formed. {place}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValidationError(f"{_FORMAT}YAML not well-formed.{place}") from error
    except yaml.YAMLError as error:
        raise ValidationError(f"{_FORMAT}YAML not well-formed.") from error
    if not isinstance(data, dict):
        raise ValidationError(f"{_FORMAT}unsupported structure.")
    return data


def _check_sections(template: Template) -> None:
    unknown = sorted(set(template.data) - _SECTIONS)
    if unknown:
        raise ValidationError(f"Invalid template property or properties [{', '.join(map(str, unknown))}]")
    if template.data.get("Transform"):
        raise NotImplementedHere(f"cloudformation: the template transform {template.data['Transform']}")
    for name in _SECTIONS - {"AWSTemplateFormatVersion", "Description", "Transform"}:
        if not isinstance(template.section(name), dict):
            raise ValidationError(f"{_FORMAT}[/{name}] section must be an object.")
    if not template.resources:
        raise ValidationError(f"{_FORMAT}At least one Resources member must be defined.")


def _check_resources(template: Template, known_types: frozenset[str]) -> None:
    for logical_id, definition in template.resources.items():
        if not str(logical_id).isalnum():
            raise ValidationError(f"{_FORMAT}Resource name {logical_id} is non alphanumeric.")
        if not isinstance(definition, dict) or not isinstance(definition.get("Type"), str):
            place = f"[/Resources/{logical_id}]"
            raise ValidationError(f"{_FORMAT}{place} Every Resources object must contain a Type member.")
    _check_types({definition["Type"] for definition in template.resources.values()} - known_types)


def _check_types(others: set[str]) -> None:
    """Refuse types that are not made here: AWS's own as not emulated, made-up ones as AWS refuses them."""
    unknown = sorted(name for name in others if not aws_types.exists_on_aws(name))
    if unknown:
        raise ValidationError(f"{_FORMAT}Unrecognized resource types: [{', '.join(unknown)}]")
    if others:
        raise NotImplementedHere(f"cloudformation: the resource type {', '.join(sorted(others))}")


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: dates stay text, and `!Sub` and its like become `{"Fn::Sub": ...}`."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)

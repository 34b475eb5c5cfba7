"""Reads a CloudFormation template, YAML or JSON, into plain data with long-form intrinsics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from infra.packaging.errors import NotATemplateError, TemplateNotFoundError, UnreadableTemplateError
from infra.packaging.plain import called, check_plain

SECTIONS = ("Metadata", "Parameters", "Mappings", "Conditions", "Resources", "Outputs")
STUMBLES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What PyYAML and json raise, besides errors of their own, for a value that they cannot make, such as 0x_."""
SHORT_WITHOUT_PREFIX = {"Ref", "Condition"}  # every other short form, `!Sub`, means `Fn::Sub`


def read_template(path: Path) -> dict[str, Any]:
    """Return the template at `path` as data; raise a PackagingError that says where it is wrong."""
    if not path.is_file():
        raise TemplateNotFoundError(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableTemplateError(path, 0, 0, f"it is not UTF-8 text ({error.reason})") from error
    template = _parse_json(path, text) if text.lstrip().startswith("{") else _parse_yaml(path, text)
    return _checked(path, template)


def _checked(path: Path, template: Any) -> dict[str, Any]:
    if not isinstance(template, dict):
        raise NotATemplateError(path, f"it holds a {type(template).__name__} where a mapping is due")
    check_plain(path, template)
    if not template.get("Resources"):
        raise NotATemplateError(path, "it has no Resources")
    for section in SECTIONS:
        _require_mapping(path, f"its {section}", template.get(section, {}), "are")
    for name, parameter in template.get("Parameters", {}).items():
        _require_mapping(path, f"its parameter {name}", parameter, "is")
    for name, resource in template["Resources"].items():
        _require_mapping(path, f"its resource {name}", resource, "is")
        if not isinstance(resource.get("Type"), str):
            raise NotATemplateError(path, f"its resource {name} has no Type, such as AWS::Lambda::Function")
        _require_mapping(
            path, f"the Properties of its resource {name}", resource.get("Properties", {}), "are"
        )
    return template


def _require_mapping(path: Path, what: str, value: Any, verb: str) -> None:
    if not isinstance(value, dict):
        found = "empty" if value is None else called(value)
        raise NotATemplateError(
            path, f"{what} {verb} {found} where a mapping is due; look at the indentation"
        )


def _parse_json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableTemplateError(path, error.lineno, error.colno, error.msg) from error
    except STUMBLES as error:
        raise UnreadableTemplateError(path, 0, 0, _in_one_line(error)) from error


def _parse_yaml(path: Path, text: str) -> Any:
    try:
        return yaml.load(text, Loader=_CloudFormationLoader)  # noqa: S506 - a SafeLoader, below
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise UnreadableTemplateError(path, line, column, str(error.problem)) from error
    except (yaml.YAMLError, *STUMBLES) as error:
        raise UnreadableTemplateError(path, 0, 0, _in_one_line(error)) from error


def _in_one_line(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())


class _CloudFormationLoader(yaml.SafeLoader):
    """Safe YAML with CloudFormation's tags, dates as text (`Version: 2012-10-17`), and no key given twice."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's
        """Make a value; one that cannot be made is an error with its line and column."""
        try:
            return super().construct_object(node, deep=deep)
        except STUMBLES as error:
            if not isinstance(node, yaml.ScalarNode):
                raise
            value = node.value[:40]
            problem = f"{value} cannot be read as {node.tag.rpartition(':')[2]}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error


_CloudFormationLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _intrinsic(loader: _CloudFormationLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value = _value(loader, node)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in SHORT_WITHOUT_PREFIX else f"Fn::{suffix}": value}


def _value(loader: _CloudFormationLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return _mapping(loader, node)


def _mapping(loader: _CloudFormationLoader, node: yaml.Node) -> dict[Any, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise yaml.constructor.ConstructorError(None, None, "expected a mapping", node.start_mark)
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key.value} is given twice", key.start_mark)
        seen.add(str(key.value))
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_CloudFormationLoader.add_multi_constructor("!", _intrinsic)
_CloudFormationLoader.add_constructor("tag:yaml.org,2002:map", _mapping)

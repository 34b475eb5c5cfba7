"""Intrinsic functions: what a template's values come to, and which resources they depend on."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infra.embedded.cloudformation.errors import ValidationError
from infra.embedded.cloudformation.template import Template
from infra.embedded.refusals import NotImplementedHere

NO_VALUE: Final = object()
_SUB = re.compile(r"\$\{(!?)([^{}]*)\}")
_CONDITION_FUNCTIONS = frozenset({"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or", "Condition"})


@dataclass(frozen=True, slots=True)
class Attributes:
    """What of a made resource the rest of the template can see."""

    physical_id: str
    attributes: Mapping[str, Any]


@dataclass(slots=True)
class Scope:
    """Where names are looked up.

    Parameters and pseudo parameters, made resources, conditions, exports of other stacks.
    """

    template: Template
    values: Mapping[str, Any]
    exports: Mapping[str, str]
    resources: dict[str, Attributes] = field(default_factory=dict)
    _conditions: dict[str, bool] = field(default_factory=dict)

    def condition(self, name: str) -> bool:
        """Whether the condition holds; evaluated once."""
        if name not in self._conditions:
            definitions = self.template.section("Conditions")
            if name not in definitions:
                raise ValidationError(
                    f"Template format error: Unresolved condition dependency {name} "
                    "in the Resources block of the template"
                )
            self._conditions[name] = _truth(definitions[name], self)
        return self._conditions[name]

    def exists(self, logical_id: str) -> bool:
        """Whether the template makes this resource, its condition considered."""
        definition = self.template.resources.get(logical_id)
        if definition is None:
            return False
        return "Condition" not in definition or self.condition(definition["Condition"])


def resolve(value: Any, scope: Scope) -> Any:
    """The value with every intrinsic function replaced; members that came to AWS::NoValue are left out."""
    if isinstance(value, list):
        return [item for item in (resolve(each, scope) for each in value) if item is not NO_VALUE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (name, argument), *_ = value.items()
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](argument, scope)
        if name.startswith("Fn::") and name not in _CONDITION_FUNCTIONS:
            raise NotImplementedHere(f"cloudformation: the intrinsic function {name}")
    resolved = {key: resolve(item, scope) for key, item in value.items()}
    return {key: item for key, item in resolved.items() if item is not NO_VALUE}


def references(value: Any, scope: Scope) -> Iterator[tuple[str, str | None]]:
    """Each (name, attribute) that the value refers to, in the branches its conditions leave alive.

    Attribute is None for Ref.
    """
    if isinstance(value, list):
        for item in value:
            yield from references(item, scope)
    elif isinstance(value, dict):
        yield from _references_of(value, scope)


def _references_of(value: Mapping[str, Any], scope: Scope) -> Iterator[tuple[str, str | None]]:
    if set(value) == {"Ref"}:
        yield str(value["Ref"]), None
    elif set(value) == {"Fn::GetAtt"}:
        yield _attribute_path(value["Fn::GetAtt"])
    elif set(value) == {"Fn::If"}:
        yield from references(_branch(value["Fn::If"], scope), scope)
    elif set(value) == {"Fn::Sub"}:
        yield from _references_of_sub(value["Fn::Sub"], scope)
    else:
        for item in value.values():
            yield from references(item, scope)


def _references_of_sub(argument: Any, scope: Scope) -> Iterator[tuple[str, str | None]]:
    text, names = _sub_parts(argument)
    yield from references(names, scope)
    for literal, name in _SUB.findall(text):
        if not literal and name.strip() not in names:
            yield _attribute_path(name.strip()) if "." in name else (name.strip(), None)


def _attribute_path(argument: Any) -> tuple[str, str]:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2:  # noqa: PLR2004 (resource and attribute)
        raise ValidationError("Template error: every Fn::GetAtt object requires two non-empty parameters")
    return str(parts[0]), str(parts[1])


def _sub_parts(argument: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(argument, str):
        return argument, {}
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):  # noqa: PLR2004
        return str(argument[0]), argument[1]
    raise ValidationError(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments."
    )


def _ref(argument: Any, scope: Scope) -> Any:
    name = str(argument)
    if name == "AWS::NoValue":
        return NO_VALUE
    if name in scope.values:
        return scope.values[name]
    if name in scope.resources:
        return scope.resources[name].physical_id
    raise ValidationError(
        f"Template format error: Unresolved resource dependencies [{name}] "
        "in the Resources block of the template"
    )


def _get_att(argument: Any, scope: Scope) -> Any:
    name, attribute = _attribute_path(argument)
    if name not in scope.resources:
        raise ValidationError(f"Template error: instance of Fn::GetAtt references undefined resource {name}")
    attributes = scope.resources[name].attributes
    if attribute not in attributes:
        raise ValidationError(
            f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt"
        )
    return attributes[attribute]


def _sub(argument: Any, scope: Scope) -> str:
    text, names = _sub_parts(argument)
    local = {name: resolve(value, scope) for name, value in names.items()}

    def replace(match: re.Match[str]) -> str:
        literal, name = match.group(1), match.group(2).strip()
        if literal:
            return "${" + match.group(2) + "}"
        if name in local:
            return _text(local[name])
        return _text(_get_att(name, scope) if "." in name else _ref(name, scope))

    return _SUB.sub(replace, text)


def _branch(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:  # noqa: PLR2004 (condition, then, else)
        raise ValidationError(
            "Template error: Fn::If requires a list argument with the first element being a condition"
        )
    name, then, otherwise = argument
    return then if scope.condition(str(name)) else otherwise


def _if(argument: Any, scope: Scope) -> Any:
    return resolve(_branch(argument, scope), scope)


def _join(argument: Any, scope: Scope) -> str:
    separator, items = argument
    return str(separator).join(_text(item) for item in resolve(items, scope))


def _split(argument: Any, scope: Scope) -> list[str]:
    separator, text = argument
    return _text(resolve(text, scope)).split(str(separator))


def _select(argument: Any, scope: Scope) -> Any:
    index, items = argument
    chosen, among = int(resolve(index, scope)), resolve(items, scope)
    if not 0 <= chosen < len(among):
        raise ValidationError(f"Template error: Fn::Select cannot select nonexistent value at index {chosen}")
    return among[chosen]


def _find_in_map(argument: Any, scope: Scope) -> Any:
    found: Any = scope.template.section("Mappings")
    path = [str(resolve(part, scope)) for part in argument]
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            raise ValidationError(f"Template error: Unable to get mapping for {'::'.join(path)}")
        found = found[key]
    return found


def _base64(argument: Any, scope: Scope) -> str:
    return base64.b64encode(_text(resolve(argument, scope)).encode()).decode()


def _get_azs(argument: Any, scope: Scope) -> list[str]:
    region = resolve(argument, scope) or scope.values["AWS::Region"]
    return [f"{region}{zone}" for zone in "abc"]


def _import_value(argument: Any, scope: Scope) -> str:
    name = _text(resolve(argument, scope))
    if name not in scope.exports:
        raise ValidationError(f"No export named {name} found.")
    return scope.exports[name]


def _to_json(argument: Any, scope: Scope) -> str:
    return json.dumps(resolve(argument, scope), separators=(",", ":"))


def _length(argument: Any, scope: Scope) -> int:
    return len(resolve(argument, scope))


def _truth(condition: Any, scope: Scope) -> bool:
    if not isinstance(condition, dict) or len(condition) != 1:
        raise ValidationError(
            "Template format error: Every Conditions member must be one condition function."
        )
    (name, argument), *_ = condition.items()
    if name == "Condition":
        return scope.condition(str(argument))
    if name == "Fn::Equals":
        left, right = (_text(resolve(side, scope)) for side in argument)
        return left == right
    parts = [_truth(part, scope) for part in argument]
    if name == "Fn::Not":
        return not parts[0]
    if name in {"Fn::And", "Fn::Or"}:
        return all(parts) if name == "Fn::And" else any(parts)
    raise ValidationError(f"Template error: {name} is not a condition function")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        raise ValidationError(
            "Template error: a list or an object stands where a text is needed (Fn::Join, Fn::Sub, ...)"
        )
    return str(value)


_FUNCTIONS: Mapping[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Fn::Base64": _base64,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json,
}

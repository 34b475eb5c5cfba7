"""A stack's parameters: defaults, given and previous values, and their constraints, with AWS's messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.embedded.cloudformation.errors import ValidationError
from infra.embedded.cloudformation.template import Template


@dataclass(frozen=True, slots=True)
class Given:
    """One parameter of a request: a value, or the one that the stack has."""

    name: str
    value: str | None
    use_previous: bool = False


def resolve(template: Template, given: Iterable[Given], previous: Mapping[str, str]) -> dict[str, str]:
    """Each declared parameter's value as text. Raises ValidationError."""
    declared = template.section("Parameters")
    by_name = {item.name: item for item in given}
    unknown = [name for name in by_name if name not in declared]
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values = {name: _value(rule, by_name.get(name), previous.get(name)) for name, rule in declared.items()}
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    found = {name: value for name, value in values.items() if value is not None}
    for name, value in found.items():
        _check(name, declared[name], value)
    return found


def typed(template: Template, values: Mapping[str, str]) -> dict[str, Any]:
    """The values as `Ref` gives them: lists for list types, text for all else."""
    return {name: _typed(template.section("Parameters")[name], value) for name, value in values.items()}


def shown(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """The values as DescribeStacks shows them: `NoEcho` ones are hidden."""
    declared = template.section("Parameters")
    return {name: "****" if _true(declared[name].get("NoEcho")) else value for name, value in values.items()}


def _value(rule: Mapping[str, Any], given: Given | None, previous: str | None) -> str | None:
    if given is not None:
        return previous if given.use_previous else given.value
    default = rule.get("Default")
    if default is None:
        return None
    return str(default).lower() if isinstance(default, bool) else str(default)


def _typed(rule: Mapping[str, Any], value: str) -> Any:
    kind = str(rule.get("Type", "String"))
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [part.strip() for part in value.split(",")]
    return value


def _check(name: str, rule: Mapping[str, Any], value: str) -> None:
    numeric = str(rule.get("Type")) == "Number"
    if numeric and not _is_number(value):
        raise ValidationError(f"Parameter '{name}' must be a number.")
    for constraint, check in _CHECKS.items():
        if constraint in rule:
            message = check(rule[constraint], value)
            if message:
                raise ValidationError(_described(name, rule, message))


def _described(name: str, rule: Mapping[str, Any], message: str) -> str:
    described = rule.get("ConstraintDescription")
    if described:
        return f"Parameter {name} failed to satisfy constraint: {described}"
    return f"Parameter '{name}' {message}"


def _allowed(values: Any, value: str) -> str | None:
    allowed = [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
    return None if value in allowed else f"must be one of AllowedValues: [{', '.join(allowed)}]"


def _pattern(pattern: Any, value: str) -> str | None:
    return None if re.fullmatch(str(pattern), value) else f"must match pattern {pattern}"


def _min_length(limit: Any, value: str) -> str | None:
    return None if len(value) >= int(limit) else f"must contain at least {limit} characters"


def _max_length(limit: Any, value: str) -> str | None:
    return None if len(value) <= int(limit) else f"must contain at most {limit} characters"


def _min_value(limit: Any, value: str) -> str | None:
    return None if float(value) >= float(limit) else f"must be a number not less than {limit}"


def _max_value(limit: Any, value: str) -> str | None:
    return None if float(value) <= float(limit) else f"must be a number not greater than {limit}"


_CHECKS: Mapping[str, Callable[[Any, str], str | None]] = {
    "AllowedValues": _allowed,
    "AllowedPattern": _pattern,
    "MinLength": _min_length,
    "MaxLength": _max_length,
    "MinValue": _min_value,
    "MaxValue": _max_value,
}


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _true(value: Any) -> bool:
    return str(value).lower() == "true"

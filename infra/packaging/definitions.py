"""Reads the state machine definitions out of a template, as far as they can be known before deployment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STATE_MACHINE = "AWS::StepFunctions::StateMachine"


@dataclass(frozen=True, slots=True)
class StateMachineTemplate:
    """A state machine of the template; `definition` is None where only the cloud can resolve it."""

    logical_id: str
    definition: Mapping[str, Any] | None


def state_machines(template: Mapping[str, Any]) -> tuple[StateMachineTemplate, ...]:
    """Return the template's state machines, in its order."""
    defaults = _defaults(template.get("Parameters") or {})
    return tuple(
        StateMachineTemplate(name, _definition(resource.get("Properties") or {}, defaults))
        for name, resource in template["Resources"].items()
        if resource["Type"] == STATE_MACHINE
    )


def _defaults(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(given["Default"]) for name, given in parameters.items() if "Default" in given}


def _definition(properties: Mapping[str, Any], defaults: Mapping[str, str]) -> Mapping[str, Any] | None:
    given = properties.get("Definition")
    text = (
        json.dumps(given) if isinstance(given, dict) else _text(properties.get("DefinitionString"), defaults)
    )
    try:
        parsed = json.loads(_substituted(text, properties, defaults)) if text is not None else None
    except (RecursionError, ValueError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _substituted(text: str, properties: Mapping[str, Any], defaults: Mapping[str, str]) -> str:
    """Return a definition with its DefinitionSubstitutions put in, those that can be known."""
    given = properties.get("DefinitionSubstitutions")

    def put(found: re.Match[str]) -> str:
        value = given.get(found[1]) if isinstance(given, dict) else None
        known = str(value) if isinstance(value, int | float) else _text(value, defaults)
        return found[0] if known is None else json.dumps(known)[1:-1]

    return re.sub(r"\$\{(\w+)\}", put, text)


def _text(value: Any, defaults: Mapping[str, str]) -> str | None:
    """Return the text of a DefinitionString with parameters at their defaults and other references left."""
    match value:
        case str():
            return value
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return re.sub(r"\$\{(\w+)\}", lambda found: defaults.get(found[1], found[0]), text)
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(_text(part, defaults) or "unresolved" for part in parts)
        case {"Ref": str(name)}:
            return defaults.get(name)
        case _:
            return None

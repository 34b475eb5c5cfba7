"""A CloudFormation template at its default parameters, as far as it can be known before deployment.

Data in, data out: the template as a mapping with long-form intrinsics. What only the cloud can know (an ARN)
stays as `${LogicalId.Attribute}`, and a reference to a resource as `${LogicalId}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NO_VALUE = "${AWS::NoValue}"
_SUBSTITUTED = re.compile(r"\$\{(\w+)\}")
_PLACE = re.compile(r"\$\{(!?)([\w:.]+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A template, asked for its resources with parameters at their defaults."""

    document: Mapping[str, Any]

    def resources(self, resource_type: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield logical id and resolved properties of each resource of a type."""
        for name, resource in self.document["Resources"].items():
            if resource["Type"] == resource_type:
                yield name, self.resolved(resource.get("Properties") or {})

    def resolved(self, value: Any) -> Any:
        """Return a value with parameters put in, conditions decided and texts joined."""
        if isinstance(value, Mapping):
            if len(value) == 1:
                ((name, argument),) = value.items()
                if name == "Ref" or name.startswith("Fn::"):
                    return self._intrinsic(name, argument)
            found = {key: self.resolved(item) for key, item in value.items()}
            return {key: item for key, item in found.items() if item != NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.resolved, value) if item != NO_VALUE]
        return value

    def name_of(self, resource: str, name_property: str) -> str:
        """Return what a resource is called: its name property, else a reference to it."""
        properties = self.resolved(self.document["Resources"][resource].get("Properties") or {})
        return str(properties.get(name_property, f"${{{resource}}}"))

    def _intrinsic(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Ref", str(what):
                return self._ref(what)
            case "Fn::GetAtt", [resource, *rest]:
                return f"${{{'.'.join(map(str, [resource, *rest]))}}}"
            case "Fn::Sub", str() | [str(), dict()]:
                text, given = (argument, {}) if isinstance(argument, str) else argument
                return self._sub(text, given)
            case "Fn::Join", [str(separator), list(parts)]:
                return separator.join(str(self.resolved(part)) for part in parts)
            case "Fn::If", [str(condition), then, otherwise]:
                return self.resolved(then if self._holds({"Condition": condition}) else otherwise)
            case _:
                return {name: self.resolved(argument)}

    def _ref(self, name: str) -> Any:
        parameter = (self.document.get("Parameters") or {}).get(name) or {}
        return str(parameter["Default"]) if "Default" in parameter else f"${{{name}}}"

    def _sub(self, text: str, given: Mapping[str, Any]) -> str:
        def put(found: re.Match[str]) -> str:
            if found[1]:
                return f"${{{found[2]}}}"
            return str(self.resolved(given[found[2]]) if found[2] in given else self._ref(found[2]))

        return _PLACE.sub(put, text)

    def _holds(self, condition: Any) -> bool:
        """Decide a condition; one that cannot be decided here counts as true: what it guards may happen."""
        match condition:
            case {"Condition": str(name)}:
                return self._holds((self.document.get("Conditions") or {}).get(name))
            case {"Fn::Equals": [one, other]}:
                return str(self.resolved(one)) == str(self.resolved(other))
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::And": list(parts)}:
                return all(map(self._holds, parts))
            case {"Fn::Or": list(parts)}:
                return any(map(self._holds, parts))
            case _:
                return True


def definition_text(properties: Mapping[str, Any]) -> str:
    """Return a state machine's definition as text, its DefinitionSubstitutions put in.

    `properties` are resolved. What no substitution names stays, as on AWS.
    """
    given = properties.get("DefinitionString") or properties.get("Definition") or {}
    text = given if isinstance(given, str) else json.dumps(given)
    substitutions = properties.get("DefinitionSubstitutions")

    def put(found: re.Match[str]) -> str:
        value = substitutions.get(found[1]) if isinstance(substitutions, Mapping) else None
        if not isinstance(value, str | int | float):
            return found[0]
        return json.dumps(str(value).lower() if isinstance(value, bool) else str(value))[1:-1]

    return _SUBSTITUTED.sub(put, text)


def parsed(value: Any) -> Any:
    """Return a JSON text as data (None where it is no JSON), and data as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return None


def listed(value: Any) -> list[Any]:
    """Return a value that may stand for a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

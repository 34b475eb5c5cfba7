"""In which order resources are made: after everything they refer to or name in DependsOn."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from infra.embedded.cloudformation.errors import ValidationError
from infra.embedded.cloudformation.intrinsics import Scope, references


def order(scope: Scope) -> list[str]:
    """The logical IDs of the resources to make, each after those it depends on. Raises ValidationError."""
    alive = {name: made for name, made in scope.template.resources.items() if scope.exists(name)}
    graph = {name: _needs(definition, scope) for name, definition in alive.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        names = ", ".join(sorted(set(error.args[1])))
        raise ValidationError(f"Circular dependency between resources: [{names}]") from error


def check_outputs(scope: Scope) -> None:
    """Raise ValidationError for an output that refers to what the template does not make."""
    for output in scope.template.section("Outputs").values():
        if not isinstance(output, dict) or "Value" not in output:
            raise ValidationError("Template format error: Every Outputs member must contain a Value object")
        if "Condition" not in output or scope.condition(output["Condition"]):
            _resources_in(output, scope, "Outputs")


def _needs(definition: Mapping[str, Any], scope: Scope) -> list[str]:
    named = definition.get("DependsOn") or []
    explicit = [named] if isinstance(named, str) else list(named)
    unknown = [name for name in explicit if name not in scope.template.resources]
    if unknown:
        _unresolved(unknown, "Resources")
    found = _resources_in(definition.get("Properties") or {}, scope, "Resources")
    return sorted({*found, *(name for name in explicit if scope.exists(name))})


def _resources_in(value: Any, scope: Scope, block: str) -> set[str]:
    found: set[str] = set()
    for name, attribute in references(value, scope):
        if attribute is None and (name in scope.values or name == "AWS::NoValue"):
            continue
        if attribute is not None and name not in scope.template.resources:
            raise ValidationError(
                f"Template error: instance of Fn::GetAtt references undefined resource {name}"
            )
        if not scope.exists(name):
            _unresolved([name], block)
        found.add(name)
    return found


def _unresolved(names: list[str], block: str) -> None:
    listed = ", ".join(names)
    raise ValidationError(
        f"Template format error: Unresolved resource dependencies [{listed}] "
        f"in the {block} block of the template"
    )

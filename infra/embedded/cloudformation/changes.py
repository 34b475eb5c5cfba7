"""What a change set would do: which resources it adds, modifies (with or without replacement) and removes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.embedded.cloudformation.engine import Engine
from infra.embedded.cloudformation.intrinsics import Attributes, resolve
from infra.embedded.cloudformation.resources import TYPES
from infra.embedded.cloudformation.stacks import Plan, Stack, StackResource

_UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"


class _LaterAttributes(dict[str, Any]):
    """Attributes of a resource that is not there yet: each has a placeholder for its value."""

    def __missing__(self, key: str) -> str:
        return _UNKNOWN

    def __contains__(self, key: object) -> bool:
        return True


def planned(engine: Engine, stack: Stack, plan: Plan) -> list[dict[str, Any]]:
    """The changes that bringing the stack to the plan would make, in DescribeChangeSet's form."""
    scope = engine.scope(stack.name, stack.stack_id, plan)
    alive = {name: made for name, made in stack.resources.items() if made.alive}
    ordered = [name for name in plan.template.resources if scope.exists(name)]
    for name in ordered:
        made = alive.get(name)
        scope.resources[name] = (
            Attributes(made.physical_id or "", made.attributes)
            if made
            else Attributes(_UNKNOWN, _LaterAttributes())
        )
    wanted = {
        name: StackResource(
            name,
            plan.template.resources[name]["Type"],
            resolve(plan.template.resources[name].get("Properties") or {}, scope),
            dict(plan.tags),
        )
        for name in ordered
    }
    return list(_differences(alive, wanted))


def _differences(
    old: Mapping[str, StackResource], new: Mapping[str, StackResource]
) -> Iterator[dict[str, Any]]:
    for name, resource in new.items():
        if name not in old:
            yield _change("Add", resource)
        elif _differs(old[name], resource):
            yield _modified(old[name], resource)
    for name, resource in old.items():
        if name not in new:
            yield _change("Remove", resource, PhysicalResourceId=resource.physical_id)


def _differs(old: StackResource, new: StackResource) -> bool:
    return (old.type, old.properties, old.tags) != (new.type, new.properties, new.tags)


def _modified(old: StackResource, new: StackResource) -> dict[str, Any]:
    changed = sorted(
        name
        for name in {*old.properties, *new.properties}
        if old.properties.get(name) != new.properties.get(name)
    )
    replaced = old.type != new.type or bool(TYPES[new.type].replaced_by & set(changed))
    details = [
        {
            "Target": {
                "Attribute": "Properties",
                "Name": name,
                "RequiresRecreation": _recreation(new.type, name),
            },
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
        for name in changed
    ]
    return _change(
        "Modify",
        new,
        PhysicalResourceId=old.physical_id,
        Replacement="True" if replaced else "False",
        Scope=["Properties"] if changed else ["Tags"],
        Details=details,
    )


def _recreation(kind: str, name: str) -> str:
    return "Always" if name in TYPES[kind].replaced_by else "Never"


def _change(action: str, resource: StackResource, **more: Any) -> dict[str, Any]:
    described = {
        "Action": action,
        "LogicalResourceId": resource.logical_id,
        "ResourceType": resource.type,
        **more,
    }
    return {"Type": "Resource", "ResourceChange": {"Scope": [], "Details": [], **described}}

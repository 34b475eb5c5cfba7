"""One operation's work on a stack's resources: make, change, replace, remove; and how to take it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.embedded.cloudformation.client import Clients
from infra.embedded.cloudformation.errors import ResourceFailed
from infra.embedded.cloudformation.intrinsics import Attributes, Scope, resolve
from infra.embedded.cloudformation.outcomes import attempt, failing
from infra.embedded.cloudformation.resources import TYPES
from infra.embedded.cloudformation.resources.base import Made, Wanted
from infra.embedded.cloudformation.stacks import GONE, Plan, Stack, StackResource

_NEW_NEEDED = "Requested update requires the creation of a new physical resource; hence creating one."
_CUSTOM_NAMED = (
    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
    "Rename {} and update the stack again."
)


@dataclass(frozen=True, slots=True)
class Work:
    """The steps of one operation: `undo`, last first, takes them back; `cleanup` goes when all went well.

    `removes_new`: a rollback removes what the operation made, whatever the template says of retaining it.
    """

    clients: Clients
    stack: Stack
    removes_new: bool = False
    undo: list[Callable[[], object]] = field(default_factory=list)
    cleanup: list[StackResource] = field(default_factory=list)

    def bring(self, plan: Plan, scope: Scope, logical_id: str) -> None:
        """Make one resource, change it, or leave it as it is. Raises OperationFailed."""
        definition = plan.template.resources[logical_id]
        held = self.stack.resources.get(logical_id)
        old = held if held is not None and held.alive else None
        new = StackResource(
            logical_id,
            definition["Type"],
            {},
            dict(plan.tags),
            retain=_retained(definition, "DeletionPolicy"),
            retain_when_new=definition.get("DeletionPolicy") == "Retain",
            retain_replaced=_retained(definition, "UpdateReplacePolicy"),
        )
        with failing(self.stack, new, "create" if old is None else "update"):
            new.properties = resolve(definition.get("Properties") or {}, scope)
            if old is None:
                self._make(new)
            elif _same(old, new):
                old.retain, old.retain_when_new = new.retain, new.retain_when_new
                new = old
            elif _replaces(old, new):
                self._replace(old, new)
            else:
                self._change(old, new)
        scope.resources[logical_id] = Attributes(new.physical_id or "", new.attributes)

    def drop(self, logical_id: str) -> None:
        """Take a resource out of the stack; it is removed in the clean-up."""
        gone = self.stack.resources.pop(logical_id)
        self.cleanup.append(gone)
        self.undo.append(lambda: self.stack.resources.update({logical_id: gone}))

    def remove_new(self, resource: StackResource) -> bool:
        """Delete what this operation made, because it is rolled back; whether that went well."""
        resource.retain = resource.retain_when_new and not self.removes_new
        return self.remove(resource)

    def remove(self, resource: StackResource, *, keep: bool = False) -> bool:
        """Delete what is behind a resource, unless it is retained; whether that went well."""
        if resource.retain or keep:
            self.stack.mark(resource, "DELETE_SKIPPED")
            return True
        self.stack.mark(resource, "DELETE_IN_PROGRESS")
        wanted = self._wanted(resource)
        reason = attempt(lambda: TYPES[resource.type].delete(wanted, resource.physical_id or ""))
        self.stack.mark(resource, "DELETE_FAILED" if reason else GONE, reason)
        return reason is None

    def _wanted(self, resource: StackResource) -> Wanted:
        stack = self.stack
        return Wanted(
            self.clients,
            stack.region,
            stack.account_id,
            stack.name,
            resource.logical_id,
            resource.properties,
            resource.tags,
        )

    def _make(self, new: StackResource) -> None:
        replaced = self.stack.resources.get(new.logical_id)
        self.stack.resources[new.logical_id] = new
        self.undo.append(lambda: self._unmake(new, replaced))
        self.stack.mark(new, "CREATE_IN_PROGRESS")
        _settle(new, TYPES[new.type].create(self._wanted(new)))
        self.stack.mark(new, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        self.stack.mark(new, "CREATE_COMPLETE")

    def _unmake(self, new: StackResource, replaced: StackResource | None) -> None:
        if new.alive and not self.remove_new(new):
            raise ResourceFailed(f"{new.logical_id}: {new.reason}")
        if replaced is None:
            self.stack.resources.pop(new.logical_id, None)
        else:
            self.stack.resources[new.logical_id] = replaced

    def _replace(self, old: StackResource, new: StackResource) -> None:
        name = TYPES[new.type].name_property
        given = new.properties.get(name) if name else None
        if old.type == new.type and name and given is not None and old.properties.get(name) == given:
            raise ResourceFailed(_CUSTOM_NAMED.format(given))
        self.stack.mark(old, "UPDATE_IN_PROGRESS", _NEW_NEEDED)
        self._make(new)
        before, old.retain = old.retain, new.retain_replaced
        self.cleanup.append(old)
        self.undo.append(lambda: setattr(old, "retain", before))

    def _change(self, old: StackResource, new: StackResource) -> None:
        new.physical_id = old.physical_id
        self.stack.resources[new.logical_id] = new
        self.undo.append(lambda: self._change_back(old, new.properties))
        self._update(new, old.properties)

    def _change_back(self, old: StackResource, changed: Mapping[str, Any]) -> None:
        self.stack.resources[old.logical_id] = old
        self._update(old, changed)

    def _update(self, resource: StackResource, before: Mapping[str, Any]) -> None:
        self.stack.mark(resource, "UPDATE_IN_PROGRESS")
        kind = TYPES[resource.type]
        _settle(resource, kind.update(self._wanted(resource), before, resource.physical_id or ""))
        self.stack.mark(resource, "UPDATE_COMPLETE")


def _settle(resource: StackResource, made: Made) -> None:
    resource.physical_id, resource.attributes = made.physical_id, made.attributes


def _same(old: StackResource, new: StackResource) -> bool:
    return (old.type, old.properties, old.tags) == (new.type, new.properties, new.tags)


def _replaces(old: StackResource, new: StackResource) -> bool:
    names = TYPES[new.type].replaced_by
    return old.type != new.type or any(old.properties.get(name) != new.properties.get(name) for name in names)


def _retained(definition: Mapping[str, Any], policy: str) -> bool:
    return str(definition.get(policy)) in {"Retain", "RetainExceptOnCreate"}

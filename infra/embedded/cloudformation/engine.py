"""Making, changing and removing a stack's resources, with every step in its events and every failure
rolled back.

Resources are made one after another in the order of their dependencies; AWS makes independent ones at
once, which changes the order of events and nothing else. An operation is finished when the call that
asked for it answers.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.embedded.cloudformation import graph, parameters
from infra.embedded.cloudformation.client import Clients
from infra.embedded.cloudformation.errors import ResourceFailed, ValidationError
from infra.embedded.cloudformation.intrinsics import Attributes, Scope, resolve
from infra.embedded.cloudformation.resources import TYPES
from infra.embedded.cloudformation.resources.base import Made, ResourceType, Wanted
from infra.embedded.cloudformation.stacks import GONE, Plan, Register, Stack, StackResource, now
from infra.embedded.refusals import NotImplementedHere


class OperationFailed(Exception):
    """A resource failed, so the operation on the stack does; `logical_id` names it."""

    def __init__(self, logical_id: str, verb: str) -> None:
        super().__init__(f"The following resource(s) failed to {verb}: [{logical_id}]. ")
        self.logical_id = logical_id


@dataclass(slots=True)
class _Journal:
    """How to take back what an operation did, and what to remove once it succeeded."""

    undo: list[Callable[[], None]] = field(default_factory=list)
    cleanup: list[StackResource] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Engine:
    """Brings stacks into the shape of their plans, through the clients of one account and region."""

    clients: Clients
    register: Register

    def scope(self, name: str, stack_id: str, plan: Plan) -> Scope:
        """Where the plan's names are looked up, before any resource is made."""
        region = self.register.region
        pseudo = {
            "AWS::AccountId": self.register.account_id,
            "AWS::NotificationARNs": list(plan.notification_arns),
            "AWS::Partition": "aws",
            "AWS::Region": region,
            "AWS::StackId": stack_id,
            "AWS::StackName": name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        exports = {export: value for export, (_, value) in self.register.exports().items()}
        return Scope(plan.template, {**pseudo, **parameters.typed(plan.template, plan.parameters)}, exports)

    def check(self, name: str, plan: Plan) -> None:
        """Raise ValidationError for what can be told before anything is made."""
        scope = self.scope(name, "", plan)
        for condition in plan.template.section("Conditions"):
            scope.condition(condition)
        graph.order(scope)
        graph.check_outputs(scope)

    def create(self, stack: Stack, on_failure: str) -> None:
        """Make everything; on failure do as `on_failure` says: ROLLBACK, DELETE or DO_NOTHING."""
        stack.enter("CREATE_IN_PROGRESS", "User Initiated")
        journal = _Journal()
        try:
            self._apply(stack, stack.plan, journal)
        except OperationFailed as failure:
            self._create_failed(stack, failure, on_failure)
            return
        stack.enter("CREATE_COMPLETE")

    def update(self, stack: Stack, plan: Plan, *, disable_rollback: bool = False) -> None:
        """Bring the stack to the new plan, or back to the old one."""
        old, stack.updated = stack.plan, now()
        stack.plan = plan
        stack.enter("UPDATE_IN_PROGRESS", "User Initiated")
        journal = _Journal()
        try:
            self._apply(stack, plan, journal)
        except OperationFailed as failure:
            if disable_rollback:
                stack.enter("UPDATE_FAILED", str(failure))
                return
            self._roll_update_back(stack, old, journal, failure)
            return
        stack.enter("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        for resource in reversed(journal.cleanup):
            self._remove(stack, resource)
        stack.enter("UPDATE_COMPLETE")

    def delete(self, stack: Stack, retain: frozenset[str] = frozenset()) -> None:
        """Remove everything, last made first; what cannot be removed leaves the stack DELETE_FAILED."""
        stack.enter("DELETE_IN_PROGRESS", "User Initiated")
        failed = self._remove_all(stack, retain)
        if failed:
            listed = ", ".join(failed)
            stack.enter("DELETE_FAILED", f"The following resource(s) failed to delete: [{listed}]. ")
            return
        stack.deleted, stack.outputs = now(), []
        stack.enter(GONE)

    def wanted(self, stack: Stack, logical_id: str, properties: Mapping[str, Any], plan: Plan) -> Wanted:
        """A resource with its resolved properties, as its type wants to see it."""
        return Wanted(
            self.clients, stack.region, stack.account_id, stack.name, logical_id, properties, dict(plan.tags)
        )

    def _apply(self, stack: Stack, plan: Plan, journal: _Journal) -> None:
        scope = self.scope(stack.name, stack.stack_id, plan)
        ordered = graph.order(scope)
        for logical_id in ordered:
            self._bring(stack, plan, scope, logical_id, journal)
        for logical_id in [
            name for name, made in stack.resources.items() if made.alive and name not in ordered
        ]:
            gone = stack.resources.pop(logical_id)
            journal.cleanup.append(gone)
            journal.undo.append(lambda gone=gone: stack.resources.update({gone.logical_id: gone}))  # type: ignore[misc]
        stack.outputs = self._outputs(stack, scope)

    def _bring(self, stack: Stack, plan: Plan, scope: Scope, logical_id: str, journal: _Journal) -> None:
        """Make one resource, change it, or leave it as it is."""
        definition = plan.template.resources[logical_id]
        old = stack.resources.get(logical_id)
        old = old if old is not None and old.alive else None
        new = StackResource(logical_id, definition["Type"], {}, dict(plan.tags), _retained(definition))
        with _failing(stack, new, "create" if old is None else "update"):
            new.properties = resolve(definition.get("Properties") or {}, scope)
            if old is None:
                self._make(stack, plan, new, journal)
            elif old.properties == new.properties and old.tags == new.tags and old.type == new.type:
                old.retain = new.retain
                new = old
            elif old.type != new.type or _replaces(TYPES[new.type], old, new):
                self._replace(stack, plan, old, new, journal)
            else:
                self._change(stack, plan, old, new, journal)
        scope.resources[logical_id] = Attributes(new.physical_id or "", new.attributes)

    def _make(self, stack: Stack, plan: Plan, new: StackResource, journal: _Journal) -> None:
        replaced = stack.resources.get(new.logical_id)
        stack.resources[new.logical_id] = new
        stack.mark(new, "CREATE_IN_PROGRESS")
        made = TYPES[new.type].create(self.wanted(stack, new.logical_id, new.properties, plan))
        _settle(new, made)
        journal.undo.append(lambda: self._unmake(stack, new, replaced))
        stack.mark(new, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        stack.mark(new, "CREATE_COMPLETE")

    def _unmake(self, stack: Stack, new: StackResource, replaced: StackResource | None) -> None:
        self._remove(stack, new)
        if replaced is None:
            stack.resources.pop(new.logical_id, None)
        else:
            stack.resources[new.logical_id] = replaced

    def _replace(
        self, stack: Stack, plan: Plan, old: StackResource, new: StackResource, journal: _Journal
    ) -> None:
        kind = TYPES[new.type]
        name = kind.name_property
        if (
            old.type == new.type
            and name
            and name in new.properties
            and old.properties.get(name) == new.properties[name]
        ):
            raise ResourceFailed(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {new.properties[name]} and update the stack again."
            )
        stack.mark(
            old, "UPDATE_IN_PROGRESS", "Requested update requires the creation of a new physical resource"
        )
        self._make(stack, plan, new, journal)
        journal.cleanup.append(old)

    def _change(
        self, stack: Stack, plan: Plan, old: StackResource, new: StackResource, journal: _Journal
    ) -> None:
        kind, physical_id = TYPES[new.type], old.physical_id or ""
        new.physical_id = physical_id
        stack.resources[new.logical_id] = new
        journal.undo.append(lambda: self._change_back(stack, old, new))
        stack.mark(new, "UPDATE_IN_PROGRESS")
        made = kind.update(
            self.wanted(stack, new.logical_id, new.properties, plan), old.properties, physical_id
        )
        _settle(new, made)
        stack.mark(new, "UPDATE_COMPLETE")

    def _change_back(self, stack: Stack, old: StackResource, new: StackResource) -> None:
        stack.resources[old.logical_id] = old
        stack.mark(old, "UPDATE_IN_PROGRESS")
        wanted = Wanted(
            self.clients, stack.region, stack.account_id, stack.name, old.logical_id, old.properties, old.tags
        )
        TYPES[old.type].update(wanted, new.properties, old.physical_id or "")
        stack.mark(old, "UPDATE_COMPLETE")

    def _create_failed(self, stack: Stack, failure: OperationFailed, on_failure: str) -> None:
        reason = f"{failure}"
        if on_failure == "DO_NOTHING":
            stack.enter("CREATE_FAILED", reason)
            return
        if on_failure == "DELETE":
            stack.enter("DELETE_IN_PROGRESS", f"{reason}Delete requested by user.")
            self._end(stack, self._remove_all(stack, frozenset()), GONE, "DELETE_FAILED")
            return
        stack.enter("ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")
        self._end(stack, self._remove_all(stack, frozenset()), "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")

    def _end(self, stack: Stack, failed: list[str], good: str, bad: str) -> None:
        if failed:
            stack.enter(bad, f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
            return
        stack.deleted, stack.outputs = now(), []
        stack.enter(good)

    def _roll_update_back(self, stack: Stack, old: Plan, journal: _Journal, failure: OperationFailed) -> None:
        stack.enter("UPDATE_ROLLBACK_IN_PROGRESS", str(failure))
        stack.plan = old
        failed = [reason for reason in map(_attempt, reversed(journal.undo)) if reason]
        if failed:
            stack.enter("UPDATE_ROLLBACK_FAILED", "; ".join(failed))
            return
        stack.enter("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        stack.outputs = self._outputs(stack, self._scope_of_made(stack))
        stack.enter("UPDATE_ROLLBACK_COMPLETE")

    def _scope_of_made(self, stack: Stack) -> Scope:
        scope = self.scope(stack.name, stack.stack_id, stack.plan)
        for resource in stack.resources.values():
            scope.resources[resource.logical_id] = Attributes(resource.physical_id or "", resource.attributes)
        return scope

    def _remove_all(self, stack: Stack, retain: frozenset[str]) -> list[str]:
        """Remove every resource, last made first; returns those that could not be."""
        failed = []
        for resource in reversed(list(stack.resources.values())):
            if resource.alive and not self._remove(stack, resource, keep=resource.logical_id in retain):
                failed.append(resource.logical_id)
        return failed

    def _remove(self, stack: Stack, resource: StackResource, *, keep: bool = False) -> bool:
        if resource.retain or keep:
            stack.mark(resource, "DELETE_SKIPPED")
            return True
        stack.mark(resource, "DELETE_IN_PROGRESS")
        wanted = self.wanted(stack, resource.logical_id, resource.properties, stack.plan)
        reason = _attempt(lambda: TYPES[resource.type].delete(wanted, resource.physical_id or ""))
        stack.mark(resource, "DELETE_FAILED" if reason else GONE, reason)
        return reason is None

    def _outputs(self, stack: Stack, scope: Scope) -> list[dict[str, str]]:
        try:
            return [
                _output(name, output, scope)
                for name, output in scope.template.section("Outputs").items()
                if "Condition" not in output or scope.condition(output["Condition"])
            ]
        except ValidationError as error:
            stack.reason = error.message
            raise OperationFailed(f"Outputs: {error.message}", "create") from error


def reason_of(error: Exception) -> str:
    """What a resource's event says about the error."""
    if isinstance(error, ResourceFailed):
        return error.reason
    if isinstance(error, (ValidationError, NotImplementedHere, BotoCoreError)):
        return str(getattr(error, "message", error))
    if isinstance(error, ClientError):
        return _client_reason(error)
    sys.stderr.write("".join(traceback.format_exception(error)))
    return f"Internal failure: {error!r}"


def _client_reason(error: ClientError) -> str:
    answer, meta = error.response["Error"], error.response.get("ResponseMetadata", {})
    where = f"Status Code: {meta.get('HTTPStatusCode')}; Error Code: {answer.get('Code')}"
    place = f"Operation: {error.operation_name}; {where}; Request ID: {meta.get('RequestId')}"
    return f'Resource handler returned message: "{answer.get("Message")} ({place})"'


def _attempt(action: Callable[[], None]) -> str | None:
    """Do it; the reason when it failed."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 (every failure must reach the events, and the rest must go on)
        return reason_of(error)
    return None


@dataclass(frozen=True, slots=True)
class _failing:  # noqa: N801 (used as a with-statement)
    """Turns whatever a resource raises into its event and an OperationFailed."""

    stack: Stack
    resource: StackResource
    verb: str

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, Exception):
            self.stack.resources.setdefault(self.resource.logical_id, self.resource)
            self.stack.mark(self.resource, f"{self.verb.upper()}_FAILED", reason_of(error))
            raise OperationFailed(self.resource.logical_id, self.verb) from error


def _settle(resource: StackResource, made: Made) -> None:
    resource.physical_id, resource.attributes = made.physical_id, made.attributes


def _replaces(kind: ResourceType, old: StackResource, new: StackResource) -> bool:
    return any(old.properties.get(name) != new.properties.get(name) for name in kind.replaced_by)


def _retained(definition: Mapping[str, Any]) -> bool:
    return str(definition.get("DeletionPolicy", "Delete")) in {"Retain", "RetainExceptOnCreate"}


def _output(name: str, output: Mapping[str, Any], scope: Scope) -> dict[str, str]:
    shown = {"OutputKey": name, "OutputValue": str(resolve(output["Value"], scope))}
    if output.get("Description"):
        shown["Description"] = str(output["Description"])
    if output.get("Export"):
        shown["ExportName"] = str(resolve(output["Export"]["Name"], scope))
    return shown

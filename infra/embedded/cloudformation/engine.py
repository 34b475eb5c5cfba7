"""Bringing a stack into the shape of its plan, with every step in its events and every failure rolled back.

Resources are made one after another in the order of their dependencies; AWS makes independent ones at once,
which changes the order of events and nothing else. An operation is finished when the call for it answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.embedded.cloudformation import graph, parameters
from infra.embedded.cloudformation.client import Clients
from infra.embedded.cloudformation.errors import ValidationError
from infra.embedded.cloudformation.intrinsics import Attributes, Scope, resolve
from infra.embedded.cloudformation.outcomes import OperationFailed, attempt
from infra.embedded.cloudformation.stacks import GONE, Plan, Register, Stack, StackResource, now
from infra.embedded.cloudformation.work import Work


@dataclass(frozen=True, slots=True)
class Engine:
    """Creates, updates and deletes the stacks of one account and region."""

    clients: Clients
    register: Register

    def scope(self, name: str, stack_id: str, plan: Plan) -> Scope:
        """Where the plan's names are looked up, before any resource is made."""
        pseudo = {
            "AWS::AccountId": self.register.account_id,
            "AWS::NotificationARNs": list(plan.notification_arns),
            "AWS::Partition": "aws",
            "AWS::Region": self.register.region,
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

    def create(self, stack: Stack, on_failure: str, *, removes_new: bool = False) -> None:
        """Make everything; on failure do as `on_failure` says: ROLLBACK, DELETE or DO_NOTHING.

        With `removes_new` that removes also what the template wants retained.
        """
        stack.enter("CREATE_IN_PROGRESS", "User Initiated")
        work = Work(self.clients, stack, removes_new)
        try:
            self._apply(work, stack.plan)
        except OperationFailed as failure:
            self._create_failed(work, str(failure), on_failure)
        else:
            stack.enter("CREATE_COMPLETE")

    def update(
        self, stack: Stack, plan: Plan, *, disable_rollback: bool = False, removes_new: bool = False
    ) -> None:
        """Bring the stack to the new plan, or back to the old one; `removes_new` as in `create`."""
        old, stack.plan, stack.updated = stack.plan, plan, now()
        stack.enter("UPDATE_IN_PROGRESS", "User Initiated")
        work = Work(self.clients, stack, removes_new)
        try:
            self._apply(work, plan)
        except OperationFailed as failure:
            if disable_rollback:
                stack.enter("UPDATE_FAILED", str(failure))
            else:
                self._roll_update_back(work, old, str(failure))
            return
        stack.enter("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        for resource in reversed(work.cleanup):
            work.remove(resource)
        stack.enter("UPDATE_COMPLETE")

    def delete(self, stack: Stack, retain: frozenset[str] = frozenset()) -> None:
        """Remove everything, last made first; what cannot be removed leaves the stack DELETE_FAILED."""
        stack.enter("DELETE_IN_PROGRESS", "User Initiated")
        _remove_all(Work(self.clients, stack), GONE, "DELETE_FAILED", retain)

    def _apply(self, work: Work, plan: Plan) -> None:
        stack = work.stack
        scope = self.scope(stack.name, stack.stack_id, plan)
        ordered = graph.order(scope)
        for logical_id in ordered:
            work.bring(plan, scope, logical_id)
        for logical_id in [name for name in stack.resources if name not in ordered]:
            work.drop(logical_id)
        stack.outputs = _outputs(scope)

    def _create_failed(self, work: Work, reason: str, on_failure: str) -> None:
        if on_failure == "DO_NOTHING":
            work.stack.enter("CREATE_FAILED", reason)
        elif on_failure == "DELETE":
            work.stack.enter("DELETE_IN_PROGRESS", f"{reason}Delete requested by user.")
            _remove_all(work, GONE, "DELETE_FAILED", rolls_back=True)
        else:
            work.stack.enter("ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")
            _remove_all(work, "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", rolls_back=True)

    def _roll_update_back(self, work: Work, old: Plan, reason: str) -> None:
        stack = work.stack
        stack.enter("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        stack.plan = old
        failed = [problem for problem in map(attempt, reversed(work.undo)) if problem]
        if failed:
            stack.enter("UPDATE_ROLLBACK_FAILED", "; ".join(failed))
            return
        stack.enter("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        scope = self.scope(stack.name, stack.stack_id, old)
        for made in stack.resources.values():
            scope.resources[made.logical_id] = Attributes(made.physical_id or "", made.attributes)
        stack.outputs = _outputs(scope)
        stack.enter("UPDATE_ROLLBACK_COMPLETE")


def _remove_all(
    work: Work, good: str, bad: str, retain: frozenset[str] = frozenset(), *, rolls_back: bool = False
) -> None:
    """Remove every resource, last made first, and enter the status that fits how it went."""
    stack = work.stack

    def removed(made: StackResource) -> bool:
        return work.remove_new(made) if rolls_back else work.remove(made, keep=made.logical_id in retain)

    failed = [
        made.logical_id
        for made in reversed(list(stack.resources.values()))
        if made.alive and not removed(made)
    ]
    if failed:
        stack.enter(bad, f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
        return
    stack.deleted, stack.outputs = now(), []
    stack.enter(good)


def _outputs(scope: Scope) -> list[dict[str, str]]:
    """The outputs whose conditions hold. Raises OperationFailed."""
    shown = []
    for name, output in scope.template.section("Outputs").items():
        if "Condition" not in output or scope.condition(output["Condition"]):
            try:
                shown.append(_output(name, output, scope))
            except ValidationError as error:
                raise OperationFailed(f"output {name}: {error.message}", "create") from error
    return shown


def _output(name: str, output: Mapping[str, Any], scope: Scope) -> dict[str, str]:
    shown = {"OutputKey": name, "OutputValue": str(resolve(output["Value"], scope))}
    if output.get("Description"):
        shown["Description"] = str(output["Description"])
    if output.get("Export"):
        shown["ExportName"] = str(resolve(output["Export"]["Name"], scope))
    return shown

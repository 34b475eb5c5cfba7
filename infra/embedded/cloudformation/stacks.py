"""Stacks, their resources and their events, and the register of them in one account and region."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Any
from uuid import uuid4

from infra.embedded.cloudformation.errors import ValidationError
from infra.embedded.cloudformation.template import Template

GONE = "DELETE_COMPLETE"


def now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a stack's history."""

    event_id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    properties: str | None
    at: datetime
    token: str | None


@dataclass(slots=True)
class StackResource:
    """A resource of a stack, as it is now.

    `retain`: it stays when the stack lets go of it; `retain_when_new`: also when the operation that made it
    is rolled back; `retain_replaced`: what it replaces stays.
    """

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    tags: Mapping[str, str]
    retain: bool = False
    retain_when_new: bool = False
    retain_replaced: bool = False
    physical_id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    status: str = "CREATE_IN_PROGRESS"
    reason: str | None = None
    at: datetime = field(default_factory=now)

    @property
    def alive(self) -> bool:
        """Whether there is something real behind it."""
        return self.physical_id is not None and self.status != GONE


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stack is to become."""

    template: Template
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...] = ()
    role_arn: str | None = None
    notification_arns: tuple[str, ...] = ()
    token: str | None = None

    def same_as(self, other: Plan) -> bool:
        """Whether an update to this would change nothing."""
        return (
            self.template.essence == other.template.essence
            and self.parameters == other.parameters
            and self.tags == other.tags
        )


@dataclass(slots=True)
class Stack:
    """A stack: what it was asked to be, and what has become of it."""

    name: str
    account_id: str
    region: str
    plan: Plan
    stack_id: str
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    deleted: datetime | None = None
    disable_rollback: bool = False
    termination_protection: bool = False
    timeout_minutes: int | None = None
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock, repr=False)

    def enter(self, status: str, reason: str | None = None) -> None:
        """Change the stack's status, with its event."""
        self.status, self.reason = status, reason
        kind, token = "AWS::CloudFormation::Stack", self.plan.token
        self.events.append(
            Event(str(uuid4()), self.name, self.stack_id, kind, status, reason, None, now(), token)
        )

    def mark(self, resource: StackResource, status: str, reason: str | None = None) -> None:
        """Change a resource's status, with its event."""
        resource.status, resource.reason, resource.at = status, reason, now()
        properties = json.dumps(resource.properties, default=str)
        event_id = f"{resource.logical_id}-{status}-{uuid4()}"
        self.events.append(
            Event(
                event_id,
                resource.logical_id,
                resource.physical_id or "",
                resource.type,
                status,
                reason,
                properties,
                now(),
                self.plan.token,
            )
        )


@dataclass(slots=True)
class ChangeSet:
    """A planned change to a stack, waiting to be executed."""

    change_set_id: str
    name: str
    kind: str
    stack: Stack
    plan: Plan
    changes: list[dict[str, Any]]
    description: str | None = None
    status: str = "CREATE_COMPLETE"
    execution_status: str = "AVAILABLE"
    reason: str | None = None
    created: datetime = field(default_factory=now)


@dataclass(slots=True)
class Register:
    """The stacks and change sets of one account and region."""

    account_id: str
    region: str
    stacks: dict[str, Stack] = field(default_factory=dict)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock, repr=False)

    def add(self, name: str, plan: Plan) -> Stack:
        """A new stack of this name; the caller has checked that the name is free."""
        arn = f"arn:aws:cloudformation:{self.region}:{self.account_id}:stack/{name}/{uuid4()}"
        stack = self.stacks[arn] = Stack(name, self.account_id, self.region, plan, arn)
        return stack

    def find(self, name_or_id: str) -> Stack | None:
        """By ID also a deleted stack; by name only one that is there."""
        if name_or_id in self.stacks:
            return self.stacks[name_or_id]
        alive = (stack for stack in self.stacks.values() if stack.status != GONE)
        return next((stack for stack in alive if stack.name == name_or_id), None)

    def get(self, name_or_id: str, message: str = "Stack with id {0} does not exist") -> Stack:
        """The same, but one that does not exist is a ValidationError."""
        stack = self.find(name_or_id)
        if stack is None:
            raise ValidationError(message.format(name_or_id))
        return stack

    def exports(self) -> dict[str, tuple[str, str]]:
        """Export name to (stack ID, value)."""
        return {
            output["ExportName"]: (stack.stack_id, output["OutputValue"])
            for stack in self.stacks.values()
            if stack.status != GONE
            for output in stack.outputs
            if "ExportName" in output
        }

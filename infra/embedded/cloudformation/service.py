"""CloudFormation's operations on stacks and change sets, without their wire form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from botocore.exceptions import ClientError

from infra.embedded.cloudformation import changes, parameters, template
from infra.embedded.cloudformation.engine import Engine
from infra.embedded.cloudformation.errors import (
    AlreadyExists,
    ChangeSetNotFound,
    InvalidChangeSetStatus,
    ValidationError,
)
from infra.embedded.cloudformation.resources import TYPES
from infra.embedded.cloudformation.stacks import GONE, ChangeSet, Plan, Register, Stack
from infra.embedded.cloudformation.template import Template

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
_BODY_LIMIT = 51_200
_URL_LIMIT = 1_048_576
_UPDATABLE = frozenset(
    {"CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"}
)
_NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)
_EMPTY = Plan(Template("", {}), {}, {})


@dataclass(frozen=True, slots=True)
class Request:
    """What create, update and change sets have in common; `removes_new` is AWS's RetainExceptOnCreate."""

    name: str
    body: str | None
    url: str | None
    use_previous: bool
    given: tuple[parameters.Given, ...]
    tags: Mapping[str, str] | None
    capabilities: tuple[str, ...]
    role_arn: str | None = None
    notification_arns: tuple[str, ...] = ()
    token: str | None = None
    removes_new: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """CloudFormation of one account and region."""

    engine: Engine

    @property
    def register(self) -> Register:
        """The stacks."""
        return self.engine.register

    def create(self, request: Request, on_failure: str, **settings: Any) -> Stack:
        """Create a stack; it is finished, for better or worse, when this returns."""
        _check_name(request.name)
        plan = self._plan(request, _EMPTY)
        with self.register.lock:
            if self.register.find(request.name):
                raise AlreadyExists(f"Stack [{request.name}] already exists")
            stack = self.register.add(request.name, plan)
        for name, value in settings.items():
            setattr(stack, name, value)
        with _exclusive(stack):
            self.engine.create(stack, on_failure, removes_new=request.removes_new)
        return stack

    def update(self, request: Request, *, disable_rollback: bool) -> Stack:
        """Update a stack."""
        stack = self.register.get(request.name, "Stack [{0}] does not exist")
        with _exclusive(stack):
            plan = self._plan(request, stack.plan)
            if stack.status not in _UPDATABLE:
                raise ValidationError(
                    f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
                )
            if plan.same_as(stack.plan) and stack.status.endswith("_COMPLETE"):
                raise ValidationError("No updates are to be performed.")
            self.engine.update(
                stack, plan, disable_rollback=disable_rollback, removes_new=request.removes_new
            )
        return stack

    def delete(self, name: str, retain: frozenset[str]) -> None:
        """Delete a stack; one that does not exist is no error, as on AWS."""
        stack = self.register.find(name)
        if stack is None or stack.status == GONE:
            return
        if stack.termination_protection:
            raise ValidationError(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        if retain and stack.status != "DELETE_FAILED":
            raise ValidationError(
                "Invalid operation on stack: RetainResources needs a stack that is DELETE_FAILED"
            )
        with _exclusive(stack):
            self.engine.delete(stack, retain)

    def create_change_set(self, request: Request, name: str, kind: str, description: str | None) -> ChangeSet:
        """Plan a change, for a stack that is there (UPDATE) or not yet (CREATE)."""
        stack = self.register.find(request.name)
        plan = self._plan(request, stack.plan if stack else _EMPTY)
        stack = self._stack_for(request.name, name, kind, plan)
        if any(made.name == name and made.stack is stack for made in self.register.change_sets.values()):
            raise AlreadyExists(f"ChangeSet {name} already exists")
        arn = f"arn:aws:cloudformation:{stack.region}:{stack.account_id}:changeSet/{name}/{uuid4()}"
        made = ChangeSet(arn, name, kind, stack, plan, changes.planned(self.engine, stack, plan), description)
        if kind == "UPDATE" and plan.same_as(stack.plan):
            made.status, made.execution_status, made.reason = "FAILED", "UNAVAILABLE", _NO_CHANGES
        self.register.change_sets[arn] = made
        return made

    def change_set(self, name: str, stack_name: str | None) -> ChangeSet:
        """By ARN, or by name and stack."""
        if name in self.register.change_sets:
            return self.register.change_sets[name]
        stack = self.register.find(stack_name) if stack_name else None
        for made in self.register.change_sets.values():
            if made.name == name and made.stack is stack:
                return made
        raise ChangeSetNotFound(name)

    def execute(self, made: ChangeSet, *, disable_rollback: bool, removes_new: bool) -> None:
        """Carry a change set out."""
        if made.execution_status != "AVAILABLE":
            state = f"is in [{made.status}] status and [{made.execution_status}] execution status"
            raise InvalidChangeSetStatus(f"ChangeSet [{made.change_set_id}] cannot be executed: it {state}")
        stack = made.stack
        with _exclusive(stack):
            made.execution_status = "EXECUTE_IN_PROGRESS"
            if made.kind == "CREATE":
                stack.plan = made.plan
                on_failure = "DO_NOTHING" if disable_rollback else "ROLLBACK"
                self.engine.create(stack, on_failure, removes_new=removes_new)
            else:
                self.engine.update(
                    stack, made.plan, disable_rollback=disable_rollback, removes_new=removes_new
                )
            good = stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
            made.execution_status = "EXECUTE_COMPLETE" if good else "EXECUTE_FAILED"

    def read_template(self, body: str | None, url: str | None) -> Template:
        """The template of a request that must have one."""
        if (body is None) == (url is None):
            raise ValidationError("Either Template URL or Template Body must be specified.")
        text = body if body is not None else self._fetch(url or "")
        limit = _BODY_LIMIT if body is not None else _URL_LIMIT
        if len(text.encode()) > limit:
            member = "templateBody" if body is not None else "templateURL"
            raise ValidationError(
                f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {limit} (it has {len(text.encode())})"
            )
        return template.read(text, frozenset(TYPES))

    def _plan(self, request: Request, old: Plan) -> Plan:
        read = old.template if request.use_previous else self.read_template(request.body, request.url)
        values = parameters.resolve(read, request.given, old.parameters)
        template.require_capabilities(read, list(request.capabilities))
        plan = Plan(
            read,
            values,
            old.tags if request.tags is None else request.tags,
            request.capabilities,
            request.role_arn or old.role_arn,
            request.notification_arns,
            request.token,
        )
        self.engine.check(request.name, plan)
        return plan

    def _stack_for(self, name: str, change_set: str, kind: str, plan: Plan) -> Stack:
        with self.register.lock:
            stack = self.register.find(name)
            if kind == "UPDATE":
                if stack is None or stack.status == "REVIEW_IN_PROGRESS":
                    raise ValidationError(f"Stack [{name}] does not exist")
                return stack
            if stack is None:
                _check_name(name)
                stack = self.register.add(name, replace(_EMPTY, token=plan.token))
                stack.enter("REVIEW_IN_PROGRESS", "User Initiated")
            elif stack.status != "REVIEW_IN_PROGRESS":
                raise AlreadyExists(
                    f"Stack [{name}] already exists and cannot be created again "
                    f"with the changeSet [{change_set}]."
                )
            return stack

    def _fetch(self, url: str) -> str:
        """A template in a bucket of this cloud, by its virtual-hosted or its path-style URL."""
        parts = urlsplit(url)
        host, path = parts.hostname or "", unquote(parts.path).lstrip("/")
        virtual = re.fullmatch(r"(.+?)\.s3[.-].*amazonaws\.com", host)
        bucket, key = (virtual.group(1), path) if virtual else path.partition("/")[::2]
        try:
            answer = self.engine.clients.client("s3", self.register.region).get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise ValidationError(f"S3 error: {error.response['Error'].get('Message')} ({url})") from error
        return str(answer["Body"].read().decode())


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )


@contextmanager
def _exclusive(stack: Stack) -> Iterator[None]:
    """One operation on a stack at a time; another one is told so."""
    if not stack.lock.acquire(blocking=False):
        raise ValidationError(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
    try:
        yield
    finally:
        stack.lock.release()

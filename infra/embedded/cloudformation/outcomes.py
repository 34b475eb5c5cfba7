"""From what a resource raises to what its event says."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from infra.embedded.cloudformation.errors import ResourceFailed, ValidationError
from infra.embedded.cloudformation.stacks import Stack, StackResource
from infra.embedded.refusals import NotImplementedHere


class OperationFailed(Exception):
    """A resource failed, so the operation on the stack does; `logical_id` names it."""

    def __init__(self, logical_id: str, verb: str) -> None:
        super().__init__(f"The following resource(s) failed to {verb}: [{logical_id}]. ")
        self.logical_id = logical_id


@contextmanager
def failing(stack: Stack, resource: StackResource, verb: str) -> Iterator[None]:
    """Turn whatever happens inside into the resource's event and an OperationFailed."""
    try:
        yield
    except Exception as error:
        stack.resources.setdefault(resource.logical_id, resource)
        stack.mark(resource, f"{verb.upper()}_FAILED", reason_of(error))
        raise OperationFailed(resource.logical_id, verb) from error


def attempt(action: Callable[[], object]) -> str | None:
    """Do it; the reason when it failed, for those who must go on with the rest."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 (every failure must reach the events, and the rest must go on)
        return reason_of(error)
    return None


def reason_of(error: Exception) -> str:
    """What a resource's event says about the error; one that nobody expected goes to stderr too."""
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

"""Error names: what they are called, and which Retry and Catch they match.

moto: lets States.ALL match States.Runtime and States.DataLimitExceeded; lets States.TaskFailed match
custom names only; loses a reserved name (States.Timeout in an iteration becomes States.Runtime, because
it takes it for a custom one); says "An error occurred while executing the state" again at every level
that States.Runtime passes.
AWS: States.Runtime is never retried or caught; States.DataLimitExceeded only by its own name;
States.TaskFailed matches every name but States.Timeout.
"""

from __future__ import annotations

from typing import Any, Final

from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.eval.environment import Environment

from infra.embedded.states import seam

RUNTIME: Final = "States.Runtime"
DATA_LIMIT: Final = "States.DataLimitExceeded"
TIMEOUT: Final = "States.Timeout"
HEARTBEAT: Final = "States.HeartbeatTimeout"


_DECORATION: Final = "An error occurred while executing the state"
_MOTO_FAILED_DETAILS = FailureEventException.get_execution_failed_event_details


def named(error_name: str | None) -> ErrorName:
    """Moto's object for an error name, reserved or custom."""
    if error_name is None or not error_name.startswith("States."):
        return CustomErrorName(error_name)
    try:
        return StatesErrorName.from_name(error_name)
    except ValueError:
        return _Unlisted(error_name)


def failure(
    env: Environment, kind: str, error: str, cause: str | None = None, **more: Any
) -> FailureEventException:
    """The exception that makes a state fail with an event of `kind` (TaskFailed, ...)."""
    details = {"error": error, **({} if cause is None else {"cause": cause}), **more}
    name = kind[0].lower() + kind[1:] + "EventDetails"
    return FailureEventException(FailureEvent(env, named(error), kind, {name: details}))


def name_of(error: FailureEventException) -> str | None:
    """The error name that a state failed with."""
    name = error.failure_event.error_name
    return name.error_name if name is not None else None


def matches(listed: list[str | None], error: str | None) -> bool:
    """Whether an ErrorEquals list matches an error name."""
    if error == RUNTIME:
        return False
    if error in listed:
        return True
    if error == HEARTBEAT and TIMEOUT in listed:
        return True
    if error == DATA_LIMIT:
        return False
    return "States.ALL" in listed or ("States.TaskFailed" in listed and error != TIMEOUT)


class _Unlisted(ErrorName):  # type: ignore[misc]  # moto carries no types
    """A reserved name that moto does not know."""


def _eval_body(self: ErrorEqualsDecl, env: Environment) -> None:
    error = env.stack.pop()
    env.stack.append(matches([name.error_name for name in self.error_names], error and error.error_name))


def _failed_details(self: FailureEventException) -> dict[str, str] | None:
    details: dict[str, str] | None = _MOTO_FAILED_DETAILS(self)
    original = self.extract_error_cause_pair()
    if details and original and str(original[1]).startswith(_DECORATION):
        details["cause"] = original[1]
    return details


def install() -> None:
    """Match as above."""
    seam.replace(ErrorEqualsDecl, "_eval_body", ("self", "env"), _eval_body)
    seam.replace(FailureEventException, "get_execution_failed_event_details", ("self",), _failed_details)

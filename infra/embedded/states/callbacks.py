"""Tasks that wait for their token to come back (`.waitForTaskToken`), and the operations that bring it.

moto: waits on after the execution has ended, calls a missed heartbeat States.Timeout, and drops the cause
that SendTaskFailure gives.
AWS: a missed heartbeat is States.HeartbeatTimeout.
Here: the wait looks at the execution at least once a second.
"""

from __future__ import annotations

import time
from typing import Final

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback as callback_tasks,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackEndpoint,
    CallbackOutcome,
    CallbackOutcomeTimedOut,
    HeartbeatEndpoint,
    HeartbeatTimedOut,
    HeartbeatTimeoutError,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.responses import StepFunctionResponse

from infra.embedded.states import errors, seam

_LONGEST_NAP_S: Final = 1.0
_MOTO_FROM_ERROR = callback_tasks.StateTaskServiceCallback._from_error
_WAIT: Final = ("self", "env", "timeout_seconds", "callback_endpoint", "heartbeat_endpoint")


class _Deadline:
    """A point in time that may be moved; seconds None is never."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._at = 0.0
        self.move()

    def move(self) -> None:
        self._at = time.monotonic() + (self._seconds if self._seconds is not None else float("inf"))

    def left(self) -> float:
        return self._at - time.monotonic()


def _wait_for_token(
    self: callback_tasks.StateTaskServiceCallback,  # noqa: ARG001 (moto's signature)
    env: Environment,
    timeout_seconds: float,
    callback_endpoint: CallbackEndpoint,
    heartbeat_endpoint: HeartbeatEndpoint | None,
) -> CallbackOutcome | HeartbeatTimedOut:
    signal, beat = callback_endpoint._notify_event, _Deadline(None)
    if heartbeat_endpoint is not None:
        signal, beat = (
            heartbeat_endpoint._next_heartbeat_event,
            _Deadline(heartbeat_endpoint._heartbeat_seconds),
        )
    end = _Deadline(timeout_seconds)
    while env.is_running():
        is_late, is_silent = end.left() <= 0, beat.left() <= 0 and not signal.is_set()
        if (outcome := callback_endpoint.get_outcome()) is not None:
            return outcome
        if is_late:
            break
        if is_silent:
            return HeartbeatTimedOut()
        if signal.wait(max(0.0, min(_LONGEST_NAP_S, end.left(), beat.left()))) and heartbeat_endpoint:
            signal.clear()
            beat.move()
    return CallbackOutcomeTimedOut(callback_id=callback_endpoint.callback_id)


def _from_error(
    self: callback_tasks.StateTaskServiceCallback, env: Environment, ex: Exception
) -> FailureEvent:
    if not isinstance(ex, HeartbeatTimeoutError):
        return _MOTO_FROM_ERROR(self, env, ex)
    more = {"resource": self._get_sfn_resource(), "resourceType": self._get_sfn_resource_type()}
    return errors.failure(env, "TaskTimedOut", errors.HEARTBEAT, **more).failure_event


def _send_task_failure(self: StepFunctionResponse) -> ActionResult:
    self.stepfunction_backend.send_task_failure(
        self._get_param("taskToken"), error=self._get_param("error"), cause=self._get_param("cause")
    )
    return EmptyResult()


def install() -> None:
    """Wait for tokens, and bring them, as above."""
    waiting = callback_tasks.StateTaskServiceCallback
    seam.replace(waiting, "_eval_wait_for_task_token", _WAIT, _wait_for_token)
    seam.replace(waiting, "_from_error", ("self", "env", "ex"), _from_error)
    seam.replace(StepFunctionResponse, "send_task_failure", ("self",), _send_task_failure)

"""Attempts of a state: their timeout, and the waiting between retries.

moto: runs every attempt in a thread of its own with copies of everything, whether it has a timeout or
not; an attempt that timed out goes on writing events; the waiting before a retry cannot be interrupted.
AWS: a task without TimeoutSeconds has none; the time counts from its Started event; one that timed out
writes TaskTimedOut and nothing after it.
Here: an attempt without a timeout runs where it stands; one with a timeout is watched, and its chain is
closed when it is given up.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final, NoReturn

from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import MaxAttemptsOutcome
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_outcome import RetrierOutcome
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.eval.environment import Environment

from infra.embedded.states import environments, seam
from infra.embedded.states.history import Chain

_LONGEST_NAP_S: Final = 1.0


def _attempt(self: ExecutionState, env: Environment) -> None:
    """One attempt, and what becomes of its result."""
    output = _unwatched(self, env) if self.timeout.is_default_value() else _watched(self, env)
    env.stack.append(output)
    if not self._is_language_query_jsonpath():
        env.states.set_result(output)
    if self.assign_decl:
        self.assign_decl.eval(env=env)
    if self.result_selector:
        self.result_selector.eval(env=env)
    if self.result_path:
        self.result_path.eval(env)
    else:
        env.states.reset(input_value=env.stack.pop())


def _unwatched(state: ExecutionState, env: Environment) -> Any:
    before = list(env.stack)
    try:
        state._eval_execution(env)
        output = env.stack.pop()
    finally:
        env.stack[:] = before
    return output


class _Watched:
    """An attempt in a thread of its own, that may be given up."""

    def __init__(self, state: ExecutionState, env: Environment) -> None:
        outer = env.event_history_context
        self.chain = Chain(outer.source_event_id, inside=outer)
        self.frame = env.open_frame(self.chain)
        self.frame.stack = list(env.stack)
        self.frame.states.reset(input_value=env.states.get_input())
        self.error: Exception | None = None
        self.ended = threading.Event()
        self._state = state

    def run(self) -> None:
        try:
            self._state._eval_execution(self.frame)
        except Exception as error:  # noqa: BLE001 (raised again where the attempt is awaited)
            self.error = error
        self.ended.set()

    def ends_within(self, env: Environment, seconds: float) -> bool:
        """Whether it ends within this time of its Started event; also False when the execution ends."""
        while not self.ended.is_set() and env.is_running():
            left = self._left_of(seconds)
            if left <= 0:
                return False
            self.ended.wait(min(left, _LONGEST_NAP_S))
        return self.ended.is_set()

    def fail(self) -> NoReturn:
        """Raise what it failed with, which keeps neither this attempt nor its traceback's frames alive."""
        error, self.error = self.error, None
        assert error is not None
        try:
            raise error
        finally:
            del error

    def _left_of(self, seconds: float) -> float:
        since = self.chain.started_at
        return seconds if since is None else since + seconds - time.monotonic()


def _watched(state: ExecutionState, env: Environment) -> Any:
    state.timeout.eval(env=env)
    seconds = env.stack.pop()
    attempt = _Watched(state, env)
    threading.Thread(target=attempt.run, name="task", daemon=True).start()
    in_time = attempt.ends_within(env, seconds)
    env.event_history_context.source_event_id = attempt.chain.source_event_id
    env.event_history_context.last_published_event_id = attempt.chain.last_published_event_id
    attempt.chain.closed = True
    env.delete_frame(attempt.frame)
    if not in_time:
        attempt.frame.set_stop(stop_date=None, cause=None, error=None)
        raise EvalTimeoutError
    if attempt.error:
        attempt.fail()
    return attempt.frame.stack.pop()


def _eval_retrier(self: RetrierDecl, env: Environment) -> None:
    self.error_equals.eval(env)
    if not env.stack.pop():
        env.stack.append(RetrierOutcome.Skipped)
        return
    self.max_attempts.eval(env=env)
    if env.stack.pop() == MaxAttemptsOutcome.EXHAUSTED:
        env.stack.append(RetrierOutcome.Failed)
        return
    for part in (self.interval_seconds, self.backoff_rate, self.max_delay_seconds, self.jitter_strategy):
        part.eval(env=env)
    environments.pause(env, env.stack.pop())
    env.stack.append(RetrierOutcome.Executed)


def install() -> None:
    """Attempt and retry as above."""
    seam.replace(ExecutionState, "_evaluate_with_timeout", ("self", "env"), _attempt)
    seam.replace(RetrierDecl, "_eval_body", ("self", "env"), _eval_retrier)

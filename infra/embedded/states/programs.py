"""Running the states of a state machine, and ending an execution.

moto: gives each iteration a thread that another thread waits for; after a timeout the thread runs on and
its events follow ExecutionTimedOut; a stopped execution ends when the task under way does.
AWS: an execution that is stopped, times out or whose history is full ends at once.
Here: one thread supervises the execution, one runs its states; iterations and branches run in the thread
they are given. The supervisor writes the last event.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramState,
    ProgramStopped,
    ProgramTimedOut,
)

from infra.embedded.states import history, seam, texts, throttling

_LOG = logging.getLogger(__name__)


def prepare(env: Environment) -> None:
    """Give an execution's environment the signal that ends it, and let it count as running."""
    env.over = threading.Event()
    env.next_state_name = ""


def stop(env: Environment, error: str | None, cause: str | None) -> None:
    """Abort an execution that is running; does nothing to one that has ended."""
    _end(env, lambda: env.set_stop(stop_date=None, error=error, cause=cause))


def _end(env: Environment, set_state: Callable[[], None]) -> None:
    """End an execution from outside, unless it has ended by itself: close the history, then the state."""
    with env._state_mutex:
        if not env.is_running():
            return
        history.of(env).refuse_all_but_the_last()
        set_state()
    env.over.set()


def _eval(self: Program, env: Environment) -> None:
    with env._state_mutex:
        if env._program_state is None or env.is_running():
            env.next_state_name = self.start_at.start_at_name
    if env.is_frame():
        EvalComponent.eval(self, env)
    else:
        _supervise(self, env)


def _supervise(program: Program, env: Environment) -> None:
    written = history.of(env)
    written.when_full = lambda: _fail_for_full_history(env)
    threading.Thread(target=_run, args=(program, env), name="execution", daemon=True).start()
    seconds = program.timeout_seconds.timeout_seconds if program.timeout_seconds else None
    if not env.over.wait(seconds):
        _end(env, env.set_timed_out)
    _write_last_event(env, written)


def _run(program: Program, env: Environment) -> None:
    try:
        EvalComponent.eval(program, env)
    finally:
        env.over.set()


def _eval_body(self: Program, env: Environment) -> None:
    try:
        while env.is_running():
            _enter(self, env)
    except FailureEventException as error:
        _fail(env, error.get_execution_failed_event_details())
    except Exception as error:  # noqa: BLE001 (whatever it is fails the execution)
        _LOG.debug("an execution ended with an exception of the interpreter", exc_info=True)
        _fail(env, {"error": "States.Runtime", "cause": f"{type(error).__name__}({error})"})


def _enter(program: Program, env: Environment) -> None:
    throttling.take_transition(env)
    program._get_state(env.next_state_name).eval(env)
    env.stack.clear()
    env.heap.clear()


def _fail(env: Environment, details: Any) -> None:
    """Fail, unless the program was stopped, timed out or failed from outside before."""
    with env._state_mutex:
        if not isinstance(env._program_state, ProgramStopped | ProgramTimedOut | ProgramError):
            env.set_error(error=details)


def _fail_for_full_history(env: Environment) -> None:
    def fail() -> None:
        env.event_history_context.source_event_id = history.of(env).last_number()
        env.set_error(error={"error": "States.Runtime", "cause": history.FULL_CAUSE})

    _end(env, fail)


def _write_last_event(env: Environment, written: history.History) -> None:
    state = env.program_state()
    kind, name, details = _last_event(env, state)
    if isinstance(state, ProgramStopped):
        env.event_history_context.source_event_id = 0
    written.add_event(env.event_history_context, kind, {name: details})


def _last_event(env: Environment, state: ProgramState | None) -> tuple[str, str, dict[str, Any]]:
    if isinstance(state, ProgramEnded):
        output = {"output": texts.to_text(env.states.get_input()), "outputDetails": {"truncated": False}}
        return "ExecutionSucceeded", "executionSucceededEventDetails", output
    if isinstance(state, ProgramStopped):
        return "ExecutionAborted", "executionAbortedEventDetails", _said(state.error, state.cause)
    if isinstance(state, ProgramTimedOut):
        return "ExecutionTimedOut", "executionTimedOutEventDetails", {}
    error = (state.error or {}) if isinstance(state, ProgramError) else {}
    return "ExecutionFailed", "executionFailedEventDetails", _said(error.get("error"), error.get("cause"))


def _said(error: str | None, cause: str | None) -> dict[str, Any]:
    return {key: value for key, value in (("error", error), ("cause", cause)) if value is not None}


def install() -> None:
    """Run and end executions as above."""
    seam.replace(Program, "eval", ("self", "env"), _eval)
    seam.replace(Program, "_eval_body", ("self", "env"), _eval_body)

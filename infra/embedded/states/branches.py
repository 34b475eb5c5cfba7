"""The branches of a Parallel state.

moto: when a branch fails, the others are stopped without a word, and ParallelStateFailed follows from
whatever event was last in any of them.
AWS: each branch that is cut off writes that the state it was in is aborted (TaskStateAborted, ...), also the
one that failed in a task; these events and ParallelStateFailed follow from the event that it failed with.
Here: one thread a branch; the first failure ends the state, and invocations already made run on.
"""

from __future__ import annotations

import threading
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branches_decl import BranchesDecl
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError

from infra.embedded.states import errors, history, seam
from infra.embedded.states.history import Ending


class ParallelRun:
    """One run of a Parallel state: gathers the branches' outputs, and ends at the first failure."""

    def __init__(self, env: Environment, programs: list[Program], given: Any) -> None:
        self._env = env
        self._branches = [(program, self._open(given)) for program in programs]
        self._lock = threading.Lock()
        self._left = len(programs)
        self._failure: dict[str, Any] | None = None
        self._over = threading.Event()

    def run(self) -> list[Any]:
        """The outputs in the order of the branches; raises what the first branch to fail failed with."""
        for program, frame in self._branches:
            threading.Thread(target=self._work, args=(program, frame), name="branch", daemon=True).start()
        self._over.wait()
        if self._failure is not None:
            raise _failure_of(self._env, self._failure)
        for _, frame in self._branches:
            self._env.close_frame(frame)
        return [frame.states.get_input() for _, frame in self._branches]

    def _open(self, given: Any) -> Environment:
        frame = self._env.open_inner_frame()
        frame.states.reset(input_value=given)
        return frame

    def _work(self, program: Program, frame: Environment) -> None:
        program.eval(frame)
        state = frame.program_state()
        with self._lock:
            if self._over.is_set():
                return
            if isinstance(state, ProgramError):
                self._failed(frame, dict(state.error or {}))
            self._left -= 1
            if self._left == 0 or not isinstance(state, ProgramEnded):
                self._over.set()

    def _failed(self, failing: Environment, error: dict[str, Any]) -> None:
        """Cut the branches off, the one that failed first; the caller holds the lock."""
        after = int(failing.event_history_context.source_event_id)
        written = history.of(self._env)
        frames = [failing, *(frame for _, frame in self._branches if frame is not failing)]
        for frame in frames:
            aborts = frame is not failing or error.get("error") != errors.RUNTIME
            written.close(frame.event_history_context, Ending(None, {}, after, aborts=aborts))
            frame.set_stop(stop_date=None, cause=None, error=None)
            self._env.delete_frame(frame)
        self._env.event_history_context.source_event_id = after
        self._failure = error


def _failure_of(env: Environment, error: dict[str, Any]) -> FailureEventException:
    name = errors.named(error.get("error"))
    return FailureEventException(
        FailureEvent(env, name, "ExecutionFailed", {"executionFailedEventDetails": error})
    )


def _eval_body(self: BranchesDecl, env: Environment) -> None:
    env.stack.append(ParallelRun(env, self.programs, env.stack.pop()).run())


def install() -> None:
    """Run branches as above."""
    seam.replace(BranchesDecl, "_eval_body", ("self", "env"), _eval_body)

"""The environments (frames) in which the parts of an execution run.

moto: makes each frame with an event manager, a callback pool and copies of its own, then throws them
away; logs the whole component tree at each level that an error passes through.
AWS: nothing of this is visible.
Here: a frame shares what moto would overwrite, and takes part in the chain of the frame it was opened in.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning, ProgramState
from moto.stepfunctions.parser.asl.eval.states import States
from moto.stepfunctions.parser.asl.eval.variable_store import VariableStore

from infra.embedded.states import seam
from infra.embedded.states.history import Chain

_LONGEST_NAP_S: Final = 1.0
_MOTO_CLOSE_FRAME = Environment.close_frame
_SHARED: Final = (
    "event_manager",
    "cloud_watch_logging_session",
    "aws_execution_details",
    "execution_type",
    "callback_pool_manager",
    "map_run_record_pool_manager",
    "activity_store",
    "mock_test_case",
)


def pause(env: Environment, seconds: float) -> None:
    """Wait, unless the execution ends before."""
    until = time.monotonic() + seconds
    while env.is_running() and (left := until - time.monotonic()) > 0:
        env.program_state_event.wait(min(left, _LONGEST_NAP_S))


def _inner_frame(
    cls: type[Environment],
    env: Environment,
    variable_store: VariableStore,
    event_history_frame_cache: EventHistoryContext | None = None,
) -> Environment:
    frame = object.__new__(cls)
    for name in _SHARED:
        setattr(frame, name, getattr(env, name))
    frame._state_mutex = threading.RLock()
    frame.program_state_event = threading.Event()
    frame.event_history_context = event_history_frame_cache or _chain_of(env)
    frame._frames = []
    frame._is_frame = True
    frame.heap = {}
    frame.stack = []
    frame.states = States(context=_context_of(env))
    frame.variable_store = variable_store
    frame._program_state = _copy_of(env._program_state)
    return frame


def _chain_of(env: Environment) -> Chain:
    parent = env.event_history_context
    return Chain(parent.source_event_id, inside=parent)


def _context_of(env: Environment) -> dict[str, Any]:
    outer = env.states.context_object.context_object_data
    context = {key: outer[key] for key in ("Execution", "StateMachine", "Task", "Map") if key in outer}
    if "State" in outer:
        context["State"] = dict(outer["State"])
    return context


def _copy_of(state: ProgramState | None) -> ProgramState | None:
    if not isinstance(state, ProgramRunning):
        return state
    copy = ProgramRunning()
    copy._next_state_name = state._next_state_name
    copy._next_field_name = state._next_field_name
    return copy


def _program_state(self: Environment) -> ProgramState | None:
    return self._program_state


def _close_frame(self: Environment, frame: Environment) -> None:
    """As moto's; what still runs in the frame, because it was given up, writes no more."""
    _MOTO_CLOSE_FRAME(self, frame)
    frame.event_history_context.closed = True


def _eval(self: EvalComponent, env: Environment) -> None:
    if not env.is_running():
        return
    field = self._field_name()
    if field is not None:
        env.next_field_name = field
    self._eval_body(env)


def _wait_interval(self: WaitFunction, env: Environment, wait_seconds: float) -> None:  # noqa: ARG001
    pause(env, wait_seconds)


def install() -> None:
    """Make frames lean, evaluation quiet, and waiting interruptible and exact."""
    frame = ("env", "variable_store", "event_history_frame_cache")
    if getattr(Environment.as_inner_frame_of, "__func__", None) is not _inner_frame:
        seam.expect(Environment, "as_inner_frame_of", ("cls", *frame))
        seam.REPLACED["Environment.as_inner_frame_of"] = Environment.as_inner_frame_of.__func__
        Environment.as_inner_frame_of = classmethod(_inner_frame)
    seam.replace(Environment, "program_state", ("self",), _program_state)
    seam.replace(Environment, "close_frame", ("self", "frame"), _close_frame)
    seam.replace(EvalComponent, "eval", ("self", "env"), _eval)
    seam.replace(WaitFunction, "_wait_interval", ("self", "env", "wait_seconds"), _wait_interval)

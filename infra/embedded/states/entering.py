"""What every kind of state does: it is entered, works, checks its output, and is left.

moto: dates the entry in a form that ISO readers of Step Functions' context do not expect, and writes the
state's input and output anew for each purpose.
AWS: `$$.State.EnteredTime` is UTC with milliseconds and a Z.
Here: the same steps, with the texts made once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from infra.embedded.states import errors, history, seam, texts

_NOT_TRUNCATED = {"truncated": False}


def iso_time(moment: datetime) -> str:
    """A moment as the context object has it: UTC with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _eval_body(self: CommonStateField, env: Environment) -> None:
    _enter(self, env)
    self._eval_state_input(env=env)
    try:
        self._eval_state(env)
    except NoSuchJsonPathError as error:
        raise _missing(env, error) from error
    if not env.is_running():
        return
    self._eval_state_output(env=env)
    self._verify_size_quota(env=env, value=env.states.get_input())
    self._set_next(env)
    if self.state_exited_event_type is not None:
        _leave(self, env)


def _enter(state: CommonStateField, env: Environment) -> None:
    details = {
        "name": state.name,
        "input": texts.to_text(env.states.get_input()),
        "inputDetails": _NOT_TRUNCATED,
    }
    history.of(env).add_event(
        env.event_history_context, state.state_entered_event_type, {"stateEnteredEventDetails": details}
    )
    context = env.states.context_object.context_object_data
    context["State"] = {"EnteredTime": iso_time(datetime.now(UTC)), "Name": state.name}


def _leave(state: CommonStateField, env: Environment) -> None:
    details: dict[str, Any] = {
        "name": state.name,
        "output": texts.to_text(env.states.get_input()),
        "outputDetails": _NOT_TRUNCATED,
    }
    assigned = env.variable_store.get_assigned_variables()
    env.variable_store.reset_tracing()
    if assigned:
        details |= {"assignedVariables": assigned, "assignedVariablesDetails": _NOT_TRUNCATED}
    history.of(env).add_event(
        env.event_history_context, state.state_exited_event_type, {"stateExitedEventDetails": details}
    )


def _missing(env: Environment, error: NoSuchJsonPathError) -> FailureEventException:
    cause = (
        f"The JSONPath '{error.json_path}' specified for the field '{env.next_field_name}' "
        f"could not be found in the input '{texts.to_text(error.data)}'"
    )
    return errors.failure(env, "TaskFailed", errors.RUNTIME, cause)


def install() -> None:
    """Enter and leave states as above."""
    seam.replace(CommonStateField, "_eval_body", ("self", "env"), _eval_body)

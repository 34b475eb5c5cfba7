"""Starting, ending and describing executions.

moto: calls every execution without a name "None", so that the second one is refused; accepts any name and
input of any size; parses the definition anew for each; takes no error and cause from StopExecution, and
ends a stopped execution only when its task has ended; leaves stopDate out where an execution timed out.
AWS: names are UUIDs, unique for a state machine; the same name and input again gives the execution that
is running; input is JSON of at most 262,144 bytes.
Here: executions are made one after another, and one that can be listed is running or has ended.
"""

from __future__ import annotations

import copy
import json
import threading
import time
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from moto.stepfunctions.exceptions import InvalidExecutionInput
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.eval.evaluation_details import ExecutionDetails
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from infra.embedded.states import (
    entering,
    event_logs,
    history,
    measuring,
    pauses,
    programs,
    refusals,
    seam,
    texts,
)

_STOP_WAIT_S: Final = 60.0
_starting = threading.Lock()
_MOTO_EXECUTION_DETAILS = Execution.get_start_execution_details


def check_input(text: str) -> None:
    """Raise what StartExecution answers to input that is too large or not JSON."""
    if len(text) > texts.MAX_BYTES:
        raise refusals.ValidationException(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            f"Member must have length less than or equal to {texts.MAX_BYTES}"
        )
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{error}'") from error
    if texts.size_of(text) > texts.MAX_BYTES:
        raise InvalidExecutionInput(
            f"Invalid State Machine Execution Input: '{texts.size_of(text)} bytes of UTF-8; "
            f"at most {texts.MAX_BYTES} are allowed'"
        )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@lru_cache(maxsize=64)
def parsed(definition: str) -> EvalComponent:
    """The program of a definition; its components keep no state, so executions share them."""
    return AmazonStateLanguageParser.parse(definition)[0]


def _start_execution(
    self: StepFunctionsParserBackend,
    state_machine_arn: str,
    name: str | None = None,
    execution_input: str | None = None,
    trace_header: str | None = None,
) -> Execution:
    self.describe_state_machine(state_machine_arn)
    if name is not None:
        self._validate_name(name)
    text = "{}" if execution_input is None else execution_input
    check_input(text)
    with _starting:
        state_machine = self.describe_state_machine(state_machine_arn)
        known = None if name is None else state_machine._handle_name_input_idempotency(name, text)
        if known is not None:
            return known
        execution = _new_execution(self, state_machine, name or str(uuid.uuid4()), text, trace_header)
        execution.start()
        state_machine.executions.append(execution)
    measuring.started(_machine(execution))
    _launch(execution.exec_worker)
    return execution


def _new_execution(
    backend: StepFunctionsParserBackend,
    state_machine: StateMachine,
    name: str,
    text: str,
    trace_header: str | None,
) -> Execution:
    region, account = backend.region_name, backend.account_id
    return Execution(
        name=name,
        sm_type=state_machine.sm_type,
        role_arn=state_machine.roleArn,
        exec_arn=f"arn:{backend.partition}:states:{region}:{account}:execution:{state_machine.name}:{name}",
        account_id=account,
        region_name=region,
        state_machine=copy.copy(state_machine),
        start_date=_now(),
        cloud_watch_logging_session=None,
        input_data=text,
        trace_header=trace_header,
        activity_store={},
    )


def _now() -> datetime:
    """Now, in whole milliseconds, as every date of an execution."""
    return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, tz=UTC)


def _execution_details(self: Execution) -> ExecutionDetails:
    details = _MOTO_EXECUTION_DETAILS(self)
    details.start_time = entering.iso_time(self.start_date)
    return details


def _start_worker(self: ExecutionWorker) -> None:
    """Make all that can be asked of an execution, up to its first event; its states do not run yet."""
    self.env = self._get_evaluation_environment()
    self.done = threading.Event()
    programs.prepare(self.env)
    history.of(self.env).when_written = event_logs.writer(self._execution_communication.execution)
    details = self._evaluation_details
    started = {
        "input": self._execution_communication.execution.execution_input,
        "inputDetails": {"truncated": False},
        "roleArn": details.aws_execution_details.role_arn,
    }
    history.of(self.env).add_event(
        self.env.event_history_context,
        "ExecutionStarted",
        {"executionStartedEventDetails": started},
        update_source_event_id=False,
    )


def _launch(worker: ExecutionWorker) -> None:
    threading.Thread(target=_supervise, args=(worker,), name="supervisor", daemon=True).start()


def _supervise(worker: ExecutionWorker) -> None:
    try:
        worker._get_evaluation_entrypoint().eval(worker.env)
    finally:
        worker._execution_communication.terminated()
        _untie(worker)
        worker.done.set()
        pauses.settle()


def _untie(worker: ExecutionWorker) -> None:
    """Cut the circles between what an execution is made of.

    The collector does not look at what has settled, so that only what no circle holds is freed.
    """
    worker._execution_communication = None
    written = history.of(worker.env)
    written.when_full = written.when_written = None


def _entrypoint(self: ExecutionWorker) -> EvalComponent:
    return parsed(self._evaluation_details.state_machine_details.definition)


def _reflect(self: BaseExecutionWorkerCommunication) -> None:
    """Write an execution's end where DescribeExecution reads it, the status last."""
    execution = self.execution
    state = execution.exec_worker.env.program_state()
    execution.stop_date = _now()
    if isinstance(state, ProgramEnded):
        execution.output = execution.exec_worker.env.states.get_input()
        status = ExecutionStatus.SUCCEEDED
    elif isinstance(state, ProgramStopped):
        execution.error, execution.cause = state.error, state.cause
        status = ExecutionStatus.ABORTED
    elif isinstance(state, ProgramTimedOut):
        status = ExecutionStatus.TIMED_OUT
    else:
        said = (state.error or {}) if isinstance(state, ProgramError) else {}
        execution.error, execution.cause = said.get("error"), said.get("cause")
        status = ExecutionStatus.FAILED
    execution.exec_status = status
    measuring.ended(_machine(execution), status.value, execution.stop_date - execution.start_date)


def _machine(execution: Execution) -> measuring.Machine:
    return measuring.Machine(execution.account_id, execution.region_name, execution.state_machine_arn)


def stop(execution: Execution, error: str | None, cause: str | None) -> None:
    """Abort an execution and wait until it is aborted; nothing happens to one that has ended."""
    worker = execution.exec_worker
    programs.stop(worker.env, error, cause)
    worker.done.wait(_STOP_WAIT_S)


def _delete_state_machine(self: StepFunctionsParserBackend, arn: str) -> None:
    """As moto's, but what is still running is aborted, and the histories are let go."""
    with _starting:
        doomed = next((machine for machine in self.state_machines if machine.arn == arn), None)
        _MOTO_DELETE(self, arn)
    if doomed is None:
        return
    for execution in doomed.executions:
        if execution.exec_status == ExecutionStatus.RUNNING:
            stop(execution, None, None)
    doomed.executions.clear()


_MOTO_DELETE = StepFunctionsParserBackend.delete_state_machine
_START: Final = ("self", "state_machine_arn", "name", "execution_input", "trace_header")


def install() -> None:
    """Start, end and describe executions as above."""
    backend = StepFunctionsParserBackend
    seam.replace(backend, "start_execution", _START, _start_execution)
    seam.replace(backend, "delete_state_machine", ("self", "arn"), _delete_state_machine)
    seam.replace(Execution, "get_start_execution_details", ("self",), _execution_details)
    seam.replace(ExecutionWorker, "start", ("self",), _start_worker)
    seam.replace(ExecutionWorker, "_get_evaluation_entrypoint", ("self",), _entrypoint)
    seam.replace(BaseExecutionWorkerCommunication, "_reflect_execution_status", ("self",), _reflect)

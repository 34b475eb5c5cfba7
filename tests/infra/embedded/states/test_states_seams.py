"""The seams notice when moto moves."""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect

import pytest

from infra.embedded import states
from infra.embedded.states import seam

WRITTEN_FOR = "5.2.5"


def digest(function):
    """A short digest of a function's source."""
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:10]


REPLACED = {
    "BaseExecutionWorkerCommunication._reflect_execution_status": "038a396107",
    "BranchesDecl._eval_body": "eec2efa5fe",
    "CommonStateField._eval_body": "035f80caae",
    "DistributedItemProcessorWorker._eval_pool": "8797235af2",
    "Environment.as_inner_frame_of": "eb77183cac",
    "Environment.close_frame": "c7ee330350",
    "Environment.program_state": "51a3ae2d97",
    "ErrorEqualsDecl._eval_body": "aeda14a0cc",
    "EvalComponent.eval": "8573f4a8a0",
    "EventManager": "36badf7508",
    "Execution.get_start_execution_details": "d2b1067cdd",
    "ExecutionState._evaluate_with_timeout": "c56deda08a",
    "ExecutionWorker._get_evaluation_entrypoint": "2b25949ae8",
    "ExecutionWorker.start": "0b502dd3a4",
    "FailureEventException.get_execution_failed_event_details": "cc932b7474",
    "InlineIterationComponent._eval_body": "1a65306eb3",
    "Program._eval_body": "0735481f6d",
    "Program.eval": "6d70188006",
    "ResultPath._eval_body": "a6d93b4e5a",
    "RetrierDecl._eval_body": "48463fff19",
    "StateTask._eval_parameters": "f98779b805",
    "StateTaskLambda._eval_execution": "ead6d23ce0",
    "StateTaskLambda._from_error": "1a3cdc6f4b",
    "StateTaskServiceCallback._eval_wait_for_task_token": "061c4a80d1",
    "StateTaskServiceCallback._from_error": "1b5fce8960",
    "StateTaskServiceLambda._eval_execution": "81a8da94bf",
    "StateTaskServiceLambda._from_error": "ba630b50b8",
    "StepFunctionResponse.describe_execution": "c3953bdc9c",
    "StepFunctionResponse.describe_state_machine": "2534a0e49e",
    "StepFunctionResponse.get_execution_history": "3889cc6224",
    "StepFunctionResponse.list_executions": "6fec14cfc5",
    "StepFunctionResponse.send_task_failure": "f0fed5e805",
    "StepFunctionResponse.start_execution": "3f4ac22f2a",
    "StepFunctionResponse.stop_execution": "633c8a544a",
    "StepFunctionsParserBackend._validate_definition": "a5921e3d3b",
    "StepFunctionsParserBackend.create_state_machine": "dc56ec5421",
    "StepFunctionsParserBackend.delete_state_machine": "3181befe1f",
    "StepFunctionsParserBackend.start_execution": "0f8d9dd57b",
    "StepFunctionsParserBackend.update_state_machine": "03b6b2ec8f",
    "StringContextPath._eval_body": "6c082012d9",
    "StringJSONata._eval_body": "277b6f4132",
    "StringVariableSample._eval_body": "4aa01e616a",
    "WaitFunction._wait_interval": "8f954dee80",
    "boto_client_for": "1f44dc2ac8",
    "extract_json": "9322452479",
    "is_within_size_quota": "744cc11a3a",
    "lambda_eval_utils.execute_lambda_function_integration": "f8c714c35a",
    "to_json_str": "85dcb225d5",
}


def test_installing_twice_changes_nothing():
    """A second install leaves everything as the first one made it."""
    before = dict(seam.REPLACED)
    states.install()
    assert before == seam.REPLACED


@pytest.mark.parametrize("place", sorted(REPLACED))
def test_what_was_replaced_still_says_what_it_said(place):
    """The source of each replaced function of moto is the one that the seam was written for."""
    assert digest(seam.REPLACED[place]) == REPLACED[place], (
        f"moto {importlib.metadata.version('moto')} has another {place} than moto {WRITTEN_FOR}: "
        "read both, adapt the seam, then write the new digest here"
    )


def test_every_seam_is_in_the_table():
    """No function of moto is replaced without a digest of it here."""
    assert set(seam.REPLACED) == set(REPLACED)


class Moved:
    """A class of moto, after a change."""

    def renamed(self, other):
        """Take one argument more than before."""


@pytest.mark.parametrize(("name", "said"), [("renamed", "is expected to be"), ("gone", "missing")])
def test_a_moved_function_is_reported(name, said):
    """A function that is missing or takes other parameters raises SeamMovedError that names it."""
    with pytest.raises(seam.SeamMovedError, match=rf"Moved.{name}.*{said}|Moved.{name}"):
        seam.replace(Moved, name, ("self",), lambda self: None)


def test_a_name_that_too_few_modules_have_is_reported():
    """A function that moto imports in fewer places than expected raises SeamMovedError."""
    with pytest.raises(seam.SeamMovedError, match="in 1 modules, but is in 0"):
        seam.replace_name("no_such_name", object(), object(), at_least=1)

"""Error names: one meaning for every spelling, and none for a name nobody knows."""

from __future__ import annotations

import json

import botocore.session
import pytest

from reports.rca.error_names import REASONS, message_of, recognise
from reports.rca.error_table import ALIASES, FAMILIES, Family

KILLED = "RequestId: 7 Error: Runtime exited with error: signal: killed"
LATE = "RequestId: 7 Error: Task timed out after 3.00 seconds"
DENIED = "User: arn:x is not authorized to perform: lambda:InvokeFunction on resource: arn:y"


def _model(service: str):
    return botocore.session.get_session().get_service_model(service)


@pytest.mark.parametrize(("alias", "canonical"), sorted(ALIASES.items()))
def test_alias_means_its_canonical_name(alias: str, canonical: str):
    """Another spelling is recognised as the canonical name, which has a family of its own."""
    assert recognise(alias).canonical == canonical
    assert canonical in FAMILIES


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_canonical_name_is_kept(name: str):
    """A canonical name is recognised as itself."""
    assert recognise(name).canonical == name


@pytest.mark.parametrize(
    "error", [shape.name for shape in _model("lambda").operation_model("Invoke").error_shapes]
)
def test_every_error_of_invoke_is_known(error: str):
    """Each error that Lambda's Invoke can answer with is in a family, as Step Functions spells it."""
    assert recognise(f"Lambda.{error}", DENIED).family is not Family.UNKNOWN


@pytest.mark.parametrize(
    "error", [s.name for s in _model("sagemaker-runtime").operation_model("InvokeEndpoint").error_shapes]
)
def test_every_error_of_an_endpoint_is_known(error: str):
    """Each error of SageMaker's InvokeEndpoint is in a family."""
    assert recognise(error).family is not Family.UNKNOWN


def test_reasons_are_those_of_the_service_model():
    """The Reason codes are exactly the values of Lambda's ThrottleReason."""
    assert set(REASONS) == set(_model("lambda").shape_for("ThrottleReason").enum)


@pytest.mark.parametrize("reason", REASONS)
def test_reason_is_read_out_of_a_text(reason: str):
    """A Reason code is found whole, also one that ends like another."""
    assert recognise("TooManyRequestsException", f'{{"Reason": "{reason}"}}').reason == reason


@pytest.mark.parametrize("states_error", [
    "States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold", "States.HeartbeatTimeout",
    "States.Http.Socket", "States.IntrinsicFailure", "States.ItemReaderFailed", "States.NoChoiceMatched",
    "States.ParameterPathFailure", "States.Permissions", "States.QueryEvaluationError", "States.BranchFailed",
    "States.ResultPathMatchFailure", "States.ResultWriterFailed", "States.Runtime", "States.TaskFailed",
    "States.Timeout",
])  # fmt: skip
def test_every_name_of_step_functions_is_known(states_error: str):
    """Each error name that Step Functions reserves is in a family."""
    assert recognise(states_error).family is not Family.UNKNOWN


@pytest.mark.parametrize(
    ("error", "cause", "family"),
    [
        ("Lambda.Unknown", LATE, Family.FUNCTION_TIMEOUT),
        ("Lambda.Unknown", KILLED, Family.OUT_OF_MEMORY),
        ("Lambda.Unknown", "nothing to go by", Family.UNKNOWN),
        ("Sandbox.Timedout", LATE, Family.FUNCTION_TIMEOUT),
        ("Runtime.ExitError", KILLED, Family.OUT_OF_MEMORY),
        ("Runtime.ExitError", "Runtime exited with error: exit status 127", Family.PROCESS_EXIT),
        ("Lambda.AWSLambdaException", DENIED, Family.PERMISSION),
        ("Lambda.AWSLambdaException", "something else", Family.UNKNOWN),
        ("FluxCapacitorError", "1.21 gigawatts", Family.UNKNOWN),
        ("ThrottlingIsFun", "", Family.UNKNOWN),
        ("", "", Family.UNKNOWN),
    ],
)
def test_family_by_name_and_cause(error: str, cause: str, family: Family):
    """A vague name is made out by its cause, and an unknown one stays unknown however it sounds."""
    assert recognise(error, cause).family is family


@pytest.mark.parametrize(
    ("message", "canonical"),
    [
        (
            "An error occurred (ThrottlingException) when calling the InvokeEndpoint operation",
            "ThrottlingException",
        ),
        (
            "An error occurred (TooManyRequestsException) when calling the Invoke operation",
            "Lambda.TooManyRequestsException",
        ),
        (
            "An error occurred (ExecutionLimitExceeded) when calling the StartExecution operation",
            "StepFunctions.ExecutionLimitExceeded",
        ),
        ("An error of some other form", "ClientError"),
    ],
)
def test_client_error_is_known_by_its_code(message: str, canonical: str):
    """A client's generic error is recognised by the code and the operation in its message."""
    assert recognise("ClientError", message).canonical == canonical


def test_message_of_a_function_error():
    """A function's own error arrives as JSON, and its errorMessage is the message; other causes stay."""
    assert message_of(json.dumps({"errorType": "ValueError", "errorMessage": "too long"})) == "too long"
    assert message_of("plain") == "plain"
    assert message_of("[1]") == "[1]"
    assert message_of(None) == ""

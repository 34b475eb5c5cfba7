"""The same Lambda through boto3 and moto's server."""

from __future__ import annotations

import base64
import json
import threading

import pytest
from botocore.exceptions import ClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse

from tests.infra.embedded.functions.conftest import UNHURRIED_S

ROLE = "arn:aws:iam::123456789012:role/handlers"


@pytest.fixture
def client(lambdas, aws):
    return aws("lambda")


def refusal(call, **arguments):
    """Return the error response of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response


def test_create_and_invoke_over_http(client, zip_of):
    """CreateFunction takes a zip, Invoke runs it and answers with payload, version and log tail."""
    package = zip_of({"index.py": "def handler(e, c):\n    print('seen')\n    return {'got': e}"})
    client.create_function(
        FunctionName="over-http",
        Runtime="python3.11",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": package},
        Timeout=UNHURRIED_S,
    )
    answer = client.invoke(FunctionName="over-http", Payload=b'{"a": 1}', LogType="Tail")
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read()) == {"got": {"a": 1}}
    log = base64.b64decode(answer["LogResult"]).decode()
    assert "seen\n" in log
    assert f"START RequestId: {answer['ResponseMetadata']['RequestId']} " in log
    assert "REPORT RequestId: " in log


def test_no_tail_unless_asked_for(client, lambdas):
    """Without LogType=Tail there is no log in the answer."""
    assert "LogResult" not in client.invoke(FunctionName=lambdas.create())


def test_the_tail_is_the_last_4_kilobytes(client, lambdas):
    """LogType=Tail gives 4 KB and no more, ending with REPORT."""
    name = lambdas.create("def handler(e, c):\n    for i in range(500): print('line', i)")
    tail = base64.b64decode(client.invoke(FunctionName=name, LogType="Tail")["LogResult"])
    assert len(tail) == 4096
    assert b"REPORT" in tail
    assert b"line 0\n" not in tail


def test_a_failed_handler_is_http_200_with_function_error(client, lambdas):
    """A handler's exception is a successful request with FunctionError."""
    answer = client.invoke(FunctionName=lambdas.create("def handler(e, c): raise ValueError('no')"))
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorType"] == "ValueError"


def test_by_name_partial_arn_full_arn_and_qualifier(client, lambdas):
    """Every way of naming a function reaches it."""
    name = lambdas.create("def handler(e, c): return c.function_name")
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    for alias in (name, f"123456789012:function:{name}", arn, f"{name}:$LATEST"):
        assert json.loads(client.invoke(FunctionName=alias)["Payload"].read()) == name
    assert json.loads(client.invoke(FunctionName=name, Qualifier="$LATEST")["Payload"].read()) == name


def test_a_function_that_does_not_exist(client, lambdas):
    """An unknown function or qualifier is ResourceNotFoundException, 404, with its ARN."""
    response = refusal(client.invoke, FunctionName="absent")
    assert response["Error"]["Code"] == "ResourceNotFoundException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert response["Error"]["Message"].endswith("arn:aws:lambda:us-east-1:123456789012:function:absent")
    response = refusal(client.invoke, FunctionName=lambdas.create(), Qualifier="7")
    assert response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_throttle_says_why(client, lambdas):
    """Reserved concurrency 0 makes each invocation a 429 with AWS's code, message, Reason and Retry-After."""
    name = lambdas.create()
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    response = refusal(client.invoke, FunctionName=name)
    assert response["Error"]["Code"] == "TooManyRequestsException"
    assert response["Error"]["Message"] == "Rate Exceeded."
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert "retry-after" in response["ResponseMetadata"]["HTTPHeaders"]


def test_a_payload_that_is_no_json(client, lambdas):
    """A body that does not parse is InvalidRequestContentException."""
    response = refusal(client.invoke, FunctionName=lambdas.create(), Payload=b"{not json")
    assert response["Error"]["Code"] == "InvalidRequestContentException"


def test_a_request_over_6_megabytes(client, lambdas):
    """A payload over 6 MB is RequestTooLargeException, 413."""
    response = refusal(client.invoke, FunctionName=lambdas.create(), Payload=b'"' + b"x" * 6_291_456 + b'"')
    assert response["Error"]["Code"] == "RequestTooLargeException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_dry_run_runs_nothing(client, lambdas):
    """DryRun answers 204 for a function that exists and starts no environment."""
    name = lambdas.create()
    assert client.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    assert lambdas.metric("Invocations", name) == []
    assert refusal(client.invoke, FunctionName="absent", InvocationType="DryRun")


def test_an_event_is_accepted_and_runs_later(client, lambdas):
    """InvocationType Event answers 202 with nothing and the handler really runs."""
    name = lambdas.create("def handler(e, c): print('ran with', e['n'])")
    answer = client.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 5}')
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    assert lambdas.eventually(lambda: lambdas.metric("Invocations", name) == [1.0])
    assert any("ran with 5" in message for stream in lambdas.messages(name) for message in stream)


def test_an_event_that_fails_is_tried_three_times(client, lambdas, monkeypatch):
    """A failing event runs once and is retried twice, as AWS does."""
    monkeypatch.setattr("infra.embedded.functions.asynchronous.RETRY_AFTER_S", (0.01, 0.01))
    name = lambdas.create("def handler(e, c): raise ValueError")
    client.invoke(FunctionName=name, InvocationType="Event")
    assert lambdas.eventually(lambda: len(lambdas.metric("Errors", name)) == 3)
    assert lambdas.eventually(lambda: "lambda-event" not in {t.name for t in threading.enumerate()})
    assert len(lambdas.metric("Errors", name)) == 3


def test_account_settings_are_the_configured_ones(client, lambdas):
    """GetAccountSettings tells the account's concurrency and what reservations leave of it."""
    client.put_function_concurrency(FunctionName=lambdas.create(), ReservedConcurrentExecutions=300)
    settings = client.get_account_settings()
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert settings["AccountLimit"]["UnreservedConcurrentExecutions"] == 700
    assert settings["AccountUsage"]["FunctionCount"] == 1


def test_reserved_concurrency_can_be_read_and_taken_back(client, lambdas):
    """Put, get and delete of a function's concurrency agree."""
    name = lambdas.create()
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=name)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    assert client.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 5
    client.delete_function_concurrency(FunctionName=name)
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=name)


def test_a_reservation_leaves_100_unreserved(client, lambdas):
    """A reservation that leaves fewer than 100 is refused in AWS's words, beside what others hold."""
    first, second = lambdas.create(), lambdas.create()
    client.put_function_concurrency(FunctionName=first, ReservedConcurrentExecutions=500)
    response = refusal(client.put_function_concurrency, FunctionName=second, ReservedConcurrentExecutions=401)
    assert response["Error"]["Code"] == "InvalidParameterValueException"
    assert response["Error"]["Message"] == (
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100]."
    )
    client.put_function_concurrency(FunctionName=second, ReservedConcurrentExecutions=400)
    client.put_function_concurrency(FunctionName=first, ReservedConcurrentExecutions=499)


@pytest.mark.parametrize("account_concurrency", [10])
def test_an_account_of_ten_can_reserve_nothing(client, lambdas):
    """In the training sandbox's account any reservation is refused."""
    response = refusal(
        client.put_function_concurrency, FunctionName=lambdas.create(), ReservedConcurrentExecutions=1
    )
    assert "below its minimum value of [10]" in response["Error"]["Message"]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"MemorySize": 10_241}, "Member must have value less than or equal to 10240"),
        ({"Timeout": 901}, "Member must have value less than or equal to 900"),
    ],
)
def test_memory_and_timeout_have_bounds(client, lambdas, setting, message):
    """Memory and timeout out of range are refused on update, naming the value and the bound."""
    response = refusal(client.update_function_configuration, FunctionName=lambdas.create(), **setting)
    assert response["Error"]["Code"] == "ValidationException"
    assert message in response["Error"]["Message"]
    assert str(next(iter(setting.values()))) in response["Error"]["Message"]


def test_changed_code_and_configuration_are_what_runs_next(client, lambdas, zip_of):
    """After an update the next invocation runs the new code or variables in a new environment."""
    name = lambdas.create("import os\ndef handler(e, c): return [1, os.environ.get('X'), os.getpid()]")
    _, _, first = json.loads(client.invoke(FunctionName=name)["Payload"].read())
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"X": "y"}})
    one, variable, second = json.loads(client.invoke(FunctionName=name)["Payload"].read())
    assert (one, variable) == (1, "y")
    assert second != first
    client.update_function_code(
        FunctionName=name, ZipFile=zip_of({"index.py": "def handler(e, c): return 2"})
    )
    assert client.invoke(FunctionName=name)["Payload"].read() == b"2"


def test_an_unsupported_runtime_is_refused_by_name(client, lambdas):
    """A function in another language says that it cannot run here."""
    response = refusal(client.invoke, FunctionName=lambdas.create(Runtime="nodejs20.x"))
    assert response["Error"]["Code"] == "InvalidRuntimeException"
    assert "nodejs20.x" in response["Error"]["Message"]


def test_moto_still_has_what_the_seam_replaces():
    """Every method that the seam replaces or calls exists in this moto."""
    stock = {
        LambdaBackend: ("put_function_concurrency", "create_function", "delete_function", "get_function"),
        LambdaFunction: (
            "invoke",
            "update_configuration",
            "update_function_code",
            "update_from_cloudformation_json",
            "_create_zipfile_from_plaintext_code",
        ),
        LambdaResponse: ("invoke", "put_function_concurrency", "dispatch"),
    }
    for owner, names in stock.items():
        assert all(callable(getattr(owner, name)) for name in names), owner
    assert LambdaResponse.invoke.__module__ == "infra.embedded.functions.moto_seam"

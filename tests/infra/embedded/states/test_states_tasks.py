"""Lambda tasks: results, errors, retries, timeouts, permissions."""

from __future__ import annotations

import json
import threading

import pytest

from infra.embedded.states import invoking, tasks, timeouts
from tests.infra.embedded.states.conftest import PATIENCE_S, ROLE, RefusedError
from tests.infra.embedded.states.shapes import each, one, task

ARN = "arn:aws:lambda:us-east-1:123456789012:function:echo"
PLAIN = {"Type": "Task", "Resource": ARN, "End": True}


def always(error):
    def fail(payload):
        raise error

    return fail


def test_the_result_carries_lambdas_response(cloud):
    """`lambda:invoke` gives the payload with version, status and request id."""
    ran = cloud.run(one({**task(), "OutputPath": "$"}), {"a": "ü"})
    output = ran.execution.output
    assert (output["Payload"], output["StatusCode"], output["ExecutedVersion"]) == (
        {"a": "ü"},
        200,
        "$LATEST",
    )
    assert output["SdkResponseMetadata"]["RequestId"] == "11111111-2222-3333-4444-555555555555"


def test_a_plain_function_arn_is_a_task_too(cloud):
    """A function's ARN as Resource writes LambdaFunction events, and its payload is the result."""
    ran = cloud.run(one(PLAIN), {"a": 1})
    assert ran.execution.output == {"a": 1}
    assert ran.kinds[2:5] == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]


@pytest.mark.parametrize("state", [task(), PLAIN])
def test_a_handlers_exception_appears_under_its_class_name(cloud, state):
    """The error is the class name, the cause the JSON payload of the failure."""
    cloud.functions.known["echo"] = always(ValueError("PayloadTooLarge: text length 5100 > 5000"))
    ran = cloud.run(one(state))
    assert ran.execution.error == "ValueError"
    assert json.loads(ran.execution.cause)["errorMessage"] == "PayloadTooLarge: text length 5100 > 5000"


@pytest.mark.parametrize("state", [task(), PLAIN])
def test_a_throttle_arrives_under_lambdas_name(cloud, state):
    """A refusal by Lambda is `Lambda.<Code>` with the service's details in the cause."""
    cloud.functions.known["echo"] = always(RefusedError("TooManyRequestsException", "Rate Exceeded.", 429))
    ran = cloud.run(one(state))
    assert ran.execution.error == "Lambda.TooManyRequestsException"
    assert ran.execution.cause == (
        "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; "
        "Request ID: 66666666-7777-8888-9999-000000000000; Proxy: null)"
    )


def test_the_execution_role_is_asked(functions, cloud):
    """Without lambda:InvokeFunction for the function the task fails, and the function is not invoked."""
    asked = []

    def deny(*question):
        asked.append(question)
        return False

    with invoking.instead(functions, deny):
        ran = cloud.run(one(task()))
    assert asked == [("123456789012", ROLE, "lambda:InvokeFunction", ARN)]
    assert ran.execution.error == "Lambda.AWSLambdaException"
    assert ran.execution.cause.startswith("User: arn:aws:sts::123456789012:assumed-role/machine/")
    assert f"is not authorized to perform: lambda:InvokeFunction on resource: {ARN} " in ran.execution.cause
    assert functions.calls == []


@pytest.mark.parametrize(
    ("function", "qualifier", "arn"),
    [
        ("echo", None, ARN),
        ("echo:3", None, f"{ARN}:3"),
        ("echo", "live", f"{ARN}:live"),
        (ARN, None, ARN),
        (f"{ARN}:$LATEST", None, f"{ARN}:$LATEST"),
        ("123456789012:function:echo", None, ARN),
        (ARN.replace("us-east-1", "eu-west-1"), None, ARN.replace("us-east-1", "eu-west-1")),
    ],
)
def test_functions_are_named_in_every_form(cloud, function, qualifier, arn):
    """Name, partial and full ARN, with and without a qualifier, mean the same function."""
    env = cloud.run(one({"Type": "Succeed"})).execution.exec_worker.env
    assert tasks.target_of(env, function, qualifier).arn == arn


def test_each_retry_is_in_the_history(cloud, monkeypatch):
    """Every attempt writes TaskScheduled, TaskStarted and TaskFailed; delays grow up to MaxDelaySeconds."""
    waited = []
    monkeypatch.setattr(
        "infra.embedded.states.environments.pause", lambda env, seconds: waited.append(seconds)
    )
    cloud.functions.known["echo"] = always(ValueError("x"))
    retrier = {
        "ErrorEquals": ["ValueError"],
        "IntervalSeconds": 2,
        "BackoffRate": 3,
        "MaxAttempts": 4,
        "MaxDelaySeconds": 10,
    }
    ran = cloud.run(one(task(Retry=[retrier])))
    assert ran.kinds[2:-1] == ["TaskScheduled", "TaskStarted", "TaskFailed"] * 5
    assert [event.previous for event in ran.events[2:-1]] == list(range(2, 17))
    assert waited == [2, 6, 10, 10]


def test_full_jitter_waits_at_most_the_interval(cloud, monkeypatch):
    """JitterStrategy FULL draws each delay between nothing and the interval."""
    waited = []
    monkeypatch.setattr(
        "infra.embedded.states.environments.pause", lambda env, seconds: waited.append(seconds)
    )
    cloud.functions.known["echo"] = always(ValueError("x"))
    retrier = {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 8,
        "BackoffRate": 1,
        "JitterStrategy": "FULL",
    }
    cloud.run(one(task(Retry=[{**retrier, "MaxAttempts": 20}])))
    assert len(waited) == 20
    assert len(set(waited)) > 10
    assert all(0 <= seconds <= 8 for seconds in waited)


def test_a_retry_that_succeeds(cloud, monkeypatch):
    """After a retry the state goes on with the result, and the context counts the retries."""
    monkeypatch.setattr("infra.embedded.states.environments.pause", lambda *_: None)
    answers = iter([ValueError("x"), None])

    def flaky(payload):
        error = next(answers)
        if error:
            raise error
        return payload

    cloud.functions.known["echo"] = flaky
    parameters = {"FunctionName": "echo", "Payload": {"tries.$": "$$.State.RetryCount", "all.$": "$"}}
    state = task(Retry=[{"ErrorEquals": ["ValueError"]}], Parameters=parameters)
    ran = cloud.run(one(state), {"a": 1})
    assert ran.execution.output == {"tries": 1, "all": {"a": 1}}


@pytest.mark.parametrize("listed", ["ValueError", "States.TaskFailed", "States.ALL"])
def test_catch_by_name(cloud, listed):
    """A Catch matches the class name, States.TaskFailed or States.ALL, and keeps the error at its path."""
    cloud.functions.known["echo"] = always(ValueError("x"))
    catcher = {"ErrorEquals": [listed], "Next": "Saved", "ResultPath": "$.error"}
    states = {"S": task(Catch=[catcher]), "Saved": {"Type": "Pass", "End": True}}
    ran = cloud.run({"StartAt": "S", "States": states}, {"a": 1})
    assert (ran.status, ran.execution.output["a"]) == ("SUCCEEDED", 1)
    assert ran.execution.output["error"]["Error"] == "ValueError"


def test_a_catch_of_another_name_does_not_catch(cloud):
    """An error that no Catch names fails the execution."""
    cloud.functions.known["echo"] = always(ValueError("x"))
    states = {
        "S": task(Catch=[{"ErrorEquals": ["KeyError"], "Next": "Saved"}]),
        "Saved": {"Type": "Pass", "End": True},
    }
    assert cloud.run({"StartAt": "S", "States": states}).execution.error == "ValueError"


@pytest.mark.parametrize(
    ("timing", "data"), [({"TimeoutSeconds": 1}, {}), ({"TimeoutSecondsPath": "$.limit"}, {"limit": 1})]
)
def test_a_task_times_out(cloud, timing, data):
    """A task over its limit writes TaskTimedOut with States.Timeout, and nothing of it afterwards."""
    gate = threading.Event()
    cloud.functions.known["slow"] = lambda payload: gate.wait(PATIENCE_S)
    ran = cloud.run(one(task("slow", **timing)), data)
    ended = list(ran.kinds)
    gate.set()
    assert ended[2:] == ["TaskScheduled", "TaskStarted", "TaskTimedOut", "ExecutionFailed"]
    assert ran.execution.error == "States.Timeout"
    assert ran.details("TaskScheduled")["timeoutInSeconds"] == 1
    assert ran.kinds == ended


def test_the_time_of_a_task_counts_from_its_start(cloud, monkeypatch):
    """A task that gets to its start late has all of its time left: TaskStarted stands before TaskTimedOut."""
    gate, run = threading.Event(), timeouts._Watched.run

    def run_late(attempt):
        gate.wait(1.2)
        run(attempt)

    monkeypatch.setattr(timeouts._Watched, "run", run_late)
    cloud.functions.known["slow"] = lambda payload: gate.wait(PATIENCE_S)
    ran = cloud.run(one(task("slow", TimeoutSeconds=1)))
    gate.set()
    assert ran.kinds[2:] == ["TaskScheduled", "TaskStarted", "TaskTimedOut", "ExecutionFailed"]


def test_a_timeout_in_an_iteration_keeps_its_name(cloud):
    """States.Timeout of a task in a Map fails the execution under that name, and can be caught by it."""
    gate = threading.Event()
    cloud.functions.known["slow"] = lambda payload: gate.wait(PATIENCE_S)
    state = each("slow", Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "Saved"}])
    state["ItemProcessor"]["States"]["A"]["TimeoutSeconds"] = 1
    ran = cloud.run({"StartAt": "S", "States": {"S": state, "Saved": {"Type": "Succeed"}}}, {"tickets": [1]})
    gate.set()
    assert ran.status == "SUCCEEDED"
    assert "TaskTimedOut" in ran.kinds


def test_a_task_within_its_limit(cloud):
    """A watched task that ends in time goes on as any other, with the chain unbroken."""
    ran = cloud.run(one(task(TimeoutSeconds=600)), {"a": 1})
    assert ran.execution.output == {"a": 1}
    assert [event.previous for event in ran.events[2:]] == list(range(2, 2 + len(ran.events[2:])))


def test_state_machine_timeout(cloud):
    """TimeoutSeconds of the state machine ends it as TIMED_OUT, while the function runs on."""
    gate = threading.Event()
    cloud.functions.known["slow"] = lambda payload: gate.wait(PATIENCE_S)
    ran = cloud.run(one(task("slow"), TimeoutSeconds=1))
    gate.set()
    assert (ran.status, ran.kinds[-1]) == ("TIMED_OUT", "ExecutionTimedOut")
    assert ran.execution.stop_date is not None


def test_a_function_that_is_not_reachable_fails_the_task(cloud):
    """An exception that is no refusal of Lambda fails the task and does not hang it."""
    with invoking.instead(lambda *_, **__: 1 / 0):
        ran = cloud.run(one(task()))
    assert (ran.status, ran.execution.error) == ("FAILED", "States.Runtime")


def test_a_text_payload_goes_as_json(cloud):
    """A function receives a string as JSON, and what it gives back is a string again."""
    state = task(Parameters={"FunctionName": "echo", "Payload": "grüße"})
    assert cloud.run(one(state)).execution.output == "grüße"

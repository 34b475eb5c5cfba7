"""Tasks that wait for a token."""

from __future__ import annotations

import queue

import pytest
from moto.stepfunctions.parser import api

from tests.infra.embedded.states.shapes import one, task


@pytest.fixture
def tokens(cloud):
    """The tokens that the function `ask` was given."""
    found = queue.Queue()
    cloud.functions.known["ask"] = lambda payload: found.put(payload["token"])
    return found


def waiting(**more):
    parameters = {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}
    state = task(Resource="arn:aws:states:::lambda:invoke.waitForTaskToken", Parameters=parameters, **more)
    return one({key: value for key, value in state.items() if key != "OutputPath"})


def test_a_token_brings_the_result(cloud, tokens):
    """SendTaskSuccess gives the task its output."""
    ran = cloud.start(cloud.machine(waiting()))
    cloud.backend.send_task_success(tokens.get(timeout=10), '{"approved": true}')
    assert ran.wait().execution.output == {"approved": True}
    assert ran.kinds[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_token_brings_a_failure(cloud, tokens):
    """SendTaskFailure gives the task its error and cause."""
    ran = cloud.start(cloud.machine(waiting()))
    cloud.backend.send_task_failure(tokens.get(timeout=10), error="Refused", cause="by hand")
    assert (ran.wait().execution.error, ran.execution.cause) == ("Refused", "by hand")


def test_a_missed_heartbeat(cloud, tokens):
    """Without a heartbeat in time the task fails with States.HeartbeatTimeout."""
    ran = cloud.run(waiting(HeartbeatSeconds=1, TimeoutSeconds=20))
    assert ran.execution.error == "States.HeartbeatTimeout"
    assert "TaskTimedOut" in ran.kinds


def test_a_token_that_does_not_come(cloud, tokens):
    """Without a token in time the task fails with States.Timeout."""
    assert cloud.run(waiting(TimeoutSeconds=1)).execution.error == "States.Timeout"


def test_an_unknown_token_is_refused(cloud):
    """A token of no task is InvalidToken."""
    with pytest.raises(api.InvalidToken):
        cloud.backend.send_task_success("none", "{}")

"""Tasks that wait for a token."""

from __future__ import annotations

import queue
from types import SimpleNamespace

import pytest
from moto.stepfunctions.parser import api
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackEndpoint,
    CallbackOutcomeSuccess,
    CallbackOutcomeTimedOut,
)

from infra.embedded.states.callbacks import _wait_for_token
from tests.infra.embedded.states.conftest import PATIENCE_S
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
    cloud.backend.send_task_success(tokens.get(timeout=PATIENCE_S), '{"approved": true}')
    assert ran.wait().execution.output == {"approved": True}
    assert ran.kinds[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_token_brings_a_failure(cloud, tokens):
    """SendTaskFailure gives the task its error and cause."""
    ran = cloud.start(cloud.machine(waiting()))
    cloud.backend.send_task_failure(tokens.get(timeout=PATIENCE_S), error="Refused", cause="by hand")
    assert (ran.wait().execution.error, ran.execution.cause) == ("Refused", "by hand")


def test_a_missed_heartbeat(cloud, tokens):
    """Without a heartbeat in time the task fails with States.HeartbeatTimeout."""
    ran = cloud.run(waiting(HeartbeatSeconds=1, TimeoutSeconds=600))
    assert ran.execution.error == "States.HeartbeatTimeout"
    assert "TaskTimedOut" in ran.kinds


def test_a_token_that_does_not_come(cloud, tokens):
    """Without a token in time the task fails with States.Timeout."""
    assert cloud.run(waiting(TimeoutSeconds=1)).execution.error == "States.Timeout"


def test_a_token_that_came_counts_however_late_it_is_seen():
    """A wait that was held up beyond its time finds the result that came meanwhile."""
    running, endpoint = SimpleNamespace(is_running=lambda: True), CallbackEndpoint("token")
    assert isinstance(_wait_for_token(None, running, -1.0, endpoint, None), CallbackOutcomeTimedOut)
    brought = CallbackOutcomeSuccess("token", "1")
    endpoint.notify(brought)
    assert _wait_for_token(None, running, -1.0, endpoint, None) is brought


def test_an_unknown_token_is_refused(cloud):
    """A token of no task is InvalidToken."""
    with pytest.raises(api.InvalidToken):
        cloud.backend.send_task_success("none", "{}")

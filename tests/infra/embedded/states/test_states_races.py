"""Executions that are started at the same time as something else happens."""

from __future__ import annotations

import json
import threading
from contextlib import suppress

import boto3
import pytest
from moto import mock_aws
from moto.core.exceptions import JsonRESTError

from infra.embedded.states import executions, measuring
from tests.infra.embedded.states.conftest import PATIENCE_S, REGION, ROLE
from tests.infra.embedded.states.shapes import one

A_CHANCE_S = 0.5
"""How long the other thread may take to do what it must not; a test that takes less time only passes."""


def test_an_execution_that_is_being_started_can_be_read(cloud, monkeypatch):
    """Whenever it is in ListExecutions, it has a status and a history."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    seen = []
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client("stepfunctions", REGION)
        definition = json.dumps(one({"Type": "Succeed"}))
        arn = client.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]

        def read(machine):
            for each in client.list_executions(stateMachineArn=arn)["executions"]:
                events = client.get_execution_history(executionArn=each["executionArn"])["events"]
                seen.append((each["status"], events[0]["type"]))

        monkeypatch.setattr(measuring, "started", read)
        client.start_execution(stateMachineArn=arn)
    assert seen == [("RUNNING", "ExecutionStarted")]


def test_one_name_is_one_execution_however_many_ask(cloud, monkeypatch):
    """Of two that start the same name with different input at once, one is told that it exists."""
    both, make = threading.Barrier(2), executions._new_execution

    def make_slowly(*arguments):
        with suppress(threading.BrokenBarrierError):
            both.wait(A_CHANCE_S)
        return make(*arguments)

    monkeypatch.setattr(executions, "_new_execution", make_slowly)
    arn = cloud.machine(one({"Type": "Wait", "Seconds": 3600, "End": True}))
    outcomes = []

    def start(data):
        try:
            outcomes.append(cloud.start(arn, data, "n").status)
        except JsonRESTError as error:
            outcomes.append(error.error_type)

    threads = [threading.Thread(target=start, args=({"number": number},)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(outcomes) == ["ExecutionAlreadyExists", "RUNNING"]
    assert len(cloud.backend.describe_state_machine(arn).executions) == 1


@pytest.mark.parametrize("data", [None, {"a": 1}])
def test_the_same_start_from_many_threads_is_one_execution(cloud, data):
    """StartExecution with one name and input, from twenty threads, gives the one execution to all."""
    arn = cloud.machine(one({"Type": "Wait", "Seconds": 3600, "End": True}))
    together, found = threading.Barrier(20), []

    def start():
        together.wait(PATIENCE_S)
        found.append(cloud.start(arn, data, "n").execution)

    threads = [threading.Thread(target=start) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len({id(execution) for execution in found}) == 1
    assert len(found) == 20

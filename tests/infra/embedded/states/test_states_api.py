"""The API of executions, through boto3."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.embedded.metrics import store
from infra.embedded.states import backend, history, throttling
from tests.infra.embedded.states.conftest import PATIENCE_S, ROLE
from tests.infra.embedded.states.shapes import each, one, task


@pytest.fixture
def client(cloud, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield boto3.client("stepfunctions", "us-east-1")


@pytest.fixture
def machine(client):
    """The ARN of a state machine that maps over its tickets."""
    definition = json.dumps(one(each("echo", "echo", "echo")))
    return client.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]


@pytest.fixture
def gated(client, cloud):
    """A state machine whose function waits for a gate, and the gate."""
    gate = threading.Event()
    cloud.functions.known["wait"] = lambda payload: gate.wait(PATIENCE_S)
    definition = json.dumps(one(each("wait")))
    yield client.create_state_machine(name="g", definition=definition, roleArn=ROLE)["stateMachineArn"], gate
    gate.set()


def finished(arn):
    """Wait until an execution has ended."""
    execution = backend.stepfunctions_parser_backends["123456789012"]["us-east-1"].describe_execution(arn)
    assert execution.exec_worker.done.wait(PATIENCE_S)
    return arn


def run(client, machine, data, **more):
    started = client.start_execution(stateMachineArn=machine, input=json.dumps(data), **more)
    return finished(started["executionArn"])


def code_of(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def pages(client, arn, **more):
    """All the pages of a history."""
    found, token = [], {}
    while True:
        page = client.get_execution_history(executionArn=arn, **more, **token)
        found.append(page["events"])
        if "nextToken" not in page:
            return found
        token = {"nextToken": page["nextToken"]}


def test_describe_a_finished_execution(client, machine):
    """DescribeExecution gives input, output, and dates in order."""
    described = client.describe_execution(executionArn=run(client, machine, {"tickets": [1]}))
    assert (described["status"], described["output"]) == ("SUCCEEDED", "[1]")
    assert json.loads(described["input"]) == {"tickets": [1]}
    assert described["startDate"] <= described["stopDate"]


def test_describe_a_failed_execution(client, machine, cloud):
    """A failed execution has error and cause, and no output."""
    cloud.functions.known["echo"] = lambda payload: {}["x"]
    described = client.describe_execution(executionArn=run(client, machine, {"tickets": [1]}))
    assert (described["status"], described["error"]) == ("FAILED", "KeyError")
    assert "output" not in described


def redrive_of(described):
    return [described[name] for name in ("redriveCount", "redriveStatus")], described.get(
        "redriveStatusReason"
    )


def test_what_went_well_or_still_runs_cannot_be_redriven(client, machine, gated):
    """RUNNING and SUCCEEDED are NOT_REDRIVABLE, with AWS's reason; none was redriven yet."""
    arn, _ = gated
    running = client.start_execution(stateMachineArn=arn, input='{"tickets":[1]}')["executionArn"]
    for execution, status in ((running, "RUNNING"), (run(client, machine, {"tickets": []}), "SUCCEEDED")):
        described = client.describe_execution(executionArn=execution)
        reason = f"Execution is {status} and cannot be redriven"
        assert redrive_of(described) == ([0, "NOT_REDRIVABLE"], reason)
    assert client.list_executions(stateMachineArn=arn)["executions"][0]["redriveCount"] == 0
    client.stop_execution(executionArn=running)
    assert redrive_of(client.describe_execution(executionArn=running)) == ([0, "REDRIVABLE"], None)


def test_a_full_history_cannot_be_redriven(client, machine, cloud, monkeypatch):
    """FAILED is REDRIVABLE, unless the history is full."""
    cloud.functions.known["echo"] = lambda payload: {}["x"]
    failed = run(client, machine, {"tickets": [1]})
    assert redrive_of(client.describe_execution(executionArn=failed)) == ([0, "REDRIVABLE"], None)
    monkeypatch.setattr(history, "MAX_EVENTS", 9)
    full = client.describe_execution(executionArn=run(client, machine, {"tickets": [1]}))
    assert redrive_of(full) == ([0, "NOT_REDRIVABLE"], "Execution history event limit exceeded")


def test_executions_without_a_name_do_not_collide(client, machine):
    """An execution that is given no name has a UUID, and two have two."""
    arns = {
        client.start_execution(stateMachineArn=machine, input='{"tickets":[]}')["executionArn"] for _ in "ab"
    }
    assert len(arns) == 2
    assert all(uuid.UUID(arn.rsplit(":", 1)[-1]).version == 4 for arn in arns)


def test_the_same_name_and_input_again(client, gated):
    """While it runs, the same start gives the same execution; other input, or one that ended, is refused."""
    arn, gate = gated
    start = {"stateMachineArn": arn, "name": "n", "input": '{"tickets":[1]}'}
    first = client.start_execution(**start)["executionArn"]
    assert client.start_execution(**start)["executionArn"] == first
    assert code_of(client.start_execution, **{**start, "input": "{}"}) == "ExecutionAlreadyExists"
    gate.set()
    finished(first)
    assert code_of(client.start_execution, **start) == "ExecutionAlreadyExists"


@pytest.mark.parametrize("name", ["a b", "a/b", "a:b", "a*", "tab\t", "{x}"])
def test_names_that_are_refused(client, machine, name):
    """A name with white space, brackets, wildcards or special characters is InvalidName."""
    assert code_of(client.start_execution, stateMachineArn=machine, name=name) == "InvalidName"


def test_input_that_is_not_json_is_refused(client, machine):
    """StartExecution refuses input that does not parse."""
    assert code_of(client.start_execution, stateMachineArn=machine, input="{") == "InvalidExecutionInput"


def test_history_on_pages(client, machine):
    """Pages of the size asked for give every event once, in order, and the last has no token."""
    arn = run(client, machine, {"tickets": list(range(5))})
    found = pages(client, arn, maxResults=20)
    assert [len(page) for page in found] == [20, 20, 20, 20, 11]
    assert [event["id"] for page in found for event in page] == list(range(1, 92))
    assert all(isinstance(event["timestamp"], datetime) for event in found[0])


def test_history_newest_first(client, machine):
    """ReverseOrder gives the same events from the last to the first."""
    found = pages(client, run(client, machine, {"tickets": [1, 2]}), maxResults=15, reverseOrder=True)
    assert [event["id"] for page in found for event in page] == list(range(40, 0, -1))


def test_a_page_has_a_hundred_events_unless_told(client, machine):
    """Without maxResults a page holds 100 events."""
    assert len(pages(client, run(client, machine, {"tickets": list(range(9))}))[0]) == 100


def test_history_without_data(client, machine):
    """includeExecutionData=False leaves inputs and outputs out and keeps the rest."""
    events = pages(client, run(client, machine, {"tickets": [1]}), includeExecutionData=False)[0]
    assert all("input" not in event.get("stateEnteredEventDetails", {}) for event in events)
    assert events[1]["stateEnteredEventDetails"]["name"] == "S"


@pytest.mark.parametrize("token", ["x", "eA==", "W10="])
def test_a_foreign_token_is_refused(client, machine, token):
    """A token that GetExecutionHistory did not give is InvalidToken."""
    arn = run(client, machine, {"tickets": []})
    assert code_of(client.get_execution_history, executionArn=arn, nextToken=token) == "InvalidToken"


def test_stop_ends_an_execution_at_once(client, gated):
    """StopExecution aborts with error and cause while the function runs on; nothing follows it."""
    arn, gate = gated
    execution = client.start_execution(stateMachineArn=arn, input='{"tickets":[1,2,3]}')["executionArn"]
    stopped = client.stop_execution(executionArn=execution, error="Enough", cause="of this")
    described = client.describe_execution(executionArn=execution)
    before = pages(client, execution)[0]
    gate.set()
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Enough", "of this")
    assert described["stopDate"] == stopped["stopDate"]
    assert before[-1]["executionAbortedEventDetails"] == {"error": "Enough", "cause": "of this"}
    for thread in [thread for thread in threading.enumerate() if thread.name in {"iterations", "execution"}]:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    assert pages(client, execution)[0] == before


def test_stop_right_after_start(client, machine):
    """An execution that is stopped before its first state is aborted as any other."""
    for _ in range(20):
        arn = client.start_execution(stateMachineArn=machine, input='{"tickets":[1]}')["executionArn"]
        client.stop_execution(executionArn=arn)
        status = client.describe_execution(executionArn=arn)["status"]
        last = pages(client, arn)[0][-1]["type"]
        assert (status, last) in {("ABORTED", "ExecutionAborted"), ("SUCCEEDED", "ExecutionSucceeded")}


def test_stopping_what_has_ended_changes_nothing(client, machine):
    """StopExecution of a finished execution leaves it as it is."""
    arn = run(client, machine, {"tickets": [1]})
    client.stop_execution(executionArn=arn)
    assert client.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"


def test_a_wait_state_is_stopped_too(client):
    """An execution that waits an hour ends when it is stopped."""
    state = {"Type": "Wait", "Seconds": 3600, "Next": "E"}
    definition = json.dumps({"StartAt": "S", "States": {"S": state, "E": {"Type": "Succeed"}}})
    arn = client.create_state_machine(name="w", definition=definition, roleArn=ROLE)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    client.stop_execution(executionArn=execution)
    assert client.describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_deleting_a_state_machine_aborts_what_runs(client, gated):
    """DeleteStateMachine leaves nothing running."""
    arn, _ = gated
    started = client.start_execution(stateMachineArn=arn, input='{"tickets":[1]}')["executionArn"]
    running = backend.stepfunctions_parser_backends["123456789012"]["us-east-1"].describe_execution(started)
    client.delete_state_machine(stateMachineArn=arn)
    assert running.status == "ABORTED"


def test_too_many_reads_are_throttled(client, machine, monkeypatch):
    """An empty bucket is ThrottlingException 400, which boto3 takes for a throttle."""
    arn = run(client, machine, {"tickets": []})
    monkeypatch.setitem(throttling.ALLOWANCES, "DescribeExecution", throttling.Allowance(1, 0.001))
    throttling.reset()
    impatient = boto3.client(
        "stepfunctions", "us-east-1", config=boto3.session.Config(retries={"total_max_attempts": 1})
    )
    impatient.describe_execution(executionArn=arn)
    with pytest.raises(ClientError, match="Rate exceeded") as refused:
        impatient.describe_execution(executionArn=arn)
    assert refused.value.response["Error"]["Code"] == "ThrottlingException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_the_context_object_has_iso_times(client, cloud):
    """Times in the context object are texts in UTC with milliseconds."""
    parameters = {"start.$": "$$.Execution.StartTime", "entered.$": "$$.State.EnteredTime"}
    definition = json.dumps(one({"Type": "Pass", "Parameters": parameters, "End": True}))
    arn = client.create_state_machine(name="t", definition=definition, roleArn=ROLE)["stateMachineArn"]
    described = client.describe_execution(executionArn=run(client, arn, {}))
    for text in json.loads(described["output"]).values():
        assert text.endswith("Z")
        assert abs((datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds()) < 600


@pytest.mark.parametrize(
    ("handler", "name"), [(bool, "ExecutionsSucceeded"), (dict.fromkeys, "ExecutionsFailed")]
)
def test_metrics_arise_from_what_ran(client, machine, cloud, handler, name):
    """Every execution counts as started and by its outcome, and its time is recorded in milliseconds."""
    recorded = []
    cloud.functions.known["echo"] = handler
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "record", lambda *arguments: recorded.append(arguments))
        run(client, machine, {"tickets": [1]})
    assert [(row[3], row[5]) for row in recorded] == [
        ("ExecutionsStarted", "Count"),
        (name, "Count"),
        ("ExecutionTime", "Milliseconds"),
    ]
    assert all(row[2] == "AWS/States" and row[6] == {"StateMachineArn": machine} for row in recorded)


def test_a_faulty_definition_is_refused(client):
    """CreateStateMachine answers InvalidDefinition with the place of the fault."""
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}})
    with pytest.raises(ClientError, match="Missing 'Next' target: B at /States/A/Next") as refused:
        client.create_state_machine(name="x", definition=definition, roleArn=ROLE)
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"


def test_an_update_is_checked_too(client, machine):
    """UpdateStateMachine refuses what CreateStateMachine refuses, and the old definition stays."""
    assert (
        code_of(client.update_state_machine, stateMachineArn=machine, definition="{}") == "InvalidDefinition"
    )
    definition = client.describe_state_machine(stateMachineArn=machine)["definition"]
    assert json.loads(definition)["StartAt"] == "S"


def test_one_name_is_one_state_machine(client, machine):
    """The same again gives the existing state machine; another definition under its name is refused."""
    same = json.dumps(one(each("echo", "echo", "echo")))
    assert client.create_state_machine(name="m", definition=same, roleArn=ROLE)["stateMachineArn"] == machine
    other = json.dumps(one(task()))
    assert (
        code_of(client.create_state_machine, name="m", definition=other, roleArn=ROLE)
        == "StateMachineAlreadyExists"
    )


def test_validate_without_creating(client):
    """ValidateStateMachineDefinition answers OK, or FAIL with the faults."""
    assert client.validate_state_machine_definition(definition=json.dumps(one(task())))["result"] == "OK"
    answer = client.validate_state_machine_definition(
        definition=json.dumps({"StartAt": "X", "States": {"A": {"Type": "Nap", "End": True}}})
    )
    assert answer["result"] == "FAIL"
    assert {fault["location"] for fault in answer["diagnostics"]} == {
        "/StartAt",
        "/States/A/Type",
        "/States/A",
    }

"""Logging of executions, and the other settings and the role of a state machine, through boto3."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.logs.models import logs_backends

from infra.embedded.refusals import NotImplementedHere
from infra.embedded.states import backend, history, invoking
from tests.infra.embedded.states.conftest import ACCOUNT, PATIENCE_S, REGION, ROLE
from tests.infra.embedded.states.shapes import one, task

GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:executions:*"
DESTINATION = {"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}
DEFINITION = json.dumps(one(task()))


@pytest.fixture
def client(cloud, monkeypatch):
    """Step Functions, beside an empty log group."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        boto3.client("logs", REGION).create_log_group(logGroupName="executions")
        yield boto3.client("stepfunctions", REGION)


def logging(level, **more):
    return {"level": level, "destinations": [DESTINATION], **more}


def made(client, **settings):
    arguments = {"name": "m", "definition": DEFINITION, "roleArn": ROLE, **settings}
    return client.create_state_machine(**arguments)["stateMachineArn"]


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def finished(arn):
    """An execution, once it has ended."""
    execution = backend.stepfunctions_parser_backends[ACCOUNT][REGION].describe_execution(arn)
    assert execution.exec_worker.done.wait(PATIENCE_S)
    return execution


def logged(client, settings, data=None):
    """Run one execution of a state machine with these settings: its events, and what was logged of them."""
    arn = made(client, loggingConfiguration=settings)
    started = client.start_execution(stateMachineArn=arn, input=json.dumps(data or {"a": 1}))
    execution = finished(started["executionArn"])
    streams = logs_backends[ACCOUNT][REGION].groups["executions"].streams.values()
    lines = [json.loads(event.message) for stream in streams for event in stream.events]
    return list(history.of(execution.exec_worker.env).events), lines


def test_every_event_is_logged(client, cloud):
    """Level ALL writes each event of the history once, in order, with its details under AWS's names."""
    events, lines = logged(client, logging("ALL", includeExecutionData=True))
    assert [line["id"] for line in lines] == [str(event.number) for event in events]
    assert [line["type"] for line in lines] == [event.kind for event in events]
    entered = lines[1]
    assert entered["details"] == {"name": "S", "input": '{"a":1}', "inputDetails": {"truncated": False}}
    assert entered["previous_event_id"] == "0"
    assert entered["event_timestamp"] == str(events[1].at_ms)
    assert entered["execution_arn"].split(":")[5:7] == ["execution", "m"]
    assert entered["redrive_count"] == "0"


def test_without_execution_data_none_is_logged(client, cloud):
    """What the states were given and gave stays out, unless includeExecutionData asks for it."""
    _, lines = logged(client, logging("ALL"), {"secret": "swordfish"})
    assert lines[1]["details"] == {"name": "S"}
    assert "swordfish" not in json.dumps(lines)


@pytest.mark.parametrize(
    ("level", "kinds"),
    [("ERROR", ["TaskFailed", "ExecutionFailed"]), ("FATAL", ["ExecutionFailed"]), ("OFF", [])],
)
def test_a_level_lets_its_events_through(client, cloud, level, kinds):
    """ERROR logs what failed, FATAL only the execution's own failure, OFF nothing."""
    cloud.functions.known["echo"] = lambda payload: {}["x"]
    _, lines = logged(client, logging(level))
    assert [line["type"] for line in lines] == kinds


def test_a_group_that_is_gone_does_not_stop_an_execution(client, cloud):
    """The log group is deleted after the state machine was made: executions run as without logging."""
    arn = made(client, loggingConfiguration=logging("ALL"))
    boto3.client("logs", REGION).delete_log_group(logGroupName="executions")
    started = client.start_execution(stateMachineArn=arn)["executionArn"]
    finished(started)
    assert client.describe_execution(executionArn=started)["status"] == "SUCCEEDED"


def test_an_execution_that_does_not_log_has_no_writer(cloud):
    """Without logging nothing is called for an event."""
    ran = cloud.start(cloud.machine(one({"Type": "Wait", "Seconds": 3600, "End": True})))
    assert history.of(ran.execution.exec_worker.env).when_written is None


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"level": "ALL"}, "Must specify exactly one Log Destination."),
        ({"level": "ALL", "destinations": [{}]}, "Must specify exactly one Log Destination."),
        (logging("ALL", destinations=[DESTINATION] * 2), "Must specify exactly one Log Destination."),
        (
            logging(
                "FATAL",
                destinations=[
                    {"cloudWatchLogsLogGroup": {"logGroupArn": GROUP.replace("executions", "none")}}
                ],
            ),
            "Log Destination not found.",
        ),
    ],
)
def test_a_configuration_that_cannot_log_is_refused(client, settings, told):
    """InvalidLoggingConfiguration in AWS's words, on creation and on a change."""
    wanted = ("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {told}")
    more = {"definition": DEFINITION, "roleArn": ROLE, "loggingConfiguration": settings}
    assert refused(client.create_state_machine, name="m", **more) == wanted
    arn = made(client)
    assert refused(client.update_state_machine, stateMachineArn=arn, loggingConfiguration=settings) == wanted
    assert client.describe_state_machine(stateMachineArn=arn)["loggingConfiguration"]["level"] == "OFF"


def test_a_role_that_may_not_deliver_logs_is_refused(client, functions):
    """Logging needs a role with logs:CreateLogDelivery."""
    with invoking.instead(
        functions, lambda account, role, action, resource: action != "logs:CreateLogDelivery"
    ):
        code, message = refused(
            client.create_state_machine,
            name="m",
            definition=DEFINITION,
            roleArn=ROLE,
            loggingConfiguration=logging("ALL"),
        )
    assert code == "AccessDeniedException"
    assert message == "The state machine IAM Role is not authorized to access the Log Destination"


def test_tracing_is_refused_by_name(client):
    """There is no X-Ray here, so that a state machine which wants it is not made."""
    with pytest.raises(NotImplementedHere, match="tracingConfiguration"):
        made(client, tracingConfiguration={"enabled": True})
    arn = made(client, tracingConfiguration={"enabled": False})
    with pytest.raises(NotImplementedHere, match="tracingConfiguration"):
        client.update_state_machine(stateMachineArn=arn, tracingConfiguration={"enabled": True})


def test_a_role_that_step_functions_may_not_assume_is_refused(client, functions):
    """CreateStateMachine and UpdateStateMachine ask the trust policy for both of AWS's principals."""
    asked = []

    def trusts(*question):
        asked.append(question)
        return not question[1].endswith("/stranger")

    stranger = ROLE.replace("machine", "stranger")
    said = (
        "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to "
        "assume the provided role."
    )
    told = ("AccessDeniedException", said)
    with invoking.instead(functions, is_trusting=trusts):
        more = {"name": "m", "definition": DEFINITION, "roleArn": stranger}
        assert refused(client.create_state_machine, **more) == told
        assert client.list_state_machines()["stateMachines"] == []
        arn = made(client)
        assert refused(client.update_state_machine, stateMachineArn=arn, roleArn=stranger) == told
    assert client.describe_state_machine(stateMachineArn=arn)["roleArn"] == ROLE
    both = [
        (ACCOUNT, stranger, "states.amazonaws.com"),
        (ACCOUNT, stranger, f"states.{REGION}.amazonaws.com"),
    ]
    assert asked == [*both, (ACCOUNT, ROLE, "states.amazonaws.com"), *both]


def test_a_role_may_trust_the_regional_principal_alone(client, functions):
    """Either principal of Step Functions is enough."""
    with invoking.instead(
        functions, is_trusting=lambda *question: question[2] == f"states.{REGION}.amazonaws.com"
    ):
        assert made(client).endswith(":stateMachine:m")

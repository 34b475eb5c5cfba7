"""What a function's role must allow: to be assumed by Lambda, and to write the function's log."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

from infra.embedded import permissions
from tests.infra.embedded.functions.conftest import ACCOUNT, LOGGING, REGION, ROLE, allow

LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}"
STREAM_AND_EVENTS = ["logs:CreateLogStream", "logs:PutLogEvents"]


def make_role(name, *statements):
    """Make a role with this trust policy; return its ARN."""
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam_backends[ACCOUNT]["aws"].create_role(name, document, "/", None, "", [], None)
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def trusting(service, effect="Allow"):
    return {"Effect": effect, "Principal": {"Service": service}, "Action": "sts:AssumeRole"}


NOT_FOR_LAMBDA = {
    "nobody": [],
    "another-service": [trusting("states.amazonaws.com")],
    "denied": [trusting("lambda.amazonaws.com"), trusting("lambda.amazonaws.com", "Deny")],
    "a-permission-policy": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]


@pytest.mark.parametrize("name", [*NOT_FOR_LAMBDA, "missing"])
def test_a_role_that_lambda_may_not_assume_is_refused(lambdas, aws, zip_of, name):
    """Neither a new function nor a changed one gets such a role; the message is AWS's."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    if name in NOT_FOR_LAMBDA:
        make_role(name, *NOT_FOR_LAMBDA[name])
    spec = {
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Code": {"ZipFile": zip_of({"index.py": ""})},
    }
    client, made = aws("lambda"), lambdas.create()
    for error in (
        refusal(client.create_function, FunctionName="f", Role=arn, **spec),
        refusal(client.update_function_configuration, FunctionName=made, Role=arn),
    ):
        assert error["Code"] == "InvalidParameterValueException"
        assert error["Message"] == "The role defined for the function cannot be assumed by Lambda."
    assert client.get_function_configuration(FunctionName=made)["Role"] == ROLE


def test_a_role_that_lambda_may_assume_is_taken(lambdas, aws):
    """A changed role counts from then on."""
    arn = make_role("second", trusting(["states.amazonaws.com", "lambda.amazonaws.com"]))
    name = lambdas.create()
    aws("lambda").update_function_configuration(FunctionName=name, Role=arn)
    assert aws("lambda").get_function_configuration(FunctionName=name)["Role"] == arn


def group_of(name):
    return f"/aws/lambda/{name}"


def logged(lambdas, name):
    """The kinds of line in the function's log; None when there is no group."""
    try:
        return [line.split(" ")[0] for stream in lambdas.messages(name) for line in stream]
    except KeyError:
        return None


RUN = ["INIT_START", "START", "END", "REPORT"]
GRANTS = [
    # what the role may do, whether the group is there, what is logged; {} is the function's name
    ([LOGGING], False, RUN),
    ([], True, []),
    ([], False, None),
    ([{"Effect": "Allow", "Action": STREAM_AND_EVENTS, "Resource": "*"}], True, RUN),
    ([{"Effect": "Allow", "Action": STREAM_AND_EVENTS, "Resource": "*"}], False, None),
    ([{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}], True, []),
    ([{"Effect": "Allow", "Action": "logs:CreateLogStream", "Resource": "*"}], True, []),
    ([{"Effect": "Allow", "Action": "logs:*", "Resource": LOGS + ":log-group:/aws/lambda/{}:*"}], False, RUN),
    (
        [{"Effect": "Allow", "Action": "logs:*", "Resource": LOGS + ":log-group:/aws/lambda/other:*"}],
        True,
        [],
    ),
    ([LOGGING, {"Effect": "Deny", "Action": "logs:PutLogEvents", "Resource": "*"}], True, []),
]


@pytest.mark.parametrize(("statements", "there", "expected"), GRANTS)
def test_a_function_logs_what_its_role_may(lambdas, statements, there, expected):
    """Without the permission a function runs and nothing is written; without another no group is made."""
    name = lambdas.create("def handler(e, c): return 'ran'")
    allow(*json.loads(json.dumps(statements).replace("{}", name)))
    if there:
        logs_backends[ACCOUNT][REGION].create_log_group(group_of(name), {})
    assert lambdas.invoke(name).value == "ran"
    assert logged(lambdas, name) == expected


def test_the_tail_comes_whatever_the_role_may(lambdas):
    """The log in the answer needs no permission."""
    allow()
    assert "REPORT RequestId" in lambdas.invoke(lambdas.create()).tail


def test_a_group_that_was_deleted_stays_away_without_the_permission(lambdas):
    """What a role may not make it does not make again."""
    allow({"Effect": "Allow", "Action": STREAM_AND_EVENTS, "Resource": "*"})
    name = lambdas.create()
    logs = logs_backends[ACCOUNT][REGION]
    logs.create_log_group(group_of(name), {})
    lambdas.invoke(name)
    assert logged(lambdas, name) == RUN
    logs.delete_log_group(group_of(name))
    lambdas.invoke(name)
    assert logged(lambdas, name) is None


def test_the_role_is_asked_once_an_environment(lambdas, monkeypatch):
    """A warm invocation asks nothing."""
    asked = []

    def counting(*question):
        asked.append(question)
        return permissions.is_allowed(*question)

    monkeypatch.setattr("infra.embedded.functions.logs.is_allowed", counting)
    name = lambdas.create()
    lambdas.invoke(name)
    first = len(asked)
    for _ in range(3):
        lambdas.invoke(name)
    assert (first > 0, len(asked)) == (True, first)

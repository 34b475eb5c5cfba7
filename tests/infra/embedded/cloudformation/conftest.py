from __future__ import annotations

import json

import pytest
from moto.backends import get_backend

from infra.embedded.cloudformation.client import Clients
from infra.embedded.functions import api
from infra.embedded.server import build_application


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    """The whole cloud in this process, empty, without a socket."""
    application = build_application()
    for service in ("cloudwatch", "iam", "lambda", "logs", "s3", "stepfunctions"):
        for regions in get_backend(service).values():
            for backend in regions.values():
                backend.reset()
    api.configure(1000, "http://127.0.0.1:1", tmp_path_factory.mktemp("functions"))
    yield Clients(application)
    api.shutdown()


def missing_members(shape, value, place):
    """Where the answer lacks a member that AWS's own model requires."""
    if shape.type_name == "structure":
        for name in shape.required_members:
            if name not in value:
                yield f"{place}.{name}"
        for name in value.keys() & shape.members.keys():
            yield from missing_members(shape.members[name], value[name], f"{place}.{name}")
    elif shape.type_name == "list":
        for item in value:
            yield from missing_members(shape.member, item, place)


def _check_answer(parsed, model, **_):
    if model.output_shape is not None and "Error" not in parsed:
        assert list(missing_members(model.output_shape, parsed, model.name)) == []


@pytest.fixture(scope="module")
def checked_client(clients):
    """CloudFormation, each of whose answers has every member that AWS's model requires."""
    client = clients.client("cloudformation", "us-east-1")
    client.meta.events.register("after-call", _check_answer)
    return client


@pytest.fixture
def cfn(checked_client):
    """CloudFormation; whatever stacks a test leaves are deleted."""
    client = checked_client
    yield client
    for stack in client.describe_stacks()["Stacks"]:
        client.update_termination_protection(StackName=stack["StackName"], EnableTerminationProtection=False)
        client.delete_stack(StackName=stack["StackId"])
    assert client.describe_stacks()["Stacks"] == []


@pytest.fixture
def statuses(cfn):
    """The events of a stack, oldest first, as (logical ID, status)."""

    def read(stack):
        pages = cfn.get_paginator("describe_stack_events").paginate(StackName=stack)
        events = [event for page in pages for event in page["StackEvents"]]
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(events)]

    return read


@pytest.fixture
def reason(cfn):
    """Why a resource got a status."""

    def read(stack, logical_id, status):
        events = cfn.describe_stack_events(StackName=stack)["StackEvents"]
        found = [e for e in events if (e["LogicalResourceId"], e["ResourceStatus"]) == (logical_id, status)]
        return found[0].get("ResourceStatusReason", "")

    return read


@pytest.fixture
def group():
    """A template of log groups: logical ID to properties."""

    def make(**groups):
        resources = {name: {"Type": "AWS::Logs::LogGroup", "Properties": p} for name, p in groups.items()}
        return {"Resources": resources}

    return make


@pytest.fixture
def text():
    return json.dumps

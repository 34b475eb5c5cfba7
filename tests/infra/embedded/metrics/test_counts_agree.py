"""Metrics, log lines, history and the handler's own count, for random mixes of what can happen."""

from __future__ import annotations

import io
import json
import random
import re
import time
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from infra.embedded.functions import api

HANDLER = """
import os, pathlib, time

def handler(event, context):
    with open(event["count"], "a") as file:  # one short append, which the system makes whole
        file.write(event["kind"] + "\\n")
    if event["kind"] == "error":
        raise ValueError("as asked")
    while event["kind"] == "hold" and not pathlib.Path(event["gate"]).exists():
        time.sleep(0.005)
    time.sleep(600 if event["kind"] == "timeout" else 0.02)
    return event["kind"]
"""
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
    "Action": "sts:AssumeRole",
}
LONGEST_WAIT_S = 300.0
TIMEOUT_S = 5
"""Long beside 20 ms, so that only what is to time out does."""


@dataclass(frozen=True)
class Mix:
    """So many items of each kind, run so many at a time, with room for `reserved` of them."""

    items: tuple[str, ...]
    at_once: int
    reserved: int | None


def mix(seed):
    """A random mix; every fourth has no throttling, the others begin by holding all the room there is.

    A refusal takes a moment, or the items would be used up while the room is held.
    """
    chance = random.Random(seed)
    items = chance.choices(["success", "error"], weights=[3, 1], k=chance.randint(12, 40))
    items += ["timeout"] * chance.randint(1, 3)
    chance.shuffle(items)
    reserved = None if seed % 4 == 0 else chance.randint(1, 3)
    return Mix(("hold",) * (reserved or 0) + tuple(items), chance.randint(4, 12), reserved)


@pytest.fixture
def cloud(clients, tmp_path):
    """Clients of a cloud whose Lambda runs real handlers."""
    api.configure(1000, "http://127.0.0.1:9", tmp_path / "cloud")
    yield lambda service: clients.client(service, "us-east-1")
    api.shutdown()


def role(cloud, name):
    """A role that may do everything, for functions and state machines."""
    trust, may = (json.dumps({"Version": "2012-10-17", "Statement": [each]}) for each in (TRUST, EVERYTHING))
    arn = cloud("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    cloud("iam").put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=may)
    return arn


def function(cloud, name, arn, reserved):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", HANDLER)
    cloud("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=arn,
        Handler="index.handler",
        Code={"ZipFile": package.getvalue()},
        Timeout=TIMEOUT_S,
    )
    if reserved is not None:
        cloud("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)


def machine(cloud, name, arn, at_once):
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": name, "Payload.$": "$"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Go on"}],
        "End": True,
    }
    steps = {
        "StartAt": "Work",
        "States": {"Work": task, "Go on": {"Type": "Wait", "Seconds": 1, "End": True}},
    }
    every = {"Type": "Map", "ItemsPath": "$", "MaxConcurrency": at_once, "ItemProcessor": steps, "End": True}
    definition = json.dumps({"StartAt": "Every", "States": {"Every": every}})
    return cloud("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=arn)[
        "stateMachineArn"
    ]


def run(cloud, arn, items, watch):
    """Every event of an execution over the items; `watch` is called again and again while it runs."""
    states = cloud("stepfunctions")
    started = states.start_execution(stateMachineArn=arn, input=json.dumps(items))["executionArn"]
    end = time.monotonic() + LONGEST_WAIT_S
    while states.describe_execution(executionArn=started)["status"] == "RUNNING":
        assert time.monotonic() < end, "the execution does not end"
        watch()
        time.sleep(0.1)  # slower than the API's allowance flows in
    pages = states.get_paginator("get_execution_history").paginate(executionArn=started)
    return [event for page in pages for event in page["events"]]


def in_history(events):
    """What became of the tasks."""
    errors = Counter(
        event["taskFailedEventDetails"]["error"] for event in events if event["type"] == "TaskFailed"
    )
    kinds = Counter(event["type"] for event in events)
    throttled = errors.pop("Lambda.TooManyRequestsException", 0)
    return {
        "Invocations": kinds["TaskSucceeded"] + errors.total(),
        "Errors": errors.total(),
        "Throttles": throttled,
        "timeouts": errors["Sandbox.Timedout"],
        "attempts": kinds["TaskScheduled"],
    }


def in_metrics(cloud, name):
    """Sum of each count, and the number of durations, of the function or (None) of the account."""
    dimensions = [{"Name": "FunctionName", "Value": name}] if name else []
    asked = (("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum"), ("Duration", "SampleCount"))
    queries = [
        {
            "Id": metric.lower(),
            "MetricStat": {
                "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions},
                "Period": 60,
                "Stat": stat,
            },
        }
        for metric, stat in asked
    ]
    now = datetime.now(UTC)
    answer = cloud("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1)
    )
    sums = {one["Id"]: sum(one["Values"]) for one in answer["MetricDataResults"]}
    return {metric: sums[metric.lower()] for metric, _ in asked}


def in_logs(cloud, name):
    """How many lines of each of Lambda's own kinds there are."""
    pages = cloud("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
    lines = [event["message"] for page in pages for event in page["events"]]
    return Counter(found[1] for line in lines if (found := re.match(r"(START|END|REPORT) RequestId", line)))


@pytest.mark.parametrize("seed", range(4))
def test_metrics_logs_history_and_handler_agree_exactly(cloud, tmp_path, seed):
    """Whatever the mix, each invocation is counted once everywhere, and a throttled one is none."""
    given, name, count = mix(seed), f"counted-{seed}", tmp_path / "count"
    count.touch()
    arn = role(cloud, name)
    function(cloud, name, arn, given.reserved)
    gate = tmp_path / "gate"
    items = [{"kind": kind, "count": str(count), "gate": str(gate)} for kind in given.items]

    def open_when_full():
        if in_metrics(cloud, name)["Throttles"]:
            gate.touch()

    told = in_history(run(cloud, machine(cloud, name, arn, given.at_once), items, open_when_full))
    ran = Counter(count.read_text(encoding="utf-8").split())
    metrics = in_metrics(cloud, name)

    assert told["attempts"] == len(given.items) == told["Invocations"] + told["Throttles"]
    assert ran.total() == told["Invocations"] == metrics["Invocations"] == metrics["Duration"]
    assert ran["error"] + ran["timeout"] == told["Errors"] == metrics["Errors"]
    assert ran["timeout"] == told["timeouts"]
    assert told["Throttles"] == metrics["Throttles"]
    assert in_metrics(cloud, None) == metrics
    assert in_logs(cloud, name) == dict.fromkeys(("START", "END", "REPORT"), ran.total())
    assert (metrics["Throttles"] > 0) == (given.reserved is not None)

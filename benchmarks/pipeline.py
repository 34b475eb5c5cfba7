"""A pipeline of sleeping steps, made by plain API calls, so that every cloud is given the same work."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.workloads import Workload

HANDLER = """\
import os
import time

NAP_S = int(os.environ["SLEEP_MS"]) / 1000


def handler(event, context):
    if NAP_S:
        time.sleep(NAP_S)
    return event
"""

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
INVOKE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["lambda:InvokeFunction", "logs:*"], "Resource": "*"}],
    }
)


class DidNotFinish(Exception):
    """An execution was not over by its deadline."""

    def __init__(self, workload: str, deadline_s: float) -> None:
        self.workload, self.deadline_s = workload, deadline_s
        super().__init__(f"{workload}: not over after {deadline_s:.0f} s")


class ExecutionFailed(Exception):
    """An execution came to another end than success."""


@dataclass(frozen=True, slots=True)
class Target:
    """A cloud to measure, by its address."""

    name: str
    endpoint_url: str

    def client(self, service: str) -> Any:
        """Return a boto3 client that never retries: a retry would be measured as the cloud's own time."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  (any key will do on a local cloud)
            config=Config(retries={"max_attempts": 0}, read_timeout=600),
        )


def code() -> bytes:
    """Return the handler as a zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("index.py")
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, HANDLER)
    return buffer.getvalue()


def definition(functions: list[str], concurrency: int) -> str:
    """Return an inline Map over `$.tickets` with one Lambda task a function."""
    states: dict[str, Any] = {}
    for i, function in enumerate(functions):
        follow = {"Next": f"Step{i + 1}"} if i + 1 < len(functions) else {"End": True}
        states[f"Step{i}"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": function, "Payload.$": "$"},
            "OutputPath": "$.Payload",
            **follow,
        }
    burst = {
        "Type": "Map",
        "ItemsPath": "$.tickets",
        "MaxConcurrency": concurrency,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Step0",
            "States": states,
        },
        "End": True,
    }
    return json.dumps({"StartAt": "Burst", "States": {"Burst": burst}})


def deploy(target: Target, workload: Workload) -> str:
    """Make role, functions and state machine under fresh names; return the state machine's ARN."""
    tag = uuid.uuid4().hex[:8]
    iam = target.client("iam")
    role = iam.create_role(RoleName=f"bench-{tag}", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName=f"bench-{tag}", PolicyName="invoke", PolicyDocument=INVOKE)
    functions = [_function(target, f"bench-{tag}-{i}", role, ms) for i, ms in enumerate(workload.steps_ms)]
    made = target.client("stepfunctions").create_state_machine(
        name=f"bench-{tag}", definition=definition(functions, workload.concurrency), roleArn=role
    )
    return str(made["stateMachineArn"])


def _function(target: Target, name: str, role: str, sleep_ms: int) -> str:
    made = target.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": code()},
        Timeout=30,
        MemorySize=256,
        Environment={"Variables": {"SLEEP_MS": str(sleep_ms)}},
    )
    return str(made["FunctionArn"])


def run(target: Target, machine: str, tickets: int, deadline_s: float, name: str = "burst") -> str:
    """Run one burst to its end and return the execution's ARN; polls slowly, so as not to be measured."""
    states = target.client("stepfunctions")
    items = {"tickets": [{"ticket_id": f"T-{i:04d}"} for i in range(tickets)]}
    arn = str(
        states.start_execution(stateMachineArn=machine, name=uuid.uuid4().hex, input=json.dumps(items))[
            "executionArn"
        ]
    )
    limit = time.monotonic() + deadline_s
    while time.monotonic() < limit:
        status = states.describe_execution(executionArn=arn)["status"]
        if status == "SUCCEEDED":
            return arn
        if status != "RUNNING":
            raise ExecutionFailed(f"{name} on {target.name}: {status}")
        time.sleep(0.25)
    states.stop_execution(executionArn=arn)
    raise DidNotFinish(f"{name} on {target.name}", deadline_s)


def events(target: Target, execution: str) -> list[dict[str, Any]]:
    """Return the execution's whole history."""
    pages = target.client("stepfunctions").get_paginator("get_execution_history")
    return [
        event
        for page in pages.paginate(executionArn=execution, PaginationConfig={"PageSize": 1000})
        for event in page["events"]
    ]


def makespan_s(history: list[dict[str, Any]]) -> float:
    """Return the time from the history's first event to its last, in seconds."""
    times = [event["timestamp"] for event in history]
    return float((max(times) - min(times)).total_seconds())

"""A laboratory on the embedded cloud: small pipelines with a fault, and what is read of them afterwards."""

from __future__ import annotations

import io
import itertools
import json
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from handlers import preprocess
from infra.tickets import tickets as sample_tickets
from reports.measuring.definition import read_definition
from reports.measuring.history import read_burst
from reports.rca.observations import (
    ACCOUNT,
    MISSING,
    Execution,
    HistoryEvent,
    Item,
    LogLine,
    MetricSeries,
    Observations,
    ReportFigures,
    Setting,
)
from reports.rca.reading import execution_of, notable_events, report_figures
from reports.records import Burst, BurstPlan

ROOT = Path(__file__).resolve().parents[4]
STEPS = ("Preprocess", "Embed", "Postprocess")
MOST_LINES = 6
MOST_REPORTS = 14
_numbers = itertools.count(1)
_ASSUME = json.dumps(
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


@dataclass(frozen=True)
class Spec:
    """A pipeline: what is wrong with its model step, and its limits."""

    fault: str = ""
    sleep_ms: float = 60
    memory: int = 256
    timeout: int = 10
    reserved: int | None = None
    retry: bool = False
    task_timeout: int | None = None
    execution_timeout: int | None = None
    allowed: bool = True
    gate: bool = True
    handler: str = "index.handler"
    variables: Mapping[str, str] = field(default_factory=dict)


class Lab:
    """One running cloud."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self.states, self.functions = self._client("stepfunctions"), self._client("lambda")
        self.iam, self.logs, self.metrics = (
            self._client("iam"),
            self._client("logs"),
            self._client("cloudwatch"),
        )

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries={"max_attempts": 0}, max_pool_connections=20),
        )

    @contextmanager
    def pipeline(self, spec: Spec) -> Iterator[Pipeline]:
        """Deploy a pipeline, and take it away."""
        with tempfile.TemporaryDirectory() as shared:
            made = Pipeline(self, spec, f"p{next(_numbers)}", shared)
            try:
                yield made
            finally:
                made.remove()

    def target(self, name: str, *, reserved: int | None = None) -> None:
        """Make a plain function for a handler to call."""
        role = self.iam.create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument=_ASSUME)["Role"]["Arn"]
        self.functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": _zipped(_SLEEPS)},
        )
        if reserved is not None:
            self.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)

    def use_up(self, name: str, times: int = 3) -> None:
        """Ask for environments of a function until its scaling rate is used up; they stay busy."""
        for _ in range(times):
            threading.Thread(target=self._occupy, args=(name,), daemon=True).start()
        time.sleep(1)

    def _occupy(self, name: str) -> None:
        with suppress(ClientError):
            self.functions.invoke(FunctionName=name, Payload=b'{"sleep": 3}')


class Pipeline:
    """Three functions behind a Map, and everything that can be read of them."""

    def __init__(self, lab: Lab, spec: Spec, name: str, shared: str) -> None:
        self.lab, self.spec, self.name, self.shared = lab, spec, name, shared
        self.since = time.time()
        self.names = {step: f"{name}-{step.lower()}" for step in STEPS}
        self.role = self._make_role()
        self._make_functions()
        self.definition = json.dumps(self._definition())
        made = lab.states.create_state_machine(name=name, definition=self.definition, roleArn=self.role)
        self.machine = made["stateMachineArn"]
        self.executions: list[Execution] = []
        self.bursts: list[Burst] = []
        self.events: list[HistoryEvent] = []

    # -- making

    def _make_role(self) -> str:
        role = self.lab.iam.create_role(RoleName=f"{self.name}-role", AssumeRolePolicyDocument=_ASSUME)
        arn = str(role["Role"]["Arn"])
        actions = "lambda:InvokeFunction" if self.spec.allowed else "lambda:GetFunction"
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": [actions, "logs:*"], "Resource": "*"}],
        }
        self.lab.iam.put_role_policy(
            RoleName=f"{self.name}-role", PolicyName="all", PolicyDocument=json.dumps(policy)
        )
        return arn

    def _make_functions(self) -> None:
        gate = (ROOT / "handlers/preprocess.py").read_text() if self.spec.gate else _PASSES
        sources = {"Preprocess": gate, "Embed": Path(__file__).with_name("faulty_model.py").read_text()}
        sources["Postprocess"] = _PASSES
        for step, source in sources.items():
            model = step == "Embed"
            self.lab.functions.create_function(
                FunctionName=self.names[step],
                Runtime="python3.12",
                Role=self.role,
                Handler=self.spec.handler if model else "index.handler",
                Code={"ZipFile": _zipped(source)},
                MemorySize=self.spec.memory if model else 256,
                Timeout=self.spec.timeout if model else 10,
                Environment={"Variables": self._variables() if model else {}},
            )
        if self.spec.reserved is not None:
            self.reserve(self.spec.reserved)

    def _variables(self) -> dict[str, str]:
        mine = {"FAULT": self.spec.fault, "SLEEP_MS": str(self.spec.sleep_ms), "SHARED": self.shared}
        return mine | dict(self.spec.variables)

    def _definition(self) -> dict[str, Any]:
        states: dict[str, Any] = {}
        for here, after in zip(STEPS, (*STEPS[1:], None), strict=True):
            states[here] = {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": self.names[here], "Payload.$": "$"},
                "OutputPath": "$.Payload",
                **({"Next": after} if after else {"End": True}),
            }
        if self.spec.retry:
            states["Embed"]["Retry"] = [
                {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 6, "BackoffRate": 1.0}
            ]
        if self.spec.task_timeout:
            states["Embed"]["TimeoutSeconds"] = self.spec.task_timeout
        processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": STEPS[0], "States": states}
        the_map = {
            "Type": "Map",
            "ItemsPath": "$.tickets",
            "MaxConcurrencyPath": "$.max_concurrency",
            "ItemProcessor": processor,
            "End": True,
        }
        limit = {"TimeoutSeconds": self.spec.execution_timeout} if self.spec.execution_timeout else {}
        return {"StartAt": "ProcessTickets", "States": {"ProcessTickets": the_map}, **limit}

    def remove(self) -> None:
        """Take everything away that could run."""
        self.lab.states.delete_state_machine(stateMachineArn=self.machine)
        for name in self.names.values():
            try:
                self.lab.functions.delete_function(FunctionName=name)
            except self.lab.functions.exceptions.ResourceNotFoundException:
                continue

    def reserve(self, amount: int) -> None:
        """Reserve concurrency for the model step."""
        self.lab.functions.put_function_concurrency(
            FunctionName=self.names["Embed"], ReservedConcurrentExecutions=amount
        )

    def change(self, *, memory: int | None = None, **variables: str) -> None:
        """Change the model step's memory or variables from now on."""
        change: dict[str, Any] = {"MemorySize": memory} if memory else {}
        if variables:
            change["Environment"] = {"Variables": self._variables() | variables}
        self.lab.functions.update_function_configuration(FunctionName=self.names["Embed"], **change)

    # -- running

    def run(
        self, cap: int, tickets: int | Sequence[Any] = 1, *, label: str = "", tells_validity: bool = True
    ) -> Execution:
        """Send tickets and read what became of them."""
        sent = sample_tickets(tickets) if isinstance(tickets, int) else list(tickets)
        body = json.dumps({"max_concurrency": cap, "tickets": sent})
        name = f"x{next(_numbers)}"
        arn = self.lab.states.start_execution(stateMachineArn=self.machine, name=name, input=body)[
            "executionArn"
        ]
        end = time.monotonic() + 60
        while (said := self.lab.states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            if time.monotonic() > end:
                raise TimeoutError(f"{arn} did not end")
            time.sleep(0.05)
        return self._read(said, BurstPlan(len(sent), cap, label), sent if tells_validity else None)

    def forget(self) -> None:
        """Leave what ran so far out of the observations: it was a warm-up."""
        self.executions, self.bursts, self.events = [], [], []
        time.sleep(1.1)
        self.since = time.time()

    def _read(self, said: dict[str, Any], plan: BurstPlan, sent: Sequence[Any] | None) -> Execution:
        arn = said["executionArn"]
        pages = self.lab.states.get_paginator("get_execution_history").paginate(executionArn=arn)
        events = [event for page in pages for event in page["events"]]
        burst = read_burst(plan, said, events, read_definition(self.definition))
        notable = notable_events(arn, events, most=12)
        bad = {event.index for event in notable if event.index is not None}
        items = [_item(index, sent[index]) for index in sorted(bad)] if sent is not None else []
        execution = execution_of(said, items)
        self.executions.append(execution)
        self.bursts.append(burst)
        self.events += notable
        return execution

    # -- collecting

    def observations(self, target_s: float | None = None) -> Observations:
        """Return everything that can be read of what ran."""
        lines, reports = self._lines()
        return Observations(
            executions=tuple(self.executions),
            bursts=tuple(self.bursts),
            events=tuple(self.events),
            metrics=tuple(self._metrics()),
            logs=tuple(lines),
            settings=tuple(self._settings()),
            reports=tuple(reports),
            target_makespan_s=target_s,
        )

    def _lines(self) -> tuple[list[LogLine], list[ReportFigures]]:
        kept, reports = [], []
        for name in self.names.values():
            lines = self._group(f"/aws/lambda/{name}")
            figures = list(report_figures(lines))
            reports += _some_reports(figures)
            telling = [line for line in lines if any(word in line.text for word in _TELLING)]
            kept += telling[:MOST_LINES]
        return kept, reports

    def _group(self, group: str) -> list[LogLine]:
        try:
            pages = self.lab.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            found = [event for page in pages for event in page["events"]]
        except self.lab.logs.exceptions.ResourceNotFoundException:
            return []
        found = [event for event in found if event["timestamp"] / 1000 >= self.since - 0.05]
        return [
            LogLine(group, e.get("logStreamName", ""), e["timestamp"] / 1000, e["message"].strip())
            for e in found
        ]

    def _metrics(self) -> Iterator[MetricSeries]:
        until = time.time() + 2
        for step in STEPS:
            dimensions = {"FunctionName": self.names[step]}
            for name, statistic, period in _ASKED:
                yield self._series(name, statistic, period, dimensions, until)
        yield self._series("ConcurrentExecutions", "Maximum", 1, {}, until)

    def _series(
        self, name: str, statistic: str, period: int, dimensions: Mapping[str, str], until: float
    ) -> MetricSeries:
        namespace = "AWS/Lambda"
        start = int(self.since)
        metric = {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        }
        query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}}
        said = self.lab.metrics.get_metric_data(
            MetricDataQueries=[query], StartTime=start, EndTime=int(until) + 1, ScanBy="TimestampAscending"
        )["MetricDataResults"][0]
        values = tuple(
            (at.timestamp(), float(v)) for at, v in zip(said["Timestamps"], said["Values"], strict=True)
        )
        window = (float(start), float(int(until) + 1))
        return MetricSeries(namespace, name, statistic, float(period), window, values, dict(dimensions))

    def _settings(self) -> Iterator[Setting]:
        for step, name in self.names.items():
            yield Setting(step, "FunctionName", name)
            yield from self._function_settings(name)
        embed = json.loads(self.definition)["States"]["ProcessTickets"]["ItemProcessor"]["States"]["Embed"]
        yield Setting("Embed", "Retry", "present" if "Retry" in embed else "absent")
        if "TimeoutSeconds" in embed:
            yield Setting("Embed", "TimeoutSeconds", str(embed["TimeoutSeconds"]))
        if not self.spec.allowed:
            yield Setting(self.role, "lambda:InvokeFunction", MISSING)
        limit = self.lab.functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        yield Setting(ACCOUNT, "ConcurrentExecutions", str(limit))

    def _function_settings(self, name: str) -> Iterator[Setting]:
        try:
            made = self.lab.functions.get_function_configuration(FunctionName=name)
        except self.lab.functions.exceptions.ResourceNotFoundException:
            return
        yield Setting(name, "MemorySize", str(made["MemorySize"]))
        yield Setting(name, "Timeout", str(made["Timeout"]))
        reserved = self.lab.functions.get_function_concurrency(FunctionName=name).get(
            "ReservedConcurrentExecutions"
        )
        yield Setting(name, "ReservedConcurrentExecutions", "none" if reserved is None else str(reserved))


_ASKED = (
    ("Invocations", "Sum", 60),
    ("Errors", "Sum", 60),
    ("Throttles", "Sum", 60),
    ("Duration", "p95", 1),
    ("Duration", "Maximum", 60),
    ("ConcurrentExecutions", "Maximum", 1),
)
_TELLING = ("[ERROR]", "Task timed out", "Runtime exited", '"reason"', '"dependency_ms"', '"level": "ERROR"')
_SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(event.get('sleep', 0))\n"
_PASSES = "def handler(event, context):\n    return event\n"


def _zipped(source: str) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", source)
    return package.getvalue()


def _item(index: int, ticket: Any) -> Item:
    """Say whether a ticket meets the pipeline's own schema, and what is remarkable about it."""
    fault = preprocess.fault_of(ticket)
    if fault is None and not preprocess.has_content(preprocess.cleaned(ticket["text"])):
        fault = "EmptyText: nothing is left of the text after cleaning"
    name = ticket.get("ticket_id") if isinstance(ticket, dict) else None
    length = len(ticket["text"]) if fault is None else 0
    return Item(
        index, name if isinstance(name, str) else None, fault is None, fault or f"text of {length} characters"
    )


def _some_reports(figures: list[ReportFigures]) -> list[ReportFigures]:
    """Keep those that failed, the cold ones and the fullest, and others up to a bound, in order of time."""
    ordered = sorted(figures, key=lambda r: (r.status == "", r.init_ms is None, -r.max_memory_mb))
    if len({r.memory_mb for r in figures}) > 1:
        by_size = [[r for r in figures if r.memory_mb == size] for size in {r.memory_mb for r in figures}]
        ordered = [r for same in by_size for r in same[: MOST_REPORTS // 2]]
    return sorted(ordered[:MOST_REPORTS], key=lambda r: r.time)

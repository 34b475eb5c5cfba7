"""Makes the execution history that given service times would leave behind, in boto3's shapes.

A discrete simulation of an inline Map: tickets are taken in order by C slots; each goes through the steps
one after another. Events of different tickets interleave by time, as they do on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from reports.measuring.definition import Definition, read_definition
from reports.measuring.history import read_burst
from reports.records import Attempt, Burst, BurstPlan, StepSample, TicketSample

EPOCH = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
STEPS = ("Alpha", "Beta", "Gamma")
ServiceTime = Callable[[int, str], float]
History = tuple[dict[str, Any], list[dict[str, Any]]]


def definition_json(steps: Sequence[str] = STEPS, map_state: str = "EachTicket", **knob: Any) -> str:
    """Return a definition with one inline Map whose cap is read from the input."""
    states: dict[str, Any] = {}
    for here, after in zip(steps, [*steps[1:], None], strict=True):
        states[here] = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
        states[here].update({"Next": after} if after else {"End": True})
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": steps[0], "States": states}
    knob = knob or {"MaxConcurrencyPath": "$.max_concurrency"}
    the_map = {"Type": "Map", "ItemsPath": "$.tickets", "ItemProcessor": processor, "End": True, **knob}
    return json.dumps({"StartAt": map_state, "States": {map_state: the_map}})


def definition(steps: Sequence[str] = STEPS) -> Definition:
    return read_definition(definition_json(steps))


@dataclass
class _Recorder:
    """Collects events with a time and a parent, and numbers them in order of time."""

    drafts: list[dict[str, Any]] = field(default_factory=list)

    def add(self, at: float, kind: str, parent: int | None, **details: Any) -> int:
        self.drafts.append({"at": at, "type": kind, "parent": parent, "details": details})
        return len(self.drafts) - 1

    def events(self) -> list[dict[str, Any]]:
        order = sorted(range(len(self.drafts)), key=lambda n: (self.drafts[n]["at"], n))
        number = {draft: place for place, draft in enumerate(order, start=1)}
        return [self._event(self.drafts[n], number[n], number) for n in order]

    @staticmethod
    def _event(draft: Mapping[str, Any], identity: int, number: Mapping[int, int]) -> dict[str, Any]:
        kind, parent = draft["type"], draft["parent"]
        event = {
            "id": identity,
            "previousEventId": 0 if parent is None else number[parent],
            "type": kind,
            "timestamp": EPOCH + timedelta(seconds=draft["at"]),
        }
        if draft["details"]:
            event[_key(kind)] = draft["details"]
        return event


def _key(kind: str) -> str:
    for shared in ("StateEntered", "StateExited"):
        if kind.endswith(shared):
            return shared[0].lower() + shared[1:] + "EventDetails"
    return kind[0].lower() + kind[1:] + "EventDetails"


@dataclass(frozen=True)
class Scenario:
    """What is to happen. `service(index, step)` is the time in service in seconds.

    `overhead` passes before each step is started, `startup` before the Map begins and after it ends.
    `failures[(index, step)]` are errors of the first attempts; after more than `retries` of them the
    iteration, the Map and the execution fail, and what is under way then is aborted. `family` is "Task" or
    "LambdaFunction".
    """

    tickets: int
    concurrency: int
    service: ServiceTime
    steps: Sequence[str] = STEPS
    map_state: str = "EachTicket"
    overhead: float = 0.0
    startup: float = 0.0
    failures: Mapping[tuple[int, str], Sequence[str]] = field(default_factory=dict)
    retries: int = 0
    backoff: float = 0.5
    family: str = "Task"


@dataclass(frozen=True)
class _Run:
    """One simulated iteration: when it ran, whether it failed, and its last event."""

    index: int
    start: float
    end: float
    failed: bool
    last: int


def make_history(tickets: int, concurrency: int, service: ServiceTime, **options: Any) -> History:
    """Return DescribeExecution's answer and the events of a `Scenario`."""
    scenario = Scenario(tickets, concurrency, service, **options)
    log, startup = _Recorder(), scenario.startup
    log.add(0.0, "ExecutionStarted", None, input="{}")
    entered = log.add(startup, "MapStateEntered", None, name=scenario.map_state, input="{}")
    mapped = log.add(startup, "MapStateStarted", entered, length=tickets)
    runs = _iterations(scenario, log, mapped)
    broken = min((run for run in runs if run.failed), key=lambda run: run.end, default=None)
    if broken is not None:
        return _failed(log, broken, runs, scenario.map_state)
    stop = max((run.end for run in runs), default=startup)
    last = log.add(stop, "MapStateSucceeded", runs[-1].last if runs else mapped)
    last = log.add(stop, "MapStateExited", last, name=scenario.map_state, output="[]")
    log.add(stop + startup, "ExecutionSucceeded", last, output="[]")
    return _execution("SUCCEEDED"), log.events()


def _iterations(scenario: Scenario, log: _Recorder, mapped: int) -> list[_Run]:
    free = [scenario.startup] * min(scenario.concurrency, scenario.tickets)
    runs = []
    for index in range(scenario.tickets):
        slot = min(range(len(free)), key=free.__getitem__)
        run = _iteration(scenario, log, index, free[slot], mapped)
        runs.append(run)
        free[slot] = run.end
    return runs


def _iteration(scenario: Scenario, log: _Recorder, index: int, start: float, mapped: int) -> _Run:
    here = {"name": scenario.map_state, "index": index}
    now, last = start, log.add(start, "MapIterationStarted", mapped, **here)
    ticket = json.dumps({"ticket_id": f"T-{index:04d}", "text": "hello"})
    for step in scenario.steps:
        last = log.add(now, "TaskStateEntered", last, name=step, input=ticket)
        now, last, failed = _attempts(scenario, log, (index, step), now, last)
        if failed:
            last = log.add(now, "MapIterationFailed", last, **here)
            return _Run(index, start, now, failed=True, last=last)
        last = log.add(now, "TaskStateExited", last, name=step, output="{}")
    last = log.add(now, "MapIterationSucceeded", last, **here)
    return _Run(index, start, now, failed=False, last=last)


def _attempts(
    scenario: Scenario, log: _Recorder, which: tuple[int, str], now: float, last: int
) -> tuple[float, int, bool]:
    errors = list(scenario.failures.get(which, ()))
    for attempt in range(len(errors) + 1):
        last = log.add(now, f"{scenario.family}Scheduled", last)
        now += scenario.overhead
        last = log.add(now, f"{scenario.family}Started", last)
        now += scenario.service(*which)
        if attempt == len(errors):
            break
        last = log.add(now, f"{scenario.family}Failed", last, error=errors[attempt], cause="because")
        if attempt == scenario.retries:
            return now, last, True
        now += scenario.backoff
    return now, log.add(now, f"{scenario.family}Succeeded", last), False


def _failed(log: _Recorder, culprit: _Run, runs: Sequence[_Run], map_state: str) -> History:
    """Cut the simulation off where the first iteration failed: what is under way is aborted."""
    at = culprit.end
    keep = [n for n, d in enumerate(log.drafts) if d["at"] < at or (d["at"] == at and n <= culprit.last)]
    place = {old: new for new, old in enumerate(keep)}
    log.drafts = [{**log.drafts[n], "parent": place.get(log.drafts[n]["parent"])} for n in keep]
    for run in runs:
        if run.start < at < run.end:
            log.add(at, "MapIterationAborted", place[culprit.last], name=map_state, index=run.index)
    last = log.add(at, "MapStateFailed", place[culprit.last])
    log.add(at, "ExecutionFailed", last, error="Broken", cause="because")
    return _execution("FAILED"), log.events()


def _execution(status: str) -> dict[str, Any]:
    return {"executionArn": "arn:aws:states:us-east-1:123456789012:execution:m:x", "status": status}


def make_burst(
    tickets: int,
    concurrency: int,
    service: ServiceTime,
    *,
    label: str = "",
    repetition: int = 0,
    **options: Any,
) -> Burst:
    """Return the burst read back from the history made."""
    execution, events = make_history(tickets, concurrency, service, **options)
    plan = BurstPlan(tickets, concurrency, label, repetition)
    steps = options.get("steps", STEPS)
    return read_burst(plan, execution, events, definition(steps))


def fixed(**times: float) -> ServiceTime:
    """Return constant service times, by step; a step not named takes none."""
    return lambda _index, step: times.get(step, 0.0)


def burst_of(
    service: Sequence[float], concurrency: int, *, arn: str = "a", overhead: float = 0.0, at: float = 0.0
) -> Burst:
    """Return a one-step burst straight from its service times, in seconds, without a history between."""
    free, tickets = [at] * min(concurrency, len(service)), []
    for index, time in enumerate(service):
        slot = min(range(len(free)), key=free.__getitem__)
        start = free[slot] + overhead
        end = start + time
        step = StepSample("Beta", free[slot], end, (Attempt(free[slot], start, end),))
        tickets.append(TicketSample(index, free[slot], end, "succeeded", (step,), free[slot] - at))
        free[slot] = end
    plan, last = BurstPlan(len(service), concurrency), max(ticket.ended for ticket in tickets)
    map_span = {"map_state": "EachTicket", "map_started": at, "map_ended": last}
    return Burst(plan, arn, "SUCCEEDED", at, last, **map_span, step_order=("Beta",), tickets=tuple(tickets))

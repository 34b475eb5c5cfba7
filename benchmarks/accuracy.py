"""Makespan over ideal: what a cloud adds to the work it is given."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from benchmarks import pipeline
from benchmarks.pipeline import DidNotFinish, ExecutionFailed, Target
from benchmarks.workloads import Workload

Starter = Callable[[], AbstractContextManager[Target]]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One workload on one cloud: every makespan in seconds, or why there is none."""

    workload: Workload
    cloud: str
    makespans_s: tuple[float, ...]
    init_ms: float | None = None
    failure: str = ""

    @property
    def figure(self) -> float | None:
        """The median makespan as the workload's figure."""
        if not self.makespans_s:
            return None
        return self.workload.figure_of(statistics.median(self.makespans_s))


def measure(target: Target, workload: Workload, repeats: int) -> Measurement:
    """Deploy once, warm up at the same concurrency, then time `repeats` bursts."""
    try:
        machine = pipeline.deploy(target, workload)
        limit = _deadline_s(workload)
        pipeline.run(target, machine, workload.concurrency * 2, limit, f"{workload.name}, warm-up")
        return Measurement(
            workload,
            target.name,
            tuple(_burst(target, machine, workload, limit) for _ in range(repeats)),
        )
    except (DidNotFinish, ExecutionFailed) as trouble:
        return Measurement(workload, target.name, (), failure=str(trouble))


def measure_cold(start: Starter, workload: Workload, repeats: int) -> Measurement:
    """Time the first burst of a fresh cloud, `repeats` times over; INIT is reported apart."""
    makespans: list[float] = []
    inits: list[float] = []
    name = "?"
    for _ in range(repeats):
        with start() as target:
            name = target.name
            machine = pipeline.deploy(target, workload)
            try:
                makespans.append(_burst(target, machine, workload, _deadline_s(workload)))
            except (DidNotFinish, ExecutionFailed) as trouble:
                return Measurement(workload, name, (), failure=str(trouble))
            inits += init_durations_ms(target)
    return Measurement(workload, name, tuple(makespans), statistics.median(inits) if inits else None)


def _burst(target: Target, machine: str, workload: Workload, limit: float) -> float:
    execution = pipeline.run(target, machine, workload.tickets, limit, workload.name)
    return pipeline.makespan_s(pipeline.events(target, execution))


def _deadline_s(workload: Workload) -> float:
    """Allow five times the ideal, and 25 ms a task besides: stock moto takes that long."""
    return 20 + 5 * workload.ideal_s + 0.025 * workload.tickets * len(workload.steps_ms)


def init_durations_ms(target: Target) -> list[float]:
    """Return every Init Duration that REPORT lines tell, in milliseconds; empty where a cloud writes none."""
    logs = target.client("logs")
    found: list[float] = []
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"], limit=10_000)["events"]
        for event in events:
            _, mark, rest = event["message"].partition("Init Duration: ")
            if mark:
                found.append(float(rest.split(" ")[0]))
    return found

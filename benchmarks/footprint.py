"""What the embedded cloud costs: time to ready, memory, reading a long history."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import psutil

from benchmarks import peers, pipeline
from benchmarks.workloads import LONG_MAP, WORKLOADS
from infra.embedded import process

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with the bound it must keep; `values` are all that were measured."""

    name: str
    unit: str
    values: tuple[float, ...]
    must: float | None
    note: str = ""

    @property
    def median(self) -> float:
        """The middle of what was measured."""
        return statistics.median(self.values)


def start_to_ready(repeats: int) -> Figure:
    """Time from starting the process to its ready line."""
    return Figure("start to ready", "s", tuple(_one_start() for _ in range(repeats)), 2.5)


def _one_start() -> float:
    began = time.perf_counter()
    with process.start():
        return time.perf_counter() - began


def memory() -> tuple[Figure, Figure]:
    """Memory of the idle cloud (all its processes), and of one warm execution environment (private to it)."""
    workload = WORKLOADS[6]
    with peers.embedded() as target:
        cloud = psutil.Process(_pid(target))
        idle = _uss(cloud) + sum(_uss(p) for p in cloud.children(recursive=True))
        before = {p.pid for p in cloud.children(recursive=True)}
        machine = pipeline.deploy(target, workload)
        pipeline.run(target, machine, 20, 60)
        environments = [p for p in cloud.children(recursive=True) if p.pid not in before]
        each = tuple(_uss(p) / MIB for p in environments)
    return (
        Figure("memory idle", "MiB", (idle / MIB,), 250, "unique set size, all processes"),
        Figure("memory of an environment", "MiB", each, 25, "unique set size"),
    )


def _uss(one: psutil.Process) -> int:
    return int(one.memory_full_info().uss)


def _pid(target: pipeline.Target) -> int:
    port = int(target.endpoint_url.rsplit(":", 1)[1])
    for one in psutil.Process().children(recursive=True):
        if any(c.laddr.port == port and c.status == "LISTEN" for c in one.net_connections("tcp")):
            return int(one.pid)
    raise RuntimeError(f"no process listens on port {port}")


def read_history(repeats: int) -> Figure:
    """Time to read the whole history of 500 tickets (8,500 events) on pages of 1,000."""
    with peers.embedded() as target:
        machine = pipeline.deploy(target, LONG_MAP)
        execution = pipeline.run(target, machine, 500, 300)
        times = []
        for _ in range(repeats):
            began = time.perf_counter()
            found = len(pipeline.events(target, execution))
            times.append(time.perf_counter() - began)
    return Figure("history of 500 tickets read", "s", tuple(times), 2.0, f"{found:,} events")


def long_map() -> Figure:
    """Time that 1,400 tickets at concurrency 1 take: they must come to an end."""
    with peers.embedded() as target:
        machine = pipeline.deploy(target, LONG_MAP)
        execution = pipeline.run(target, machine, LONG_MAP.tickets, 300)
        took = pipeline.makespan_s(pipeline.events(target, execution))
    return Figure(LONG_MAP.name, "s", (took,), None, "must not hang")

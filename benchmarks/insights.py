"""How fast Logs Insights answers over many log events: `python -m benchmarks.insights [EVENTS]`.

The events are the pipeline's: JSON lines of its steps among START, END and REPORT lines, kept in moto's log
streams as the embedded cloud keeps them. Each query runs alone, parse and all, three times; the median of
the wall time and of the thread's CPU time are shown, in seconds.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import sys
import time
from dataclasses import dataclass

from moto.logs.models import LogGroup

from infra.embedded.insights import engine, parser, service

EVENTS = 200_000
REPETITIONS = 3
STEPS = ("Preprocess", "Embed", "Postprocess")
START = 1_714_557_600_000
EVERYTHING = engine.Window(0, 2 * START)
STREAMS_A_GROUP = 10
_REST = "\tBilled Duration: 260 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\t"

QUERIES = (
    "stats avg(duration_ms), max(duration_ms), count(*) by step",
    "fields @timestamp, @message | sort @timestamp desc | limit 20",
    "fields step, ticket_id, duration_ms | filter step = 'Embed' | sort duration_ms desc | limit 1",
    r"""parse @message /"step": "(?<s>\w+)".*"duration_ms": (?<d>[\d.]+)/ | stats avg(d), max(d) by s""",
    "stats pct(duration_ms, 95), stddev(duration_ms), count_distinct(ticket_id) by step, bin(5m)",
    "filter @type = 'REPORT' | stats avg(@duration), max(@maxMemoryUsed), count(@initDuration)",
    "fields concat(step, '-', ticket_id) as key, duration_ms * 2 as twice | filter key like /Embed/",
    "sort duration_ms desc",
    "filter @message like 'T-0000'",
    "dedup step",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One query: medians in seconds, and how many rows it gave."""

    query: str
    wall_s: float
    cpu_s: float
    rows: int


def groups(events: int) -> list[LogGroup]:
    """Return moto's log groups, one a step, that hold `events` log events between them."""
    chance = random.Random(1)  # noqa: S311  # reproducible data, no secret
    made = []
    for step in STEPS:
        group = LogGroup("123456789012", "us-east-1", f"/aws/lambda/sof-{step.lower()}")
        for stream in range(STREAMS_A_GROUP):
            group.create_log_stream(str(stream))
        for place in range(events // len(STEPS)):
            group.streams[str(place % STREAMS_A_GROUP)].put_log_events(
                [{"timestamp": START + place * 7, "message": _message(step, place, chance)}]
            )
        made.append(group)
    return made


def _message(step: str, place: int, chance: random.Random) -> str:
    request = f"00000000-0000-0000-0000-{place // 4:012d}"
    duration = round(chance.gauss(250, 10), 3)
    lines = (
        f"START RequestId: {request} Version: $LATEST",
        json.dumps({"step": step, "ticket_id": f"T-{place // 4:06d}", "duration_ms": duration}),
        f"END RequestId: {request}",
        f"REPORT RequestId: {request}\tDuration: {duration:.2f} ms{_REST}",
    )
    return lines[1] if place % 2 else lines[place % len(lines)]


def measure(query: str, made: list[LogGroup]) -> Measured:
    """Run a query as often as needed for a median."""
    walls, cpus, rows = [], [], 0
    for _ in range(REPETITIONS):
        wall, cpu = time.perf_counter(), time.thread_time()
        result = engine.run(parser.parse(query), service.streams_of(made), EVERYTHING, now=START)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.thread_time() - cpu)
        rows = len(result.rows)
    return Measured(query, statistics.median(walls), statistics.median(cpus), rows)


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


def main() -> None:
    """Measure and print a table."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    made = groups(events)
    before = _peak_mb()
    print(f"{events} log events; peak memory before the queries {before:.0f} MB")
    print(f"{'wall s':>7} {'cpu s':>7} {'rows':>7}  query")
    for query in QUERIES:
        measured = measure(query, made)
        print(f"{measured.wall_s:7.2f} {measured.cpu_s:7.2f} {measured.rows:7d}  {measured.query}")
    print(f"peak memory after {_peak_mb():.0f} MB")


if __name__ == "__main__":
    main()

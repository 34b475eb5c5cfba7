"""How fast CloudWatch answers over many data points: `python -m benchmarks.cloudwatch [POINTS]`.

The points are the pipeline's: durations of its steps over the last fifty minutes, in three series with
dimensions and one without. Each call goes through the whole cloud but the socket (boto3, moto's dispatcher,
our operations and back), three times; the median of the wall time and of the process's CPU time are
shown, in seconds. The picture is drawn once before it is measured, so that loading matplotlib is told apart.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks import machine
from infra.embedded.cloudformation.client import Clients
from infra.embedded.metrics import store
from infra.embedded.server import build_application

POINTS = 100_000
REPETITIONS = 3
WINDOW_S = 3000
HERE = ("123456789012", "us-east-1")
STEPS = {"Preprocess": 0.4, "Embed": 250.0, "Postprocess": 0.3}
MOST_S = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One call: medians in seconds."""

    call: str
    wall_s: float
    cpu_s: float


def fill(points: int, end: float) -> None:
    """Record `points` durations: half of them of Embed, the rest of the other steps and the account."""
    chance = random.Random(1)  # noqa: S311  # reproducible data, no secret
    shares: list[tuple[dict[str, str], float, int]] = [({"FunctionName": "Embed"}, 250.0, points // 2)]
    shares += [({"FunctionName": name}, STEPS[name], points // 6) for name in ("Preprocess", "Postprocess")]
    shares.append(({}, 90.0, points - sum(share[2] for share in shares)))
    for dimensions, typical, count in shares:
        for place in range(count):
            at = end - WINDOW_S + place * WINDOW_S / count
            value = typical * chance.lognormvariate(0, 0.2)
            store.record(*HERE, "AWS/Lambda", "Duration", value, "Milliseconds", dimensions, at)


def query(name: str, function: str, stat: str, period: int) -> dict[str, Any]:
    """Return a MetricDataQuery of a step's durations."""
    dimensions = [{"Name": "FunctionName", "Value": function}]
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Duration", "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def calls(watch: Any, end: float) -> dict[str, Callable[[], Any]]:
    """Return what is measured, by name."""
    span = {
        "StartTime": datetime.fromtimestamp(end - WINDOW_S, UTC),
        "EndTime": datetime.fromtimestamp(end, UTC),
    }
    stats = [
        query(f"m{number}", function, stat, 60)
        for number, (function, stat) in enumerate(
            (f, s) for f in STEPS for s in ("p50", "p95", "Average", "Sum")
        )
    ]
    ratio = {"Id": "e", "Expression": "FILL(100 * (m1 - m0) / MAX([m2, m6, m10]), 0)"}
    steps = {"Namespace": "AWS/Lambda", "MetricName": "Duration"}
    embed = {**steps, "Dimensions": [{"Name": "FunctionName", "Value": "Embed"}]}
    widget = {
        "title": "Duration",
        "period": 60,
        "start": "-PT1H",
        "metrics": [["AWS/Lambda", "Duration", "FunctionName", name, {"stat": "p95"}] for name in STEPS],
    }
    return {
        "GetMetricData, 12 statistics of 3 metrics, 60 s": lambda: watch.get_metric_data(
            MetricDataQueries=stats, **span
        ),
        "GetMetricData, the same with an expression": lambda: watch.get_metric_data(
            MetricDataQueries=[*stats, ratio], **span
        ),
        "GetMetricData, p99 of 1 metric, 1 s": lambda: watch.get_metric_data(
            MetricDataQueries=[query("m", "Embed", "p99", 1)], **span
        ),
        "GetMetricData, tm95 of 1 metric, one period": lambda: watch.get_metric_data(
            MetricDataQueries=[query("m", "Embed", "tm95", 3600)], **span
        ),
        "GetMetricStatistics, p50 p95 IQM, 60 s": lambda: watch.get_metric_statistics(
            Period=60, ExtendedStatistics=["p50", "p95", "IQM"], **embed, **span
        ),
        "ListMetrics": lambda: watch.list_metrics(Namespace="AWS/Lambda"),
        "PutMetricAlarm, DescribeAlarms, history": lambda: alarm(watch, embed),
        "GetMetricWidgetImage, p95 of 3 metrics": lambda: watch.get_metric_widget_image(
            MetricWidget=json.dumps(widget)
        ),
    }


def alarm(watch: Any, metric: dict[str, Any]) -> None:
    """Put an alarm and read its state and history."""
    watch.put_metric_alarm(
        AlarmName="slow",
        ExtendedStatistic="p95",
        Period=60,
        EvaluationPeriods=3,
        Threshold=300.0,
        ComparisonOperator="GreaterThanThreshold",
        **metric,
    )
    watch.describe_alarms(AlarmNames=["slow"])
    watch.describe_alarm_history(AlarmName="slow")


def measure(name: str, call: Callable[[], Any]) -> Measured:
    """Return the medians of a call made three times."""
    walls, cpus = [], []
    for _ in range(REPETITIONS):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Measured(name, statistics.median(walls), statistics.median(cpus))


def main() -> int:
    """Measure and print; 1 when a call took longer than it may."""
    points = int(sys.argv[1]) if len(sys.argv) > 1 else POINTS
    end = time.time() // 60 * 60
    fill(points, end)
    watch = Clients(build_application()).client("cloudwatch", HERE[1])
    asked = calls(watch, end)
    begun = time.perf_counter()
    asked["GetMetricWidgetImage, p95 of 3 metrics"]()
    first_picture = time.perf_counter() - begun
    found = [measure(name, call) for name, call in asked.items()]
    print(f"{points:,} data points; medians of {REPETITIONS}; at most {MOST_S:g} s each")
    for each in found:
        print(f"{each.call:50} {each.wall_s:7.3f} s wall {each.cpu_s:7.3f} s CPU")
    print(f"{'the first picture, matplotlib loaded for it':50} {first_picture:7.3f} s wall")
    print(f"most memory held: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    print("; ".join(f"{name} {value}" for name, value in machine.describe().items()))
    return int(max(each.wall_s for each in found) > MOST_S)


if __name__ == "__main__":
    raise SystemExit(main())

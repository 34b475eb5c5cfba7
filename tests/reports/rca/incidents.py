"""Hand-made observations for what cannot be recorded: contradictions, other services, odd corners."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reports.rca.observations import (
    Execution,
    HistoryEvent,
    Item,
    LogLine,
    MetricSeries,
    Observations,
    ReportFigures,
    Setting,
)

ARN = "arn:aws:states:us-east-1:123456789012:execution:m:x"
GROUP = "/aws/lambda/w-embed"
FUNCTION = Setting("Embed", "FunctionName", "w-embed")


def failed(error: str, cause: str = "", *, valid: bool | None = None, status: str = "FAILED") -> Observations:
    """Return one execution whose ticket #3 failed at Embed."""
    items = (Item(3, "T-4", valid, "a ticket"),) if valid is not None else ()
    execution = Execution(ARN, status, error, cause, 100.0, 101.0, tickets=5, max_concurrency=2, items=items)
    return Observations(executions=(execution,), events=(event(error, cause),), settings=(FUNCTION,))


def event(
    error: str | None, cause: str = "", *, kind: str = "TaskFailed", id_: int = 9, index: int = 3
) -> HistoryEvent:
    return HistoryEvent(ARN, id_, kind, 100.5, "Embed", index, error, cause)


def report(duration: float = 50, memory: float = 128, used: float = 40, **more: Any) -> ReportFigures:
    given = {"request_id": "7", "time": 100.0, "status": "", "init_ms": None} | more
    text = f"REPORT RequestId: {given['request_id']} Duration: {duration} ms"
    return ReportFigures(
        GROUP, "s", given["time"], text, given["request_id"], duration, duration, memory, used,
        given["init_ms"], given["status"],
    )  # fmt: skip


def metric(name: str, *values: float, statistic: str = "Sum", function: str = "w-embed") -> MetricSeries:
    points = tuple((100.0 + place, value) for place, value in enumerate(values))
    dimensions = {"FunctionName": function} if function else {}
    return MetricSeries("AWS/Lambda", name, statistic, 1.0, (100.0, 160.0), points, dimensions)


def log(text: str) -> LogLine:
    return LogLine(GROUP, "s", 100.4, text)


def adding(observations: Observations, **more: tuple) -> Observations:
    """Return observations with more of some kinds."""
    joined = {name: getattr(observations, name) + items for name, items in more.items()}
    return replace(observations, **joined)

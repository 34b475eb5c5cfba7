"""From what the APIs answer to observations: notable history events, REPORT lines, an execution's plan.

Pure: boto3's shapes in, records out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reports.measuring.events import Event, read_events, seconds
from reports.rca.observations import Execution, HistoryEvent, Item, LogLine, ReportFigures

MOST_EVENTS = 60
"""Failures kept of one execution; all of them are in its Burst."""

_NOTABLE = re.compile(r"(Failed|TimedOut|Aborted)$")
_ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"})
_REPORT = re.compile(
    r"REPORT RequestId: (?P<id>\S+)\s+Duration: (?P<duration>[\d.]+) ms\s+"
    r"Billed Duration: (?P<billed>[\d.]+) ms\s+Memory Size: (?P<size>[\d.]+) MB\s+"
    r"Max Memory Used: (?P<used>[\d.]+) MB"
)
_INIT = re.compile(r"Init Duration: ([\d.]+) ms")
_STATUS = re.compile(r"Status: (\w+)")


def notable_events(
    execution_arn: str, events: Sequence[Mapping[str, Any]], *, most: int = MOST_EVENTS
) -> tuple[HistoryEvent, ...]:
    """Return the failures, time-outs and aborts of a whole history, with its first and its last event.

    Each is given the state and the iteration it belongs to, found by following `previousEventId`. Raises
    `HistoryDoesNotAddUp` where events are missing.
    """
    history = read_events(events, execution_arn)
    places = _places(history)
    notable = [event for event in history[1:-1] if _NOTABLE.search(event.kind)]
    kept = [history[0], *notable[:most], *history[1:][-1:]]
    return tuple(_noted(execution_arn, event, places[event.id]) for event in kept)


def _places(history: Sequence[Event]) -> dict[int, tuple[str | None, int | None]]:
    """Return, for each event, the state that it happened in and its iteration."""
    places: dict[int, tuple[str | None, int | None]] = {0: (None, None)}
    for event in history:
        state, index = places[event.previous]
        if event.phase == "entered":
            state = event.name
        if event.kind.startswith("MapIteration") and "index" in event.details:
            index = int(event.details["index"])
        if event.kind in _ENDS:
            state, index = (state, index) if event.kind == "ExecutionFailed" else (None, None)
        places[event.id] = (state, index)
    return places


def _noted(arn: str, event: Event, place: tuple[str | None, int | None]) -> HistoryEvent:
    state, index = place
    return HistoryEvent(
        execution=arn,
        id=event.id,
        type=event.kind,
        at=event.at,
        state=state,
        index=index,
        error=event.details.get("error"),
        cause=event.details.get("cause"),
    )


def execution_of(description: Mapping[str, Any], items: Iterable[Item] = ()) -> Execution:
    """Return DescribeExecution's answer as an observation; the plan is read from its input where it can be.

    The tickets are the longest list in the input, the cap its whole number whose name speaks of concurrency.
    """
    tickets, cap = _plan(description.get("input"))
    return Execution(
        arn=str(description.get("executionArn", "")),
        status=str(description.get("status", "")),
        error=description.get("error"),
        cause=description.get("cause"),
        started=_seconds(description.get("startDate")),
        ended=_seconds(description.get("stopDate")),
        tickets=tickets,
        max_concurrency=cap,
        items=tuple(items),
    )


def _seconds(moment: Any) -> float | None:
    return None if moment is None else seconds(moment)


def _plan(text: str | None) -> tuple[int | None, int | None]:
    try:
        given = json.loads(text or "null")
    except ValueError:
        return None, None
    if not isinstance(given, dict):
        return None, None
    lists = [len(value) for value in given.values() if isinstance(value, list)]
    caps = [value for key, value in given.items() if type(value) is int and "concurrency" in key.lower()]
    return max(lists, default=None), caps[0] if caps else None


def report_figures(lines: Iterable[LogLine]) -> tuple[ReportFigures, ...]:
    """Return the figures of every REPORT line; other lines are passed over."""
    return tuple(figures for line in lines if (figures := _figures(line)) is not None)


def _figures(line: LogLine) -> ReportFigures | None:
    found = _REPORT.search(line.text)
    if found is None:
        return None
    init, status = _INIT.search(line.text, found.end()), _STATUS.search(line.text, found.end())
    return ReportFigures(
        group=line.group,
        stream=line.stream,
        time=line.time,
        text=line.text,
        request_id=found["id"],
        duration_ms=float(found["duration"]),
        billed_ms=float(found["billed"]),
        memory_mb=float(found["size"]),
        max_memory_mb=float(found["used"]),
        init_ms=float(init[1]) if init else None,
        status=status[1] if status else "",
    )

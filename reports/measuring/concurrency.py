"""Concurrency over time: how many tickets, or attempts at a step, are under way at each moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from reports.measuring.statistics import slots
from reports.records import Burst


@dataclass(frozen=True, slots=True)
class Timeline:
    """A step function: from `points[i][0]` on, `points[i][1]` are under way. Times are epoch seconds.

    `time_average` is over the plateau: from the first moment at the peak until the last ticket starts, so
    that neither the ramp up nor the tail counts. `makespan_average` is over the Map's whole stay.
    `plateau_share` is the part of the Map's stay that the plateau takes; `flatness` is the plateau's time
    average over its peak, 1 for a line as flat as a table. `cap` is the limit that was in force.
    """

    points: tuple[tuple[float, int], ...]
    peak: int
    time_average: float
    makespan_average: float
    plateau: tuple[float, float]
    plateau_share: float
    flatness: float
    cap: int
    step: str | None = None


def timeline(burst: Burst, step: str | None = None) -> Timeline:
    """Return the concurrency of tickets in the Map, or of attempts in service at one step."""
    spans = tuple(_attempt_spans(burst, step) if step else _ticket_spans(burst))
    points = _step_function(spans, burst.map_started)
    peak = max(count for _, count in points)
    start = next(at for at, count in points if count == peak)
    end = max((opened for opened, _ in spans), default=start)
    plateau = (start, max(start, end))
    whole = (burst.map_started, burst.map_ended)
    average = _average(points, *plateau) if plateau[1] > plateau[0] else float(peak)
    length = whole[1] - whole[0]
    return Timeline(
        points=points,
        peak=peak,
        time_average=average,
        makespan_average=_average(points, *whole),
        plateau=plateau,
        plateau_share=(plateau[1] - plateau[0]) / length if length > 0 else 0.0,
        flatness=average / peak if peak else 0.0,
        cap=slots(burst),
        step=step,
    )


def windows(line: Timeline, parts: int) -> tuple[float, ...]:
    """Return the time averages over so many equal parts of the plateau; none where it has no length."""
    start, end = line.plateau
    if end <= start:
        return ()
    edges = [start + (end - start) * part / parts for part in range(parts + 1)]
    return tuple(_average(line.points, a, b) for a, b in pairwise(edges))


def _ticket_spans(burst: Burst) -> Iterable[tuple[float, float]]:
    return ((ticket.started, ticket.ended) for ticket in burst.tickets)


def _attempt_spans(burst: Burst, step: str) -> Iterable[tuple[float, float]]:
    return (
        (attempt.started, attempt.ended)
        for ticket in burst.tickets
        for sample in ticket.steps
        if sample.step == step
        for attempt in sample.attempts
        if attempt.started is not None
    )


def _step_function(spans: Iterable[tuple[float, float]], start: float) -> tuple[tuple[float, int], ...]:
    """Sum the spans; at one and the same time an end counts before a start, so a handover is no overlap."""
    changes: dict[float, int] = {start: 0}
    for opened, closed in spans:
        if closed <= opened:
            continue
        changes[opened] = changes.get(opened, 0) + 1
        changes[closed] = changes.get(closed, 0) - 1
    points, count = [], 0
    for at in sorted(changes):
        count += changes[at]
        points.append((at, count))
    return tuple(points)


def _average(points: tuple[tuple[float, int], ...], start: float, end: float) -> float:
    """Return the time average of a step function between two moments."""
    if end <= start:
        return 0.0
    closed = (*points, (max(end, points[-1][0]), 0))
    area = sum(count * max(0.0, min(b, end) - max(a, start)) for (a, count), (b, _) in pairwise(closed))
    return area / (end - start)

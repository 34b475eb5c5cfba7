"""GetMetricData's answer on pages of a bounded number of data points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.embedded.metrics.series import Series


@dataclass(frozen=True, slots=True)
class Part:
    """What one page holds of one series: points in the order asked for; whether they are the last ones."""

    id: str
    label: str
    points: Sequence[tuple[float, float]]
    complete: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The parts on one page, and how many points there were up to its end; None on the last page."""

    parts: Sequence[Part]
    next: int | None


def page(found: Sequence[tuple[str, Series]], start: int, limit: int, *, descending: bool) -> Page:
    """The page behind the first `start` points, with `limit` points at most."""
    parts: list[Part] = []
    before = 0
    for name, one in found:
        points = sorted(one.points.items(), reverse=descending)
        first, last = max(0, start - before), max(0, start + limit - before)
        shown = points[first:last]
        if shown or (not points and start == 0):
            parts.append(Part(name, one.label, shown, last >= len(points)))
        before += len(points)
    return Page(parts, start + limit if before > start + limit else None)

"""Reading the store period by period."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.embedded.metrics import store
from infra.embedded.metrics.statistics import Period
from infra.embedded.metrics.store import Points

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Query:
    """One metric over a span of time, cut into periods (s)."""

    account_id: str
    region: str
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    start: float
    end: float
    period: int
    unit: str | None = None

    @property
    def aligned_start(self) -> float:
        """The start rounded down to a whole minute.

        Or to the period when that is shorter, as CloudWatch does.
        """
        step = min(self.period, _MINUTE)
        return self.start // step * step


def by_unit(query: Query) -> dict[str, list[Period]]:
    """The periods that hold points, in order of time, for each unit the metric was recorded in."""
    return {unit: list(_periods(points, query)) for unit, points in _points(query).items()}


def merged(query: Query) -> list[Period]:
    """The same without regard to unit."""
    points = list(_points(query).values())
    return list(_periods(points[0] if len(points) == 1 else _merge(points), query))


def _points(query: Query) -> dict[str, Points]:
    return store.points(
        query.account_id,
        query.region,
        query.namespace,
        query.name,
        query.dimensions,
        start=query.aligned_start,
        end=query.end,
        unit=query.unit,
    )


def _merge(several: Sequence[Points]) -> Points:
    rows = sorted(row for points in several for row in points)
    columns = [array("d", column) for column in zip(*rows, strict=True)] if rows else [array("d")] * 5
    return Points(*columns)


def _periods(points: Points, query: Query) -> Iterator[Period]:
    times = points.times
    first = 0
    while first < len(times):
        index = (times[first] - query.aligned_start) // query.period
        start = query.aligned_start + index * query.period
        last = max(bisect_left(times, start + query.period, first), first + 1)
        part = slice(first, last)
        yield Period(start, points.sums[part], points.minima[part], points.maxima[part], points.counts[part])
        first = last

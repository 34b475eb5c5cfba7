"""Where metric data is kept: one series per metric and unit, in arrays sorted by time.

Bounds: points older than `RETENTION_S` (3 hours) go, and a series never holds more than `MAX_POINTS`
(400,000) raw points, about 13 MB; the oldest go first. AWS keeps more, but a run of this cloud never
lives that long.
"""

from __future__ import annotations

import math
import time
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock

RETENTION_S = 3 * 3600.0
MAX_POINTS = 400_000
_TRIM_EVERY = 4096

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class MetricKey:
    """What identifies a series: namespace, name, dimensions sorted by name, and unit."""

    namespace: str
    name: str
    dimensions: Dimensions
    unit: str


@dataclass(frozen=True, slots=True)
class Points:
    """A slice of a series in columns: time (s since the epoch), sum, minimum, maximum and sample count.

    A plain value is a point with count 1 whose sum, minimum and maximum are the value itself.
    """

    times: Sequence[float]
    sums: Sequence[float]
    minima: Sequence[float]
    maxima: Sequence[float]
    counts: Sequence[float]

    def __iter__(self) -> Iterator[tuple[float, float, float, float, float]]:
        return zip(self.times, self.sums, self.minima, self.maxima, self.counts, strict=True)


def _doubles() -> array[float]:
    return array("d")


@dataclass(slots=True)
class Series:
    """The points of one metric in one unit; appended mostly in order of time, sorted when read."""

    times: array[float] = field(default_factory=_doubles)
    sums: array[float] = field(default_factory=_doubles)
    minima: array[float] = field(default_factory=_doubles)
    maxima: array[float] = field(default_factory=_doubles)
    counts: array[float] = field(default_factory=_doubles)
    sorted: bool = True

    def append(self, timestamp: float, total: float, low: float, high: float, count: float) -> None:
        """Add one point; bounds are kept every few thousand points, so that adding stays cheap."""
        if self.times and timestamp < self.times[-1]:
            self.sorted = False
        self.times.append(timestamp)
        self.sums.append(total)
        self.minima.append(low)
        self.maxima.append(high)
        self.counts.append(count)
        if len(self.times) % _TRIM_EVERY == 0:
            self.trim(time.time() - RETENTION_S)

    def between(self, start: float, end: float) -> Points:
        """The points with start <= time < end, in order of time."""
        self._sort()
        first, last = bisect_left(self.times, start), bisect_left(self.times, end)
        return Points(*(column[first:last] for column in self._columns()))

    def trim(self, oldest: float) -> None:
        """Drop the points before `oldest`, and the oldest beyond the bound."""
        self._sort()
        first = max(bisect_left(self.times, oldest), len(self.times) - MAX_POINTS)
        if first > 0:
            for column in self._columns():
                del column[:first]

    def _columns(self) -> tuple[array[float], ...]:
        return self.times, self.sums, self.minima, self.maxima, self.counts

    def _sort(self) -> None:
        if self.sorted:
            return
        order = sorted(range(len(self.times)), key=self.times.__getitem__)
        for column in self._columns():
            column[:] = array("d", (column[index] for index in order))
        self.sorted = True


_lock = RLock()
_series: dict[tuple[str, str], dict[MetricKey, Series]] = {}


def record(  # noqa: PLR0917 (the emitters' contract, called for every invocation)
    account_id: str,
    region: str,
    namespace: str,
    name: str,
    value: float,
    unit: str,
    dimensions: Mapping[str, str],
    timestamp: float | None = None,
) -> None:
    """Add one value (in `unit`, CloudWatch's name for it) at `timestamp`, seconds since the epoch.

    Now if None.
    """
    record_set(
        account_id,
        region,
        MetricKey(namespace, name, tuple(sorted(dimensions.items())), unit),
        total=value,
        low=value,
        high=value,
        count=1.0,
        timestamp=timestamp,
    )


def record_set(
    account_id: str,
    region: str,
    key: MetricKey,
    *,
    total: float,
    low: float,
    high: float,
    count: float,
    timestamp: float | None = None,
) -> None:
    """Add a statistic set: `count` samples of which only sum, minimum and maximum are known."""
    if not math.isfinite(total):
        raise ValueError(f"{key.namespace} {key.name}: a metric value must be a finite number, not {total}")
    at = time.time() if timestamp is None else timestamp
    with _lock:
        series = _series.setdefault((account_id, region), {}).get(key)
        if series is None:
            series = _series[account_id, region][key] = Series()
        series.append(at, total, low, high, count)


def points(
    account_id: str,
    region: str,
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    *,
    start: float,
    end: float,
    unit: str | None = None,
) -> dict[str, Points]:
    """The points of exactly this metric with start <= time < end, by unit.

    A metric nobody recorded gives {}.
    """
    wanted = tuple(sorted(dimensions.items()))
    with _lock:
        return {
            key.unit: series.between(start, end)
            for key, series in _series.get((account_id, region), {}).items()
            if key.name == name
            and key.namespace == namespace
            and key.dimensions == wanted
            and unit in (None, key.unit)
        }


def metrics(account_id: str, region: str) -> list[MetricKey]:
    """Every metric that has a point inside the retention, sorted."""
    oldest = time.time() - RETENTION_S
    with _lock:
        held = _series.get((account_id, region), {})
        for series in held.values():
            series.trim(oldest)
        return sorted(key for key, series in held.items() if series.times)


def clear() -> None:
    """Forget everything."""
    with _lock:
        _series.clear()

"""Where metric data is kept: one series per metric and unit, in arrays sorted by time.

Bounds: a series never holds more than `MAX_POINTS` (400,000) raw points, about 16 MB; the oldest go first.
What is older than `RETENTION_S` (15 days, as long as AWS keeps periods of one minute) goes too. Both are
looked to while points are added, every few thousand; reading changes nothing.
"""

from __future__ import annotations

import math
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock

RETENTION_S = 15 * 86_400.0
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
    """The points of one metric in one unit; appended mostly in order of time, sorted when read.

    The first `in_order` points are known to be sorted, and only what came since is sorted in.
    """

    times: array[float] = field(default_factory=_doubles)
    sums: array[float] = field(default_factory=_doubles)
    minima: array[float] = field(default_factory=_doubles)
    maxima: array[float] = field(default_factory=_doubles)
    counts: array[float] = field(default_factory=_doubles)
    in_order: int = 0

    def append(self, timestamp: float, total: float, low: float, high: float, count: float) -> None:
        """Add one point; bounds are kept every few thousand points, so that adding stays cheap."""
        if self.in_order == len(self.times) and (not self.times or timestamp >= self.times[-1]):
            self.in_order += 1
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

    def newest(self) -> float:
        """The time of the newest point."""
        return max(self.times[max(self.in_order - 1, 0) :], default=-math.inf)

    def trim(self, oldest: float) -> None:
        """Drop the points before `oldest`, and the oldest beyond the bound."""
        self._sort()
        first = max(bisect_left(self.times, oldest), len(self.times) - MAX_POINTS)
        if first > 0:
            for column in self._columns():
                del column[:first]
            self.in_order = len(self.times)

    def _columns(self) -> tuple[array[float], ...]:
        return self.times, self.sums, self.minima, self.maxima, self.counts

    def _sort(self) -> None:
        """Sort in what came out of order; of one time the first stays first."""
        count = len(self.times)
        if self.in_order == count:
            return
        first = bisect_right(self.times, min(self.times[self.in_order :]), 0, self.in_order)
        order = sorted(range(first, count), key=self.times.__getitem__)
        for column in self._columns():
            column[first:] = array("d", (column[index] for index in order))
        self.in_order = count


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


def metrics(account_id: str, region: str, since: float) -> list[MetricKey]:
    """Every metric that has a point at `since` (s) or later, sorted."""
    with _lock:
        held = _series.get((account_id, region), {})
        return sorted(key for key, series in held.items() if series.newest() >= since)


def clear() -> None:
    """Forget everything."""
    with _lock:
        _series.clear()

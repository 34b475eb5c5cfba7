"""CloudWatch's statistics over the points of one period.

Facts: "CloudWatch statistics definitions", AWS's CloudWatch user guide: lower bounds are exclusive and upper
bounds inclusive; a trimmed count may be a fraction; extended statistics need values that are known one by one
(a set of unlike samples has none) and none that is negative. How AWS interpolates is not documented; here a
percentile interpolates between the closest ranks, and a percentage of the samples is cut to the fraction of
a sample.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

SIMPLE = frozenset({"Average", "Maximum", "Minimum", "SampleCount", "Sum"})
_NUMBER = r"\d+(?:\.\d{1,10})?"
_SHORT = re.compile(rf"(p|tm|wm|tc|ts)({_NUMBER})")
_LONG = re.compile(rf"(TM|WM|TC|TS|PR)\(({_NUMBER}%?)?:({_NUMBER}%?)?\)")
_HUNDRED = 100.0


class UnknownStatistic(ValueError):
    """A statistic that CloudWatch does not have; `name` is as given."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The value {name} for parameter Stat is not supported: use Average, Maximum, Minimum, "
            "SampleCount, Sum, p95, tm95, wm95, tc95, ts95, IQM, TM(2%:98%) and the like, or PR(:300)."
        )
        self.name = name


@dataclass(frozen=True, slots=True)
class Period:
    """The points of one period, in columns: sum, minimum, maximum and sample count of each."""

    start: float
    sums: Sequence[float]
    minima: Sequence[float]
    maxima: Sequence[float]
    counts: Sequence[float]


@dataclass(frozen=True, slots=True)
class Extended:
    """A statistic of a part of the samples.

    `kind` is p, tm, wm, tc, ts or pr; the part lies between `low` and `high`, in per cent of the samples or
    in the metric's own unit.
    """

    kind: str
    low: float
    high: float
    percent: bool


@dataclass(frozen=True, slots=True)
class _Samples:
    """Values in order, and how many samples there are up to and with each."""

    values: Sequence[float]
    ends: Sequence[float]

    @property
    def count(self) -> float:
        return self.ends[-1]

    def percentile(self, percent: float) -> float:
        """The value at a percentage, by linear interpolation between the closest ranks."""
        rank = max(0.0, (self.count - 1) * percent / _HUNDRED)
        below = math.floor(rank)
        low = self._at(below)
        return low + (self._at(below + 1) - low) * (rank - below)

    def part(self, low: float, high: float) -> tuple[float, float]:
        """Sum and count of the samples between two positions, fractions of samples included."""
        total = 0.0
        begin = 0.0
        for value, end in zip(self.values, self.ends, strict=True):
            total += value * max(0.0, min(end, high) - max(begin, low))
            begin = end
        return total, high - low

    def _at(self, rank: int) -> float:
        return self.values[min(bisect_right(self.ends, rank), len(self.values) - 1)]


def check(name: str) -> None:
    """Raise UnknownStatistic for a name that is no statistic."""
    if name not in SIMPLE:
        extended(name)


def extended(name: str) -> Extended:
    """What an extended statistic's name asks for. Raises UnknownStatistic."""
    if name == "IQM":
        return Extended("tm", 25.0, 75.0, percent=True)
    short = _SHORT.fullmatch(name)
    if short:
        return _checked(name, Extended(short[1], 0.0, float(short[2]), percent=True))
    return _checked(name, _bounded(name))


def _bounded(name: str) -> Extended:
    long = _LONG.fullmatch(name)
    bounds = [bound for bound in (long[2], long[3]) if bound] if long else []
    if long is None or not bounds or len({bound.endswith("%") for bound in bounds}) > 1:
        raise UnknownStatistic(name)
    percent = bounds[0].endswith("%")
    low = float(long[2].rstrip("%")) if long[2] else (0.0 if percent else -math.inf)
    high = float(long[3].rstrip("%")) if long[3] else (_HUNDRED if percent else math.inf)
    return Extended(long[1].lower(), low, high, percent)


def _checked(name: str, wanted: Extended) -> Extended:
    too_high = wanted.percent and wanted.high > _HUNDRED
    upside_down = wanted.kind != "p" and wanted.low >= wanted.high
    if too_high or upside_down or (wanted.kind == "pr" and wanted.percent):
        raise UnknownStatistic(name)
    return wanted


def statistic(name: str, period: Period) -> float | None:
    """The statistic of a period, None where CloudWatch has none. Raises UnknownStatistic."""
    if name in _SIMPLE:
        return _SIMPLE[name](period)
    wanted = extended(name)
    if any(low != high or low < 0 for low, high in zip(period.minima, period.maxima, strict=True)):
        return None
    samples = _samples(period)
    if wanted.kind == "p":
        return samples.percentile(wanted.high)
    return _of_percentages(samples, wanted) if wanted.percent else _of_values(samples, wanted)


def _samples(period: Period) -> _Samples:
    if all(count == 1.0 for count in period.counts):
        return _Samples(sorted(period.minima), range(1, len(period.minima) + 1))
    pairs = sorted(zip(period.minima, period.counts, strict=True))
    return _Samples([value for value, _ in pairs], list(accumulate(count for _, count in pairs)))


def _of_percentages(samples: _Samples, wanted: Extended) -> float | None:
    if wanted.kind == "wm":
        low, high = samples.percentile(wanted.low), samples.percentile(wanted.high)
        return _winsorized(samples, low, high)
    share = samples.count / _HUNDRED
    return _shown(wanted.kind, *samples.part(wanted.low * share, wanted.high * share))


def _of_values(samples: _Samples, wanted: Extended) -> float | None:
    if wanted.kind == "wm":
        return _winsorized(samples, wanted.low, wanted.high)
    first, last = bisect_right(samples.values, wanted.low), bisect_right(samples.values, wanted.high)
    begin = samples.ends[first - 1] if first else 0.0
    end = samples.ends[last - 1] if last else 0.0
    if wanted.kind == "pr":
        return (end - begin) / samples.count * _HUNDRED
    return _shown(wanted.kind, *samples.part(begin, end))


def _shown(kind: str, total: float, count: float) -> float | None:
    if kind == "tc":
        return count
    if kind == "ts":
        return total
    return total / count if count else None


def _winsorized(samples: _Samples, low: float, high: float) -> float:
    clipped = _Samples([min(max(value, low), high) for value in samples.values], samples.ends)
    return clipped.part(0.0, samples.count)[0] / samples.count


_SIMPLE: Mapping[str, Callable[[Period], float]] = {
    "Sum": lambda period: math.fsum(period.sums),
    "SampleCount": lambda period: math.fsum(period.counts),
    "Average": lambda period: math.fsum(period.sums) / math.fsum(period.counts),
    "Minimum": lambda period: min(period.minima),
    "Maximum": lambda period: max(period.maxima),
}

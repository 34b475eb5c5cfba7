"""CloudWatch's statistics over the points of one period."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from infra.embedded.refusals import NotImplementedHere

SIMPLE = frozenset({"Average", "Maximum", "Minimum", "SampleCount", "Sum"})
_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{1,10})?)")
_OTHERS = re.compile(r"(tm|wm|tc|ts|TM|WM|TC|TS|PR|IQM)[\d(%:.)]*")
_HUNDRED = 100.0


class UnknownStatistic(ValueError):
    """A statistic that CloudWatch does not have; `name` is as given."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The value {name} for parameter Stat is not supported.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Period:
    """The points of one period, in columns: sum, minimum, maximum and sample count of each."""

    start: float
    sums: Sequence[float]
    minima: Sequence[float]
    maxima: Sequence[float]
    counts: Sequence[float]


def check(name: str) -> None:
    """Raise UnknownStatistic, or NotImplementedHere for one that CloudWatch has and this cloud has not."""
    percent = _PERCENTILE.fullmatch(name)
    if name in SIMPLE or (percent and float(percent.group(1)) <= _HUNDRED):
        return
    if _OTHERS.fullmatch(name):
        raise NotImplementedHere(f"cloudwatch: the statistic {name}")
    raise UnknownStatistic(name)


def statistic(name: str, period: Period) -> float | None:
    """The statistic of a period.

    None for a percentile when only sets with unlike values are known, as on AWS.
    """
    if name == "Sum":
        return sum(period.sums)
    if name == "SampleCount":
        return sum(period.counts)
    if name == "Average":
        return sum(period.sums) / sum(period.counts)
    if name == "Minimum":
        return min(period.minima)
    if name == "Maximum":
        return max(period.maxima)
    return _percentile(float(name[1:]), period)


def _percentile(percent: float, period: Period) -> float | None:
    """The percentile by linear interpolation between the closest ranks."""
    if any(low != high for low, high in zip(period.minima, period.maxima, strict=True)):
        return None
    values = sorted(_expanded(period))
    rank = (len(values) - 1) * percent / _HUNDRED
    below = int(rank)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (rank - below)


def _expanded(period: Period) -> list[float]:
    if all(count == 1.0 for count in period.counts):
        return list(period.minima)
    pairs = zip(period.minima, period.counts, strict=True)
    return [value for value, count in pairs for _ in range(max(1, round(count)))]

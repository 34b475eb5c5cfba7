"""Time series as queries and expressions pass them on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

MINUTE_S = 60
MOST_PERIODS = 100_800
"""As many as GetMetricData gives data points at once."""


class TooManyPeriods(ValueError):
    """A span that is cut into more periods than can be filled; `periods` says how many."""

    def __init__(self, periods: int) -> None:
        super().__init__(
            f"the window has {periods:,} periods, and {MOST_PERIODS:,} can be filled: "
            "ask for a longer period or a shorter window"
        )
        self.periods = periods


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose metrics: an account in a region."""

    account_id: str
    region: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, seconds since the epoch; the start belongs to it and the end does not."""

    start: float
    end: float

    def aligned_start(self, period: int) -> float:
        """The start rounded down to a whole minute, or to the period where that is shorter, as on AWS."""
        step = min(period, MINUTE_S)
        return self.start // step * step

    def grid(self, period: int) -> list[float]:
        """Where each period of the span starts. Raises TooManyPeriods."""
        first = self.aligned_start(period)
        periods = math.ceil((self.end - first) / period)
        if periods > MOST_PERIODS:
            raise TooManyPeriods(periods)
        return [first + index * period for index in range(periods)]


@dataclass(frozen=True, slots=True)
class Series:
    """Values by the start of their period (s since the epoch), in order of time; what is missing is absent.

    `metric` tells a metric's own series from the result of an expression.
    """

    label: str
    period: int
    span: Span
    points: Mapping[float, float]
    metric: bool = False

    def having(self, points: Mapping[float, float]) -> Series:
        """The result of a calculation on this series."""
        return replace(self, points=points, metric=False)

    def grid(self) -> list[float]:
        """Where each of its periods starts, with a value or without."""
        return self.span.grid(self.period)

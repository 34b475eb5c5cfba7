"""Time series as queries and expressions pass them on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

MINUTE_S = 60


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
        """Where each period of the span starts."""
        first = self.aligned_start(period)
        return [first + index * period for index in range(math.ceil((self.end - first) / period))]


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

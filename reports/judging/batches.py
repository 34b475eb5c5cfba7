"""Batch means: an interval from one burst, whose tickets depend on each other.

Consecutive completions are put into batches; the batches' means are nearly independent where single tickets
are not, so Student's t on them gives an honest interval (Law, Simulation Modeling and Analysis, 5th ed.,
section 9.5.3). Between 10 and 30 batches is where more would gain little and fewer would cost width
(Schmeiser 1982, Batch size effects in the analysis of simulation output, Operations Research 30, 556-568);
20 are aimed at. A batch is a whole number of waves, C tickets each, because tickets of one wave finish
together. The first batch is the warm-up (ramp-up, cold starts) and is left out; so is what remains after
the last whole batch, which is the tail.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from reports.measuring.statistics import slots
from reports.records import Burst, Interval

AIMED_BATCHES = 20
FEWEST_BATCHES = 5
"""Below this the t quantile is so wide, and the normal approximation so poor, that no interval is given."""


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """How a burst is cut: `count` batches of `size` tickets after `size` warm-up tickets."""

    size: int
    count: int
    left_over: int

    @property
    def enough(self) -> bool:
        """Whether there are enough batches for an interval."""
        return self.count >= FEWEST_BATCHES

    def describe(self) -> str:
        """Return the plan in words, for a verdict's method."""
        return f"{self.count} batches of {self.size} tickets, the first {self.size} left out as warm-up"


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its standard error and degrees of freedom."""

    value: float
    error: float
    freedom: float

    @property
    def relative_error(self) -> float:
        """The standard error as a share of the mean, which is the standard error of its logarithm."""
        return self.error / self.value if self.value else math.nan


def plan_batches(tickets: int, concurrency: int) -> BatchPlan:
    """Return how to cut so many completions, a whole number of waves to a batch."""
    wave = max(1, min(concurrency, tickets))
    waves = tickets // wave
    size = wave * max(1, waves // (AIMED_BATCHES + 1))
    count = max(0, tickets // size - 1) if tickets else 0
    return BatchPlan(size, count, tickets - size * (count + 1) if tickets else 0)


def tickets_needed(concurrency: int) -> int:
    """Return the smallest burst from which batch means give an interval."""
    return (FEWEST_BATCHES + 1) * max(1, concurrency)


def plan_for(burst: Burst) -> BatchPlan:
    """Return the batches of a burst's tickets that succeeded."""
    return plan_batches(burst.succeeded, slots(burst))


def batch_durations(burst: Burst) -> tuple[float, ...]:
    """Return how long each batch of consecutive completions took, seconds, warm-up left out."""
    plan = plan_for(burst)
    ends = sorted(ticket.ended for ticket in burst.tickets if ticket.outcome == "succeeded")
    edges = [ends[(batch + 1) * plan.size - 1] for batch in range(plan.count + 1)]
    return tuple(float(gap) for gap in np.diff(edges))


def batch_values(values: Sequence[float], plan: BatchPlan) -> tuple[float, ...]:
    """Return the mean of each batch of consecutive values, warm-up left out."""
    used = np.asarray(values, dtype=float)[plan.size : plan.size * (plan.count + 1)]
    return tuple(float(mean) for mean in used.reshape(plan.count, plan.size).mean(axis=1))


def mean_of(batches: Sequence[float]) -> Mean:
    """Return the mean of at least two batches with its standard error."""
    values = np.asarray(batches, dtype=float)
    return Mean(float(values.mean()), float(stats.sem(values)), float(len(values) - 1))


def t_interval(value: float, error: float, freedom: float, confidence: float) -> Interval:
    """Return value +- t x error."""
    reach = float(stats.t.ppf(0.5 + confidence / 2, freedom)) * error
    return Interval(value - reach, value + reach, confidence)


def ratio_interval(ratio: float, over: Mean, under: Mean, confidence: float) -> Interval:
    """Return an interval for a ratio whose parts vary like two means, on the logarithmic scale.

    The logarithms' errors add in squares (delta method); the degrees of freedom are Welch's.
    """
    parts = [(mean.relative_error**2, mean.freedom) for mean in (over, under)]
    variance = sum(square for square, _ in parts)
    if variance == 0:
        return Interval(ratio, ratio, confidence)
    freedom = variance**2 / sum(square**2 / df for square, df in parts)
    logs = t_interval(math.log(ratio), math.sqrt(variance), freedom, confidence)
    return Interval(math.exp(logs.low), math.exp(logs.high), confidence)

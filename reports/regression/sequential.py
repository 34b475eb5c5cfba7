"""Looking more than once at growing samples without fooling oneself.

The planned looks are fixed beforehand. The error probability is spent on them in proportion to the samples
taken (an alpha-spending function, Lan and DeMets 1983, Biometrika 70, 659-663, in its linear form, Kim and
DeMets 1987, Biometrika 74, 149-154), and each look's interval is Student's t at the level that it was given.
By the union bound the chance that any of these repeated confidence intervals (Jennison and Turnbull 1989,
JRSS B 51, 305-361) misses the true value is at most the whole, whenever and for whatever reason one stops.
The correlation between looks, which would allow somewhat narrower intervals, is left unused: it would rest
on a normal approximation that does not hold for a handful of pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from reports.records import Interval

FEWEST_PAIRS = 3
"""With fewer, Student's t says nothing that anybody could use."""


class NoSuchPlan(ValueError):
    """Looks or levels that make no sense."""


@dataclass(frozen=True, slots=True)
class Looks:
    """When to look, in pairs of bursts taken; `alpha` is the two-sided error of all looks together."""

    at: tuple[int, ...] = (6, 12, 18, 24)
    alpha: float = 0.05

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.at, self.at[1:], strict=False))
        if not self.at or not rising or self.at[0] < FEWEST_PAIRS:
            raise NoSuchPlan(
                f"looks at {self.at} pairs: give rising numbers, the first at least {FEWEST_PAIRS}"
            )
        if not 0 < self.alpha < 1:
            raise NoSuchPlan(f"alpha is {self.alpha}: give an error probability between 0 and 1")

    @property
    def most(self) -> int:
        """The budget: pairs at the last look."""
        return self.at[-1]

    def spent_at(self, pairs: int) -> float:
        """Return the error probability that the look at so many pairs may use; the looks' sum is alpha."""
        if pairs not in self.at:
            raise NoSuchPlan(f"there is no look at {pairs} pairs; the looks are at {self.at}")
        place = self.at.index(pairs)
        before = self.at[place - 1] if place else 0
        return self.alpha * (pairs - before) / self.most


def looks_up_to(most: int, every: int) -> tuple[int, ...]:
    """Return looks every so many pairs, the last at `most`."""
    regular = tuple(range(every, most, every))
    return (*regular, most)


def ratio_interval(log_ratios: Sequence[float], alpha: float) -> tuple[float, Interval]:
    """Return the geometric mean of paired ratios, and Student's t interval of it at 1 - alpha.

    NaN bounds where there are fewer than `FEWEST_PAIRS`.
    """
    n = len(log_ratios)
    centre = math.fsum(log_ratios) / n if n else math.nan
    if n < FEWEST_PAIRS:
        return _exp(centre), Interval(math.nan, math.nan, 1 - alpha)
    error = math.sqrt(math.fsum((x - centre) ** 2 for x in log_ratios) / (n - 1) / n)
    half = float(stats.t.ppf(1 - alpha / 2, n - 1)) * error
    return _exp(centre), Interval(math.exp(centre - half), math.exp(centre + half), 1 - alpha)


def difference_interval(
    before: Sequence[float], after: Sequence[float], alpha: float
) -> tuple[float, Interval]:
    """Return the ratio after over before of two unpaired sets of logarithms, with Welch's interval."""
    if min(len(before), len(after)) < FEWEST_PAIRS:
        return math.nan, Interval(math.nan, math.nan, 1 - alpha)
    centre = math.fsum(after) / len(after) - math.fsum(before) / len(before)
    parts = [_variance(side) / len(side) for side in (before, after)]
    error = sum(parts)
    freedom = [part**2 / (len(side) - 1) for part, side in zip(parts, (before, after), strict=True)]
    degrees = error**2 / sum(freedom) if error > 0 else 1.0
    half = float(stats.t.ppf(1 - alpha / 2, degrees)) * math.sqrt(error)
    return math.exp(centre), Interval(math.exp(centre - half), math.exp(centre + half), 1 - alpha)


def _variance(values: Sequence[float]) -> float:
    centre = math.fsum(values) / len(values)
    return math.fsum((x - centre) ** 2 for x in values) / (len(values) - 1)


def _exp(value: float) -> float:
    return math.exp(value) if not math.isnan(value) else math.nan

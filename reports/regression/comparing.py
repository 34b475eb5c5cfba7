"""Pairs of bursts, one of the baseline and one of the new template run next to each other, compared.

The pair is the sampling unit. Its figure is the logarithm of new over baseline: of the makespan, and of each
step's mean service time. Bursts alternate (A B, B A, ...), so that a drift of the machine falls on both
sides.

Half of the error probability goes to the whole, the other half to the steps in equal parts (Bonferroni), so
that the chance of any wrong word in the table is at most the whole of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports.measuring.statistics import service_per_ticket_s, service_times
from reports.records import Burst, Interval
from reports.regression.decisions import Standing, is_settled, standing, together
from reports.regression.sequential import Looks, difference_interval, ratio_interval

MAKESPAN = "makespan"
ONE_SIDE = "only one side has it"
NO_TIME = "not every burst on both sides spent time there"
WHOLE_SHARE = 0.5
"""The part of the error probability that the whole is given; the steps share the rest."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The smallest effects that matter.

    `relative` of a time, and for a step also `of_ticket` of the whole service time of a ticket: a step of a
    millisecond may double before anybody waiting for a ticket of 250 ms could notice.
    """

    relative: float = 0.05
    of_ticket: float = 0.02

    def margin(self, mean_s: float, ticket_s: float) -> float:
        """Return the smallest ratio less 1 that matters for a step that takes `mean_s` of `ticket_s`."""
        return max(self.relative, self.of_ticket * ticket_s / mean_s) if mean_s > 0 else self.relative


@dataclass(frozen=True, slots=True)
class Pair:
    """A burst of the baseline and the burst of the new template that ran next to it."""

    baseline: Burst
    new: Burst
    baseline_first: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """One subject, the makespan or a step: times in seconds, the ratio new over baseline, and the verdict."""

    subject: str
    baseline_s: float
    new_s: float
    ratio: float
    interval: Interval
    margin: float
    pairs: int
    standing: Standing
    settled: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A step that was not compared, and why. Its share of the error probability goes to the others."""

    step: str
    why: str


@dataclass(frozen=True, slots=True)
class Performance:
    """Every comparison at the last look, the whole first.

    `recorded` counts the baseline's bursts where they were recorded at another time; `pairs` then counts the
    new ones. It is 0 where both sides ran side by side.
    """

    comparisons: tuple[Comparison, ...]
    looks: tuple[int, ...]
    pairs: int
    alpha: float
    method: str
    not_compared: tuple[LeftOut, ...] = ()
    recorded: int = 0

    @property
    def whole(self) -> Comparison:
        """The makespan's comparison."""
        return self.comparisons[0]

    @property
    def steps(self) -> tuple[Comparison, ...]:
        """The steps' comparisons, in order."""
        return self.comparisons[1:]

    @property
    def standing(self) -> Standing:
        """The verdict on everything."""
        return together(self.whole.standing, (step.standing for step in self.steps))

    @property
    def sample(self) -> str:
        """What was compared, counted in words."""
        if not self.recorded:
            return f"{self.pairs} pairs"
        same = self.recorded == self.pairs
        return (
            f"{self.pairs} bursts a side" if same else f"{self.recorded} recorded and {self.pairs} new bursts"
        )

    @property
    def settled(self) -> bool:
        """Whether more pairs would add nothing."""
        return all(comparison.settled for comparison in self.comparisons)


def compare(pairs: Sequence[Pair], looks: Looks, effects: Effects) -> Performance:
    """Return the comparisons at one of the planned looks, which is at as many pairs as there are."""
    steps, left_out = steps_to_compare([pair.baseline for pair in pairs], [pair.new for pair in pairs])
    alphas = shares(looks.spent_at(len(pairs)), len(steps))
    subjects = [(MAKESPAN, effects.relative), *((step, _margin(pairs, step, effects)) for step in steps)]
    compared = [
        _paired(subject, pairs, margin, alpha)
        for (subject, margin), alpha in zip(subjects, alphas, strict=True)
    ]
    method = (
        f"Student's t on {len(pairs)} interleaved pairs (log ratio), linear alpha spending over looks at "
        f"{', '.join(map(str, looks.at))} pairs, Bonferroni over whole and steps"
    )
    return Performance(tuple(compared), looks.at, len(pairs), looks.alpha, method, left_out)


def compare_with_record(
    baseline: Sequence[Burst], new: Sequence[Burst], alpha: float, effects: Effects
) -> Performance:
    """Return the comparison with bursts that were recorded earlier, on the same machine.

    They were not run side by side, so what the machine did in between is in the difference and not in the
    interval; therefore worse and improved need the whole interval beyond the smallest effect that matters.
    """
    steps, left_out = steps_to_compare(baseline, new)
    ticket_s = _mean([service_per_ticket_s(burst) for burst in baseline])
    compared = []
    for subject, share in zip((MAKESPAN, *steps), shares(alpha, len(steps)), strict=True):
        figure = figure_of(subject)
        sides = [[figure(burst) for burst in side] for side in (baseline, new)]
        whole = subject == MAKESPAN
        margin = effects.relative if whole else effects.margin(_mean(sides[0]), ticket_s)
        logs = [[math.log(value) for value in side] for side in sides]
        ratio, interval = difference_interval(logs[0], logs[1], share)
        found = standing(ratio, interval, margin, sure=True)
        means = _mean(sides[0]), _mean(sides[1])
        compared.append(Comparison(subject, *means, ratio, interval, margin, len(new), found, settled=True))
    method = f"Welch's t on {len(baseline)} recorded and {len(new)} new bursts (log), Bonferroni"
    looks, recorded = (len(new),), len(baseline)
    return Performance(tuple(compared), looks, len(new), alpha, method, left_out, recorded)


def steps_to_compare(
    baseline: Sequence[Burst], new: Sequence[Burst]
) -> tuple[tuple[str, ...], tuple[LeftOut, ...]]:
    """Return the steps that are compared, in the baseline's order, and those that are not.

    A step that only a Catch or a branch of a Choice leads to may see no ticket in a burst, or one may pass
    it in no time: then it has no ratio, and more pairs would not give it one.
    """
    names = tuple(dict.fromkeys((*baseline[0].step_order, *new[0].step_order)))
    reasons = {step: _why_not(step, baseline, new) for step in names}
    left_out = tuple(LeftOut(step, why) for step, why in reasons.items() if why)
    return tuple(step for step in names if not reasons[step]), left_out


def _why_not(step: str, baseline: Sequence[Burst], new: Sequence[Burst]) -> str:
    """Return why a step cannot be compared, empty when it can."""
    if not all(step in side[0].step_order for side in (baseline, new)):
        return ONE_SIDE
    figure = figure_of(step)
    return "" if all(figure(burst) > 0 for side in (baseline, new) for burst in side) else NO_TIME


def shares(alpha: float, steps: int) -> tuple[float, ...]:
    """Return the error probability of the whole and of each step; their sum is alpha."""
    if not steps:
        return (alpha,)
    return (alpha * WHOLE_SHARE, *[alpha * (1 - WHOLE_SHARE) / steps] * steps)


def figure_of(subject: str) -> Callable[[Burst], float]:
    """Return what is read from a burst: its makespan, or a step's mean service time, in seconds."""
    if subject == MAKESPAN:
        return lambda burst: burst.makespan_s
    return lambda burst: _mean(service_times(burst, subject))


def _paired(subject: str, pairs: Sequence[Pair], margin: float, alpha: float) -> Comparison:
    figure = figure_of(subject)
    sides = [(figure(pair.baseline), figure(pair.new)) for pair in pairs]
    ratio, interval = ratio_interval([math.log(new / old) for old, new in sides], alpha)
    found = standing(ratio, interval, margin)
    means = _mean([old for old, _ in sides]), _mean([new for _, new in sides])
    settled = is_settled(found, interval, margin)
    return Comparison(subject, *means, ratio, interval, margin, len(pairs), found, settled)


def _margin(pairs: Sequence[Pair], step: str, effects: Effects) -> float:
    baseline = [pair.baseline for pair in pairs]
    mean_s = _mean([figure_of(step)(burst) for burst in baseline])
    return effects.margin(mean_s, _mean([service_per_ticket_s(burst) for burst in baseline]))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan

"""What every estimate is put together from: pairs, refusals, batches, and the recipe to compute it again."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from reports.judging.batches import (
    BatchPlan,
    Mean,
    batch_durations,
    batch_values,
    mean_of,
    plan_batches,
    plan_for,
    ratio_interval,
    tickets_needed,
)
from reports.judging.resampling import paired_interval
from reports.measuring.statistics import service_times_by_start, slots
from reports.records import Burst, Estimate, Interval

Bursts = Burst | Sequence[Burst]


class UnpairedBursts(ValueError):
    """Two sides of a comparison hold different numbers of bursts, or none."""


def recipe(
    estimate: str,
    sides: dict[str, Bursts],
    *,
    step: str | None = None,
    confidence: float | None = None,
    **numbers: float | Sequence[float],
) -> str:
    """Return, as JSON, what computes an estimate again: its name, its arguments, its bursts by their ARN."""
    arguments: dict[str, object] = dict(numbers)
    arguments |= {"step": step} if step is not None else {}
    arguments |= {"confidence": confidence} if confidence is not None else {}
    several = {side: not isinstance(given, Burst) for side, given in sides.items()}
    arns = {side: [burst.execution_arn for burst in bursts_of(given)] for side, given in sides.items()}
    bursts = {side: arns[side] if several[side] else arns[side][0] for side in sides}
    return json.dumps({"estimate": estimate, "bursts": bursts, "arguments": arguments}, sort_keys=True)


def by_batches(
    ratio: float,
    means: Sequence[tuple[Mean | None, BatchPlan]],
    bursts: Sequence[Burst],
    confidence: float,
    how: str,
) -> Estimate:
    """Return a ratio of two bursts with its interval by batch means, or why there is none."""
    (over, first), (under, second) = means
    if over is None or under is None:
        return too_few(ratio, bursts, how, confidence)
    interval = ratio_interval(ratio, over, under, confidence)
    n = min(first.count, second.count)
    return Estimate(ratio, interval, n, "batches", "x", batch_method([first, second]), recipe=how)


def paired(ratios: Sequence[float], confidence: float, how: str, what: str = "pairs of bursts") -> Estimate:
    """Return the geometric mean of paired ratios with its interval."""
    value, interval, method = paired_interval(ratios, confidence)
    return Estimate(value, interval, len(ratios), what, "x", method, recipe=how)


def too_few(
    value: float, bursts: Sequence[Burst], how: str, confidence: float, unit: str = "x", *, needed: int = 0
) -> Estimate:
    """Return the value with an unknown interval, and how many tickets (`needed`) it takes to know it."""
    needed = needed or max(tickets_needed(slots(burst)) for burst in bursts)
    note = f"too few tickets for an interval from one burst: send at least {needed}, or repeat the burst"
    interval = Interval(math.nan, math.nan, confidence)
    n = min(burst.succeeded for burst in bursts)
    return Estimate(value, interval, n, "tickets", unit, "batch means", note, how)


def unknown(note: str, how: str, confidence: float = 0.95) -> Estimate:
    """Return an estimate of nothing, with the reason."""
    interval = Interval(math.nan, math.nan, confidence)
    return Estimate(math.nan, interval, 0, "bursts", "x", "not estimated", note, how)


def duration_batches(burst: Burst) -> tuple[Mean | None, BatchPlan]:
    """Return how a burst is cut and how long a batch took on average (None: too few batches)."""
    plan = plan_for(burst)
    return (mean_of(batch_durations(burst)) if plan.enough else None), plan


def service_batches(burst: Burst, step: str) -> tuple[Mean | None, BatchPlan]:
    """Return how a step's service times are cut and their mean by batches (None: too few batches)."""
    times = service_times_by_start(burst, step)
    plan = plan_batches(len(times), slots(burst))
    return (mean_of(batch_values(times, plan)) if plan.enough else None), plan


def batch_method(plans: Sequence[BatchPlan]) -> str:
    """Return the method in words, for a verdict."""
    parts = " and ".join(dict.fromkeys(plan.describe() for plan in plans))
    return f"batch means inside one burst a side: {parts}" if len(plans) > 1 else f"batch means: {parts}"


def bursts_of(given: Bursts) -> tuple[Burst, ...]:
    """Return one burst or several as a tuple."""
    return (given,) if isinstance(given, Burst) else tuple(given)


def pairs_of(a: Bursts, b: Bursts) -> tuple[tuple[Burst, Burst], ...]:
    """Pair the bursts of two sides in the order they ran; raises `UnpairedBursts`."""
    first, second = bursts_of(a), bursts_of(b)
    if len(first) != len(second) or not first:
        raise UnpairedBursts(
            f"{len(first)} bursts on one side and {len(second)} on the other; "
            "run the same number of each, one after the other, so that they make pairs"
        )
    return tuple(zip(_in_order(first), _in_order(second), strict=True))


def _in_order(bursts: Sequence[Burst]) -> list[Burst]:
    return sorted(bursts, key=lambda burst: burst.started)


def incomparable(pairs: Sequence[tuple[Burst, Burst]]) -> str:
    """Return why the makespans of these pairs cannot be compared, or nothing."""
    for first, second in pairs:
        if first.plan.tickets != second.plan.tickets:
            return (
                f"the bursts differ in size ({first.plan.tickets} and {second.plan.tickets} tickets), "
                "so their makespans cannot be compared"
            )
    return unfinished([burst for pair in pairs for burst in pair])


def unfinished(bursts: Sequence[Burst]) -> str:
    """Return which burst did not finish all its tickets, or nothing."""
    for burst in bursts:
        if burst.succeeded != burst.plan.tickets:
            return (
                f"the burst at {burst.plan.max_concurrency} ended {burst.status} with {burst.succeeded} of "
                f"{burst.plan.tickets} tickets done, so its makespan is not that of the whole burst"
            )
    return ""


def unserved(pairs: Sequence[tuple[Burst, Burst]], step: str) -> str:
    """Return which step nothing was measured for, or nothing."""
    for burst in (burst for pair in pairs for burst in pair):
        if not sum(service_times_by_start(burst, step)) > 0:
            known = ", ".join(burst.step_order)
            return f"no time in service was measured for {step!r} (the steps are {known})"
    return ""

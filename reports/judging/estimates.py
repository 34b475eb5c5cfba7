"""Estimates: an effect with its interval, from bursts.

The burst is the sampling unit. With one burst a side the interval comes from batch means or blocks inside
it, and cannot see how bursts differ from each other; the method says so by naming batches or blocks. With
several a side, the i-th of one is paired with the i-th of the other (they were run interleaved, A B B A, so
that drift falls on both) and the interval comes from the pairs.

Estimates meant for an equivalence test have a 90 % interval, which is two one-sided tests at 5 % each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from reports.judging.batches import Mean, batch_values, mean_of, plan_batches, ratio_interval, t_interval
from reports.judging.parts import (
    Bursts,
    batch_method,
    bursts_of,
    by_batches,
    duration_batches,
    incomparable,
    paired,
    pairs_of,
    recipe,
    service_batches,
    too_few,
    unfinished,
    unknown,
    unserved,
)
from reports.judging.resampling import (
    RESAMPLES,
    block_length,
    percentile_ratio_interval,
    samples_needed,
)
from reports.judging.verdicts import COUNT
from reports.measuring.concurrency import timeline, windows
from reports.measuring.statistics import (
    ideal_s,
    percentile,
    service_times_by_start,
    slots,
    tickets_by_start,
)
from reports.records import Burst, Estimate, Interval

P95 = 95.0


def exact(count: float, of: int, unit: str, *, n_unit: str = "tickets") -> Estimate:
    """Return a counted quantity: `count` out of `of` things looked at; it has no sampling error."""
    return Estimate(float(count), None, of, n_unit, unit, COUNT)


def measured(
    value: float,
    unit: str,
    *,
    n: int = 1,
    n_unit: str = "bursts",
    method: str = "one measurement",
    note: str = "",
) -> Estimate:
    """Return a quantity read off what ran. It says what these runs were, not what others would be.

    Therefore it has no interval. A value of NaN is inconclusive; `note` then says why it is not known.
    """
    return Estimate(float(value), None, n, n_unit, unit, method, note)


def speed_up(slow: Bursts, fast: Bursts, *, confidence: float = 0.95) -> Estimate:
    """Return how many times sooner the same burst finishes: makespan of slow over makespan of fast."""
    how = recipe("speed_up", {"slow": slow, "fast": fast}, confidence=confidence)
    pairs = pairs_of(slow, fast)
    if problem := incomparable(pairs):
        return unknown(problem, how, confidence)
    ratios = [first.makespan_s / second.makespan_s for first, second in pairs]
    if len(pairs) > 1:
        return paired(ratios, confidence, how)
    means = [duration_batches(burst) for burst in pairs[0]]
    return by_batches(ratios[0], means, pairs[0], confidence, how)


def usual_service(a: Bursts, b: Bursts, step: str) -> tuple[str, Estimate]:
    """Return what to call a step's usual service time, and its ratio, b over a: the p95 where it can be told.

    In a small burst too few tickets lie beyond the 95th percentile; there it is the mean.
    """
    by_p95 = ratio_of_p95(a, b, step)
    if by_p95.interval is not None and math.isnan(by_p95.interval.low) and not math.isnan(by_p95.value):
        return "mean service time", ratio_of_mean_service(a, b, step)
    return "p95", by_p95


def ratio_of_p95(a: Bursts, b: Bursts, step: str, *, confidence: float = 0.90) -> Estimate:
    """Return a step's p95 service time in b over that in a; 1 means unchanged.

    One burst a side: circular block bootstrap over tickets in order of start, because tickets that ran side
    by side shared their moment.
    """
    how = recipe("ratio_of_p95", {"a": a, "b": b}, step=step, confidence=confidence)
    pairs = pairs_of(a, b)
    if problem := unserved(pairs, step):
        return unknown(problem, how, confidence)
    if len(pairs) > 1:
        ratios = [_p95(second, step) / _p95(first, step) for first, second in pairs]
        return paired(ratios, confidence, how)
    return _block_ratio(pairs[0], step, confidence, how)


def ratio_of_mean_service(a: Bursts, b: Bursts, step: str, *, confidence: float = 0.90) -> Estimate:
    """Return a step's mean service time in b over that in a; 1 means unchanged."""
    how = recipe("ratio_of_mean_service", {"a": a, "b": b}, step=step, confidence=confidence)
    pairs = pairs_of(a, b)
    if problem := unserved(pairs, step):
        return unknown(problem, how, confidence)
    if len(pairs) > 1:
        ratios = [_mean_service(second, step) / _mean_service(first, step) for first, second in pairs]
        return paired(ratios, confidence, how)
    (first, second) = pairs[0]
    ratio = _mean_service(second, step) / _mean_service(first, step)
    means = [service_batches(burst, step) for burst in (second, first)]
    return by_batches(ratio, means, (second, first), confidence, how)


def time_averaged_concurrency(burst: Burst, step: str | None = None, *, confidence: float = 0.95) -> Estimate:
    """Return the concurrency averaged over the plateau (first moment at the peak to last ticket's start).

    The interval comes from 20 windows of equal length.
    """
    how = recipe("time_averaged_concurrency", {"burst": burst}, step=step, confidence=confidence)
    line, parts = timeline(burst, step), 20
    values = windows(line, parts)
    unit = "tickets at once" if step is None else f"{step} at once"
    if not values:
        return unknown("the burst has no plateau: no ticket started after the peak was reached", how)
    mean = mean_of(values)
    interval = t_interval(mean.value, mean.error, mean.freedom, confidence)
    method = f"batch means of {parts} equal windows over the plateau"
    return Estimate(line.time_average, interval, parts, "windows", unit, method, recipe=how)


def peak_concurrency(burst: Burst, step: str | None = None) -> Estimate:
    """Return the largest number of tickets (or attempts at a step) under way at once, counted exactly."""
    how = recipe("peak_concurrency", {"burst": burst}, step=step)
    n, method = len(burst.tickets), "exact count over the whole history"
    return Estimate(float(timeline(burst, step).peak), None, n, "tickets", "at once", method, recipe=how)


def makespan_over_ideal(burst: Bursts, *, confidence: float = 0.95) -> Estimate:
    """Return makespan over ideal, ideal being ceil(N / C) times the steps' mean service times."""
    bursts = bursts_of(burst)
    how = recipe("makespan_over_ideal", {"burst": burst}, confidence=confidence)
    return _over_reference(bursts, [ideal_s(b) for b in bursts], confidence, how)


def makespan_over(
    burst: Bursts, reference_s: float | Sequence[float], *, confidence: float = 0.95
) -> Estimate:
    """Return makespan over a reference in seconds, e.g. one that was predicted; 1 means as predicted.

    One reference for all bursts, or one for each: a prediction is itself measured, and with several of
    them its error is in the interval.
    """
    bursts = bursts_of(burst)
    how = recipe("makespan_over", {"burst": burst}, confidence=confidence, reference_s=reference_s)
    references = [reference_s] * len(bursts) if isinstance(reference_s, (int, float)) else list(reference_s)
    return _over_reference(bursts, references, confidence, how)


def share_of_service(burst: Burst, step: str, *, confidence: float = 0.95) -> Estimate:
    """Return the share of all time in service that one step takes, 0..1, with an interval by batches."""
    how = recipe("share_of_service", {"burst": burst}, step=step, confidence=confidence)
    tickets = [t for t in tickets_by_start(burst) if t.steps and t.outcome == "succeeded"]
    of_step = [sum(s.service_s for s in t.steps if s.step == step) for t in tickets]
    of_all = [sum(s.service_s for s in t.steps) for t in tickets]
    total = sum(of_all)
    if total <= 0:
        return unknown("no ticket was served", how, confidence)
    value = sum(of_step) / total
    if len(tickets) == 1:
        return Estimate(value, None, 1, "tickets", "of service time", "one ticket measured", recipe=how)
    plan = plan_batches(len(tickets), slots(burst))
    if not plan.enough:
        return too_few(value, [burst], how, confidence, "of service time")
    batches = zip(batch_values(of_step, plan), batch_values(of_all, plan), strict=True)
    mean = mean_of([part / whole for part, whole in batches])
    spread = t_interval(value, mean.error, mean.freedom, confidence)
    interval = Interval(max(0.0, spread.low), min(1.0, spread.high), confidence)
    unit, method = "of service time", batch_method([plan])
    return Estimate(value, interval, plan.count, "batches", unit, method, recipe=how)


def _over_reference(
    bursts: Sequence[Burst], references: Sequence[float], confidence: float, how: str
) -> Estimate:
    if problem := unfinished(bursts):
        return unknown(problem, how, confidence)
    if any(not reference > 0 for reference in references):
        return unknown("the reference is not a time above zero", how, confidence)
    ratios = [burst.makespan_s / at for burst, at in zip(bursts, references, strict=True)]
    if len(bursts) > 1:
        return paired(ratios, confidence, how, what="bursts")
    mean, plan = duration_batches(bursts[0])
    if mean is None:
        return too_few(ratios[0], bursts, how, confidence)
    interval = ratio_interval(ratios[0], mean, Mean(1.0, 0.0, 1.0), confidence)
    return Estimate(ratios[0], interval, plan.count, "batches", "x", batch_method([plan]), recipe=how)


def _block_ratio(pair: tuple[Burst, Burst], step: str, confidence: float, how: str) -> Estimate:
    sides = [service_times_by_start(burst, step) for burst in pair]
    lengths = [block_length(len(side), slots(b)) for side, b in zip(sides, pair, strict=True)]
    before, after = (percentile(side, P95) for side in sides)
    blocks = min(len(side) // length for side, length in zip(sides, lengths, strict=True))
    needed = max(samples_needed(P95, length) for length in lengths)
    if min(map(len, sides)) < needed:
        return too_few(after / before, pair, how, confidence, needed=needed)
    interval = percentile_ratio_interval((sides[1], lengths[1]), (sides[0], lengths[0]), P95, confidence)
    method = (
        f"circular block bootstrap inside one burst a side, blocks of {lengths[0]} and {lengths[1]} "
        f"tickets, {RESAMPLES} resamples"
    )
    return Estimate(after / before, interval, blocks, "blocks", "x", method, recipe=how)


def _p95(burst: Burst, step: str) -> float:
    return percentile(service_times_by_start(burst, step), P95)


def _mean_service(burst: Burst, step: str) -> float:
    times = service_times_by_start(burst, step)
    return sum(times) / len(times)

"""Figures of one burst: throughput, ideal makespan, and what each step did.

Percentiles interpolate linearly between the closest ranks (NumPy's method "linear", type 7 of Hyndman and
Fan 1996). Service time is started to ended, summed over a ticket's attempts at a step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from reports.measuring.definition import effective_concurrency
from reports.records import UNFINISHED, Burst, StepSample, StepStatistics, TicketSample

PERCENTILE_METHOD: Final = "linear"


def percentile(values: Sequence[float], p: float) -> float:
    """Return the p-th percentile (0..100), NaN of nothing."""
    return float(np.percentile(values, p, method=PERCENTILE_METHOD)) if len(values) else math.nan


def slots(burst: Burst) -> int:
    """Return how many tickets the Map may have under way at once, AWS's ceiling applied."""
    return effective_concurrency(burst.plan.max_concurrency)


def throughput_per_s(burst: Burst) -> float:
    """Tickets that succeeded per second of makespan; NaN for a makespan of zero."""
    return burst.succeeded / burst.makespan_s if burst.makespan_s > 0 else math.nan


def samples_of(burst: Burst, step: str) -> tuple[StepSample, ...]:
    """Return every finished passage through a step, in order of the tickets."""
    return tuple(
        sample
        for ticket in burst.tickets
        for sample in ticket.steps
        if sample.step == step and sample.attempts and sample.error != UNFINISHED
    )


def service_times(burst: Burst, step: str) -> tuple[float, ...]:
    """Return the service time of every finished passage through a step, seconds, by ticket."""
    return tuple(sample.service_s for sample in samples_of(burst, step))


def tickets_by_start(burst: Burst) -> list[TicketSample]:
    """Return the tickets in the order they started, which is the order that dependence follows."""
    return sorted(burst.tickets, key=lambda ticket: (ticket.started, ticket.index))


def service_times_by_start(burst: Burst, step: str) -> tuple[float, ...]:
    """Return the service times of a step, seconds, in order of entering it."""
    samples = sorted(samples_of(burst, step), key=lambda sample: sample.entered)
    return tuple(sample.service_s for sample in samples)


def service_per_ticket_s(burst: Burst) -> float:
    """Return the sum of the steps' mean service times; a step no ticket took counts nothing."""
    means = (_mean(service_times(burst, step)) for step in burst.step_order)
    return sum(mean for mean in means if not math.isnan(mean))


def ideal_s(burst: Burst) -> float:
    """Return the ideal makespan: ceil(N / C) times the sum of the steps' mean service times."""
    return math.ceil(burst.plan.tickets / slots(burst)) * service_per_ticket_s(burst)


def makespan_over_ideal(burst: Burst) -> float:
    """Return makespan over ideal: 1 is a cloud that adds nothing; NaN when nothing was served."""
    ideal = ideal_s(burst)
    return burst.makespan_s / ideal if ideal > 0 else math.nan


def step_statistics(burst: Burst) -> tuple[StepStatistics, ...]:
    """Return what each step did, in order. Utilisation is busy time over C x makespan."""
    busy = {step: sum(service_times(burst, step)) for step in burst.step_order}
    total = sum(busy.values())
    capacity = slots(burst) * burst.makespan_s
    return tuple(_of_step(burst, step, busy[step], total, capacity) for step in burst.step_order)


def _of_step(burst: Burst, step: str, busy: float, total: float, capacity: float) -> StepStatistics:
    samples = samples_of(burst, step)
    times = [sample.service_s for sample in samples]
    return StepStatistics(
        step=step,
        n=len(times),
        mean_s=_mean(times),
        p50_s=percentile(times, 50),
        p95_s=percentile(times, 95),
        p99_s=percentile(times, 99),
        max_s=max(times, default=math.nan),
        waiting_mean_s=_mean([sample.waiting_s for sample in samples]),
        share_of_service=busy / total if total > 0 else math.nan,
        utilisation=busy / capacity if capacity > 0 else math.nan,
        retries=sum(sample.retries for sample in samples),
        errors=sum(attempt.error is not None for sample in samples for attempt in sample.attempts),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else math.nan

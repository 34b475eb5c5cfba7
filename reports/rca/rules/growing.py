"""Whether a step takes longer the more is under way: between bursts at other loads, and within one burst."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from reports.measuring.statistics import service_times, service_times_by_start, slots
from reports.rca.evidence import HistoryEvidence
from reports.rca.facts import Facts, counted, median_service_s, model_step
from reports.records import Burst

GROWS = 1.5
"""A time has grown when it is at least this many times what it was."""
NOTICEABLE_S = 0.02
"""And by at least this much: less is the noise of a machine."""
FEWEST = 6
"""Fewer passages through a step than this say nothing about a trend."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A step that took longer: `before_s` and `after_s` are medians in seconds, `how` says when."""

    step: str
    before_s: float
    after_s: float
    how: str
    evidence: tuple[HistoryEvidence, ...]
    at: float


def grown(before_s: float, after_s: float) -> bool:
    """Tell whether a time has grown by enough to be seen."""
    return after_s >= GROWS * before_s and after_s - before_s >= NOTICEABLE_S


def growth(facts: Facts) -> Growth | None:
    """Return the step that slows down as load grows, None where none does."""
    bursts = facts.observations.bursts
    for burst in bursts:
        if (found := _within(burst)) is not None:
            return found
    ordered = sorted(bursts, key=slots)
    pairs = ((low, high) for low in ordered for high in ordered if slots(low) < slots(high))
    return next((found for low, high in pairs if (found := _between(low, high)) is not None), None)


def slower(facts: Facts) -> tuple[Burst, Burst, str] | None:
    """Return two bursts of which the later is slower per ticket at no higher load, and the step."""
    ordered = sorted(facts.observations.bursts, key=lambda burst: burst.started)
    for before, after in product(ordered, ordered):
        step = model_step(after)
        if step is None or before.started >= after.started or slots(after) > slots(before):
            continue
        if grown(median_service_s(before, step), median_service_s(after, step)):
            return before, after, step
    return None


def _within(burst: Burst) -> Growth | None:
    """Compare the last third of the passages with the first, which holds any cold starts."""
    step = model_step(burst)
    times = service_times_by_start(burst, step) if step else ()
    if step is None or len(times) < FEWEST:
        return None
    third = len(times) // 3
    first, last = float(np.median(times[:third])), float(np.median(times[-third:]))
    if not grown(first, last):
        return None
    note = (
        f"{step} took {first * 1000:.0f} ms a ticket in the first third of the burst and "
        f"{last * 1000:.0f} ms in the last (medians)"
    )
    return Growth(step, first, last, "while the burst went on", (counted(burst, note),), burst.map_started)


def _between(low: Burst, high: Burst) -> Growth | None:
    """Compare two bursts at other concurrencies; the higher must be past its cold starts."""
    step = model_step(high)
    if step is None or len(service_times(high, step)) < 2 * slots(high):
        return None
    before, after = median_service_s(low, step), median_service_s(high, step)
    if not grown(before, after):
        return None
    evidence = tuple(
        counted(burst, f"{step} took {time * 1000:.0f} ms a ticket (median) at concurrency {slots(burst)}")
        for burst, time in ((low, before), (high, after))
    )
    how = f"from concurrency {slots(low)} to {slots(high)}"
    return Growth(step, before, after, how, evidence, high.map_started)

"""Run a burst again on paper: list scheduling of recorded tickets onto C slots.

Each free slot takes the next ticket in order, as an inline Map does. What a ticket takes is what was
recorded of it: the time it held its slot, service and all that the cloud added, with one step's service
scaled where a counterfactual asks for it.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from reports.measuring.statistics import slots, tickets_by_start
from reports.records import Burst, TicketSample


def makespan_of(durations: Sequence[float], concurrency: int) -> float:
    """Return when the last of these is done, `concurrency` at once, each slot taking the next in order."""
    free = [0.0] * max(1, min(concurrency, len(durations)))
    for duration in durations:
        heapq.heapreplace(free, free[0] + duration)
    return max(free)


def held_s(ticket: TicketSample, factors: Mapping[str, float] | None = None) -> float:
    """Return how long a ticket held its slot, with the service times of some steps multiplied."""
    held = ticket.ended - ticket.started
    for sample in ticket.steps:
        factor = (factors or {}).get(sample.step, 1.0)
        held += (factor - 1.0) * sample.service_s
    return held


def outside_map_s(burst: Burst) -> float:
    """Return the serial part: the execution's time before the Map's first ticket and after its last.

    Outside a burst's parallel part nothing gets faster with more slots.
    """
    if not burst.tickets:
        return burst.makespan_s
    first = min(ticket.started for ticket in burst.tickets)
    last = max(ticket.ended for ticket in burst.tickets)
    return (first - burst.started) + (burst.ended - last)


def replay_s(
    burst: Burst, concurrency: int | None = None, factors: Mapping[str, float] | None = None
) -> float:
    """Return the makespan predicted for the same tickets at a concurrency (default: the burst's own)."""
    durations = [held_s(ticket, factors) for ticket in tickets_by_start(burst)]
    return outside_map_s(burst) + makespan_of(durations, concurrency or slots(burst))

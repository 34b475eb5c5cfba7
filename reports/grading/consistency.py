"""Whether a burst can have happened: its times, its tickets and its concurrency held against one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from reports.measuring.concurrency import timeline
from reports.measuring.statistics import slots
from reports.records import Burst, StepSample, TicketSample

TICK_S: Final = 0.002
"""Histories are stamped in milliseconds; two stamps may each be off by one."""
SHOWN: Final = 3


def contradictions(burst: Burst) -> tuple[tuple[str, str], ...]:
    """Return (place, sentence) for everything that cannot be true at once; the first few of a kind."""
    return (*_whole(burst), *_each_ticket(burst))


def _whole(burst: Burst) -> Iterator[tuple[str, str]]:
    order = (burst.started, burst.map_started, burst.map_ended, burst.ended)
    if any(later < earlier - TICK_S for earlier, later in pairwise(order)):
        yield "times", "the execution and its Map do not start and end in this order"
    if len(burst.tickets) > burst.plan.tickets:
        yield "plan", f"{len(burst.tickets)} tickets ran, {burst.plan.tickets} were planned"
    twice = [index for index, times in Counter(ticket.index for ticket in burst.tickets).items() if times > 1]
    if twice:
        yield "samples", f"tickets {', '.join(map(str, twice[:SHOWN]))} are there more than once"
    failed = sum(ticket.outcome != "succeeded" for ticket in burst.tickets)
    if burst.status == "SUCCEEDED" and burst.map_ended > 0 and burst.never_started > 0:
        yield "status", f"it SUCCEEDED, but {burst.never_started} tickets never started"
    if burst.status == "SUCCEEDED" and failed and not any(t.error for t in burst.tickets):
        yield "status", f"it SUCCEEDED, but {failed} tickets did not, without an error"
    if burst.tickets and timeline(burst).peak > slots(burst):
        yield "samples", f"{timeline(burst).peak} tickets ran at once, and the cap was {slots(burst)}"
    yield from _too_regular(burst)


def _too_regular(burst: Burst) -> Iterator[tuple[str, str]]:
    """Samples that were measured differ; samples that were copied do not."""
    spans = [tuple(round(s.service_s, 4) for s in ticket.steps) for ticket in burst.tickets]
    if len(spans) >= 30 and len(set(spans)) == 1 and any(spans[0]):  # noqa: PLR2004 - fewer may agree by chance
        yield "samples", f"all {len(spans)} tickets took exactly as long, to a tenth of a millisecond"


def _each_ticket(burst: Burst) -> Iterator[tuple[str, str]]:
    shown: Counter[str] = Counter()
    for number, ticket in enumerate(burst.tickets):
        for saying in _ticket(burst, ticket):
            shown[saying] += 1
            if shown[saying] <= SHOWN:
                yield f"samples[{number}]", saying


def _ticket(burst: Burst, ticket: TicketSample) -> Iterator[str]:
    if not burst.map_started - TICK_S <= ticket.started <= ticket.ended + TICK_S <= burst.ended + 2 * TICK_S:
        yield "the ticket starts or ends outside its Map"
    if abs(ticket.queued_s - (ticket.started - burst.map_started)) > TICK_S:
        yield "its wait for a slot is not what its start says"
    if not 0 <= ticket.index < burst.plan.tickets:
        yield "its index is not one of the plan"
    before = ticket.started
    for sample in ticket.steps:
        if sample.entered < before - TICK_S or sample.exited > ticket.ended + TICK_S:
            yield f"{sample.step} does not lie after the step before and inside the ticket"
        before = sample.exited
        yield from _attempts(sample)


def _attempts(sample: StepSample) -> Iterator[str]:
    before = sample.entered
    for attempt in sample.attempts:
        started = attempt.scheduled if attempt.started is None else attempt.started
        moments = (before, attempt.scheduled, started, attempt.ended, sample.exited)
        if any(later < earlier - TICK_S for earlier, later in pairwise(moments)):
            yield f"an attempt at {sample.step} is not scheduled, started and ended in this order"
        before = attempt.ended

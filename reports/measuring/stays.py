"""Where a ticket's time goes: waiting for a slot, in service at each step, and what lies around it."""

from __future__ import annotations

from dataclasses import dataclass

from reports.records import Burst, TicketSample

QUEUE = "waiting for a slot"
BETWEEN = "between the steps"


@dataclass(frozen=True, slots=True)
class StayPart:
    """One part of a ticket's stay: `mean_s` seconds on average, of all tickets that were begun.

    `kind` is "queue", "service" or "overhead"; `step` is "" where no one step is meant.
    """

    name: str
    kind: str
    step: str
    mean_s: float


def stay_parts(burst: Burst) -> tuple[StayPart, ...]:
    """Return the parts of the mean stay; they add up to it. Nothing where no ticket was begun."""
    tickets = burst.tickets
    if not tickets:
        return ()
    parts = [StayPart(QUEUE, "queue", "", _mean([ticket.queued_s for ticket in tickets]))]
    for step in burst.step_order:
        service = [_service_s(ticket, step) for ticket in tickets]
        inside = [_inside_s(ticket, step) for ticket in tickets]
        around = [max(0.0, whole - part) for whole, part in zip(inside, service, strict=True)]
        parts.append(StayPart(f"{step}, in service", "service", step, _mean(service)))
        parts.append(StayPart(f"{step}, around it", "overhead", step, _mean(around)))
    rest = mean_stay_s(burst) - sum(part.mean_s for part in parts)
    return (*parts, StayPart(BETWEEN, "overhead", "", max(0.0, rest)))


def mean_stay_s(burst: Burst) -> float:
    """Return how long a ticket was there on average, from the Map's start to its own end; 0 without any."""
    return _mean([ticket.queued_s + ticket.ended - ticket.started for ticket in burst.tickets])


def share_of(burst: Burst, kind: str) -> float:
    """Return a kind's share of the mean stay, 0..1; 0 where no ticket stayed."""
    stay = mean_stay_s(burst)
    return sum(part.mean_s for part in stay_parts(burst) if part.kind == kind) / stay if stay > 0 else 0.0


def _service_s(ticket: TicketSample, step: str) -> float:
    return sum(sample.service_s for sample in ticket.steps if sample.step == step)


def _inside_s(ticket: TicketSample, step: str) -> float:
    return sum(sample.exited - sample.entered for sample in ticket.steps if sample.step == step)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0

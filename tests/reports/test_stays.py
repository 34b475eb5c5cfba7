"""Where a ticket's time goes adds up to its stay, with known answers."""

from __future__ import annotations

import pytest

from reports.figures.stays import where_time_goes
from reports.measuring.stays import BETWEEN, QUEUE, mean_stay_s, share_of, stay_parts
from reports.records import Attempt, Burst, BurstPlan, StepSample, TicketSample


def ticket(index: int, started: float, *, gap_s: float = 0.0) -> TicketSample:
    """Return a ticket: 1 s at A of which 0.75 in service, a gap, then 2 s at B, all in service."""
    middle = started + 1.0 + gap_s
    a = StepSample("A", started, started + 1.0, (Attempt(started, started + 0.25, started + 1.0),))
    b = StepSample("B", middle, middle + 2.0, (Attempt(middle, middle, middle + 2.0),))
    return TicketSample(index, started, middle + 2.0, "succeeded", (a, b), started - 10.0)


def burst(*tickets: TicketSample) -> Burst:
    """Return a burst whose Map began at 10."""
    plan = BurstPlan(len(tickets), 1)
    end = max([one.ended for one in tickets], default=11.0)
    return Burst(plan, "arn", "SUCCEEDED", 10.0, end, "Map", 10.0, end, ("A", "B"), tickets)


def test_the_parts_are_known_and_add_up_to_the_stay():
    """Queue, service and overhead of each step, and the gap between, are the ticket's whole stay."""
    two = burst(ticket(0, 10.0), ticket(1, 14.0, gap_s=0.5))
    parts = {part.name: part.mean_s for part in stay_parts(two)}
    assert parts == {
        QUEUE: pytest.approx(2.0),
        "A, in service": pytest.approx(0.75),
        "A, around it": pytest.approx(0.25),
        "B, in service": pytest.approx(2.0),
        "B, around it": pytest.approx(0.0),
        BETWEEN: pytest.approx(0.25),
    }
    assert sum(parts.values()) == pytest.approx(mean_stay_s(two)) == pytest.approx(5.25)


def test_shares_are_of_the_whole_stay():
    """The queue's, the service's and the overhead's shares add up to one."""
    two = burst(ticket(0, 10.0), ticket(1, 14.0, gap_s=0.5))
    assert share_of(two, "queue") == pytest.approx(2.0 / 5.25)
    assert sum(share_of(two, kind) for kind in ("queue", "service", "overhead")) == pytest.approx(1.0)


def test_a_burst_without_tickets_has_no_parts():
    """Where no ticket was begun there is nothing to divide, and nothing is divided by zero."""
    assert stay_parts(burst()) == ()
    assert share_of(burst(), "queue") == 0.0


def test_the_figure_says_what_it_shows():
    """The alternative text has each burst's parts; the same data gives the same picture."""
    two = (burst(ticket(0, 10.0), ticket(1, 13.0)), burst(ticket(0, 10.0)))
    drawn = where_time_goes(two)
    assert drawn.png.startswith(b"\x89PNG")
    assert "waiting for a slot 1.50 s" in drawn.alt
    assert "B, in service 2.00 s" in drawn.alt
    assert drawn.png == where_time_goes(two).png


def test_the_figure_of_nothing_is_drawn():
    """A burst in which no ticket was begun gives a figure that says so, not an exception."""
    assert "no ticket was begun" in where_time_goes((burst(),)).alt

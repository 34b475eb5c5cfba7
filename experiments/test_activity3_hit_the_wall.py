"""Activity 3, Hit the wall: a flash sale's burst at low concurrency, and what the wall is.

All tickets are sent at once; the Map works on `--low` (2) of them at a time. The burst runs on warm
environments, and what is said about it is computed from the execution's whole history.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from fixtures.claims import same
from fixtures.labels import ksb
from fixtures.tables import duration_table, scaling_map_text
from reports.bottleneck import attribute, conclusion
from reports.figures import concurrency_over_time, gantt, step_durations
from reports.judging.estimates import (
    exact,
    makespan_over_ideal,
    measured,
    peak_concurrency,
    share_of_service,
    time_averaged_concurrency,
)

if TYPE_CHECKING:
    from fixtures.burst import Bursts
    from fixtures.claims import Claim
    from fixtures.evidence import Record
    from fixtures.options import Options
    from reports.measuring.definition import Definition

pytestmark = [pytest.mark.activity3, ksb("S19")]

MODEL_STEP = "Embed"
DECISION = ("route", "route_score", "priority", "action")


def test_every_ticket_comes_through(bursts: Bursts, options: Options, claim: Claim) -> None:
    """The burst is slow, but nothing is lost: every ticket comes through, none twice."""
    burst = bursts.at(options.low, must_succeed=False)
    claim("tickets that succeed", exact(burst.succeeded, options.tickets, "tickets"), equals=options.tickets)
    sent = {ticket["ticket_id"] for ticket in bursts.sent}
    came_back = Counter(ticket["ticket_id"] for ticket in bursts.results(burst))
    claim("tickets lost", exact(len(sent - came_back.keys()), len(sent), "tickets"), equals=0)
    twice = [ticket for ticket, times in came_back.items() if times > 1]
    claim("tickets that came back twice", exact(len(twice), len(sent), "tickets"), equals=0)


def test_each_ticket_is_decided_as_when_alone(
    bursts: Bursts, options: Options, claim: Claim, record: Record
) -> None:
    """The crowd changes nothing about a ticket: each is routed as when it is the only one.

    Every distinct text of the burst is sent once more in an execution of its own, and its route, score,
    priority and action are compared with those of every ticket of the burst that has this text.
    """
    burst = bursts.at(options.low)
    texts = {ticket["text"]: ticket for ticket in bursts.sent}
    alone = dict(zip(texts, bursts.alone(tuple(texts.values()), at_once=options.high), strict=True))
    decided = {ticket["ticket_id"]: ticket for ticket in bursts.results(burst)}
    differing = [
        sent["ticket_id"]
        for sent in bursts.sent
        if any(decided[sent["ticket_id"]][field] != alone[sent["text"]][field] for field in DECISION)
    ]
    record.data("tickets decided differently", differing)
    record.say(f"{len(texts)} distinct texts, each sent alone.")
    claim("tickets decided otherwise than alone", exact(len(differing), options.tickets, "tickets"), equals=0)


def test_concurrency_is_flat_at_the_cap(
    bursts: Bursts, options: Options, claim: Claim, record: Record
) -> None:
    """Concurrency climbs to the cap, stays flat there while tickets wait, and never passes it."""
    burst = bursts.at(options.low)
    record.figure(concurrency_over_time(burst))
    claim("peak concurrency is the cap, never above", peak_concurrency(burst), equals=options.low)
    average = time_averaged_concurrency(burst)
    claim("time-averaged concurrency, ramp and tail left out", average, at_least=0.95 * options.low)


def test_the_makespan_is_what_the_cap_allows(
    bursts: Bursts, options: Options, claim: Claim, record: Record
) -> None:
    """The makespan is made by the cap: at least half of it is tickets in service, taken so many at a time.

    Ideal is ceil(tickets / cap) times the sum of the steps' mean service times. What lies above it is what
    orchestration adds.
    """
    burst = bursts.at(options.low)
    record.figure(gantt(burst))
    claim("makespan over ideal", makespan_over_ideal(burst), at_most=2.0)


def test_the_bottleneck_is_named_with_evidence(
    bursts: Bursts, options: Options, claim: Claim, record: Record
) -> None:
    """The bottleneck is Embed behind the cap: it takes the time, and only there can time be saved.

    Attributed from the history: share of service time, waiting before each step, utilisation of the slots;
    and by a counterfactual, the same tickets replayed with that step twice as fast.
    """
    burst = bursts.at(options.low)
    found = attribute(burst)
    record.figure(step_durations(burst))
    record.say(conclusion(found))
    record.say(duration_table(burst))
    claim("the step with the largest share of service time", same(found.model_step, MODEL_STEP), equals=1)
    claim(f"{MODEL_STEP}'s share of service time", share_of_service(burst, MODEL_STEP), at_least=0.5)
    busy = measured(found.saturation, "of the slots", method="time average over the plateau")
    claim("slots busy while tickets wait", busy, at_least=0.9)
    faster = measured(
        found.replayed_s / found.counterfactual_s, "times", method="replay of the recorded tickets"
    )
    claim(f"the burst would be sooner done were {MODEL_STEP} twice as fast", faster, at_least=1.3)


def test_the_scaling_map_says_what_to_scale_first(
    bursts: Bursts, options: Options, definition: Definition, claim: Claim, record: Record
) -> None:
    """For each step: what it does, which knob scales it, how it fails under load; Embed comes first."""
    burst = bursts.at(options.low)
    record.say(scaling_map_text(burst, definition))
    found = attribute(burst)
    saved = {part.step: found.replayed_s - part.counterfactual_s for part in found.steps}
    most = max(saved, key=lambda step: saved[step])
    claim("the step whose speed would save most", same(most, MODEL_STEP), equals=1)
    others = sum(seconds for step, seconds in saved.items() if step != MODEL_STEP)
    rest = measured(others / found.replayed_s, "of the makespan", method="replay of the recorded tickets")
    claim("what all other steps together would save, twice as fast", rest, at_most=0.25)

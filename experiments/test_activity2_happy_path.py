"""Activity 2, The happy path: one ticket, all the way through, and which step is the model.

One ticket is sent, with nothing else in the pipeline, on environments that are already warm. Everything that
is said about it is read from the execution's own history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.claims import all_of, same
from fixtures.labels import ksb
from fixtures.tables import duration_table
from reports.bottleneck import attribute
from reports.figures import execution_graph
from reports.judging.estimates import exact, measured

if TYPE_CHECKING:
    from fixtures.burst import Bursts
    from fixtures.claims import Claim
    from fixtures.evidence import Record
    from reports.measuring.definition import Definition

pytestmark = [pytest.mark.activity2, ksb("K12")]

STEPS = ("Preprocess", "Embed", "Postprocess")
MODEL_STEP = "Embed"
ROUTES = ("billing", "delivery", "technical", "cancellation")
PRIORITIES = ("P1", "P2")
ACTIONS = ("HUMAN_REVIEW", "AUTO_REPLY")
FIELDS = ("ticket_id", "route", "route_score", "priority", "action", "model", "embedding_dim")


def test_one_ticket_succeeds(bursts: Bursts, claim: Claim) -> None:
    """One ticket, sent alone, comes through."""
    burst = bursts.one(must_succeed=False)
    claim("the execution succeeds", same(burst.status, "SUCCEEDED"), equals=1)
    claim("tickets that came through", exact(burst.succeeded, 1, "ticket"), equals=1)


def test_the_ticket_carries_a_decision(bursts: Bursts, claim: Claim, record: Record) -> None:
    """What comes back says where the ticket goes, how sure that is, how urgent it is, and what to do."""
    sent, (ticket,) = bursts.sent[0], bursts.results(bursts.one())
    record.data("the ticket as it came back", ticket)
    claim("its fields", all_of(tuple(ticket), FIELDS, "fields"), equals=len(FIELDS))
    claim("it is the ticket that was sent", same(ticket["ticket_id"], sent["ticket_id"]), equals=1)
    claim("its route is one of four", exact(ROUTES.count(ticket["route"]), 1, "", n_unit="ticket"), equals=1)
    score = measured(ticket["route_score"], "", n_unit="ticket", method="read from the output")
    claim("its route score is a cosine from 0 to 1", score, within=0.5, centre=0.5)
    claim(
        "its priority is P1 or P2",
        exact(PRIORITIES.count(ticket["priority"]), 1, "", n_unit="ticket"),
        equals=1,
    )
    claim(
        "its action is one of two", exact(ACTIONS.count(ticket["action"]), 1, "", n_unit="ticket"), equals=1
    )
    claim("the model says its name", exact(len(ticket["model"]) > 0, 1, "", n_unit="ticket"), equals=1)
    claim("the embedding has 384 dimensions", same(ticket["embedding_dim"], 384), equals=1)


def test_the_steps_run_one_after_another(
    bursts: Bursts, definition: Definition, claim: Claim, record: Record
) -> None:
    """The ticket goes through Preprocess, Embed and Postprocess, in this order, each once."""
    burst = bursts.one()
    record.figure(execution_graph(definition, burst))
    path = tuple(sample.step for sample in burst.tickets[0].steps)
    claim("the steps as the history has them", same(path, STEPS), equals=1)
    retries = sum(sample.retries for sample in burst.tickets[0].steps)
    claim("retries on the way", exact(retries, len(path), "", n_unit="steps"), equals=0)


def test_every_step_says_how_long_it_took(bursts: Bursts, claim: Claim, record: Record) -> None:
    """Each step's duration can be read, and their sum is no more than the whole execution's time."""
    burst = bursts.one()
    record.say(duration_table(burst))
    samples = burst.tickets[0].steps
    services = [sample.service_s for sample in samples]
    timed = sum(all(attempt.started is not None for attempt in sample.attempts) for sample in samples)
    claim("steps with a duration", exact(timed, len(STEPS), "", n_unit="steps"), equals=len(STEPS))
    share = measured(sum(services) / burst.makespan_s, "of the execution", method="sum of service times")
    claim("the steps' share of the execution's time", share, at_most=1.0)


def test_the_model_step_is_found_by_measurement(bursts: Bursts, claim: Claim, record: Record) -> None:
    """The step that takes most of the time is the model: Embed, with more than half of all service time.

    Nobody says beforehand which step it is: it is the one with the largest share of measured service time.
    """
    burst = bursts.one()
    found = attribute(burst)
    record.say(duration_table(burst))
    claim("the step with the largest share of service time", same(found.model_step, MODEL_STEP), equals=1)
    share = measured(found.share, "of service time", n_unit="ticket", method="service times by step")
    claim(f"{MODEL_STEP}'s share of service time", share, at_least=0.5)

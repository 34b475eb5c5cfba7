"""Activity 6, Controlled failure: one ticket that is too large, and how far the damage goes.

One ticket of 5,100 characters is sent, with nothing else under way. The execution is expected to fail, and
that it does, where and how, is what these experiments confirm. Then the same ticket goes among good ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fixtures import metrics
from fixtures.changes import SET_ASIDE, catch_in_the_iterator
from fixtures.claims import all_of, same
from fixtures.incidents import Expected
from fixtures.labels import ksb
from fixtures.observations import observe
from fixtures.outcomes import outcome_table, tickets_by_fate
from infra.tickets import oversized_ticket, tickets
from reports.figures import execution_graph
from reports.judging.estimates import exact, measured, peak_concurrency
from reports.rca import Bone, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.claims import Claim
    from fixtures.evidence import Record
    from fixtures.incidents import Incidents
    from fixtures.logs import Logs
    from fixtures.options import Options
    from fixtures.pipeline import Pipeline
    from fixtures.variants import Variant, Variants
    from reports.measuring.definition import Definition
    from reports.records import Burst

pytestmark = [pytest.mark.activity6, ksb("S26", "B4"), pytest.mark.usefixtures("bursts")]

FIRST_STEP, MODEL_STEP = "Preprocess", "Embed"
LONGEST_TEXT = 5000
ERROR, MESSAGE = "ValueError", "PayloadTooLarge: text length 5100 > 5000"
AT_ONCE_S = 1.0
"""Far less than a ticket waits under load, and enough for a cloud that is slow to answer."""

FAILURES = """
fields @timestamp, step, ticket_id, duration_ms, error
| filter level = "ERROR"
| sort @timestamp asc
"""


def fault_of(ticket: Any) -> str | None:
    """Return what is wrong with a ticket by the pipeline's own limit."""
    length = len(ticket["text"])
    return f"text of {length} characters, the limit is {LONGEST_TEXT}" if length > LONGEST_TEXT else None


@pytest.fixture(scope="module")
def oversized(pipeline: Pipeline) -> Burst:
    """Send the oversized ticket alone, after one good ticket has warmed the environments up."""
    pipeline.bursts.warm_up(1)
    burst = pipeline.bursts.once("one oversized ticket", [oversized_ticket()], 1)
    metrics.keep_apart(pipeline.cloud)
    return burst


@pytest.fixture(scope="module")
def batch(options: Options) -> list[dict[str, Any]]:
    """Return good tickets with the oversized one in their middle."""
    sent = tickets(options.tickets)
    return [*sent[: len(sent) // 2], oversized_ticket(), *sent[len(sent) // 2 + 1 :]]


@pytest.fixture(scope="module")
def containing(variants: Variants) -> Iterator[Variant]:
    """Deploy the pipeline with a Catch in the iterator, as a stack of its own."""
    with variants.deployed("contained", catch_in_the_iterator()) as variant:
        yield variant


def test_it_fails_at_the_first_step_and_at_once(
    oversized: Burst, definition: Definition, claim: Claim, record: Record
) -> None:
    """An oversized ticket is refused at once, in the first step, with an error that says what is wrong."""
    record.uses(oversized)
    record.figure(execution_graph(definition, oversized))
    claim("the execution fails", same(oversized.status, "FAILED"), equals=1)
    (ticket,) = oversized.tickets
    (refused,) = ticket.steps
    (attempt,) = refused.attempts
    claim("the step that failed is the first", same(refused.step, FIRST_STEP), equals=1)
    claim("the error's name", same(attempt.error, ERROR), equals=1)
    claim("the error's message is in its cause", same(MESSAGE in (attempt.cause or ""), True), equals=1)  # noqa: FBT003 - expected value
    took = measured(oversized.makespan_s, "s", method="execution started to failed, from the history")
    claim("from start to failure", took, at_most=AT_ONCE_S)


def test_it_fails_at_no_load_and_nothing_reaches_the_model(
    oversized: Burst, logs: Logs, claim: Claim, record: Record
) -> None:
    """Load has no part in it: one ticket was under way, and the model step was never reached.

    Nothing was there to wait for or to run out of: the history and the log of the model step agree that it
    was not called.
    """
    record.uses(oversized)
    claim("tickets under way at most", peak_concurrency(oversized), equals=1)
    reached = [sample.step for ticket in oversized.tickets for sample in ticket.steps]
    claim(f"times {MODEL_STEP} was entered", exact(reached.count(MODEL_STEP), len(reached), ""), equals=0)
    logs.ask(FAILURES, oversized, [FIRST_STEP], expected=1)
    lines = logs.ask("fields @message", oversized, [MODEL_STEP])
    record.say(lines.markdown())
    claim(f"log lines of {MODEL_STEP} at that time", exact(len(lines.rows), 1, "", n_unit="query"), equals=0)


def test_the_error_is_found_in_history_and_log(
    oversized: Burst, pipeline: Pipeline, logs: Logs, claim: Claim, record: Record
) -> None:
    """Two records that know nothing of each other tell the same: the history and the step's own log line.

    The log is asked by query, over the log groups of all steps.
    """
    record.uses(oversized)
    observed = observe(pipeline, [oversized], fault_of=fault_of)
    failed = [event for event in observed.events if event.type == "TaskFailed"]
    record.data("the event in the history", [(event.id, event.state, event.error) for event in failed])
    claim("failed attempts in the history", exact(len(failed), 1, "", n_unit="execution"), equals=1)
    claim("the error in the history", same(failed[0].error, ERROR), equals=1)
    found = logs.ask(FAILURES, oversized, expected=1)
    record.table("failures, by query", found)
    claim("failures found by query", exact(len(found.rows), 1, "", n_unit="query"), equals=1)
    claim("the ticket", same(found.texts("ticket_id"), (oversized.tickets[0].ticket_id,)), equals=1)
    claim("the step", same(found.texts("step"), (FIRST_STEP.lower(),)), equals=1)
    claim("the message", same(found.texts("error"), (MESSAGE,)), equals=1)


def test_it_is_classified_as_bad_input(oversized: Burst, pipeline: Pipeline, incidents: Incidents) -> None:
    """The evidence puts the incident on the leaf BAD INPUT, and rules the three other leaves out.

    Classified from metrics, log lines, history and settings by fixed rules. An incident that did not happen,
    of another class or in another step, would fail here.
    """
    observed = observe(pipeline, [oversized], fault_of=fault_of)
    expected = Expected(Leaf.BAD_INPUT, Bone.DATA, FIRST_STEP)
    incidents.classified("An oversized ticket", observed, expected)


def test_one_bad_ticket_among_good_ones_takes_all_with_it(
    batch: list[dict[str, Any]], options: Options, pipeline: Pipeline, claim: Claim, record: Record
) -> None:
    """The blast radius of one bad ticket is the whole batch: the execution fails and gives nothing back.

    Not even tickets that had come through are returned. This is what the pipeline does, not what it should
    do; the next experiment shows what would contain it.
    """
    burst = pipeline.bursts.once("good tickets and one oversized", batch, options.high)
    metrics.keep_apart(pipeline.cloud)
    record.uses(burst)
    fates = tickets_by_fate(burst)
    record.say(outcome_table({"one bad ticket among good ones": burst}))
    record.data("tickets by their fate", fates)
    claim("the execution fails as a whole", same(burst.status, "FAILED"), equals=1)
    claim("tickets that failed by themselves", exact(len(fates["failed"]), len(batch), "tickets"), equals=1)
    came_back = exact(len(pipeline.bursts.results(burst)), len(batch), "tickets")
    claim("tickets that came back", came_back, equals=0)
    good = len(batch) - 1
    others = len(fates["succeeded"]) + len(fates["cut off"]) + burst.never_started
    claim("good tickets lost with the bad one", exact(others, good, "tickets"), equals=good)


def test_a_catch_in_the_iterator_contains_it(
    batch: list[dict[str, Any]], options: Options, containing: Variant, claim: Claim, record: Record
) -> None:
    """With a Catch in the iterator the same batch loses the bad ticket and nothing else.

    Shown on a variant of the same template, in a stack of its own: each task has a Catch that sets the ticket
    aside with its error.
    """
    burst = containing.pipeline.bursts.once("the same batch, with a Catch", batch, options.high)
    record.uses(burst)
    record.say(containing.told())
    record.say(outcome_table({"with a Catch in the iterator": burst}))
    record.figure(execution_graph(containing.pipeline.definition, burst))
    came_back = containing.pipeline.bursts.results(burst)
    aside = [ticket["ticket_id"] for ticket in came_back if "error" in ticket]
    routed = [ticket["ticket_id"] for ticket in came_back if "route" in ticket]
    record.say(f"Set aside by `{SET_ASIDE}`: {', '.join(aside)}.")
    claim("the execution succeeds", same(burst.status, "SUCCEEDED"), equals=1)
    claim("the tickets set aside", same(aside, [oversized_ticket()["ticket_id"]]), equals=1)
    expected = [ticket["ticket_id"] for ticket in batch if fault_of(ticket) is None]
    claim("good tickets routed", all_of(routed, expected, "tickets"), equals=len(expected))

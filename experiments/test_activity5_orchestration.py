"""Activity 5, Understand orchestration: the Map and its knob, two histories, and three queries over the logs.

The bursts of activities 3 and 4 are looked at again, side by side: first by their histories, then by Logs
Insights over the log groups of the steps. Each query is bound to one burst's own time.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures.changes import fault
from fixtures.claims import same
from fixtures.labels import ksb
from fixtures.logs import REPORT_SLACK_S, logs_of
from fixtures.orchestration import (
    HISTORY,
    LOG,
    cap_in_input,
    duration_by_metric,
    durations_by_ticket,
    durations_table,
    histories_table,
    knob_text,
    matched_durations,
    slowest_table,
)
from infra.tickets import tickets
from reports.figures.stays import where_time_goes
from reports.judging.estimates import exact, measured, peak_concurrency, ratio_of_mean_service
from reports.measuring.statistics import service_times
from reports.measuring.stays import QUEUE, share_of, stay_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.claims import Claim
    from fixtures.evidence import Record
    from fixtures.logs import Logs
    from fixtures.options import Options
    from fixtures.pipeline import Pipeline
    from fixtures.variants import Variant, Variants
    from reports.records import Burst

pytestmark = [pytest.mark.activity5, ksb("K12", "S10"), pytest.mark.usefixtures("bursts")]

STEPS = ("Preprocess", "Embed", "Postprocess")
MODEL_STEP = "Embed"
RECENT = 20
WORTHWHILE = 0.6
UNCHANGED, UNCHANGED_QUICK = 0.15, 0.30
AGREE = 0.15
"""What is measured inside the handler, by Lambda, and by the state machine may differ by 15 %: each holds the
one before, and adds what it takes to start and to answer."""
SLOW_MS = 2000
VARIANTS = Path(__file__).resolve().parent.parent / "infra" / "variants"

PARSE = (
    r'parse @message /"step": "(?<in_step>\w+)", "ticket_id": "(?<of_ticket>[^"]+)", '
    r'"duration_ms": (?<took_ms>[\d.]+)/'
)
RECENT_LINES = f"""
fields @timestamp, @log, @message
| sort @timestamp desc
| limit {RECENT}
"""
LINES_OF_TICKETS = r"""
filter @message like /T-\d+/
| display @message
"""
COLUMNS_DISCOVERED = """
fields step, ticket_id, duration_ms
| filter ispresent(step)
| display step, ticket_id, duration_ms
| sort duration_ms desc
"""
COLUMNS_PARSED = f"""
{PARSE}
| filter ispresent(in_step)
| display in_step, of_ticket, took_ms
| sort took_ms desc
"""
STATISTICS_DISCOVERED = """
filter ispresent(step)
| stats avg(duration_ms) as average_ms, max(duration_ms) as slowest_ms, count(*) as tickets by step
| sort average_ms desc
"""
STATISTICS_PARSED = f"""
{PARSE}
| filter ispresent(in_step)
| stats avg(took_ms) as average_ms, max(took_ms) as slowest_ms, count(*) as tickets by in_step
| sort average_ms desc
"""
REPORTED = """
filter @type = "REPORT"
| stats avg(@duration) as average_ms, max(@duration) as slowest_ms, count(*) as invocations
"""
SLOWEST = """
filter ispresent(ticket_id)
| display ticket_id, duration_ms
| sort duration_ms desc
"""


@pytest.fixture
def slow(pipeline: Pipeline, options: Options, record: Record) -> Burst:
    """Return the burst at the low cap."""
    burst = pipeline.bursts.at(options.low)
    record.uses(burst)
    return burst


@pytest.fixture(scope="module")
def planted(variants: Variants, options: Options) -> Iterator[Variant]:
    """Deploy the pipeline with one ticket, in the middle, for which the model takes 2 s longer."""
    chosen = tickets(3 * options.high)[options.high]["ticket_id"]
    needle = fault(MODEL_STEP, VARIANTS / "one_slow_ticket.py", SLOW_TICKET=chosen, SLOW_MS=SLOW_MS)
    with variants.deployed("needle", needle) as variant:
        yield variant


def test_the_map_and_its_knob_are_in_the_definition(
    pipeline: Pipeline, options: Options, claim: Claim, record: Record
) -> None:
    """The whole fan-out is one Map state, and its only knob is a number in the execution's input.

    The two executions ran the same definition; what tells them apart is that number.
    """
    found = pipeline.definition
    low, high = (pipeline.bursts.at(cap) for cap in (options.low, options.high))
    record.say(knob_text(pipeline))
    record.data("the definition as deployed", pipeline.states)
    claim("the steps inside the Map, in order", same(found.steps, STEPS), equals=1)
    claim("the knob is read from the input", same(found.concurrency_path, "$.max_concurrency"), equals=1)
    for burst, cap in ((low, options.low), (high, options.high)):
        record.uses(burst)
        claim(f"the knob in the execution at {cap}", same(cap_in_input(pipeline, burst), cap), equals=1)
        claim(f"tickets at once in the execution at {cap}", peak_concurrency(burst), equals=cap)


def test_the_histories_show_where_time_stacks_up(
    pipeline: Pipeline, options: Options, claim: Claim, record: Record
) -> None:
    """Time stacks up before the Map's slots, not in the steps: more slots shorten the queue and nothing else.

    Read from the two histories side by side: what a ticket waits for a slot, what each step takes, and what
    lies around the steps.
    """
    (low,), (high,) = pipeline.bursts.pair(options.low, options.high, 1)
    record.uses(low)
    record.uses(high)
    record.figure(where_time_goes((low, high)))
    record.say(histories_table((low, high)))
    longest = max(stay_parts(low), key=lambda part: part.mean_s)
    claim(f"where a ticket spends most time at {options.low}", same(longest.name, QUEUE), equals=1)
    waits = [stay_parts(burst)[0].mean_s for burst in (low, high)]
    shorter = measured(waits[0] / waits[1], "times", method="mean wait of all tickets, one burst each")
    claim("the wait for a slot gets shorter", shorter, at_least=WORTHWHILE * options.high / options.low)
    margin = UNCHANGED_QUICK if options.quick else UNCHANGED
    claim(f"{MODEL_STEP} takes as long", ratio_of_mean_service(low, high, MODEL_STEP), within=margin)
    around = measured(share_of(high, "overhead"), "of a ticket's stay", method="history, mean of all tickets")
    claim(f"what lies around the steps at {options.high}", around, at_most=0.5)


def test_recent_lines_can_be_read(slow: Burst, logs: Logs, claim: Claim, record: Record) -> None:
    """First query: the most recent lines of all steps, the newest first."""
    found = logs.ask(RECENT_LINES, slow, expected=RECENT)
    record.table("recent lines", found)
    times = found.texts("@timestamp")
    claim("lines", exact(len(found.rows), RECENT, "", n_unit="lines"), equals=RECENT)
    early = sum(earlier < later for earlier, later in pairwise(times))
    claim("lines that are newer than the one above", exact(early, RECENT, "", n_unit="lines"), equals=0)


def test_every_step_leaves_one_json_line_a_ticket(
    slow: Burst, options: Options, logs: Logs, claim: Claim, record: Record
) -> None:
    """Every step leaves one line a ticket, a JSON object with step, ticket and duration, as queries need it.

    Found by the tickets' names in the text alone, and read here, so that a line that is no JSON is seen.
    """
    every = options.tickets * len(STEPS)
    found = logs.ask(LINES_OF_TICKETS, slow, expected=every)
    record.table("the steps' own lines", found)
    readable = [line for line in found.texts("@message") if is_step_line(line)]
    claim("lines that name a ticket", exact(len(found.rows), every, "", n_unit="passages"), equals=every)
    claim("of these JSON", exact(len(readable), len(found.rows), "", n_unit="lines"), equals=every)


def is_step_line(line: str) -> bool:
    """Tell whether a log line is a JSON object that says step, ticket and duration."""
    try:
        said = json.loads(line)
    except json.JSONDecodeError:
        return False
    return isinstance(said, dict) and said.keys() >= {"step", "ticket_id", "duration_ms"}


def test_columns_come_from_json_and_from_a_regular_expression(
    slow: Burst, options: Options, logs: Logs, claim: Claim, record: Record
) -> None:
    """Second query: step, ticket and duration as columns, by the fields Insights discovers and by `parse`.

    Both forms give the same rows, one for each ticket and step.
    """
    every = options.tickets * len(STEPS)
    discovered = logs.ask(COLUMNS_DISCOVERED, slow, expected=every)
    parsed = logs.ask(COLUMNS_PARSED, slow, expected=every)
    record.table("columns, discovered in the JSON", discovered)
    record.table("columns, by a regular expression", parsed)
    claim("rows, discovered", exact(len(discovered.rows), every, "", n_unit="passages"), equals=every)
    both = [
        sorted(zip(*(found.texts(column) for column in columns), strict=True))
        for found, columns in (
            (discovered, ("step", "ticket_id", "duration_ms")),
            (parsed, ("in_step", "of_ticket", "took_ms")),
        )
    ]
    claim("rows in which the two forms differ", exact(len(set(both[0]) ^ set(both[1])), every, ""), equals=0)


def test_the_model_step_leads_by_average(
    slow: Burst, options: Options, logs: Logs, claim: Claim, record: Record
) -> None:
    """Third query: average, maximum and count by step. Embed leads, and the counts are the tickets sent.

    Asked in both forms; every ticket has left exactly one line at every step.
    """
    every = options.tickets * len(STEPS)
    for form, query, step in (
        ("discovered in the JSON", STATISTICS_DISCOVERED, "step"),
        ("by a regular expression", STATISTICS_PARSED, "in_step"),
    ):
        found = logs.ask(query, slow, expected=every, counting="tickets")
        record.table(f"durations by step, {form}", found)
        steps = exact(len(found.rows), len(STEPS), "", n_unit="steps")
        claim(f"steps found, {form}", steps, equals=len(STEPS))
        claim(f"the step that leads, {form}", same(found.texts(step)[0], MODEL_STEP.lower()), equals=1)
        averages = found.numbers("average_ms")
        lead = measured(averages[0] / averages[1], "times", n_unit="burst", method="ratio of averages")
        claim(f"its average over the next step's, {form}", lead, at_least=2)
        right = sum(count == options.tickets for count in found.numbers("tickets"))
        counts = exact(right, len(STEPS), "", n_unit="steps")
        claim(f"steps whose count is the tickets sent, {form}", counts, equals=len(STEPS))


def test_logs_metrics_and_history_agree(  # noqa: PLR0917 - pytest passes fixtures by name
    slow: Burst, options: Options, logs: Logs, pipeline: Pipeline, claim: Claim, record: Record
) -> None:
    """Three instruments tell one duration: the handler's own line, Lambda's metric, and the history.

    Each holds the one before: the handler's work, the invocation, the task. They agree within 15 %. The
    metric is kept by whole periods, so a neighbouring burst of the same tickets may be in its first and last.
    """
    sent, step = options.tickets, [MODEL_STEP]
    logged = logs.ask(STATISTICS_DISCOVERED, slow, step, expected=sent, counting="tickets")
    reported = logs.ask(REPORTED, slow, step, expected=sent, counting="invocations", slack_s=REPORT_SLACK_S)
    metric_ms, samples = duration_by_metric(pipeline, slow, MODEL_STEP)
    times = service_times(slow, MODEL_STEP)
    line_ms, report_ms = logged.first("average_ms"), reported.first("average_ms")
    history_ms = 1000 * sum(times) / len(times)
    record.say(
        durations_table(
            ("the handler's log line, by query", line_ms, sum(logged.numbers("tickets"))),
            ("Lambda's REPORT line, by query", report_ms, sum(reported.numbers("invocations"))),
            ("Lambda's metric Duration", metric_ms, samples),
            ("the task, in the history", history_ms, len(times)),
        )
    )
    for name, other in (("REPORT line", report_ms), ("metric", metric_ms), ("history", history_ms)):
        ratio = measured(other / line_ms, "x", n=len(times), n_unit="tickets", method="ratio of averages")
        claim(f"{name} over the handler's own line", ratio, within=AGREE)


def test_the_slowest_ticket_is_the_same_by_query_and_history(  # noqa: PLR0917 - as above
    slow: Burst, planted: Variant, options: Options, logs: Logs, claim: Claim, record: Record
) -> None:
    """The ticket with the slowest Embed that a query finds is the one that the history has.

    In a healthy burst all tickets take the same time but for chance, and the history tells it in whole
    milliseconds: there the two may name different tickets that are tied. So a ticket that really is slower is
    planted, in a variant stack: for it alone the model takes 2 s longer. Query and history must both find it.
    For the healthy burst every ticket's two times are compared instead: the task, which holds the
    handler's work, is never the shorter one by more than the 1 ms of each of its two time stamps.
    """
    record.say(planted.told())
    few = tickets(3 * options.high)
    burst = planted.pipeline.bursts.once("with one slow ticket", few, options.high)
    record.uses(burst)
    found = logs_of(planted.pipeline).ask(SLOWEST, burst, [MODEL_STEP], expected=len(few))
    record.table("the slowest tickets, by query", found)
    claim("tickets found by query", exact(len(found.rows), len(few), "tickets"), equals=len(few))
    by_history = durations_by_ticket(burst, MODEL_STEP)
    slowest = max(by_history, key=lambda ticket: by_history[ticket])
    claim(
        "the slowest by query is the slowest by history", same(found.texts("ticket_id")[0], slowest), equals=1
    )
    claim("it is the one that was planted", same(slowest, few[options.high]["ticket_id"]), equals=1)
    healthy = logs.ask(SLOWEST, slow, [MODEL_STEP], expected=options.tickets)
    pairs = matched_durations(healthy, slow, MODEL_STEP)
    record.say(slowest_table(pairs))
    shorter = [ticket for ticket, ms in pairs.items() if ms[HISTORY] < ms[LOG] - 2]
    claim("tickets found in both", exact(len(pairs), options.tickets, "tickets"), equals=options.tickets)
    claim(
        "tickets whose task was shorter than the work in it",
        exact(len(shorter), len(pairs), "tickets"),
        equals=0,
    )

import random
from datetime import datetime

import pytest

from reports.measuring.concurrency import timeline
from reports.measuring.definition import read_definition
from reports.measuring.events import HistoryDoesNotAddUp, read_events
from reports.measuring.history import read_burst
from reports.measuring.statistics import (
    ideal_s,
    makespan_over_ideal,
    percentile,
    service_times,
    step_statistics,
    throughput_per_s,
)
from reports.records import UNFINISHED, BurstPlan
from tests.reports.synthetic import definition, definition_json, fixed, make_burst, make_history

SERVICE = fixed(Alpha=0.01, Beta=0.25, Gamma=0.02)


def read(execution, events, tickets, concurrency=2):
    return read_burst(BurstPlan(tickets, concurrency), execution, events, definition())


def test_each_ticket_s_path_is_rebuilt():
    """Every ticket has its steps in order, with times, outcome and ticket_id."""
    burst = make_burst(7, 3, SERVICE, overhead=0.001, startup=0.1)
    assert [ticket.index for ticket in burst.tickets] == list(range(7))
    assert {tuple(s.step for s in t.steps) for t in burst.tickets} == {("Alpha", "Beta", "Gamma")}
    assert burst.tickets[3].ticket_id == "T-0003"
    assert burst.tickets[3].steps[1].service_s == pytest.approx(0.25)
    assert burst.tickets[3].steps[1].waiting_s == pytest.approx(0.001, abs=1e-6)
    assert burst.tickets[3].queued_s == pytest.approx(0.283)
    assert burst.makespan_s == pytest.approx(3 * 0.283 + 0.2)


def test_interleaved_tickets_are_told_apart_by_their_chain():
    """Service times that differ by ticket come back to the right ticket though events interleave."""
    generator = random.Random(5)
    times = {(n, s): generator.uniform(0.01, 0.5) for n in range(60) for s in ("Alpha", "Beta", "Gamma")}
    burst = make_burst(60, 9, lambda index, step: times[index, step])
    found = {(t.index, s.step): s.service_s for t in burst.tickets for s in t.steps}
    assert found == pytest.approx(times, abs=2e-6)


def test_the_order_of_events_does_not_matter():
    """Events in any order give the same burst."""
    execution, events = make_history(20, 4, SERVICE)
    shuffled = random.Random(1).sample(events, len(events))
    assert read(execution, shuffled, 20) == read(execution, events, 20)


def test_timestamps_may_be_text():
    """ISO 8601 text and datetimes give the same times."""
    execution, events = make_history(4, 2, SERVICE)
    as_text = [{**event, "timestamp": event["timestamp"].isoformat()} for event in events]
    naive = [{**event, "timestamp": event["timestamp"].replace(tzinfo=None)} for event in events]
    assert read(execution, as_text, 4) == read(execution, events, 4) == read(execution, naive, 4)
    with pytest.raises(TypeError, match="timestamp"):
        read(execution, [{**event, "timestamp": None} for event in events], 4)


@pytest.mark.parametrize("family", ["Task", "LambdaFunction", "Activity"])
def test_retries_are_attempts_of_one_step(family):
    """A step that failed once and was tried again is one sample with two attempts, the back-off waiting."""
    burst = make_burst(6, 2, SERVICE, failures={(4, "Beta"): ["Boom"]}, retries=1, family=family)
    sample = burst.tickets[4].steps[1]
    assert [attempt.error for attempt in sample.attempts] == ["Boom", None]
    assert (sample.retries, sample.error) == (1, None)
    assert sample.waiting_s == pytest.approx(0.5)
    assert step_statistics(burst)[1].errors == 1
    assert burst.tickets[4].outcome == "succeeded"


def test_a_failed_ticket_aborts_those_under_way():
    """When a ticket fails for good, those beside it are aborted and those behind it never start."""
    slower = lambda index, step: 0.25 + 0.01 * index if step == "Beta" else 0.0  # noqa: E731
    burst = make_burst(20, 4, slower, failures={(5, "Beta"): ["ValueError"]})
    outcomes = [ticket.outcome for ticket in burst.tickets]
    assert burst.status == "FAILED"
    assert outcomes[5] == "failed"
    assert outcomes.count("aborted") == 3
    assert (burst.tickets[5].error, burst.error, burst.cause) == ("ValueError", "Broken", "because")
    assert burst.never_started == 20 - len(burst.tickets) > 0
    assert burst.tickets[7].steps[1].error == UNFINISHED
    assert len(service_times(burst, "Beta")) == burst.succeeded + 1


def test_an_execution_that_timed_out_leaves_unfinished_tickets():
    """Tickets under way when the execution is timed out are unfinished, and end with it."""
    execution, events = make_history(10, 2, SERVICE)
    cut = events[:40]
    end = {"id": 41, "previousEventId": 0, "type": "ExecutionTimedOut", "timestamp": cut[-1]["timestamp"]}
    burst = read(execution, [*cut, end], 10)
    assert burst.status == "TIMED_OUT"
    assert burst.tickets[-1].outcome == "unfinished"
    assert burst.tickets[-1].ended == burst.ended


def test_an_execution_that_failed_before_the_map_has_no_ticket():
    """An execution that never reached its Map is a burst without tickets, with its error."""
    execution, events = make_history(3, 2, SERVICE)
    at = events[0]["timestamp"]
    failed = {"error": "States.Runtime", "cause": "no cap"}
    ends = {"id": 2, "previousEventId": 0, "type": "ExecutionFailed", "timestamp": at}
    burst = read(execution, [events[0], {**ends, "executionFailedEventDetails": failed}], 3)
    assert (burst.tickets, burst.error, burst.never_started) == ((), "States.Runtime", 3)
    assert step_statistics(burst)[0].n == 0
    assert timeline(burst).peak == 0


def test_other_states_in_an_iteration_are_followed():
    """Pass and Wait states inside an iteration are samples; a Wait holds its slot and counts as service."""
    import json  # noqa: PLC0415 - only here

    at = datetime.fromisoformat("2030-01-01T00:00:00+00:00")
    steps = [("Pass", "Note", 0), ("Wait", "Rest", 2)]
    events = [("ExecutionStarted", 0, 0, {}), ("MapStateEntered", 0, 0, {"name": "M"})]
    iteration = {"name": "M", "index": 0}
    events += [("MapStateStarted", 2, 0, {"length": 1}), ("MapIterationStarted", 3, 0, iteration)]
    clock = 0
    for kind, name, lasts in steps:
        events.append((f"{kind}StateEntered", len(events), clock, {"name": name, "input": "[1]"}))
        clock += lasts
        events.append((f"{kind}StateExited", len(events), clock, {"name": name}))
    events.append(("MapIterationSucceeded", len(events), clock, iteration))
    events.append(("MapStateExited", len(events), clock, {"name": "M"}))
    events.append(("ExecutionSucceeded", len(events), clock, {}))
    raw = []
    for number, (kind, previous, after, details) in enumerate(events, 1):
        family = "State" + kind.split("State")[1] if kind.endswith(("Entered", "Exited")) else kind
        key = family[0].lower() + family[1:] + "EventDetails"
        moment = at.timestamp() + after
        raw.append(
            {"id": number, "previousEventId": previous, "type": kind, "timestamp": moment, key: details}
        )
    states = {"Note": {"Type": "Pass", "Next": "Rest"}, "Rest": {"Type": "Wait", "End": True}}
    inner = {"StartAt": "Note", "States": states}
    text = json.dumps({"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": inner, "End": True}}})
    burst = read_burst(BurstPlan(1, 1), {}, raw, read_definition(text))
    assert [(s.step, s.service_s) for s in burst.tickets[0].steps] == [("Note", 0), ("Rest", 2)]
    assert burst.tickets[0].ticket_id is None


def drop(number):
    return lambda events: [event for event in events if event["id"] != number]


def change(number, **members):
    return lambda events: [{**event, **members} if event["id"] == number else event for event in events]


def of_kind(events, kind, place=0):
    return [event for event in events if event["type"] == kind][place]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (drop(9), "event 9 is missing"),
        (lambda events: [*events, events[4]], "event 5 is there twice"),
        (lambda _: [], "holds no event"),
        (lambda events: events[:-1], "is not the execution's end"),
        (change(5, previousEventId=99), "follows event 99, a later one"),
        (change(5, previousEventId=0), "does not lead back to an iteration"),
    ],
)
def test_a_history_that_does_not_add_up_is_refused(damage, says):
    """Events that are missing, doubled or chained wrongly are refused, saying which."""
    execution, events = make_history(6, 2, SERVICE)
    with pytest.raises(HistoryDoesNotAddUp, match=says):
        read(execution, damage(events), 6)


@pytest.mark.parametrize(
    ("kind", "index", "says"),
    [
        ("MapIterationStarted", 0, "iteration 0 of EachTicket started twice"),
        ("MapIterationSucceeded", 0, "iteration 0"),
        ("MapIterationStarted", 17, "iteration 3 ended .* but never started"),
    ],
)
def test_tickets_that_are_twice_or_missing_are_refused(kind, index, says):
    """An iteration there twice, ended twice or never started is refused, saying which."""
    execution, events = make_history(6, 2, SERVICE)
    event = of_kind(events, kind, 3)
    key = kind[0].lower() + kind[1:] + "EventDetails"
    damaged = change(event["id"], **{key: {"name": "EachTicket", "index": index}})(events)
    with pytest.raises(HistoryDoesNotAddUp, match=says):
        read(execution, damaged, 6)


@pytest.mark.parametrize("sent", [5, 7])
def test_a_plan_of_another_size_is_refused(sent):
    """A Map that took another number of items than were sent is refused."""
    execution, events = make_history(6, 2, SERVICE)
    with pytest.raises(HistoryDoesNotAddUp, match=f"{sent} tickets were sent, and EachTicket took 6 items"):
        read(execution, events, sent)


def test_the_largest_usual_history_is_read():
    """A history of 500 tickets has 17 events a ticket and 6 of its own, and every ticket is found."""
    execution, events = make_history(500, 2, SERVICE)
    assert len(events) == 500 * 17 + 6
    assert read(execution, events, 500).succeeded == 500


def test_figures_of_a_known_burst():
    """40 tickets of 0.28 s on 2 slots take 5.6 s: the ideal, with the throughput that goes with it."""
    burst = make_burst(40, 2, SERVICE)
    assert ideal_s(burst) == pytest.approx(5.6)
    assert makespan_over_ideal(burst) == pytest.approx(1.0)
    assert throughput_per_s(burst) == pytest.approx(40 / 5.6)


def test_step_statistics_known_answers():
    """Service times 1..20 s: mean, percentiles by linear interpolation, share and utilisation."""
    burst = make_burst(20, 1, lambda index, step: index + 1.0 if step == "Beta" else 0.0)
    beta = step_statistics(burst)[1]
    assert (beta.n, beta.mean_s, beta.p50_s, beta.max_s) == pytest.approx((20, 10.5, 10.5, 20.0))
    assert beta.p95_s == pytest.approx(19.05)
    assert (beta.share_of_service, beta.utilisation) == pytest.approx((1.0, 1.0))


def test_a_percentile_of_nothing_is_unknown():
    """There is no percentile of no values."""
    assert percentile([], 95) != percentile([], 95)


def test_concurrency_of_a_burst_with_a_tail():
    """Tickets of 1, 1 and 3 s on 2 slots: peak 2, 1.25 on average, and a plateau until the last starts."""
    burst = make_burst(3, 2, lambda index, step: (1.0, 1.0, 3.0)[index] if step == "Beta" else 0.0)
    line = timeline(burst)
    assert [(round(at - burst.started, 3), count) for at, count in line.points] == [(0, 2), (1, 1), (4, 0)]
    assert (line.peak, line.time_average, line.makespan_average) == pytest.approx((2, 2.0, 1.25))
    assert line.plateau_share == pytest.approx(0.25)
    assert timeline(burst, "Beta").peak == 2
    assert timeline(burst, "Gamma").peak == 0


def test_a_handover_is_no_overlap():
    """A ticket that starts when another ends does not count as two at once."""
    assert timeline(make_burst(100, 1, SERVICE)).peak == 1


def test_the_cap_is_the_map_s_ceiling_where_none_is_given():
    """A burst without a limit is held against an inline Map's 40."""
    assert timeline(make_burst(4, 40, SERVICE)).cap == 40


def test_events_are_numbered_from_one():
    """A history whose first event is not number 1 has lost its first page."""
    _, events = make_history(2, 1, SERVICE)
    with pytest.raises(HistoryDoesNotAddUp, match="event 1 is missing") as refused:
        read_events(events[1:], "arn:x")
    assert refused.value.execution_arn == "arn:x"
    assert definition_json() == definition_json()

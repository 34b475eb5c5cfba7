"""What the APIs answer becomes observations: notable events, REPORT figures, an execution's plan."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from reports.measuring.events import HistoryDoesNotAddUp
from reports.rca.observations import LogLine, Observations, read_observations, together
from reports.rca.reading import execution_of, notable_events, report_figures
from tests.reports.synthetic import fixed, make_history

REPORT = (
    "REPORT RequestId: 75cf-1\tDuration: 299.10 ms\tBilled Duration: 300 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 136 MB\tInit Duration: 30.34 ms\tStatus: error\tError Type: Runtime.ExitError\n"
)


def test_failure_is_given_its_state_and_its_ticket():
    """A failed attempt does not name its state; it is found by following previousEventId."""
    _, events = make_history(6, 2, fixed(Beta=0.1), failures={(3, "Beta"): ["ValueError"]})
    kept = notable_events("arn", events)
    failed = next(event for event in kept if event.type == "TaskFailed")
    assert (failed.state, failed.index, failed.error, failed.cause) == ("Beta", 3, "ValueError", "because")
    assert (kept[0].type, kept[-1].type) == ("ExecutionStarted", "ExecutionFailed")
    assert kept[-1].id == len(events)


def test_events_kept_are_few():
    """Of many failures so many are kept as were asked for, with the first and the last event."""
    refused = {(index, "Beta"): ["Busy"] for index in range(20)}
    _, events = make_history(20, 2, fixed(Beta=0.1), failures=refused, retries=1)
    assert len(notable_events("arn", events, most=5)) == 7


def test_history_with_a_gap_is_refused():
    """Nothing is read from a history that lacks events."""
    _, events = make_history(2, 2, fixed(Beta=0.1))
    with pytest.raises(HistoryDoesNotAddUp):
        notable_events("arn", events[:3] + events[4:])


def test_report_line_is_read_with_what_may_be_missing():
    """A REPORT line gives its figures; Init Duration and Status are only sometimes in it."""
    line = LogLine("/aws/lambda/f", "s", 1.0, REPORT)
    warm = LogLine("/aws/lambda/f", "s", 2.0, REPORT.split("\tInit", maxsplit=1)[0])
    first, second = report_figures([line, LogLine("g", "s", 1.5, "END RequestId: 75cf-1"), warm])
    assert (first.duration_ms, first.billed_ms, first.memory_mb, first.max_memory_mb) == (
        299.1,
        300,
        128,
        136,
    )
    assert (first.init_ms, first.status, first.request_id) == (30.34, "error", "75cf-1")
    assert (second.init_ms, second.status) == (None, "")


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        (json.dumps({"max_concurrency": 4, "tickets": [1, 2, 3]}), (3, 4)),
        (json.dumps({"work": [1]}), (1, None)),
        (json.dumps([1, 2]), (None, None)),
        ("not json", (None, None)),
        (None, (None, None)),
    ],
)
def test_plan_is_read_from_the_input(text, plan):
    """Tickets and cap are read from an execution's input where they stand in it, else they are not known."""
    read = execution_of({"executionArn": "a", "status": "FAILED", "input": text})
    assert (read.tickets, read.max_concurrency) == plan


def test_times_are_seconds():
    """DescribeExecution's times become seconds since the epoch; an execution that runs has no end."""
    read = execution_of(
        {"executionArn": "a", "status": "RUNNING", "startDate": datetime(1970, 1, 2, tzinfo=UTC)}
    )
    assert (read.started, read.ended) == (86_400.0, None)


def test_observations_are_written_read_and_joined(tmp_path):
    """A file of observations equals what was written, and several sets become one."""
    one = Observations(logs=(LogLine("g", "s", 1.0, "x"),), target_makespan_s=3.0)
    one.write(tmp_path / "one.json")
    assert read_observations(tmp_path / "one.json") == one
    both = together((one, Observations(logs=(LogLine("g", "s", 2.0, "y"),))))
    assert ([line.text for line in both.logs], both.target_makespan_s) == (["x", "y"], 3.0)
    assert both.without("logs").logs == ()

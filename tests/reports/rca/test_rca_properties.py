"""Whatever is observed: a diagnosis comes out, and names no leaf without evidence."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.rca import Conclusion, Leaf, Observations, diagnose
from reports.rca.drawing import fishbone, rca_tree
from reports.rca.error_table import ALIASES, FAMILIES
from reports.rca.incident import incident_report
from reports.rca.observations import (
    Execution,
    HistoryEvent,
    Item,
    LogLine,
    MetricSeries,
    ReportFigures,
    Setting,
    observations_from_json,
)
from reports.records import UNFINISHED, Attempt, Burst, BurstPlan, StepSample, TicketSample

ARNS = st.sampled_from(["arn:aws:states:r:1:execution:m:a", "arn:aws:states:r:1:execution:m:b", ""])
STEPS = st.sampled_from(["Alpha", "Beta"])
GROUPS = st.sampled_from(["/aws/lambda/f-alpha", "/aws/lambda/f-beta", "x"])
TIMES = st.floats(0, 1e6)
ERRORS = st.sampled_from([*FAMILIES, *ALIASES, "Lambda.Unknown", "Nobody", ""]) | st.text(max_size=12)
CAUSES = st.sampled_from(
    [
        "",
        "RequestId: 12345678-aa Error: Runtime exited with error: signal: killed",
        "Task timed out after 3.00 seconds",
        "TooLong: text",
        '{"errorMessage": "a {brace} b", "errorType": "KeyError"}',
        "Reason: ConcurrentInvocationLimitExceeded",
    ]
) | st.text(max_size=30)
STATUSES = st.sampled_from(["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "RUNNING"])
NAMES = st.sampled_from(["Throttles", "Errors", "Duration", "ConcurrentExecutions", "Invocations"])
FIGURES = st.floats(0, 1e9)
ANY_FIGURES = FIGURES | st.sampled_from([float("nan"), float("inf"), -1.0])


def some(strategy, most: int = 3):
    return st.lists(strategy, max_size=most).map(tuple)


ITEMS = st.builds(Item, st.integers(0, 4), st.none() | st.text(max_size=3), st.none() | st.booleans())
EXECUTIONS = st.builds(
    Execution,
    ARNS,
    STATUSES,
    st.none() | ERRORS,
    st.none() | CAUSES,
    st.none() | TIMES,
    st.none() | TIMES,
    st.none() | st.integers(0, 50),
    st.none() | st.integers(0, 50),
    some(ITEMS),
)
EVENTS = st.builds(
    HistoryEvent,
    ARNS,
    st.integers(1, 99),
    st.sampled_from(
        [
            "TaskFailed",
            "TaskTimedOut",
            "ExecutionFailed",
            "ExecutionTimedOut",
            "MapIterationAborted",
            "LambdaFunctionFailed",
        ]
    ),
    TIMES,
    st.none() | STEPS,
    st.none() | st.integers(0, 4),
    st.none() | ERRORS,
    st.none() | CAUSES,
)
METRICS = st.builds(
    MetricSeries,
    st.just("AWS/Lambda"),
    NAMES,
    st.sampled_from(["Sum", "Maximum", "p95", "Average"]),
    st.just(1.0),
    st.tuples(TIMES, TIMES),
    some(st.tuples(TIMES, FIGURES), 5),
    st.sampled_from([{}, {"FunctionName": "f-alpha"}, {"FunctionName": "f-beta"}]),
)
LOGS = st.builds(
    LogLine,
    GROUPS,
    st.text(max_size=3),
    TIMES,
    CAUSES
    | st.sampled_from(
        [
            "[ERROR] ValueError: TooLong: x",
            '{"duration_ms": 9, "dependency_ms": 8}',
            '{"duration_ms": null}',
            "[[[[",
        ]
    ),
)
SETTINGS = st.builds(
    Setting,
    st.sampled_from(["Alpha", "Beta", "f-alpha", "f-beta", "account"]),
    st.sampled_from(
        [
            "FunctionName",
            "ReservedConcurrentExecutions",
            "MemorySize",
            "Timeout",
            "TimeoutSeconds",
            "ConcurrentExecutions",
        ]
    ),
    st.sampled_from(["f-alpha", "f-beta", "2", "0", "none", "nan", "-1", "missing"]),
)
REPORTS = st.builds(
    ReportFigures,
    GROUPS,
    st.just("s"),
    TIMES,
    st.just("REPORT"),
    st.just("12345678-aa"),
    FIGURES,
    FIGURES,
    st.sampled_from([0.0, 128.0, 512.0]),
    FIGURES,
    st.none() | FIGURES,
    st.sampled_from(["", "error", "timeout"]),
)


@st.composite
def bursts(draw) -> Burst:
    """Draw a burst that hangs together in its counts, not in its causes."""
    sent = draw(st.integers(0, 9))
    begun = draw(st.integers(0, sent))
    tickets = tuple(draw(_tickets(index)) for index in range(begun))
    end = max((ticket.ended for ticket in tickets), default=1.0)
    plan = BurstPlan(sent, draw(st.integers(0, 50)))
    return Burst(
        plan,
        draw(ARNS),
        draw(STATUSES),
        0.0,
        end,
        "Map",
        0.0,
        end,
        ("Alpha", "Beta"),
        tickets,
        draw(st.none() | ERRORS),
        draw(st.none() | CAUSES),
    )


@st.composite
def _tickets(draw, index: int) -> TicketSample:
    start, steps = draw(st.floats(0, 10)), []
    at = start
    for step in ("Alpha", "Beta")[: draw(st.integers(0, 2))]:
        took = draw(st.floats(0, 5))
        error = draw(st.none() | ERRORS | st.just(UNFINISHED))
        begun = draw(st.sampled_from([at, None]))
        steps.append(StepSample(step, at, at + took, (Attempt(at, begun, at + took, error, draw(CAUSES)),)))
        at += took
    outcome = draw(st.sampled_from(["succeeded", "failed", "aborted", "unfinished"]))
    return TicketSample(
        index, start, at, outcome, tuple(steps), start, draw(st.none() | st.just(f"T-{index}"))
    )


OBSERVATIONS = st.builds(
    Observations,
    some(EXECUTIONS, 2),
    some(bursts(), 2),
    some(EVENTS),
    some(METRICS, 4),
    some(LOGS),
    some(SETTINGS, 5),
    some(REPORTS, 7),
    st.none() | FIGURES,
)
FREELY = settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))


@FREELY
@given(OBSERVATIONS)
def test_a_diagnosis_always_comes_out(observations):
    """No observations make a diagnosis raise, and no leaf is found, or ruled out, without evidence."""
    found = diagnose(observations)
    assert all(finding.evidence for finding in found.findings)
    assert (found.conclusion is Conclusion.CLASSIFIED) == (found.leaf is not None)
    named = {finding.classified_as for finding in found.findings}
    assert {other.leaf for other in found.ruled_out} == set(Leaf) - named
    assert all(other.evidence for other in found.ruled_out if other.ruled_out)
    assert found.conclusion is not Conclusion.UNDETERMINED or found.look_next


@FREELY
@given(OBSERVATIONS, st.lists(ANY_FIGURES, min_size=1, max_size=4), NAMES)
def test_figures_that_are_none_do_no_harm(observations, figures, name):
    """A metric with values that are no number, endless or negative makes no diagnosis raise."""
    values = tuple((float(place), figure) for place, figure in enumerate(figures))
    odd = tuple(
        MetricSeries("AWS/Lambda", name, statistic, 1.0, (0.0, 9.0), values, {"FunctionName": "f-alpha"})
        for statistic in ("Sum", "Maximum")
    )
    odd_reports = tuple(replace(report, duration_ms=figures[0]) for report in observations.reports)
    found = diagnose(replace(observations, metrics=odd, reports=odd_reports))
    assert all(finding.evidence for finding in found.findings)


@FREELY
@given(OBSERVATIONS)
def test_the_same_observations_give_the_same_diagnosis(observations):
    """A diagnosis is a pure function, also of observations read back from their JSON form."""
    again = observations_from_json(observations.to_json())
    assert diagnose(again) == diagnose(observations)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(OBSERVATIONS)
def test_every_diagnosis_can_be_reported(observations):
    """The report of any diagnosis has its sections, and says what was concluded."""
    report = incident_report(diagnose(observations), observations)
    assert all(
        f"## {name}" in report for name in ("What happened", "Evidence", "Hypothesis", "Classification")
    )


@settings(deadline=None, max_examples=4, suppress_health_check=list(HealthCheck))
@given(OBSERVATIONS)
def test_every_diagnosis_can_be_drawn(observations):
    """Tree and fishbone can be drawn of any diagnosis."""
    found = diagnose(observations)
    assert rca_tree(found).png.startswith(b"\x89PNG")
    assert fishbone(found).png.startswith(b"\x89PNG")

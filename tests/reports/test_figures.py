import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from reports.figures import (
    Figure,
    concurrency_over_time,
    execution_graph,
    gantt,
    side_by_side,
    step_durations,
    sweep,
)
from reports.figures.canvas import milliseconds
from reports.figures.graph import nodes_of
from reports.measuring.definition import read_definition
from reports.measuring.history import read_burst
from reports.records import BurstPlan
from reports.scaling import AWS_REFERENCE, Point, fit_usl
from tests.reports.synthetic import definition, definition_json, fixed, make_burst, make_history

SERVICE = fixed(Alpha=0.001, Beta=0.25, Gamma=0.002)


@pytest.fixture(scope="module")
def bursts():
    """Two bursts of 30 tickets, at 2 and at 10."""
    return make_burst(30, 2, SERVICE), make_burst(30, 10, SERVICE)


@pytest.fixture(scope="module")
def nothing():
    """A burst whose execution failed before its Map."""
    execution, events = make_history(3, 2, SERVICE)
    end = {"id": 2, "previousEventId": 0, "type": "ExecutionFailed", "timestamp": events[0]["timestamp"]}
    return read_burst(BurstPlan(3, 2), execution, [events[0], end], definition())


def check(figure: Figure):
    """The PNG opens and has the common width, the SVG parses and has no script, and a text says it all."""
    image = Image.open(io.BytesIO(figure.png))
    assert image.width == 1040
    assert image.convert("L").getextrema()[0] < 100
    root = ET.fromstring(figure.svg)
    assert root.tag.endswith("svg")
    assert root.get("aria-label") == figure.alt
    assert b"<script" not in figure.svg
    assert figure.title in figure.alt


SWEEP = [Point(c, 3.9 * c / (1 + 0.01 * (c - 1))) for c in (2, 5, 10, 20, 30)]
DRAWN = {
    "concurrency": lambda low, _: concurrency_over_time(low),
    "concurrency of a step": lambda low, _: concurrency_over_time(low, "Beta"),
    "durations": lambda low, _: step_durations(low),
    "gantt": lambda low, _: gantt(low),
    "graph": lambda low, _: execution_graph(definition(), low),
    "side by side": lambda low, high: side_by_side(low, high, "Beta"),
    "sweep": lambda *_: sweep(SWEEP, fit_usl(SWEEP)),
    "sweep without a law": lambda *_: sweep(SWEEP[:2], fit_usl(SWEEP[:2])),
}


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_is_drawn_and_described(name, bursts):
    """Every figure is a PNG and an SVG with a title and an alternative text."""
    check(DRAWN[name](*bursts))


@pytest.mark.parametrize("name", ["concurrency", "durations", "gantt", "graph", "side by side"])
def test_a_burst_without_tickets_can_be_drawn(name, nothing):
    """A burst that failed before its Map is drawn too, empty as it is."""
    check(DRAWN[name](nothing, nothing))


def test_the_same_data_give_the_same_bytes(bursts):
    """A figure drawn twice is the same, byte for byte."""
    assert gantt(bursts[0]) == gantt(bursts[0])
    assert step_durations(bursts[0]) == step_durations(bursts[0])


def test_alternative_texts_hold_the_figures(bursts):
    """What a figure shows stands in its text: makespans, concurrency, percentiles, the reference's source."""
    assert "makespan, s 3.8 and 0.8" in side_by_side(*bursts, "Beta").alt
    assert "peak 2" in concurrency_over_time(bursts[0]).alt
    assert "Beta: median 250 ms" in step_durations(bursts[0]).alt
    assert AWS_REFERENCE.source in sweep(SWEEP, fit_usl(SWEEP)).alt


def test_the_graph_marks_what_became_of_each_state():
    """A state that failed, one retried, one passed and one never reached are told apart."""
    failed = make_burst(1, 1, SERVICE, failures={(0, "Beta"): ["ValueError"]})
    assert [node.outcome for node in nodes_of(definition(), failed)] == ["succeeded", "failed", "not reached"]
    assert nodes_of(definition(), failed)[1].facts == "250 ms, ValueError"
    again = make_burst(4, 1, SERVICE, failures={(0, "Beta"): ["Throttled"]}, retries=1)
    assert nodes_of(definition(), again)[1].outcome == "retried"
    assert nodes_of(definition(), again)[1].facts == "4 times, median 250 ms, 1 retried"


def test_a_state_cut_short_has_not_failed():
    """States under way when another ticket failed are told apart from the state that failed."""
    slowest = lambda index, step: 0.25 if step == "Beta" else 0.1 + 0.05 * (index == 1)  # noqa: E731
    burst = make_burst(8, 4, slowest, failures={(1, "Alpha"): ["ValueError"]})
    alpha, beta, gamma = nodes_of(definition(), burst)
    assert (alpha.outcome, beta.outcome, gamma.outcome) == ("failed", "cut short", "not reached")
    assert beta.facts == "3 times, median 50 ms, 3 cut short"


def test_a_fail_state_that_was_reached_is_a_failure():
    """A Fail state has no attempt that could fail: to have been reached is its failure."""
    last = '{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End"'
    text = definition_json().replace(last, '{"Type": "Fail", "End"')
    nodes = nodes_of(read_definition(text), make_burst(1, 1, SERVICE))
    assert [node.outcome for node in nodes] == ["succeeded", "succeeded", "failed"]


def test_a_graph_with_a_choice_has_its_jumps():
    """A processor with more ways than one is drawn, each state once."""
    text = definition_json().replace('"Next": "Beta"', '"Next": "Beta", "Catch": [{"Next": "Gamma"}]')
    check(execution_graph(read_definition(text), make_burst(2, 2, SERVICE)))


def test_drawing_leaves_matplotlib_as_it_was(bursts):
    """Drawing changes none of matplotlib's global settings."""
    import matplotlib as mpl  # noqa: PLC0415 - it is what the test is about

    before = dict(mpl.rcParams)
    gantt(bursts[0])
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0 ms"), (0.00042, "0.4 ms"), (0.2519, "252 ms"), (1.25, "1.25 s")]
)
def test_durations_read_as_a_person_writes_them(seconds, text):
    """Durations are written in the unit that suits them."""
    assert milliseconds(seconds) == text


def test_many_tickets_are_cut_to_what_can_be_seen():
    """A Gantt of many tickets shows the first forty and says so."""
    burst = make_burst(100, 2, SERVICE)
    assert "the first 40 of 100" in gantt(burst).alt
    assert np.isclose(burst.tickets[39].queued_s, 19 * 0.253)

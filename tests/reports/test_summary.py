from reports.bottleneck import attribute, scaling_map
from reports.judging.estimates import exact
from reports.judging.verdicts import judge
from reports.records import Outcome
from reports.scaling import predict
from reports.summary import (
    attribution_table,
    burst_text,
    bursts_table,
    claims_table,
    predictions_table,
    scaling_map_table,
    steps_table,
    summary_lines,
    table,
    totals,
)
from tests.reports.synthetic import definition, fixed, make_burst

SERVICE = fixed(Alpha=0.05, Beta=0.15)
DONE = judge("all | done", exact(20, 20, "tickets"), equals=20)
LOST = judge("none lost", exact(19, 20, "tickets"), equals=20)


def rows(text):
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines()]


def test_totals_count_outcomes():
    """The last line counts the claims by outcome."""
    assert totals([DONE, DONE, LOST]) == "3 claims: 2 confirmed, 1 refuted"
    assert totals([DONE]) == "1 claim: 1 confirmed"
    assert totals([]) == "no claims"


def test_a_summary_line_per_claim():
    """Each claim of an experiment is a line with its outcome."""
    first, second = summary_lines("Activity 3", [DONE, LOST])
    assert (first.outcome, second.outcome) == (Outcome.CONFIRMED, Outcome.REFUTED)
    assert second.text.startswith("REFUTED: none lost: 19 of 20 tickets")


def test_a_burst_in_one_line():
    """A burst's line has its makespan, ideal, throughput and peak."""
    assert burst_text(make_burst(20, 2, SERVICE)) == (
        "20 tickets at concurrency 2: 20 succeeded in 2.00 s (ideal 2.00 s, 1 times), 10 tickets/s, peak 2"
    )


def test_cells_cannot_break_a_table():
    """A bar or a line break in a cell does not add a column or a row."""
    text = table(("a", "b"), [("x | y", "two\nlines")])
    assert text.splitlines()[2] == "| x \\| y | two lines |"


def test_tables_hold_a_row_for_each_thing():
    """Tables of claims, bursts, steps, parts and predictions have one row for each, under a head."""
    low, high = make_burst(20, 2, SERVICE), make_burst(20, 10, SERVICE)
    assert len(rows(claims_table([DONE, LOST]))) == 4
    assert [row[0] for row in rows(bursts_table([low, high]))[2:]] == ["2", "10"]
    assert [row[0] for row in rows(steps_table(low))[2:]] == ["Alpha", "Beta", "Gamma"]
    assert rows(steps_table(low))[3][7] == "75.0%"
    assert rows(attribution_table(attribute(low)))[3][0] == "**Beta**"
    assert rows(scaling_map_table(scaling_map(low, definition())))[3][0] == "**Beta**"
    assert rows(predictions_table([(predict(low, 10), high)]))[2] == ["10", "0.40", "0.40", "0.40", "1.000"]

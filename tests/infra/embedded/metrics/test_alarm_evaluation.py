from __future__ import annotations

import pytest

from infra.embedded.metrics.alarms.evaluation import Rule, decide

KEEP = None
NO_DATA = "INSUFFICIENT_DATA"
MISSING = ("missing", "ignore", "breaching", "notBreaching")


def points(text):
    """The data points of AWS's tables: 0 within the threshold, X beyond it, - missing; the newest last."""
    values = {"0": 1.0, "X": 9.0, "-": None}
    return [(place * 60.0, values[mark]) for place, mark in enumerate(text.split())]


@pytest.mark.parametrize(
    ("needed", "text", "states"),
    [
        (3, "0 - X - X", ("OK", "OK", "OK", "OK")),
        (3, "0 - - - -", ("OK", "OK", "OK", "OK")),
        (3, "- - - - -", (NO_DATA, KEEP, "ALARM", "OK")),
        (3, "0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (3, "- - - - X", (NO_DATA, KEEP, "ALARM", "OK")),
        (3, "X - - - -", ("ALARM", KEEP, "ALARM", "OK")),
        (2, "0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0 - X - -", ("OK", "OK", "ALARM", "OK")),
        (2, "- - - - 0", ("OK", "OK", "ALARM", "OK")),
        (2, "- - - - X", (NO_DATA, KEEP, "ALARM", "OK")),
    ],
)
def test_the_tables_of_awss_guide(needed, text, states):
    """The state for each treatment of missing data is the one that AWS's guide gives."""
    rules = [Rule("GreaterThanThreshold", 5.0, 3, needed, missing) for missing in MISSING]
    assert tuple(decide(rule, points(text)).state for rule in rules) == states


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [
        ("GreaterThanThreshold", "OK", "OK", "ALARM"),
        ("GreaterThanOrEqualToThreshold", "OK", "ALARM", "ALARM"),
        ("LessThanThreshold", "ALARM", "OK", "OK"),
        ("LessThanOrEqualToThreshold", "ALARM", "ALARM", "OK"),
    ],
)
def test_each_comparison_at_its_border(comparison, below, at, above):
    """A value below, at and above the threshold."""
    rule = Rule(comparison, 5.0, 1, 1, "missing")
    assert [decide(rule, [(0.0, value)]).state for value in (4.0, 5.0, 6.0)] == [below, at, above]


def test_the_reason_names_values_and_threshold():
    """A reader learns which values were held against what."""
    rule = Rule("GreaterThanThreshold", 5.0, 3, 2, "missing")
    reason = decide(rule, points("0 0 X 0 X")).reason
    assert "2 out of the last 3 datapoints [9, 1, 9] were greater than the threshold (5.0)" in reason

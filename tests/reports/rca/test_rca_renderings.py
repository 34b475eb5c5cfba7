"""The tree, the fishbone and the report say what the diagnosis says, and nothing without evidence."""

from __future__ import annotations

import struct

import pytest

from reports.rca import Bone, Leaf, Observations, diagnose
from reports.rca.drawing import fishbone, rca_tree
from reports.rca.drawing.page import cut, drawable, height_of, wrapped
from reports.rca.incident import incident_report
from reports.records import Estimate, Outcome, Threshold, Verdict
from tests.reports.rca.corpus_reading import recorded
from tests.reports.rca.incidents import failed

CASES = {case.name: case for case in recorded()}
EXACT = Estimate(3.2, None, 2, "bursts", "x", "exact count")
FASTER = Verdict("the burst finishes sooner", Outcome.CONFIRMED, EXACT, Threshold("at_least", 3.0))


def diagnosed(name: str):
    return diagnose(CASES[name].observations)


@pytest.mark.parametrize("name", ["map-cap-2", "memory-128", "function-timeout", "oversized"])
def test_tree_lights_the_leaf_and_gives_the_others_a_reason(name):
    """The lit leaf says "evidence", each other leaf "ruled out" with its reason: words, not colour alone."""
    found = diagnosed(name)
    alt = rca_tree(found).alt
    assert f"{found.leaf} lit" in alt
    assert f"{found.leaf}: evidence" in alt
    for other in found.ruled_out:
        assert f"{other.leaf}: ruled out, {other.reason}" in alt


def test_tree_of_an_undetermined_incident_lights_nothing():
    """Without a cause no leaf is lit, and what was not seen is said beside each."""
    alt = rca_tree(diagnose(Observations())).alt
    assert "no leaf lit" in alt
    assert alt.count("not ruled out, ") == len(Leaf)


@pytest.mark.parametrize(
    ("name", "bone"),
    [("reserved-2", Bone.LIMITS), ("memory-128", Bone.RESOURCES), ("endpoint-refuses", Bone.DEPENDENCIES)],
)
def test_fishbone_puts_causes_only_where_evidence_stands(name, bone):
    """The bone of the cause cites its evidence, and the other three say that there is none."""
    alt = fishbone(diagnosed(name)).alt
    assert f"{bone}: \N{BULLET}" in alt
    assert alt.count("no evidence") == 3


def test_fishbone_of_a_cause_on_no_bone():
    """A missing permission stands on none of the four bones, and the drawing says so."""
    alt = fishbone(diagnose(failed("States.Permissions"))).alt
    assert alt.count("no evidence") == 4
    assert "On none of the four bones: PERMISSION MISSING" in alt


def test_drawings_are_readable_at_700_pixels():
    """Both drawings are over 700 pixels wide, and come as PNG and as SVG."""
    for figure in (rca_tree(diagnosed("map-cap-2")), fishbone(diagnosed("map-cap-2"))):
        assert struct.unpack(">I", figure.png[16:20])[0] >= 700
        assert b"<svg" in (figure.svg or b"")


def test_texts_wrap_within_their_width():
    """A long text becomes lines that fit, a character that the type lacks becomes a box."""
    lines = wrapped("word " * 40, 2.0)
    assert max(len(line) for line in lines.split("\n")) <= 2.0 * 72 / (8.5 * 0.6)
    assert height_of("one\ntwo") == 2 * height_of("one")
    assert cut("many words in here", 12).endswith("\N{HORIZONTAL ELLIPSIS}")
    assert drawable("a\x1bb") == "a\N{WHITE SQUARE}b"


def test_report_keeps_evidence_and_hypothesis_apart():
    """Evidence is numbered and cited in a section of its own, before the hypothesis, labelled as such."""
    case = CASES["oversized-in-batch"]
    report = incident_report(diagnose(case.observations), case.observations)
    sections = [line[3:] for line in report.splitlines() if line.startswith("## ")]
    assert sections[:4] == ["What happened", "Evidence", "Hypothesis", "Classification"]
    evidence = report.split("## Evidence")[1].split("## Hypothesis")[0]
    assert "PayloadTooLarge: text length 5100 &gt; 5000" in evidence
    assert "event " in evidence
    assert "suggests, and does not prove" in report.split("## Hypothesis")[1]
    assert "1 failed (T-OVERSIZED)" in report


def test_report_has_a_result_only_when_it_was_verified():
    """Until a before and after was compared the report says so; then it holds the verdict."""
    case = CASES["map-cap-2"]
    found = diagnose(case.observations)
    assert "Not verified yet" in incident_report(found, case.observations)
    verified = incident_report(found, case.observations, result=(FASTER,))
    assert "CONFIRMED: the burst finishes sooner" in verified
    assert "Not verified yet" not in verified


def test_report_of_nothing_changes_nothing():
    """Without a cause the report proposes no fix, and says what to look at next."""
    report = incident_report(diagnose(Observations()), Observations())
    assert "nothing is changed before a cause is known" in report
    assert "## What to look at next" in report
    assert "## Result" not in report


def test_report_takes_markup_in_messages_as_text():
    """Markup in an error's message does not become markup of the report."""
    report = incident_report(diagnose(failed("MemoryError", "<b>|*x*|</b>")), Observations())
    assert "<b>" not in report
    assert "&lt;b&gt;" in report

"""Evidence is typed and cited, and nothing can be claimed without it."""

from __future__ import annotations

import pytest

from reports.rca.blast import BlastRadius
from reports.rca.diagnosis import (
    Action,
    Conclusion,
    Contradiction,
    Diagnosis,
    Finding,
    Leaf,
    RuledOut,
    WithoutEvidence,
)
from reports.rca.evidence import (
    HistoryEvidence,
    LogEvidence,
    MetricEvidence,
    SettingEvidence,
    evidence_from_json,
    evidence_to_json,
    line,
)
from reports.rca.rules import RULES, Sighting

METRIC = MetricEvidence("AWS/Lambda", "Throttles", {"FunctionName": "f"}, "Sum", (0.0, 60.0), 3.0)
LOG = LogEvidence("/aws/lambda/f", "2030/01/01/[$LATEST]ab", 1.5, "Task timed out after 3.00 seconds")
EVENT = HistoryEvidence(
    "arn:aws:states:us-east-1:1:execution:m:x", 13, "TaskFailed", "ValueError", "too long"
)
SETTING = SettingEvidence("f", "MemorySize", "128")


@pytest.mark.parametrize("evidence", [METRIC, LOG, EVENT, SETTING], ids=lambda e: e.kind)
def test_evidence_round_trips(evidence):
    """Evidence read back from its JSON form equals the one written."""
    assert evidence_from_json(evidence_to_json(evidence)) == evidence


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (
            METRIC,
            ("Throttles of f was 3 (Sum)", "metric AWS/Lambda Throttles, FunctionName=f, Sum, 1970-01-01"),
        ),
        (
            LOG,
            (
                "the log says: Task timed out after 3.00 seconds",
                "log /aws/lambda/f, stream 2030/01/01/[$LATEST]ab",
            ),
        ),
        (EVENT, ("TaskFailed, ValueError: too long", "execution x, event 13")),
        (SETTING, ("MemorySize of f was 128", "setting f MemorySize")),
    ],
    ids=["metric", "log", "history", "setting"],
)
def test_evidence_is_one_sentence_with_its_citation(evidence, said):
    """Each kind says what was seen and where anybody can look it up, on one line."""
    assert all(part in line(evidence) for part in said)
    assert "\n" not in line(evidence)


def test_no_finding_without_evidence():
    """A finding, a sighting, a contradiction and a leaf ruled out cannot be built without evidence."""
    action = Action("do", "undo", "verify")
    with pytest.raises(WithoutEvidence, match="finding some-rule"):
        Finding("some-rule", Leaf.THROTTLED, None, (), "summary", "hypothesis", action)
    with pytest.raises(WithoutEvidence):
        Sighting(())
    with pytest.raises(WithoutEvidence):
        Contradiction("some-rule", Leaf.THROTTLED, "saying", ())
    with pytest.raises(WithoutEvidence, match="ruling out TIMED OUT"):
        RuledOut(Leaf.TIMED_OUT, ruled_out=True, reason="because")


def test_no_conclusion_without_a_finding():
    """A diagnosis that says it classified something holds the finding that did."""
    radius = BlastRadius((), (), (), 0, complete=False, statement="")
    with pytest.raises(WithoutEvidence):
        Diagnosis(Conclusion.CLASSIFIED, "", (), (), radius, (), (), ())


def test_rules_say_what_they_are():
    """Every rule has its own name, says what it looks for and yields, and has an action with its undoing."""
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert all(
            (
                rule.looks_for,
                rule.yields,
                rule.hypothesis,
                rule.action.do,
                rule.action.undo,
                rule.action.verify,
            )
        )
        assert set(rule.gives_way_to) <= {other.name for other in RULES}

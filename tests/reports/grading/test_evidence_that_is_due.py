"""Every experiment's evidence is due once: a refuted one does not vanish by any way of leaving it out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports import evidence
from reports.grading.case import Case, Expected, Experiment, Run
from reports.grading.evidence_set import EvidenceSet, Origin
from reports.grading.grading import grade
from reports.grading.marks import State
from reports.grading.rubric import read_rubric
from reports.judging.estimates import exact
from reports.judging.verdicts import judge
from tests.reports.grading.worlds import LOW, WHERE, answers, files, graded, marks, read, right

DUE = {3: (Expected("activity3-a", "wall"), Expected("activity3-the-refuted-one", "refuted"))}
"""Two experiments of activity 3, of which one was refuted."""
CONFIRMED, REFUTED = "evidence/activity3-a.json", "evidence/activity3-the-refuted-one.json"


def refuted():
    """Return the evidence of the refuted experiment, sealed."""
    verdict = judge("half of it is lost", exact(30, 60, "tickets"), equals=60)
    return evidence.EvidenceFile(3, "refuted", (verdict,), (LOW,), WHERE).to_json()


def spoilt():
    """Return the same with one letter changed."""
    document = refuted()
    document["claims"][0]["claim"] = "half of it is l0st"
    return document


def wall(documents, **case):
    """Return the mark of activity 3's claims."""
    return marks(graded(documents=documents, experiments=DUE, **case))["wall"]


def test_a_refuted_experiment_is_not_met():
    """One confirmed and one refuted: half of the points."""
    found = wall({**files(), REFUTED: refuted()})
    assert (found.earned, found.out_of, found.state) == (2.0, 4.0, State.PARTIAL)


def test_evidence_of_an_experiment_cannot_be_left_out():
    """A folder without the evidence of one experiment of two earns half, and is told which is missing."""
    found = wall(files())
    assert (found.earned, found.out_of) == (2.0, 4.0)
    assert "activity3-the-refuted-one.json" in found.parts[-1].expected


@pytest.mark.parametrize("document", [spoilt(), {**refuted(), "claims": 5}, {**refuted(), "bursts": None}])
def test_refuted_evidence_does_not_vanish_by_being_spoilt(document):
    """One letter changed makes it useless, and not met; the same for what is no evidence any more."""
    found = wall({**files(), REFUTED: document})
    assert (found.earned, found.out_of) == (2.0, 4.0)
    assert found.parts[-1].state is State.UNMET
    assert "cannot be used" in found.parts[-1].found


def test_spoilt_evidence_counts_where_nobody_says_what_is_due():
    """Without a list of experiments, a file that cannot be used is a part that is not met."""
    found = marks(graded(documents={**files(), REFUTED: spoilt()}))["wall"]
    assert (found.earned, found.out_of) == (2.0, 4.0)


@pytest.mark.parametrize("left_out", [REFUTED, "evidence/activity3-"])
def test_the_grader_s_own_run_does_not_stand_in_for_what_was_left_out(left_out):
    """With the reference pipeline run too, evidence that is not handed in is missing all the same."""
    ran = Run((Experiment("test_a", 3, "passed"), Experiment("test_the_refuted_one", 3, "passed")))
    whole = {**files(), REFUTED: refuted()}
    kept = {name: document for name, document in whole.items() if not name.startswith(left_out)}
    ours = read(whole, Origin.GRADER)
    both = read(kept).with_more(EvidenceSet(ours.items))
    found = marks(grade("ada", Case(answers(right()), both, ran, experiments=DUE), read_rubric()))["wall"]
    assert found.earned < found.out_of == 4.0


def test_spoiling_all_of_it_does_not_bring_the_grader_s_run_in():
    """Evidence of which nothing can be used still decides, against whoever handed it in."""
    ran = Run((Experiment("test_a", 3, "passed"),))
    found = marks(graded(documents={CONFIRMED: {"schema": "x"}}, run=ran, experiments=DUE))["wall"]
    assert (found.earned, found.out_of) == (0.0, 4.0)


def test_nothing_handed_in_is_decided_by_the_grader_s_run():
    """Where there is no evidence at all, what the grader ran decides."""
    assert wall({}, run=Run((Experiment("test_a", 3, "passed"),))).earned == 4.0


def test_a_confirmed_file_under_the_refuted_one_s_name_is_not_its_evidence():
    """What a file calls itself inside its seal counts, and not the name it was given."""
    found = wall({**files(), REFUTED: files()[CONFIRMED]})
    assert (found.earned, found.out_of) == (2.0, 4.0)
    assert found.parts[-1].state is State.MISSING


def test_evidence_counts_under_any_name():
    """A file that was renamed is still its experiment's."""
    found = wall({"evidence/mine.json": files()[CONFIRMED], REFUTED: refuted()})
    assert (found.earned, found.out_of) == (2.0, 4.0)


def test_evidence_of_another_version_is_read_by_a_person():
    """A title that no experiment of this version has is neither passed nor failed: somebody looks."""
    other = evidence.EvidenceFile(3, "as it was called before", (), (LOW,), WHERE).to_json()
    found = wall({**files(), REFUTED: other})
    assert (found.earned, found.out_of, found.awaiting) == (2.0, 2.0, 2.0)
    assert "as it was called before" in found.answer  # which an assessor's points are tied to


def test_evidence_from_aws_that_is_not_there_is_asked_for():
    """Elsewhere than on the embedded cloud it may not have been possible: a person asks why it is missing."""
    file = evidence.parse(files()[CONFIRMED])
    found = wall({CONFIRMED: replace(file, environment=replace(WHERE, cloud="aws")).to_json()})
    assert (found.earned, found.out_of, found.awaiting) == (2.0, 2.0, 2.0)


def test_of_one_experiment_told_twice_the_worst_counts():
    """A confirmed run beside a refuted one of the same experiment does not cover it."""
    confirmed = evidence.parse(files()[CONFIRMED]).claims
    better = replace(evidence.parse(refuted()), claims=confirmed).to_json()
    found = wall({**files(), REFUTED: refuted(), "evidence/activity3-z.json": better})
    assert found.parts[-1].state is State.UNMET


def test_a_file_without_a_claim_is_no_verdict():
    """An experiment that came to no verdict is missing, and takes no points out of the sum."""
    empty = evidence.EvidenceFile(3, "refuted", (), (LOW,), WHERE).to_json()
    found = wall({**files(), REFUTED: empty})
    assert (found.earned, found.out_of, found.parts[-1].state) == (2.0, 4.0, State.MISSING)

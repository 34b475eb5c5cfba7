import copy
import re
from contextlib import contextmanager

import pytest

from reports import seal
from reports.grading.case import CHECKS, Case, Decision, Experiment, Run
from reports.grading.grading import OutOfTime, grade, mark
from reports.grading.marks import State
from reports.grading.rubric import read_rubric
from tests.reports.grading.worlds import (
    HIGH,
    LOW,
    answers,
    files,
    graded,
    incident,
    incidents,
    marks,
    read,
    right,
)


def change(place, value):
    """Return right answers with one changed."""
    given = copy.deepcopy(right())
    inner = given
    *path, last = place.split(".")
    for name in path:
        inner = inner[name]
    inner[last] = value
    return given


def test_right_answers_earn_all_that_can_be_decided():
    """Right answers with sound evidence lose nothing, and what is left waits for an assessor."""
    found = graded()
    lost = {
        name: [p for p in m.parts if p.share < 1] for name, m in marks(found).items() if m.earned < m.out_of
    }
    assert set(lost) == {"orchestration"}, lost
    assert found.findings == ()
    assert found.earned + 4 == found.out_of
    assert found.out_of + found.awaiting == pytest.approx(100)


def test_nothing_earns_nothing():
    """Empty answers and no evidence earn no point, and every criterion is missing."""
    found = graded({}, {})
    assert found.earned == 0
    states = {m.criterion.id: m.state for m in found.marks}
    assert states.pop("transfer") is State.SKIPPED  # which is optional
    assert set(states.values()) == {State.MISSING}


@pytest.mark.parametrize(
    ("place", "wrong", "criterion"),
    [
        ("happy_path.model_step", "Alpha", "model-step"),
        ("happy_path.durations_ms", {"Alpha": 90, "Beta": 900}, "step-durations"),
        ("figures.low.makespan_s", round(LOW.makespan_s * 1.2, 1), "low-makespan"),
        ("figures.low.peak_concurrency", 3, "low-peak"),
        ("bottleneck.step", "Alpha", "bottleneck"),
        ("scale_first.step", "Alpha", "scale-first"),
        ("figures.high.makespan_s", round(HIGH.makespan_s / 2, 2), "high-makespan"),
        ("figures.high.embed_p95_ms", 900, "high-p95"),
        ("figures.speed_up", 9.0, "speed-up"),
        ("bad_input.classification", "THROTTLED", "bad-input-class"),
        ("throttling.classification", "EXHAUSTED", "throttling-class"),
        ("throttling.fishbone.bone", "Resources", "fishbone-bone"),
        ("throttling.fishbone.evidence", ["I could just see it"], "fishbone-cause"),
        ("throttling.fix.after", LOW.makespan_s * 3, "verified"),
    ],
)
def test_a_wrong_answer_costs_its_criterion_and_no_other(place, wrong, criterion):
    """What disagrees with the evidence loses points there, and the feedback shows both sides."""
    before, after = marks(graded()), marks(graded(change(place, wrong)))
    assert after[criterion].earned < before[criterion].earned
    lost = [part for part in after[criterion].parts if part.state in {State.UNMET, State.MISSING}]
    assert all(part.expected and part.found and "answers.yaml" in part.look_at for part in lost)
    others = {name for name in before if after[name].earned != before[name].earned} - {criterion}
    assert others <= {"speed-up"}


@pytest.mark.parametrize(
    ("factor", "state"), [(1.05, State.MET), (0.95, State.MET), (1.07, State.UNMET), (0.93, State.UNMET)]
)
def test_a_makespan_counts_within_the_stated_tolerance(factor, state):
    """Five per cent or half a second either way of a burst that happened, and no more."""
    found = marks(graded(change("figures.low.makespan_s", LOW.makespan_s * factor)))
    assert found["low-makespan"].state is state


def test_some_of_it_earns_some_of_the_points():
    """One of three durations right is a third of the points."""
    found = marks(graded(change("happy_path.durations_ms", {"Beta": 250})))["step-durations"]
    assert (found.earned, found.out_of, found.state) == (0.67, 2.0, State.PARTIAL)


def test_a_hypothesis_among_the_evidence_is_found():
    """A report whose evidence says `probably` has not kept the two apart, and is told the word."""
    wrong = ["Errors was 1", "PayloadTooLarge: text length 5100 > 5000, probably from one client"]
    found = marks(graded(change("bad_input.report.evidence", wrong)))["bad-input-report"]
    (apart,) = [part for part in found.parts if "apart" in part.expected]
    assert apart.state is State.UNMET
    assert "probably" in apart.found


def test_a_log_line_that_was_never_written_is_no_evidence():
    """A quoted line counts when it was recorded, and not when it was not."""
    given = ["PayloadTooLarge: text length 5100 > 5000", "DatabaseGone: connection lost at 03:00"]
    found = marks(graded(change("bad_input.report.evidence", given)))["bad-input-report"]
    states = [part.state for part in found.parts if part.expected.startswith("evidence that cites")]
    assert states == [State.MET, State.UNMET]


@pytest.mark.parametrize(
    ("entry", "counts"),
    [
        ("Errors was 1 in the minute of the burst", True),
        ("ConcurrentExecutions was flat at the cap", True),
        ("there were errors, and the duration was long", False),
        ("ModelLatency rose to 2 s", False),
        ("OverheadLatency rose to 2 s", False),
        ("the makespan and the throughput", False),
        ("the REPORT line was there", False),
        ("a TaskFailed event", False),
        ("a ValueError was raised", True),
        ("a valueerror was raised", False),
    ],
)
def test_a_citation_is_a_metric_as_it_is_spelled_or_what_was_recorded(entry, counts):
    """Plain words and metrics that this pipeline does not have are no evidence."""
    given = change("bad_input.report.evidence", [entry])
    parts = marks(graded(given))["bad-input-report"].parts
    (found,) = [part for part in parts if part.expected.startswith("evidence that cites")]
    assert (found.state is State.MET) is counts, found.found


def test_a_metric_counts_that_is_in_the_evidence():
    """Whatever CloudWatch was asked for and is among the observations may be cited."""
    documents = {**files(), **incidents()}
    seen = documents["evidence/activity6-observations.json"]
    seen["metrics"].append({**seen["metrics"][0], "name": "ModelLatency", "dimensions": {}})
    seen["seal"] = seal.seal(seen)
    given = change("bad_input.report.evidence", ["ModelLatency rose to 2 s"])
    parts = marks(graded(given, documents))["bad-input-report"].parts
    assert [p.state for p in parts if p.expected.startswith("evidence that cites")] == [State.MET]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("p95 was 260 ms and the makespan too long to be of any use to anybody here", True),
        ("there were many errors and the duration was much too long for all of the tickets", False),
    ],
)
def test_a_reason_may_name_a_figure_too(text, named):
    """Beside metrics a reason may name a figure of the burst; plain words are no signal."""
    found = marks(graded(change("bottleneck.why", text)))["bottleneck-why"]
    assert (found.parts[1].state is State.MET) is named


def test_the_transfer_table_is_optional_and_other_names_are_read():
    """An empty table costs nothing, a known name is met, another waits for an assessor; none is lost."""
    empty = marks(graded(change("transfer_table", {})))["transfer"]
    assert (empty.earned, empty.out_of, empty.awaiting, empty.state) == (0, 0, 0, State.SKIPPED)
    some = {"Map state": "Argo Workflows", "Lambda memory": "a teapot", "MaxConcurrency": "parallelism"}
    found = marks(graded(change("transfer_table", some)))["transfer"]
    assert [part.state for part in found.parts] == [
        State.SKIPPED,
        State.ASSESSOR,
        State.MET,
        State.MET,
    ]
    assert (found.earned, found.out_of, found.awaiting, found.undecided) == (1.0, 1.0, 0.5, 0.5)


def test_free_text_is_left_to_the_assessor_with_the_evidence_beside_it():
    """No point is given for what a text says: that part waits, with the answer and the measurements."""
    found = marks(graded())["bottleneck-why"]
    assert found.state is State.ASSESSOR
    assert found.awaiting > 0
    assert "Duration" in found.answer
    assert any("of service time" in line for line in found.evidence)


def test_padding_is_no_reflection():
    """A sentence pasted twenty times is long and says nothing new."""
    padded = "First I look at Throttles and classify by evidence before hypothesis. " * 20
    found = marks(graded(change("reflection", padded)))["reflection"]
    assert found.parts[0].state is State.UNMET
    assert "different" in found.parts[0].found


def test_the_grader_s_own_run_decides_about_an_own_pipeline():
    """Evidence that says confirmed does not help a pipeline that fails when the grader runs it."""
    ran = Run((Experiment("test_wall", 3, "failed", "REFUTED: 3 of 60"),))
    found = marks(graded(run=ran, own_pipeline=True))["wall"]
    assert found.state is State.UNMET
    assert "REFUTED" in found.parts[0].found


def test_broken_is_not_failed():
    """What broke in the harness takes its points out of the sum and costs the learner nothing."""
    ran = Run((Experiment("test_a", 3, "passed"), Experiment("test_b", 3, "broken", "no cloud", "harness")))
    found = marks(graded(run=ran, own_pipeline=True))["wall"]
    assert (found.state, found.earned, found.out_of, found.undecided) == (State.BROKEN, 2.0, 2.0, 2.0)


def test_breakage_that_the_reference_does_not_have_is_the_learner_s():
    """When the same experiment works with the reference pipeline, breaking is failing."""
    ran = Run((Experiment("test_a", 3, "broken", "FAILED: ValueError", "learner"),))
    found = marks(graded(run=ran, own_pipeline=True))["wall"]
    assert (found.state, found.earned, found.out_of) == (State.UNMET, 0.0, 4.0)


def test_skipped_is_not_passed():
    """A skipped experiment earns nothing, loses nothing and is not counted."""
    ran = Run((Experiment("test_a", 3, "skipped", "unsupported here: PutDashboard"),))
    found = marks(graded(run=ran, own_pipeline=True))["wall"]
    assert (found.state, found.earned, found.out_of, found.undecided) == (State.SKIPPED, 0.0, 0.0, 4.0)


def test_met_and_skipped_is_not_met():
    """An experiment that passed beside one that was skipped does not make the criterion met."""
    found = marks(graded(run=half_skipped(), own_pipeline=True))["wall"]
    assert (found.state, found.earned, found.out_of, found.undecided) == (State.INCOMPLETE, 2.0, 2.0, 2.0)


def half_skipped():
    """Return a run of the grader's in which one experiment of two was skipped."""
    return Run((Experiment("test_a", 3, "passed"), Experiment("test_b", 3, "skipped", "unsupported here")))


def test_a_run_of_ours_that_failed_costs_no_point():
    """With a failed run of ours in place of evidence, nothing is decided against the learner by it."""
    found = graded(documents={}, run=Run(failed="the cloud did not start"), own_pipeline=True)
    assert found.broken
    needing = [m for m in found.marks if m.criterion.decided == "evidence" and m.criterion.id != "evidence"]
    lost = [m.criterion.id for m in needing if m.earned < m.out_of]
    assert set(lost) <= {"fishbone-cause"}


def test_one_criterion_out_of_time_does_not_lose_the_rest(monkeypatch):
    """A criterion that takes too long, and one that raises, are broken; all others are decided as before."""

    def slow(_case, _criterion):
        raise OutOfTime("more than 20 s")

    def raising(_case, _criterion) -> Decision:
        raise KeyError("oops")

    monkeypatch.setitem(CHECKS, "why", slow)
    monkeypatch.setitem(CHECKS, "speed_up", raising)
    case = Case(answers(right()), read({**files(), **incidents()}))
    found, before = marks(grade("ada", case, read_rubric())), marks(graded_before())
    assert found["bottleneck-why"].state is found["speed-up"].state is State.BROKEN
    assert "too long" in found["bottleneck-why"].parts[0].found
    assert all(found[n].earned == before[n].earned for n in found if n not in {"bottleneck-why", "speed-up"})


def graded_before():
    """Return the grade with the checks as they are."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("why", "speed_up"):
            patch.setitem(CHECKS, name, ORIGINAL[name])
        return graded()


ORIGINAL = dict(CHECKS)


def test_a_guard_is_entered_around_each_criterion():
    """The caller's limit surrounds every check, one by one."""
    entered = []

    @contextmanager
    def guard():
        entered.append(1)
        yield

    rubric = read_rubric()
    case = Case(answers(right()), read(files()))
    for criterion in rubric.criteria:
        mark(case, criterion, guard)
    assert len(entered) == len(rubric.criteria)


def test_a_mapping_without_evidence_is_not_diagnosed():
    """A classification with no evidence of its incident is missing evidence, not wrong."""
    found = marks(graded(documents=files()))["bad-input-class"]
    assert found.state is State.MISSING
    assert "hand in" in found.parts[0].look_at


def test_of_several_incidents_the_exercise_s_own_is_diagnosed():
    """Activity 7 may hold other incidents too; the classification is held against the large slow burst."""
    others = {"evidence/activity7-memory.json": incident("memory-128"), **files(), **incidents()}
    found = marks(graded(documents=others))
    assert found["throttling-class"].state is State.MET
    assert found["fishbone-bone"].state is State.MET


@pytest.mark.parametrize("left_empty", [("high",), ("low",), ("low", "high")])
def test_figures_are_right_without_the_cap_beside_them(left_empty):
    """Where the answers do not say how many at once, right figures earn all their points."""
    given = right()
    for side in left_empty:
        del given["figures"][side]["max_concurrency"]
    found = marks(graded(given))
    for name in ("low-makespan", "low-peak", "high-makespan", "high-p95", "speed-up"):
        assert found[name].state is State.MET, found[name].parts
    given["figures"]["high"]["makespan_s"] = given["figures"]["low"]["makespan_s"]
    assert marks(graded(given))["high-makespan"].state is State.UNMET


def test_a_low_side_without_evidence_of_its_own_is_the_lowest_there_is():
    """Without activity 3's file, the bursts of activity 4 still tell low from high."""
    given, documents = right(), files()
    for side in ("low", "high"):
        del given["figures"][side]["max_concurrency"]
    del documents["evidence/activity3-a.json"]
    found = marks(graded(given, documents))
    assert [found[n].state for n in ("low-makespan", "high-makespan")] == [State.MET, State.MET]
    given["figures"]["low"]["makespan_s"] = given["figures"]["high"]["makespan_s"]
    assert marks(graded(given, documents))["low-makespan"].state is State.UNMET


@pytest.mark.parametrize(
    ("place", "criterion"),
    [
        ("figures.low.makespan_s", "low-makespan"),
        ("figures.speed_up", "speed-up"),
        ("happy_path.durations_ms", "step-durations"),
        ("throttling.fix.before", "verified"),
    ],
)
def test_a_figure_with_a_unit_costs_its_own_question(place, criterion):
    """The criterion is not met, and says line, column and what to write; all others are graded."""
    wrong = {"Alpha": 2.0, "Beta": "250 ms", "Gamma": 2.0} if "durations" in place else "62 s"
    before, found = marks(graded()), graded(change(place, wrong))
    after = marks(found)
    (said,) = {part.found for part in after[criterion].parts if part.state is State.UNMET}
    assert re.match(r"answers\.yaml, line \d+, column \d+: .* needs a number without a unit.*, not '", said)
    others = {name for name in before if after[name].earned != before[name].earned}
    assert criterion in others
    assert others <= {criterion, "speed-up"}
    assert said in found.notes


def broke(activity):
    """Return a run of the grader's in which one activity broke through no fault of the learner."""
    return Run((Experiment("test_a", activity, "broken", "no cloud", "harness"),))


@pytest.mark.parametrize(
    ("side", "broken", "state"),
    [
        ("high", 4, State.BROKEN),
        ("high", 3, State.UNMET),
        ("low", 3, State.BROKEN),
        ("low", 4, State.UNMET),
    ],
)
def test_breakage_of_ours_is_asked_of_the_side_s_own_activity(side, broken, state):
    """Where our own burst of a side could not be made, its figure is not charged to the learner."""
    documents = {name: doc for name, doc in files().items() if "activity2" in name}
    if side == "high":
        documents["evidence/activity3-a.json"] = files()["evidence/activity3-a.json"]
    found = marks(graded(documents=documents, run=broke(broken), own_pipeline=True))
    assert found[f"{side}-makespan"].state is state
    assert found["speed-up"].parts[0].state is state
    name = {"low": "before", "high": "after"}[side]
    (part,) = [p for p in found["verified"].parts if name in p.expected and "within" in p.expected]
    assert part.state is state

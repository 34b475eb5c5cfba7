"""One result, its exit code, its Markdown and its JSON, and what an earlier JSON may be used for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reports import evidence
from reports.evidence import EvidenceFile, NotAnEvidenceFile
from reports.records import Environment
from reports.regression import record, summary
from reports.regression.comparing import Effects, compare, compare_with_record
from reports.regression.decisions import Standing
from reports.regression.findings import Check, Finding
from reports.regression.report import Experiment, Regression, Source
from reports.regression.sequential import Looks
from tests.reports.regression.paired_bursts import pairs

HERE = Environment(
    "embedded", "us-east-1", {"cpu": "a", "cores": "2", "id": "m1"}, {"moto": "5"}, "abc", "hash"
)
LOOKS = Looks((6, 12))
GOOD = Check("knob", "the knob is connected", ())
PASSED = Experiment(1, "test_it", "passed", 3)


def result(factors=None, **changes):
    """Return a result with six pairs, all good unless said otherwise."""
    made = pairs(6, factors)
    given = {
        "new": Source("new.yaml", "h1"),
        "baseline": Source("HEAD", "h0"),
        "checks": (GOOD,),
        "experiments": (PASSED,),
        "performance": compare(made, LOOKS, Effects()),
        "environment": HERE,
        "pairs": made,
    }
    return Regression(**(given | changes))


FOUND = Check("knob", "the knob is connected", (Finding("knob", "Machine", "is cut | off"),))
REFUTED = Experiment(3, "test_wall", "failed", 2, ("REFUTED: tickets lost: 3",))
BROKEN = Experiment(3, "test_wall", "broken", 0, ("stack gone",))


@pytest.mark.parametrize(
    ("changed", "code", "headline"),
    [
        ({}, 0, "no worse"),
        ({"factors": {"Beta": 0.8}}, 0, "improved"),
        ({"factors": {"Beta": 1.2}}, 1, "worse"),
        ({"checks": (FOUND,)}, 1, "1 promise broken"),
        ({"experiments": (PASSED, REFUTED)}, 1, "1 promise broken"),
        ({"experiments": (PASSED, BROKEN)}, 2, "inconclusive"),
        ({"experiments": (BROKEN, REFUTED)}, 1, "1 promise broken"),
        ({"performance": None, "no_timings": "refused"}, 2, "inconclusive"),
        ({"performance": None, "no_timings": "the same", "unchanged": True}, 0, "no worse"),
        ({"performance": None, "no_timings": "no", "timings_asked_for": False}, 0, "checks passed"),
        ({"trouble": ("no cloud",)}, 2, "inconclusive"),
    ],
)
def test_exit_codes(changed, code, headline):
    """What is worse or wrong ends with 1, what could not be told with 2, and everything else with 0."""
    found = result(**changed)
    assert (found.exit_code, found.headline) == (code, headline)


NOT_TIMED = {"performance": None, "no_timings": "nobody asked for timings", "timings_asked_for": False}
SAME = {"performance": None, "no_timings": "the same", "unchanged": True}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {},
            (
                "Nothing got worse by as much as matters; every check passed; every claim that was judged "
                "was confirmed."
            ),
        ),
        (
            {"experiments": ()},
            (
                "Nothing got worse by as much as matters; every check passed. "
                "Not looked at: the claims of the activities."
            ),
        ),
        (
            NOT_TIMED,
            "Every check passed; every claim that was judged was confirmed. Not looked at: the speed.",
        ),
        (
            NOT_TIMED | {"experiments": ()},
            "Every check passed. Not looked at: the speed, the claims of the activities.",
        ),
        (
            SAME | {"experiments": (replace(PASSED, claims=0),)},
            (
                "Template and code are the same on both sides; every check passed. "
                "Not looked at: the claims of the activities."
            ),
        ),
        (
            {"experiments": (REFUTED,)},
            "Something is worse or wrong.",
        ),
        (
            NOT_TIMED | {"experiments": (), "checks": (FOUND,)},
            "Something is worse or wrong. Not looked at: the speed, the claims of the activities.",
        ),
        (
            {"trouble": ("no cloud",)},
            "It could not be told. Nothing is known to be wrong.",
        ),
    ],
)
def test_the_words_say_no_more_than_was_looked_at(changed, says):
    """Below the headline stands what was found, and which parts of the check were not made."""
    found = result(**changed)
    assert f"`new.yaml` against `HEAD`. {says}\n" in summary.markdown(found)
    not_looked_at = says.partition("Not looked at: ")[2].rstrip(".")
    line = f"  not looked at: {not_looked_at}\n"
    assert (line in summary.terminal(found)) == bool(not_looked_at)
    assert "for certain" not in summary.markdown(found)


def against_a_record(factors=None):
    """Return a result that was held against bursts of another time."""
    made_pairs = pairs(6, factors)
    sides = [pair.baseline for pair in made_pairs], [pair.new for pair in made_pairs]
    return result(performance=compare_with_record(*sides, 0.05, Effects()), pairs=made_pairs)


@pytest.mark.parametrize("form", [summary.markdown, summary.terminal])
@pytest.mark.parametrize(("factors", "headline"), [(None, "no worse"), ({"Beta": 1.5}, "worse")])
def test_a_recorded_baseline_has_its_caveat_beside_the_headline(factors, headline, form):
    """What the machine did between the two times is said before anything else, and no error rate is given."""
    found = against_a_record(factors)
    text = form(found)
    assert found.headline == headline
    head = text.splitlines()[:5]
    assert any("not in the interval, so that no error rate can be given" in line for line in head)
    assert "chance of any wrong" not in text
    assert "pairs" not in text


def test_a_recorded_baseline_counts_bursts_a_side():
    """Recorded bursts are no pairs: as many as there are on each side are told."""
    assert "6 bursts a side, run at two times" in summary.markdown(against_a_record())
    noisy = compare_with_record(
        [pair.baseline for pair in pairs(4)], [pair.new for pair in pairs(3, {"Beta": 1.04})], 0.05, Effects()
    )
    noisy = replace(noisy, comparisons=(replace(noisy.whole, standing=Standing.INCONCLUSIVE), *noisy.steps))
    found = result(performance=noisy)
    assert found.open_questions == ("makespan: 4 recorded and 3 new bursts could not tell",)


def test_side_by_side_has_an_error_rate_and_no_caveat():
    """Pairs that ran side by side keep the error rate that was asked for, and the budget."""
    text = summary.markdown(result())
    assert "6 of at most 12 pairs of bursts" in text
    assert "The chance of any wrong *worse* or *improved* in the table is at most 5%" in text
    assert "no error rate" not in text


def test_steps_that_are_not_compared_are_told_with_the_reason():
    """A step of one side only, and one without time in every burst, are named each with its reason."""
    made_pairs = pairs(6, {"Gamma": 0.0}, steps=("Alpha", "Gamma", "Delta"))
    found = result(performance=compare(made_pairs, LOOKS, Effects()))
    told = "Beta, Delta (only one side has it); Gamma (not every burst on both sides spent time there)"
    assert f" Not compared: {told}." in summary.markdown(found)
    assert f"  not compared: {told}\n" in summary.terminal(found)
    assert "compared:" not in summary.markdown(result()) + summary.terminal(result())


def test_a_skipped_experiment_is_no_pass():
    """An experiment that was skipped leaves the question open."""
    skipped = Experiment(7, "test_hard", "skipped", 0, ("unsupported here",))
    assert result(experiments=(PASSED, skipped)).exit_code == 2


def test_markdown_says_what_is_wrong_first():
    """The job page begins with the verdict and what is wrong, and has every comparison with its interval."""
    text = summary.markdown(result({"Beta": 1.2}, checks=(FOUND,)))
    lines = text.splitlines()
    assert lines[0] == "## ❌ Template check: worse"
    assert text.index("is cut \\| off") < text.index("### Performance")
    row = next(line for line in lines if line.startswith("| Beta |"))
    assert "**worse**" in row
    assert "1.2" in row
    assert "at 98.75%" in text


def test_every_table_row_has_as_many_cells_as_its_header():
    """No cell breaks a table, whatever is in it."""
    text = summary.markdown(result(checks=(FOUND,), experiments=(REFUTED,)))
    for block in text.split("\n\n"):
        if block.startswith("|"):
            widths = {row.replace("\\|", "").count("|") for row in block.splitlines()}
            assert len(widths) == 1, block


def test_terminal_names_what_is_wrong_and_unknown():
    """The terminal has the verdict, each comparison, and a line for each thing that is wrong or open."""
    text = summary.terminal(result({"Beta": 1.2}, experiments=(BROKEN,)))
    assert text.startswith("WORSE: new.yaml against HEAD")
    assert "WRONG: Beta is worse" in text
    assert "UNKNOWN: test_wall: stack gone" in text


def test_json_gives_the_new_side_back(tmp_path):
    """The bursts of the new template, written, are read back equal, to be a baseline one day."""
    found = result()
    path = record.write(found, tmp_path / "deep" / "regression.json")
    again = record.read(path)
    assert again.bursts == tuple(pair.new for pair in found.pairs)
    assert again.environment == HERE
    assert json.loads(path.read_text())["verdict"] == "no worse"
    assert record.usable(again, HERE, 12, 4) == again.bursts


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        (replace(HERE, machine={"cpu": "b", "cores": "2", "id": "m1"}), "machine's cpu is b, here it is a"),
        (replace(HERE, versions={"moto": "4"}), "versions's moto is 4, here it is 5"),
        (replace(HERE, cloud="aws"), "its cloud is aws"),
    ],
)
def test_timings_of_another_machine_are_refused(there, reason, tmp_path):
    """Bursts that were run elsewhere, or with other versions, are no baseline, and it is said why."""
    recorded = record.read(record.write(result(environment=there), tmp_path / "r.json"))
    with pytest.raises(record.Refused, match=reason):
        record.usable(recorded, HERE, 12, 4)


def test_two_machines_of_one_kind_are_told_apart(tmp_path):
    """A machine that is the same in everything but its id is another one."""
    recorded = record.read(record.write(result(), tmp_path / "r.json"))
    other = replace(HERE, machine={**HERE.machine, "id": "m2"})
    assert record.usable(recorded, HERE, 12, 4)
    with pytest.raises(record.Refused, match="machine's id is m2, here it is m1"):
        record.usable(replace(recorded, environment=other), HERE, 12, 4)


def test_what_cannot_be_shown_to_be_from_this_machine_is_refused(tmp_path):
    """An activity's evidence does not say which machine it is from: its timings are refused for that."""
    nameless = replace(HERE, machine={"cpu": "a", "cores": "2"})
    bursts = tuple(pair.new for pair in pairs(6))
    path = evidence.write(EvidenceFile(3, "test_wall", (), bursts, nameless), tmp_path / "activity3.json")
    recorded = record.read(path)
    assert recorded.bursts == bursts
    with pytest.raises(record.Refused, match="it does not say which machine it is from") as refused:
        record.usable(recorded, HERE, 12, 4)
    assert len(refused.value.reasons) == 1
    with pytest.raises(record.Refused, match="it cannot be told which machine this is"):
        record.usable(replace(recorded, environment=HERE), nameless, 12, 4)


def test_another_load_is_refused(tmp_path):
    """Bursts of another size say nothing about these."""
    recorded = record.read(record.write(result(), tmp_path / "r.json"))
    with pytest.raises(record.Refused, match="0 warm bursts of 40 tickets at concurrency 10"):
        record.usable(recorded, HERE, 40, 10)


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "{}",
        '{"schema": "other/1"}',
        "[]",
        '{"schema": "scale-or-fail/regression/1"}',
        '{"schema": "scale-or-fail/regression/1", "pairs": 3}',
        '{"schema": "scale-or-fail/evidence/1", "bursts": [1]}',
    ],
)
def test_what_is_no_record_is_refused(text, tmp_path):
    """A file that is no record of this project is refused by name."""
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(NotAnEvidenceFile):
        record.read(path)

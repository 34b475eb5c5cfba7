"""One result, its exit code, its Markdown and its JSON, and what an earlier JSON may be used for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reports.evidence import NotAnEvidenceFile
from reports.records import Environment
from reports.regression import record, summary
from reports.regression.comparing import Effects, compare
from reports.regression.findings import Check, Finding
from reports.regression.report import Experiment, Regression, Source
from reports.regression.sequential import Looks
from tests.reports.regression.paired_bursts import pairs

HERE = Environment("embedded", "us-east-1", {"cpu": "a", "cores": "2"}, {"moto": "5"}, "abc", "hash")
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
        ({"performance": None, "no_timings": "no", "timings_asked_for": False}, 0, "no worse"),
        ({"trouble": ("no cloud",)}, 2, "inconclusive"),
    ],
)
def test_exit_codes(changed, code, headline):
    """What is certainly wrong ends with 1, what could not be told with 2, and everything else with 0."""
    found = result(**changed)
    assert (found.exit_code, found.headline) == (code, headline)


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
        (replace(HERE, machine={"cpu": "b", "cores": "2"}), "machine's cpu is b, here it is a"),
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
    """The id of the machine counts where both have one; the evidence of an activity has none."""
    recorded = record.read(record.write(result(), tmp_path / "r.json"))
    mine, other = (replace(HERE, machine={**HERE.machine, "id": name}) for name in ("m1", "m2"))
    assert record.usable(recorded, mine, 12, 4)
    with pytest.raises(record.Refused, match="machine's id is m2, here it is m1"):
        record.usable(replace(recorded, environment=other), mine, 12, 4)


def test_another_load_is_refused(tmp_path):
    """Bursts of another size say nothing about these."""
    recorded = record.read(record.write(result(), tmp_path / "r.json"))
    with pytest.raises(record.Refused, match="0 warm bursts of 40 tickets at concurrency 10"):
        record.usable(recorded, HERE, 40, 10)


@pytest.mark.parametrize("text", ["no json", "{}", '{"schema": "other/1"}', "[]"])
def test_what_is_no_record_is_refused(text, tmp_path):
    """A file that is no record of this project is refused by name."""
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(NotAnEvidenceFile):
        record.read(path)

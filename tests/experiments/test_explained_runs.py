"""Whole runs of the experiments that explain: with a quick model, and on a pipeline that fails otherwise."""

from __future__ import annotations

from reports import evidence
from tests.experiments.test_whole_runs import measured_run, run, statuses, template

__all__ = ["template"]

SMALL = ("--tickets=40", "--high=8")
TELLING = (
    "leads_by_average or slowest_ticket or classified or contains_it or concurrency_refuses or at_eleven"
)
"""A query, a planted ticket, an incident, a variant, a reservation and the sandbox: one of each kind."""


def test_queries_incidents_and_variants_pass_and_recompute(template):
    """Activities 5 to 7 pass in one run, and each verdict follows from the evidence files alone."""
    done, out = measured_run(template, "-m", "activity5 or activity6 or activity7", "-k", TELLING, *SMALL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(statuses(out).values()) == ["passed"] * 6
    files = [evidence.read(path) for path in (out / "evidence").glob("activity*.json")]
    assert {file.activity for file in files} == {5, 6, 7}
    for file in files:
        assert [verdict.outcome for verdict in evidence.recompute(file)] == ["confirmed"] * len(file.claims)
    reports = [path.read_text("utf-8") for path in (out / "allure-results").glob("*.md")]
    assert any("# Refused by reserved concurrency" in report for report in reports)
    assert all("## Hypothesis" in report and "## Evidence" in report for report in reports)


def test_a_failure_of_another_class_in_another_step_refutes(template):
    """Where the oversized ticket runs out of memory in the model step instead, activity 6 fails."""
    handlers = template.parent.parent / "handlers"
    change(handlers / "preprocess.py", "MAX_CHARACTERS = 5000", "MAX_CHARACTERS = 50_000")
    sleeps = "        time.sleep(INFERENCE_S)\n"
    change(
        handlers / "embed.py", sleeps, f"{sleeps}        len(event['text']) > 5000 and b'x' * (600 << 20)\n"
    )
    done, out = run(template, "-m", "activity6", "-k", "classified", *SMALL)
    assert done.returncode == 1, done.stdout + done.stderr
    assert set(statuses(out).values()) == {"failed"}
    assert "EXHAUSTED, not BAD INPUT" in done.stdout


def change(path, before, after):
    """Change a handler's code; what is to be changed has to be there."""
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")

"""The activities catch each broken pipeline, by the claim that they must catch it by (`make selftest`).

Each mutant is deployed and the activities are run on it as a person runs them, which takes some minutes in
all; therefore this file is not collected by itself.
"""

from __future__ import annotations

import pytest

from fixtures.regression import promises
from tests.mutants.mutants import MUTANTS, QUICK_MODEL, derive

RUN = [mutant for mutant in MUTANTS if mutant.activities]
OPTIONS = ("--quick",)


@pytest.mark.parametrize("activity", sorted({number for mutant in RUN for number in mutant.activities}))
def test_the_pipeline_as_it_is_passes(activity, tmp_path):
    """Unbroken, with the same quick model, the pipeline passes what the mutants are run with."""
    found = promises.run(derive(tmp_path, (QUICK_MODEL,)), [activity], tmp_path / "out", OPTIONS)
    assert caught_in(found) == {}


@pytest.mark.parametrize("mutant", RUN, ids=lambda mutant: mutant.name)
def test_a_broken_pipeline_is_caught_by_its_claim(mutant, tmp_path):
    """A broken pipeline is refuted by the claim that it breaks; what does not rest on that claim passes."""
    edits = (QUICK_MODEL, *mutant.edits) if mutant.quick_model else mutant.edits
    found = promises.run(derive(tmp_path, edits), mutant.activities, tmp_path / "out", OPTIONS)
    caught = caught_in(found, unsure=mutant.merely_unconfirmed)
    for experiment, claim in mutant.refuted.items():
        assert experiment in caught, f"survived: {mutant.breaks}; {experiment} passed"
        outcomes = ("REFUTED", "INCONCLUSIVE") if mutant.merely_unconfirmed else ("REFUTED",)
        said = caught[experiment].lines
        assert any(line.startswith(f"{outcome}: {claim}") for line in said for outcome in outcomes), said
    others = {
        name: one.lines for name, one in caught.items() if name not in {*mutant.refuted, *mutant.follows}
    }
    assert others == {}


def caught_in(found, *, unsure=False):
    """Return the experiments that failed or broke, by name; a claim that could not tell blames nothing."""
    caught = [one for one in found if one.status not in {"passed", "skipped"}]
    return {one.name: one for one in caught if unsure or not all(map(is_unsure, one.lines))}


def is_unsure(line):
    """Tell whether a line is a verdict that could not tell."""
    return line.startswith("INCONCLUSIVE")

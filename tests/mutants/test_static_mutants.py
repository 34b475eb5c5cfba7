"""The static checks find each broken template, and nothing else."""

from __future__ import annotations

import pytest

from infra.packaging import package
from infra.packaging.template import read_template
from reports.regression.checks import CHECKS, check_template
from tests.mutants.mutants import MUTANTS, derive

STATIC = [mutant for mutant in MUTANTS if mutant.static]


def found_in(template):
    """Return the names of the static checks that found something."""
    return {check.name for check in check_template(read_template(template)) if not check.passed}


def test_our_own_template_passes_every_check(tmp_path):
    """The pipeline as it is has nothing that a static check finds."""
    assert found_in(derive(tmp_path, ())) == set()


@pytest.mark.parametrize("mutant", STATIC, ids=lambda mutant: mutant.name)
def test_a_broken_template_is_found_by_its_check_alone(mutant, tmp_path):
    """A broken template is found by the checks that it must be found by, and passes all others."""
    assert found_in(derive(tmp_path, mutant.edits)) == mutant.static


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_a_template_all_the_same(mutant, tmp_path):
    """A mutant still packages: it is broken in what it does, not in how it is written."""
    assert package(derive(tmp_path, mutant.edits)).body


def test_every_check_catches_some_mutant():
    """No static check is there that none of the broken templates needs."""
    assert {name for mutant in MUTANTS for name in mutant.static} == set(CHECKS)


def test_names_are_unique():
    """Two mutants never share a name, so that a report says which one survived."""
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)

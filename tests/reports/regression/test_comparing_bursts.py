"""Pairs of bursts become comparisons: whole and by step, with the smallest effect that matters for each."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from reports.regression.comparing import (
    NO_TIME,
    ONE_SIDE,
    Effects,
    LeftOut,
    compare,
    compare_with_record,
    shares,
)
from reports.regression.decisions import Standing
from reports.regression.sequential import Looks
from tests.reports.regression.paired_bursts import made, pairs

LOOKS, EFFECTS = Looks((6, 12)), Effects()


def standings(performance):
    """Return the verdict of each subject."""
    return {one.subject: one.standing for one in performance.comparisons}


def test_nothing_changed_is_no_worse():
    """Bursts of the same length are no worse, whole and by step, and need no more pairs."""
    found = compare(pairs(6), LOOKS, EFFECTS)
    assert set(standings(found).values()) == {Standing.NO_WORSE}
    assert found.settled
    assert found.standing is Standing.NO_WORSE


def test_a_slower_step_is_named():
    """A model step 20 % slower makes itself and the whole worse, and no other step."""
    found = compare(pairs(6, {"Beta": 1.2}), LOOKS, EFFECTS)
    assert standings(found) == {
        "makespan": Standing.WORSE,
        "Alpha": Standing.NO_WORSE,
        "Beta": Standing.WORSE,
        "Gamma": Standing.NO_WORSE,
    }
    assert math.isclose(found.comparisons[2].ratio, 1.2, rel_tol=1e-3)


def test_a_faster_step_improves_the_whole():
    """A model step 20 % faster is an improvement, of itself and of the whole."""
    found = compare(pairs(6, {"Beta": 0.8}), LOOKS, EFFECTS)
    assert found.standing is Standing.IMPROVED
    assert standings(found)["Beta"] is Standing.IMPROVED


def test_a_step_that_nobody_waits_for_may_double():
    """A step of 2 ms in a ticket of 254 ms may take 4 ms: 2 % of the ticket is where it begins to matter."""
    assert standings(compare(pairs(6, {"Alpha": 2.0}), LOOKS, EFFECTS))["Alpha"] is Standing.NO_WORSE
    assert standings(compare(pairs(6, {"Alpha": 8.0}), LOOKS, EFFECTS))["Alpha"] is Standing.WORSE


def test_a_step_of_one_side_only_is_told():
    """A step that only one template has is not compared, and named."""
    found = compare(pairs(6, steps=("Alpha", "Beta", "Delta")), LOOKS, EFFECTS)
    assert found.not_compared == (LeftOut("Gamma", ONE_SIDE), LeftOut("Delta", ONE_SIDE))
    assert [one.subject for one in found.steps] == ["Alpha", "Beta"]


def unvisited(burst, step="Gamma"):
    """Return a burst none of whose tickets came to a step, as with one that only a Catch leads to."""
    tickets = tuple(
        replace(ticket, steps=tuple(one for one in ticket.steps if one.step != step))
        for ticket in burst.tickets
    )
    return replace(burst, tickets=tickets)


@pytest.mark.parametrize("side", ["baseline", "new"])
@pytest.mark.parametrize("bursts", [1, 6])
def test_a_step_that_not_every_burst_visits_is_not_compared(side, bursts):
    """A step behind a Catch or a Choice keeps nothing open, and its share of the error goes to the others."""
    made_pairs = pairs(6)
    some = tuple(replace(pair, **{side: unvisited(getattr(pair, side))}) for pair in made_pairs[:bursts])
    found = compare((*some, *made_pairs[bursts:]), LOOKS, EFFECTS)
    assert found.not_compared == (LeftOut("Gamma", NO_TIME),)
    assert found.standing is Standing.NO_WORSE
    assert found.settled
    assert math.isclose(found.steps[0].interval.confidence, 1 - LOOKS.spent_at(6) / 2 / 2)


def test_a_step_that_takes_no_time_is_not_compared():
    """A step whose passages all last 0 ms has no ratio, and is named instead of ending in an error."""
    found = compare(pairs(6, {"Gamma": 0.0}), LOOKS, EFFECTS)
    assert found.not_compared == (LeftOut("Gamma", NO_TIME),)
    assert found.standing is Standing.NO_WORSE


def test_a_recorded_step_that_not_every_burst_visits_is_not_compared():
    """Against recorded bursts too, a step without time in any of them is left out and named."""
    old = [made(wobble=wobble) for wobble in (0.999, 1.0, 1.001)]
    new = [unvisited(made(wobble=1.0005)), *old[1:]]
    for sides in ((old, new), (new, old)):
        found = compare_with_record(*sides, 0.05, EFFECTS)
        assert found.not_compared == (LeftOut("Gamma", NO_TIME),)
        assert found.standing is Standing.NO_WORSE


@pytest.mark.parametrize("steps", [0, 1, 3, 7])
def test_the_shares_of_the_error_add_up(steps):
    """What whole and steps are given of the error probability is all of it."""
    assert math.isclose(sum(shares(0.05, steps)), 0.05)
    assert len(shares(0.05, steps)) == steps + 1


def test_recorded_bursts_are_held_against_new_ones():
    """Against bursts of another time, only a difference beyond the smallest that matters has a name."""
    old = [made(wobble=wobble) for wobble in (0.999, 1.0, 1.001, 1.002)]
    slower = [made({"Beta": 1.3}, wobble=wobble) for wobble in (0.999, 1.0, 1.001)]
    same = [made(wobble=wobble) for wobble in (1.001, 1.0, 1.0005)]
    assert compare_with_record(old, slower, 0.05, EFFECTS).whole.standing is Standing.WORSE
    assert compare_with_record(old, same, 0.05, EFFECTS).standing is Standing.NO_WORSE
    assert "Welch" in compare_with_record(old, same, 0.05, EFFECTS).method
    assert compare_with_record(old, same, 0.05, EFFECTS).recorded == 4
    assert compare(pairs(6), LOOKS, EFFECTS).recorded == 0

"""Looks, intervals and verdicts of a regression check, against known answers and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from reports.records import Interval
from reports.regression.decisions import Standing, is_settled, standing, together
from reports.regression.sequential import (
    Looks,
    NoSuchPlan,
    difference_interval,
    looks_up_to,
    ratio_interval,
)

RUNS = 2000
LOOKS = Looks((6, 12, 18, 24), 0.05)


def test_what_the_looks_spend_is_the_whole_error():
    """The levels of all looks together are the error probability that was asked for."""
    for looks in (LOOKS, Looks((4, 10, 11), 0.1), Looks((5,), 0.05)):
        assert math.isclose(sum(looks.spent_at(at) for at in looks.at), looks.alpha)


def test_looks_go_up_to_the_budget():
    """The last look is at the budget, whatever the distance of the others."""
    assert looks_up_to(24, 6) == (6, 12, 18, 24)
    assert looks_up_to(20, 6) == (6, 12, 18, 20)
    assert looks_up_to(4, 6) == (4,)


@pytest.mark.parametrize("at", [(), (6, 6), (12, 6), (2, 6)])
def test_looks_that_make_no_sense_are_refused(at):
    """Looks that do not rise, or begin before an interval means anything, are refused."""
    with pytest.raises(NoSuchPlan, match="looks at"):
        Looks(at)


def test_nobody_looks_unplanned():
    """A look that was not planned has no error probability to spend."""
    with pytest.raises(NoSuchPlan, match="no look at 7"):
        LOOKS.spent_at(7)


def test_interval_of_known_pairs():
    """Ratios 1.0, 1.1 and 1.21 have the geometric mean 1.1 and the textbook's t interval on the logs."""
    logs = [math.log(1.0), math.log(1.1), math.log(1.21)]
    ratio, interval = ratio_interval(logs, 0.05)
    half = stats.t.ppf(0.975, 2) * math.log(1.1) / math.sqrt(3)
    assert math.isclose(ratio, 1.1)
    assert math.isclose(interval.low, 1.1 / math.exp(half))
    assert math.isclose(interval.high, 1.1 * math.exp(half))
    assert interval.confidence == 0.95


def test_unpaired_interval_is_welch():
    """The interval of unpaired samples is SciPy's Welch interval of the difference of logs."""
    rng = np.random.default_rng(1)
    before, after = rng.normal(0, 0.1, 7), rng.normal(0.2, 0.3, 5)
    _, interval = difference_interval(list(before), list(after), 0.05)
    expected = stats.ttest_ind(after, before, equal_var=False).confidence_interval(0.95)
    assert math.isclose(math.log(interval.low), expected.low, rel_tol=1e-9)
    assert math.isclose(math.log(interval.high), expected.high, rel_tol=1e-9)


def test_too_few_pairs_have_no_interval():
    """Two pairs give no interval, and no interval gives no verdict."""
    ratio, interval = ratio_interval([0.5, 0.5], 0.05)
    assert math.isnan(interval.low)
    assert standing(ratio, interval, 0.05) is Standing.INCONCLUSIVE


@pytest.mark.parametrize(
    ("ratio", "low", "high", "expected"),
    [
        (1.10, 1.02, 1.18, Standing.WORSE),
        (1.04, 1.01, 1.07, Standing.INCONCLUSIVE),
        (1.03, 1.01, 1.049, Standing.NO_WORSE),
        (1.00, 0.97, 1.03, Standing.NO_WORSE),
        (1.00, 0.90, 1.11, Standing.INCONCLUSIVE),
        (1.10, 0.99, 1.22, Standing.INCONCLUSIVE),
        (0.90, 0.85, 0.96, Standing.IMPROVED),
        (0.97, 0.95, 0.99, Standing.NO_WORSE),
    ],
)
def test_verdicts_of_ratios(ratio, low, high, expected):
    """An interval gets the word that its place by 1 and by the smallest effect that matters gives it."""
    assert standing(ratio, Interval(low, high), 0.05) is expected


def test_unpaired_samples_need_more():
    """What was not run side by side is worse only when the whole interval is beyond the smallest effect."""
    assert standing(1.10, Interval(1.02, 1.18), 0.05, sure=True) is Standing.INCONCLUSIVE
    assert standing(1.20, Interval(1.06, 1.3), 0.05, sure=True) is Standing.WORSE
    assert standing(0.80, Interval(0.7, 0.9), 0.05, sure=True) is Standing.IMPROVED


def test_no_worse_that_may_be_improved_goes_on():
    """A "no worse" whose interval still reaches below what would be improved asks for more pairs."""
    assert not is_settled(Standing.NO_WORSE, Interval(0.80, 1.01), 0.05)
    assert is_settled(Standing.NO_WORSE, Interval(0.97, 1.02), 0.05)
    assert is_settled(Standing.WORSE, Interval(1.02, 1.2), 0.05)
    assert not is_settled(Standing.INCONCLUSIVE, Interval(0.9, 1.2), 0.05)


def test_one_step_worse_is_worse_altogether():
    """A step that got worse is not made good by a whole that improved; a doubt is not hidden either."""
    worse, better, open_ = Standing.WORSE, Standing.IMPROVED, Standing.INCONCLUSIVE
    assert together(better, [worse, open_]) is worse
    assert together(better, [Standing.NO_WORSE, open_]) is open_
    assert together(better, [Standing.NO_WORSE]) is better


def sequential(samples, looks=LOOKS, margin=0.05):
    """Return the verdict of looking as planned until it is settled."""
    for look in looks.at:
        ratio, interval = ratio_interval(list(samples[:look]), looks.spent_at(look))
        found = standing(ratio, interval, margin)
        if is_settled(found, interval, margin):
            break
    return found


def ever_missed(samples, looks):
    """Tell whether the interval of any look leaves the true ratio, 1, out."""
    intervals = (ratio_interval(list(samples[:look]), looks.spent_at(look))[1] for look in looks.at)
    return any(not interval.low <= 1 <= interval.high for interval in intervals)


NOISE = {
    "normal": lambda rng, shape: rng.normal(0, 1, shape),
    "heavy tails": lambda rng, shape: rng.standard_t(3, shape),
    "outliers on either side": lambda rng, shape: (
        rng.normal(0, 1, shape)
        + rng.choice([0, 0, 0, 0, 0, 0, 0, 0, 0, 6], shape) * rng.choice([-1, 1], shape)
    ),
    "drift": lambda rng, shape: (
        rng.normal(0, 1, shape) + np.where(np.arange(shape[1]) % 2, 0.7, -0.7)[None, :]
    ),
}


@pytest.mark.parametrize("kind", NOISE)
def test_looking_often_keeps_the_error(kind):
    """Whatever the noise, the intervals of all looks together miss a true ratio of 1 in at most 5 % of runs.

    The bound leaves three standard errors of a simulation of this size.
    """
    rng = np.random.default_rng(20)
    runs = NOISE[kind](rng, (RUNS, LOOKS.most)) * 0.03
    rate = sum(ever_missed(run, LOOKS) for run in runs) / RUNS
    assert rate <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / RUNS)


def test_looking_often_without_spending_would_not_keep_it():
    """The same looks with 95 % each miss the truth in far more than 5 % of runs: the correction is needed."""
    rng = np.random.default_rng(21)
    runs = rng.normal(0, 0.03, (RUNS, LOOKS.most))
    naive = Looks(LOOKS.at, 0.05 * len(LOOKS.at))
    rate = sum(ever_missed(run, naive) for run in runs) / RUNS
    assert rate > 0.08


def test_a_bootstrap_of_so_few_pairs_would_be_too_narrow():
    """Of six pairs the percentile bootstrap's 95 % interval misses the truth far more often than t's."""
    rng = np.random.default_rng(24)
    runs = rng.normal(0, 1, (1000, 6))
    means = runs[:, rng.integers(0, 6, (1000, 6))].mean(axis=2)
    low, high = np.percentile(means, [2.5, 97.5], axis=1)
    assert np.mean((low > 0) | (high < 0)) > 0.08
    intervals = [ratio_interval(list(run), 0.05)[1] for run in runs]
    assert np.mean([not one.low <= 1 <= one.high for one in intervals]) < 0.07


@pytest.mark.parametrize(
    ("truth", "noise", "expected", "least"),
    [
        (1.10, 0.02, Standing.WORSE, 0.99),
        (1.20, 0.06, Standing.WORSE, 0.95),
        (1.00, 0.02, Standing.NO_WORSE, 0.98),
        (0.80, 0.06, Standing.IMPROVED, 0.95),
    ],
)
def test_what_is_true_is_found(truth, noise, expected, least):
    """True effects of 10 and 20 % are found nearly always at the noise of a burst, and none as no worse."""
    rng = np.random.default_rng(22)
    runs = rng.normal(math.log(truth), noise, (1000, LOOKS.most))
    found = [sequential(run) for run in runs]
    assert found.count(expected) / len(found) >= least


def test_wrong_words_are_rare_under_no_difference():
    """With no difference a run ends "worse" in at most 2.5 % of cases, and "improved" in at most 2.5 %."""
    rng = np.random.default_rng(23)
    found = [sequential(run) for run in rng.normal(0, 0.15, (RUNS, LOOKS.most))]
    slack = 3 * math.sqrt(0.025 * 0.975 / RUNS)
    assert found.count(Standing.WORSE) / RUNS <= 0.025 + slack
    assert found.count(Standing.IMPROVED) / RUNS <= 0.025 + slack
    assert found.count(Standing.WORSE) + found.count(Standing.IMPROVED) > 0

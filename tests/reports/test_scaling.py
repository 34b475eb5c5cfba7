import math

import numpy as np
import pytest

from reports.scaling import (
    AWS_REFERENCE,
    PERFECT_DIMINISHES_AT,
    Point,
    describe,
    fit_usl,
    ideal_makespan_s,
    point_of,
    predict,
    usl,
)
from tests.reports.synthetic import burst_of, fixed, make_burst

AT = (1, 2, 5, 10, 20, 30)


def points(lambda_, sigma, kappa, noise=0.0, seed=1):
    wobble = np.random.default_rng(seed).normal(1, noise, len(AT))
    exact = usl(np.asarray(AT, float), lambda_, sigma, kappa)
    return [Point(c, float(x)) for c, x in zip(AT, exact * wobble, strict=True)]


def test_the_law_s_parameters_are_found_again():
    """Points that follow the law exactly give back its parameters and its peak."""
    fit = fit_usl(points(2.0, 0.03, 0.0005))
    assert (fit.lambda_, fit.sigma, fit.kappa) == pytest.approx((2.0, 0.03, 0.0005), rel=1e-4)
    assert fit.peak == pytest.approx(math.sqrt(0.97 / 0.0005), rel=1e-4)
    assert fit.diminishing_at == 13


def test_noisy_points_give_intervals_that_hold_the_truth():
    """Of 100 noisy sweeps, at least 85 give a 95 % interval that holds the true contention."""
    fits = [fit_usl(points(2.0, 0.05, 0.0005, noise=0.01, seed=seed)) for seed in range(100)]
    assert sum(fit.sigma_interval.low <= 0.05 <= fit.sigma_interval.high for fit in fits) >= 85


def test_perfect_scaling_shows_no_peak():
    """A line through the origin has no contention, no peak, and diminishes where 1 / C is under 5 %."""
    fit = fit_usl([Point(c, 3.9 * c) for c in (2, 5, 10, 20, 30)])
    assert fit.sigma < 1e-4
    assert math.isinf(fit.peak_interval.high)
    assert fit.diminishing_at in {PERFECT_DIMINISHES_AT - 1, PERFECT_DIMINISHES_AT}
    assert "do not show a peak" in describe(fit)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([Point(c, float(c)) for c in (1, 2, 3)], "3 different concurrencies"),
        ([Point(2, 1.0)] * 9, "1 different concurrencies"),
        ([Point(1, 0.0), Point(2, 1.0), Point(3, 1.0), Point(4, 1.0)], "no throughput above zero"),
        ([Point(1, 9.0), Point(2, 0.1), Point(3, 30.0), Point(4, 0.2)], "undetermined"),
    ],
)
def test_points_that_carry_no_fit_are_refused(given, reason):
    """Too few points, points without throughput and points that say nothing are refused with the reason."""
    fit = fit_usl(given)
    assert not fit.usable
    assert reason in fit.reason
    assert reason in describe(fit)
    assert all(math.isnan(interval.low) for interval in fit.band([1, 2]))


def test_four_points_are_fitted_and_said_to_be_few():
    """Four points leave one degree of freedom: a fit, wide intervals, and words that say so."""
    fit = fit_usl([Point(2, 7.8), Point(10, 37.7), Point(20, 69.9), Point(30, 54.1)])
    assert fit.usable
    assert fit.lambda_interval.high > 2 * fit.lambda_
    assert math.isinf(fit.peak_interval.high)
    assert "the intervals are wide" in describe(fit)


def test_the_band_holds_the_law_and_widens_beyond_the_points():
    """The interval band lies around the curve, and is wider where nothing was measured."""
    fit = fit_usl(points(2.0, 0.05, 0.0005, noise=0.01))
    inside, outside = fit.band([10, 40])
    assert inside.low < fit.at(10) < inside.high
    assert outside.high - outside.low > inside.high - inside.low


def test_ideal_counts_whole_waves():
    """500 tickets of 0.25 s at 30 are 17 waves: 4.25 s; above the Map's ceiling of 40 nothing changes."""
    burst = burst_of([0.25] * 500, 2)
    assert ideal_makespan_s(burst, 30) == pytest.approx(4.25)
    assert ideal_makespan_s(burst, 400) == ideal_makespan_s(burst, 40)


def test_amdahl_leaves_the_serial_part_as_it_is():
    """A second outside the Map and 50 s inside at 2 are 1 + 10 s at 10."""
    burst = make_burst(400, 2, fixed(Beta=0.25), startup=0.5)
    prediction = predict(burst, 10)
    assert prediction.serial_s == pytest.approx(1.0)
    assert prediction.amdahl_s == pytest.approx(11.0)
    assert prediction.serial_share == pytest.approx(1 / 101)


def test_a_burst_is_a_point():
    """A burst stands in a sweep at its slots and throughput."""
    point = point_of(burst_of([0.25] * 40, 10))
    assert (point.concurrency, point.throughput_per_s) == (10, pytest.approx(40.0))


def test_the_reference_curve_is_labelled_and_only_that():
    """The curve measured on AWS says where it comes from, and holds the published points."""
    assert "AWS" in AWS_REFERENCE.source
    first, *others = AWS_REFERENCE.points
    assert (first.concurrency, first.throughput_per_s, len(others)) == (2, 4.0, 4)


def test_a_hard_ceiling_is_not_taken_for_the_law():
    """Throughputs that stop rising at ten slots lie over 10 % off the best law, at one point at least."""
    seen = ((2, 8.0), (6, 24.0), (10, 40.0), (20, 40.0), (30, 40.0))
    fit = fit_usl([Point(concurrency, throughput) for concurrency, throughput in seen])
    assert max(abs(fit.at(concurrency) / throughput - 1) for concurrency, throughput in seen) > 0.10


def test_the_times_reported_from_aws_lie_on_the_law():
    """The curve that people measured on AWS is within 10 % of its law at each point: the bound is fair."""
    fit = fit_usl(AWS_REFERENCE.points)
    off = [abs(fit.at(point.concurrency) / point.throughput_per_s - 1) for point in AWS_REFERENCE.points]
    assert max(off) < 0.10

import math

import numpy as np
import pytest

from reports.judging.batches import batch_durations, plan_batches
from reports.judging.estimates import (
    exact,
    makespan_over,
    makespan_over_ideal,
    peak_concurrency,
    ratio_of_mean_service,
    ratio_of_p95,
    share_of_service,
    speed_up,
    time_averaged_concurrency,
    usual_service,
)
from reports.judging.parts import UnpairedBursts
from reports.judging.recompute import CannotRecompute, estimate_again
from reports.judging.resampling import block_length, paired_interval
from tests.reports.synthetic import burst_of, fixed, make_burst


def noisy(seed, n=200, mean=0.25, spread=0.02):
    return np.random.default_rng(seed).normal(mean, spread, n)


def test_exact_count_has_no_interval():
    """An exact count is a figure without an interval."""
    estimate = exact(500, 500, "tickets done")
    assert (estimate.value, estimate.interval, estimate.n, estimate.method) == (
        500.0,
        None,
        500,
        "exact count",
    )


@pytest.mark.parametrize(
    ("tickets", "concurrency", "size", "count", "left"),
    [(500, 2, 22, 21, 16), (500, 10, 20, 24, 0), (500, 30, 30, 15, 20), (60, 10, 10, 5, 0), (60, 2, 2, 29, 0),
     (5, 10, 5, 0, 0), (0, 10, 1, 0, 0)],
)  # fmt: skip
def test_batches_are_whole_waves(tickets, concurrency, size, count, left):
    """A burst is cut into about 20 batches of whole waves, the first of them left out."""
    plan = plan_batches(tickets, concurrency)
    assert (plan.size, plan.count, plan.left_over) == (size, count, left)


def test_batch_durations_of_a_steady_burst_are_equal():
    """Ten waves of 0.25 s make batches that each take as long as their waves."""
    durations = batch_durations(burst_of([0.25] * 100, 10))
    assert durations == pytest.approx([0.25] * 9)


def test_speed_up_of_a_steady_burst_is_exact():
    """Five times the slots of a steady burst make it five times as fast, and the interval has no width."""
    estimate = speed_up(burst_of([0.25] * 100, 2), burst_of([0.25] * 100, 10))
    assert estimate.value == pytest.approx(5.0)
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((5.0, 5.0))


def test_paired_log_ratios_known_answer():
    """Log ratios 0.9, 1.0 and 1.1 give e with a Student's t interval of 1 +- 4.302653 x 0.1 / sqrt(3)."""
    value, interval, method = paired_interval([math.exp(x) for x in (0.9, 1.0, 1.1)], 0.95)
    assert value == pytest.approx(math.e)
    reach = 4.302652729911275 * 0.1 / math.sqrt(3)
    assert interval.low == pytest.approx(math.exp(1 - reach))
    assert interval.high == pytest.approx(math.exp(1 + reach))
    assert method == "Student's t on paired log ratios"


def test_equal_pairs_give_an_interval_without_width():
    """Pairs that all agree make an interval of one point, not an error."""
    _, interval, _ = paired_interval([2.0, 2.0, 2.0], 0.95)
    assert (interval.low, interval.high) == pytest.approx((2.0, 2.0))


def test_repeated_bursts_are_paired_in_the_order_they_ran():
    """With several bursts a side the interval comes from pairs made in the order the bursts ran."""
    slow = [burst_of([t] * 20, 2, at=at) for t, at in ((0.4, 300.0), (0.2, 0.0))]
    fast = [burst_of([t] * 20, 10, at=at) for t, at in ((0.1, 100.0), (0.1, 200.0))]
    estimate = speed_up(slow, fast)
    assert (estimate.n, estimate.n_unit) == (2, "pairs of bursts")
    assert estimate.value == pytest.approx(math.sqrt(10 * 20))


def test_uneven_sides_are_refused():
    """Two bursts against one make no pairs."""
    burst = burst_of([0.1] * 10, 2)
    with pytest.raises(UnpairedBursts, match="2 bursts on one side and 1 on the other"):
        speed_up([burst, burst], [burst])


def test_a_burst_that_failed_has_no_makespan_to_compare():
    """A burst that did not finish all its tickets makes the speed-up unknown, and the note says which."""
    broken = make_burst(20, 2, fixed(Beta=0.2), failures={(9, "Beta"): ["Boom"]})
    estimate = speed_up(broken, make_burst(20, 10, fixed(Beta=0.2)))
    assert math.isnan(estimate.value)
    assert "ended FAILED with 9 of 20 tickets done" in estimate.note


def test_bursts_of_different_size_are_not_compared():
    """A burst of 20 is not compared with one of 40."""
    estimate = speed_up(burst_of([0.1] * 40, 2), burst_of([0.1] * 20, 2))
    assert "differ in size (40 and 20 tickets)" in estimate.note


def test_too_few_tickets_say_how_many_are_needed():
    """A burst of three waves has an effect but no interval, and the note says what would give one."""
    estimate = speed_up(burst_of([0.1] * 30, 2), burst_of([0.1] * 30, 10))
    assert estimate.value == pytest.approx(5.0)
    assert math.isnan(estimate.interval.low)
    assert "send at least 60" in estimate.note


def test_p95_ratio_of_equal_bursts_is_one():
    """Bursts of the same service times have a p95 ratio of 1 within their interval."""
    estimate = ratio_of_p95(burst_of(noisy(1), 2), burst_of(noisy(2), 10), "Beta")
    assert estimate.interval.low < 1.0 < estimate.interval.high
    assert estimate.interval.high - estimate.interval.low < 0.1
    assert estimate.interval.confidence == 0.90


def test_p95_ratio_sees_a_slower_tail():
    """A tail twice as long shows in the p95 ratio."""
    slow_tail = [0.5 if n % 10 == 0 else 0.25 for n in range(200)]
    estimate = ratio_of_p95(burst_of([0.25] * 200, 2), burst_of(slow_tail, 10), "Beta")
    assert estimate.value == pytest.approx(2.0)


def test_a_step_that_was_not_measured_is_named():
    """Asking for a step that never ran gives no estimate, and a note with the steps there are."""
    estimate = ratio_of_p95(burst_of([0.1] * 60, 2), burst_of([0.1] * 60, 2), "Delta")
    assert "'Delta' (the steps are Beta)" in estimate.note


def test_mean_service_ratio_known_answer():
    """Service times of 0.3 against 0.2 are a ratio of 1.5."""
    estimate = ratio_of_mean_service(burst_of([0.2] * 60, 2), burst_of([0.3] * 60, 2), "Beta")
    assert (estimate.value, estimate.interval.low) == pytest.approx((1.5, 1.5))


def test_concurrency_estimates_of_a_full_burst():
    """A burst that keeps its two slots busy averages two and peaks at two."""
    burst = burst_of([0.25] * 40, 2)
    assert time_averaged_concurrency(burst).value == pytest.approx(2.0)
    assert peak_concurrency(burst).value == 2


def test_makespan_over_ideal_counts_what_the_cloud_adds():
    """Service of 0.2 s with 0.05 s added each is 1.25 times the ideal."""
    estimate = makespan_over_ideal(burst_of([0.2] * 60, 2, overhead=0.05))
    assert estimate.value == pytest.approx(1.25)
    assert makespan_over(burst_of([0.2] * 60, 2), 3.0).value == pytest.approx(2.0)


def test_share_of_service_known_answer():
    """A step with three of four parts of the service time has a share of 0.75."""
    burst = make_burst(60, 2, fixed(Alpha=0.05, Beta=0.15))
    estimate = share_of_service(burst, "Beta")
    assert estimate.value == pytest.approx(0.75)
    assert share_of_service(make_burst(1, 1, fixed(Alpha=0.05, Beta=0.15)), "Beta").n_unit == "tickets"


def test_an_estimate_computes_again_from_its_recipe():
    """A recipe and the bursts it names give the same estimate; without the bursts it is refused."""
    low, high = burst_of(noisy(1), 2, arn="low"), burst_of(noisy(2), 10, arn="high")
    estimate = ratio_of_p95([low], [high], "Beta")
    assert estimate_again(estimate.recipe, {"low": low, "high": high}) == estimate
    with pytest.raises(CannotRecompute, match="burst high"):
        estimate_again(estimate.recipe, {"low": low})


@pytest.mark.parametrize(("n", "concurrency", "length"), [(500, 2, 8), (500, 10, 10), (0, 3, 1)])
def test_blocks_hold_a_wave_and_at_least_the_cube_root(n, concurrency, length):
    """A block is as long as a wave, and at least the cube root of the samples."""
    assert block_length(n, concurrency) == length


def coverage(estimates, truth):
    return sum(e.interval.low <= truth <= e.interval.high for e in estimates) / len(estimates)


def test_batch_mean_intervals_cover_the_truth():
    """Of 100 simulated pairs of bursts, at least 90 % of the 95 % intervals hold the true mean ratio."""
    pairs = [(burst_of(noisy(s, 100), 2), burst_of(noisy(s + 9999, 100), 10)) for s in range(100)]
    estimates = [speed_up(*pair) for pair in pairs]
    truth = math.exp(np.mean([math.log(e.value) for e in estimates]))
    assert coverage(estimates, truth) >= 0.90


def test_block_bootstrap_intervals_cover_the_truth():
    """Of 40 simulated pairs, at least 80 % of the 90 % intervals hold the true p95 ratio of 1."""
    pairs = [(burst_of(noisy(s, 240), 2), burst_of(noisy(s + 9999, 240), 10)) for s in range(40)]
    assert coverage([ratio_of_p95(*pair, "Beta") for pair in pairs], 1.0) >= 0.80


@pytest.mark.parametrize(("tickets", "known"), [(199, False), (200, True)])
def test_a_p95_needs_ten_tickets_beyond_it(tickets, known):
    """Under 200 tickets one slow ticket decides a p95: its interval is unknown, and what it takes is said."""
    estimate = ratio_of_p95(burst_of(noisy(1, tickets), 2), burst_of(noisy(2, tickets), 10), "Beta")
    assert math.isnan(estimate.interval.low) != known
    assert ("send at least 200" in estimate.note) != known


@pytest.mark.parametrize(("tickets", "what"), [(60, "mean service time"), (240, "p95")])
def test_the_usual_service_time_is_what_can_be_told(tickets, what):
    """A large burst is judged by its p95, a small one by its mean; both have an interval."""
    name, estimate = usual_service(burst_of(noisy(1, tickets), 2), burst_of(noisy(2, tickets), 10), "Beta")
    assert name == what
    assert estimate.interval.low < estimate.value < estimate.interval.high


def test_the_usual_service_time_of_a_step_that_is_not_there_is_unknown():
    """Where nothing was served there is no mean either, and the reason is kept."""
    name, estimate = usual_service(burst_of(noisy(1), 2), burst_of(noisy(2), 10), "Delta")
    assert (name, math.isnan(estimate.value)) == ("p95", True)
    assert "no time in service" in estimate.note


def test_each_burst_is_held_against_its_own_reference():
    """With a reference for each burst their scatter is in the interval; with one for all it is not."""
    bursts = [burst_of([0.25] * 100, 10, at=at, arn=str(at)) for at in (0.0, 100.0, 200.0)]
    one, each = makespan_over(bursts, 2.5), makespan_over(bursts, [2.0, 2.5, 3.0])
    assert one.interval.low == pytest.approx(one.interval.high)
    assert each.interval.high - each.interval.low > 0.5
    assert estimate_again(each.recipe, {burst.execution_arn: burst for burst in bursts}) == each


@pytest.mark.parametrize("pairs", [4, 10, 24])
def test_t_intervals_of_pairs_cover_the_truth(pairs):
    """Of 400 simulated sets of pairs, few or many, 92 to 98 % of the 95 % intervals hold the true ratio."""
    generator = np.random.default_rng(7)
    intervals = [paired_interval(np.exp(generator.normal(1.0, 0.1, pairs)), 0.95)[1] for _ in range(400)]
    assert 0.92 <= sum(i.low <= math.e <= i.high for i in intervals) / 400 <= 0.98

import math

import pytest

from reports.judging.estimates import exact
from reports.judging.verdicts import NoThreshold, figure, judge, line, rejudge
from reports.records import Estimate, Interval, Outcome


def estimate(value, low, high, confidence=0.95):
    return Estimate(value, Interval(low, high, confidence), 20, "batches", "x", "batch means")


@pytest.mark.parametrize(
    ("low", "high", "threshold", "outcome"),
    [
        (3.0, 4.0, {"at_least": 3.0}, "confirmed"),
        (2.9, 4.0, {"at_least": 3.0}, "inconclusive"),
        (2.0, 2.99, {"at_least": 3.0}, "refuted"),
        (2.0, 3.0, {"at_least": 3.0}, "inconclusive"),
        (1.0, 2.0, {"at_most": 2.0}, "confirmed"),
        (2.1, 2.5, {"at_most": 2.0}, "refuted"),
        (0.86, 1.14, {"within": 0.15}, "confirmed"),
        (0.84, 1.0, {"within": 0.15}, "inconclusive"),
        (1.2, 1.4, {"within": 0.15}, "refuted"),
        (0.5, 0.8, {"within": 0.15}, "refuted"),
        (0.5, 1.8, {"within": 0.15}, "inconclusive"),
        (9.9, 10.1, {"within": 0.5, "centre": 10.0}, "confirmed"),
    ],
)
def test_a_whole_interval_decides(low, high, threshold, outcome):
    """A claim is confirmed by a whole interval inside, refuted by one wholly outside, else inconclusive."""
    assert judge("it holds", estimate((low + high) / 2, low, high), **threshold).outcome == outcome


@pytest.mark.parametrize(("count", "outcome"), [(500, "confirmed"), (499, "refuted")])
def test_an_exact_count_is_judged_by_its_value(count, outcome):
    """An exact count confirms or refutes; it is never inconclusive."""
    assert judge("none lost", exact(count, 500, "done"), equals=500).outcome == outcome


def test_nothing_estimated_is_inconclusive_with_its_reason():
    """An unknown effect, and an unknown interval, are inconclusive and carry the reason."""
    unknown = Estimate(math.nan, None, 0, "bursts", "x", "none", "send at least 60")
    assert judge("it holds", unknown, at_least=1).outcome is Outcome.INCONCLUSIVE
    assert judge("it holds", unknown, at_least=1).note == "send at least 60"
    half = estimate(5.0, math.nan, math.nan)
    assert judge("it holds", half, at_least=1).note == "too few samples for an interval"


@pytest.mark.parametrize("thresholds", [{}, {"at_least": 1.0, "at_most": 2.0}])
def test_exactly_one_threshold_is_wanted(thresholds):
    """A claim without a threshold, or with two, is refused by name."""
    with pytest.raises(NoThreshold, match="'it holds' has"):
        judge("it holds", estimate(1, 1, 1), **thresholds)


def test_the_line_says_everything():
    """The line states outcome, claim, effect, interval, n, threshold and method."""
    verdict = judge("the burst finishes sooner", estimate(4.8712, 4.8, 4.94), at_least=3.0)
    assert line(verdict) == (
        "CONFIRMED: the burst finishes sooner: 4.871 x, 95 % interval 4.8 to 4.94, n = 20 batches, "
        "needed at least 3, by batch means"
    )


def test_the_line_stays_one_line():
    """A claim with a line break still makes one line."""
    assert "\n" not in line(judge("it\nholds", estimate(1, 1, 1), at_least=1))


def test_an_inconclusive_line_says_what_to_do():
    """An interval across the threshold says so and asks for more bursts."""
    text = line(judge("it holds", estimate(3, 2, 4), at_least=3))
    assert text.endswith("(the interval spans the threshold; repeat the bursts to narrow it)")


def test_rejudging_gives_the_same_verdict():
    """A verdict judged again from its own figures is the same verdict."""
    verdict = judge("it holds", estimate(1.0, 0.9, 1.1), within=0.15)
    assert rejudge(verdict) == verdict


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (500.0, "500"),
        (0.123456, "0.1235"),
        (1234.5678, "1235"),
        (math.nan, "unknown"),
        (math.inf, "infinite"),
    ],
)
def test_figures_read_as_a_person_writes_them(value, text):
    """Whole numbers stay whole, others get four significant digits."""
    assert figure(value) == text


@pytest.mark.parametrize(
    ("n", "unit", "said"), [(1, "bursts", "n = 1 burst,"), (2, "bursts", "n = 2 bursts,")]
)
def test_one_is_counted_as_one(n, unit, said):
    """A verdict's line counts one burst, and two bursts."""
    assert said in line(judge("it is so", Estimate(3.0, None, n, unit, "x", "reading"), at_least=2))

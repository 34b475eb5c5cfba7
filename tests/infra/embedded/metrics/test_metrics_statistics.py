from __future__ import annotations

import re
import time

import numpy as np
import pytest

from infra.embedded.metrics import queries, statistics, store
from infra.embedded.metrics.queries import Query
from infra.embedded.metrics.statistics import Period

HERE = ("123456789012", "us-east-1")


def period(*values):
    return Period(0.0, values, values, values, [1.0] * len(values))


def ask(start, end, seconds=60, **dimensions):
    return Query(*HERE, "NS", "M", dimensions, start, end, seconds)


@pytest.mark.parametrize(
    ("name", "value"),
    [("Sum", 10.0), ("Average", 2.5), ("Minimum", 1.0), ("Maximum", 4.0), ("SampleCount", 4.0)],
)
def test_the_five_statistics(name, value):
    """Sum, average, minimum, maximum and count of 4, 1, 3, 2."""
    assert statistics.statistic(name, period(4.0, 1.0, 3.0, 2.0)) == value


@pytest.mark.parametrize("percent", [0, 5, 50, 90, 95, 99.9, 100])
def test_percentiles_agree_with_numpy(percent):
    """A percentile interpolates between the closest ranks."""
    values = [7.0, 1.0, 3.5, 9.0, 2.0, 2.0]
    found = statistics.statistic(f"p{percent}", period(*values))
    assert found == pytest.approx(np.percentile(values, percent))


def test_a_percentile_of_a_statistic_set_is_unknown():
    """A set of unlike samples has no percentile, as on AWS."""
    unlike = Period(0.0, [6.0], [1.0], [3.0], [3.0])
    assert statistics.statistic("p50", unlike) is None
    assert statistics.statistic("p50", Period(0.0, [6.0], [2.0], [2.0], [3.0])) == 2.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tm80", 2.5),  # of 1, 2, 3, 4, 90 the highest fifth goes
        ("TM(20%:80%)", 3.0),
        ("TM(:80%)", 2.5),
        ("tm90", (1 + 2 + 3 + 4 + 45) / 4.5),  # half of the fifth sample stays
        ("TM(1:4)", 3.0),  # above 1, up to 4
        ("tc80", 4.0),
        ("tc90", 4.5),
        ("TC(1:3)", 2.0),
        ("ts80", 10.0),
        ("TS(80%:)", 90.0),
        ("PR(:3)", 60.0),
        ("PR(1:)", 80.0),
        ("PR(2:4)", 40.0),
        ("WM(0%:75%)", (1 + 2 + 3 + 4 + 4) / 5),  # p75 of five values is the fourth
        ("WM(2:4)", (2 + 2 + 3 + 4 + 4) / 5),
        ("IQM", (0.75 * 2 + 3 + 0.75 * 4) / 2.5),
    ],
)
def test_statistics_of_a_part_of_the_samples(name, value):
    """Trimmed, winsorized and ranked statistics of 1, 2, 3, 4 and 90."""
    statistics.check(name)
    assert statistics.statistic(name, period(4.0, 90.0, 1.0, 3.0, 2.0)) == pytest.approx(value)


def test_values_with_counts_weigh_as_often_as_they_were_seen():
    """Three samples of 1 and one of 5 are the same as 1, 1, 1, 5."""
    counted = Period(0.0, [3.0, 5.0], [1.0, 5.0], [1.0, 5.0], [3.0, 1.0])
    for name in ("p50", "p75", "p90", "tm75", "IQM", "PR(:1)", "tc50", "ts90", "WM(10%:90%)"):
        alone = statistics.statistic(name, period(1.0, 1.0, 1.0, 5.0))
        assert statistics.statistic(name, counted) == pytest.approx(alone), name


def test_negative_values_have_no_extended_statistic():
    """AWS gives no percentile when a value is negative."""
    assert statistics.statistic("p50", period(-1.0, 2.0)) is None
    assert statistics.statistic("Minimum", period(-1.0, 2.0)) == -1.0


@pytest.mark.parametrize(
    "name",
    ["p101", "mean", "sum", "p", "tm101", "TM(90%:10%)", "TM(10%:500)", "PR(1%:2%)", "TM(:)", "IQM90", "p-1"],
)
def test_a_statistic_that_nobody_has_is_an_error(name):
    """The error names the statistic that nobody has."""
    with pytest.raises(statistics.UnknownStatistic, match=re.escape(name)):
        statistics.check(name)


def test_periods_start_at_whole_minutes():
    """A query from 10:00:34 cuts at 10:00:00, as on AWS."""
    for at in (0.0, 59.9, 60.0, 119.0, 180.0):
        store.record(*HERE, "NS", "M", at, "None", {}, at)
    periods = queries.merged(ask(34.0, 200.0))
    assert [(p.start, list(p.sums)) for p in periods] == [
        (0.0, [0.0, 59.9]),
        (60.0, [60.0, 119.0]),
        (180.0, [180.0]),
    ]


@pytest.mark.parametrize(
    ("seconds", "starts"),
    [(1, [95.0, 130.0]), (5, [95.0, 130.0]), (10, [90.0, 130.0]), (30, [90.0, 120.0]), (60, [60.0, 120.0])],
)
def test_short_periods_start_at_their_own_multiples(seconds, starts):
    """Below a minute the start is rounded down to the period."""
    for at in (95.5, 130.2):
        store.record(*HERE, "NS", "M", 1.0, "None", {}, at)
    assert [p.start for p in queries.merged(ask(95.2, 200.0, seconds))] == starts


def test_periods_of_several_minutes_start_at_the_first_minute():
    """From 10:02:20 periods of five minutes start at 10:02, as in AWS's examples."""
    for at in (140.0, 419.0, 420.0):
        store.record(*HERE, "NS", "M", 1.0, "None", {}, at)
    assert [(p.start, len(p.sums)) for p in queries.merged(ask(140.0, 900.0, 300))] == [
        (120.0, 2),
        (420.0, 1),
    ]


def test_units_are_kept_apart_and_can_be_merged():
    """The same metric in two units is two series, merged when no unit is asked for."""
    store.record(*HERE, "NS", "M", 1.0, "Seconds", {}, 10.0)
    store.record(*HERE, "NS", "M", 2.0, "Count", {}, 5.0)
    assert sorted(queries.by_unit(ask(0.0, 60.0))) == ["Count", "Seconds"]
    assert [list(p.sums) for p in queries.merged(ask(0.0, 60.0))] == [[2.0, 1.0]]


def test_a_hundred_thousand_points_are_read_in_well_under_a_second():
    """Reading is one pass over sorted columns."""
    now = time.time() // 60 * 60
    for index in range(100_000):
        store.record(
            *HERE, "NS", "M", float(index % 97), "Milliseconds", {"F": "f"}, now - 3000 + index * 0.03
        )

    def used():
        started = time.thread_time()
        periods = queries.merged(ask(now - 3000, now + 1, F="f"))
        assert len([statistics.statistic("p95", each) for each in periods]) == 50
        return time.thread_time() - started

    assert min(used() for _ in range(3)) < 1.0  # this thread's CPU time, not the clock: measured 0.05 s

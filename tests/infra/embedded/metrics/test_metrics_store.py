from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.embedded.metrics import store

HERE = ("123456789012", "us-east-1")


def held(name="Duration", start=0.0, end=4e9, **dimensions):
    return store.points(*HERE, "AWS/Lambda", name, dimensions, start=start, end=end)


def put(value, at, name="Duration", unit="Milliseconds", **dimensions):
    store.record(*HERE, "AWS/Lambda", name, value, unit, dimensions, at)


def test_points_come_back_in_order_of_time_whatever_order_they_came_in():
    """A late point is found at its time."""
    now = time.time()
    for value, at in ((3.0, now), (1.0, now - 20), (2.0, now - 10)):
        put(value, at, FunctionName="f")
    assert list(held(FunctionName="f")["Milliseconds"].sums) == [1.0, 2.0, 3.0]


def test_the_start_is_inside_and_the_end_is_outside():
    """A query covers start <= time < end."""
    for at in (100.0, 110.0, 120.0):
        put(at, at)
    assert list(held(start=100.0, end=120.0)["Milliseconds"].sums) == [100.0, 110.0]


def test_dimensions_must_match_exactly():
    """The account's metric and a function's metric are two series."""
    put(1.0, 10.0)
    put(2.0, 10.0, FunctionName="f")
    assert list(held()["Milliseconds"].sums) == [1.0]
    assert held(FunctionName="g") == {}


def test_metrics_are_named_since_a_moment():
    """A metric is named by its newest point, whatever order its points came in."""
    for at in (100.0, 50.0, 75.0):
        put(at, at, name="Old")
    put(1.0, 200.0, name="New")
    assert [key.name for key in store.metrics(*HERE, 100.0)] == ["New", "Old"]
    assert [key.name for key in store.metrics(*HERE, 100.1)] == ["New"]


def test_what_is_older_than_the_retention_goes_while_points_are_added(monkeypatch):
    """Memory is bounded by the retention of 15 days; what is younger stays."""
    monkeypatch.setattr(store, "_TRIM_EVERY", 10)
    now = time.time()
    ages = [15 * 86_400 + 60, 15 * 86_400 - 60, *range(8, 0, -1)]
    for age in ages:
        put(float(age), now - age)
    assert list(held()["Milliseconds"].sums) == [float(age) for age in ages[1:]]


def test_reading_drops_nothing():
    """Neither a listing nor a query takes a point away, however old it is."""
    put(1.0, 100.0)
    put(2.0, time.time())
    store.metrics(*HERE, time.time() - 60)
    held(start=time.time() - 60)
    assert list(held()["Milliseconds"].sums) == [1.0, 2.0]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=60))
def test_points_are_sorted_whenever_they_are_read(steps):
    """For any order of adding and reading, points are in order of time, and of one time as they came."""
    series, added = store.Series(), []
    for number, at in enumerate(steps):
        if at is None:
            series.between(0, 9)
        else:
            series.append(at, number, number, number, 1)
            added.append((at, number))
        assert series.newest() == max((at for at, _ in added), default=-math.inf)
    points = series.between(0, 9)
    assert list(zip(points.times, points.sums, strict=True)) == sorted(added)


def test_a_series_never_outgrows_its_bound(monkeypatch):
    """Memory is bounded by the number of points; the oldest go first."""
    monkeypatch.setattr(store, "MAX_POINTS", 5000)
    now = time.time()
    for index in range(3 * 4096):
        put(float(index), now + index * 1e-4)
    kept = list(held()["Milliseconds"].sums)
    assert len(kept) <= 5000 + 4096
    assert kept[-1] == 3 * 4096 - 1


def test_a_value_that_is_no_number_is_refused_by_name():
    """The error says which metric it was."""
    with pytest.raises(ValueError, match="AWS/Lambda Duration"):
        put(float("nan"), 1.0)


def test_regions_are_apart():
    """What one region recorded, another does not see."""
    put(1.0, time.time())
    assert store.metrics("123456789012", "eu-west-1", 0.0) == []

from __future__ import annotations

import pytest

from infra.embedded.metrics.expressions.evaluation import Names, evaluate
from infra.embedded.metrics.expressions.values import ExpressionError
from infra.embedded.metrics.series import Series, Span

SPAN = Span(0.0, 300.0)


def series(*values, metric=True):
    points = {index * 60.0: value for index, value in enumerate(values) if value is not None}
    return Series("m", 60, SPAN, points, metric=metric)


def calculate(text, **named):
    """The values of each series that the expression gives, None where one is missing."""
    names = Names(named.__getitem__, lambda: {k: v for k, v in named.items() if v.metric}, SPAN, 60)
    return [[one.points.get(at) for at in SPAN.grid(60)] for one in evaluate(text, names, "label")]


GIVEN = {
    "m1": series(1, 1, 0, 0, None),
    "m2": series(30, None, 0, 0, 30),
    "m3": series(0, 0, 20, None, 20),
    "up": series(1, 4, None, 10, 10),
}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2 * up + 1", [3, 9, None, 21, 21]),
        ("2 + 3 * up", [5, 14, None, 32, 32]),
        ("(2 + 3) * up", [5, 20, None, 50, 50]),
        ("2 ^ 3 ^ 0 * up", [2, 8, None, 20, 20]),
        ("-up ^ 2", [-1, -16, None, -100, -100]),
        ("m1 - m2", [-29, 1, 0, 0, -30]),  # a missing value counts as 0 between two series
        ("up / m1", [1, 4, None, None, None]),  # a division by zero is dropped
        ("100 / up", [100, 25, None, 10, 10]),
        ("m1 < m2", [1, 0, 0, 0, 1]),
        ("m2 >= 30 AND m1 > 0", [1, 0, 0, 0, 0]),
        ("m2 >= 30 && m1 > 0 || up == 4", [1, 1, 0, 0, 1 * 0]),
        ("up != 4", [1, 0, None, 1, 1]),
        ("IF(m1, m2, m3)", [30, 0, 20, None, None]),
        ("IF(m1, 5, m3)", [5, 5, 20, None, None]),
        ("IF(m1, m2, 5)", [30, 0, 5, 5, None]),
        ("IF(up < 5, up)", [1, 4, None, None, None]),
        ("IF(1, up, m1)", [1, 4, None, 10, 10]),
        ("IF(0, up)", [None] * 5),
        ("FILL(up, 0)", [1, 4, 0, 10, 10]),
        ("FILL(up, REPEAT)", [1, 4, 4, 10, 10]),
        ("FILL(up, LINEAR)", [1, 4, 7, 10, 10]),
        ("FILL(up, m3)", [1, 4, 20, 10, 10]),
        ("FILL(m3, MAX(up))", [0, 0, 20, 10, 20]),
        ("RATE(up)", [None, 0.05, None, 0.05, 0]),
        ("DIFF(up)", [None, 3, None, 6, 0]),
        ("DIFF_TIME(up)", [None, 60, None, 120, 60]),
        ("RUNNING_SUM(up)", [1, 5, None, 15, 25]),
        ("up / PERIOD(up) * 60", [1, 4, None, 10, 10]),
        ("up - MIN(up)", [0, 3, None, 9, 9]),
        ("up * 0 + AVG(up)", [6.25, 6.25, None, 6.25, 6.25]),
        ("up * 0 + STDDEV(m1)", [0.5, 0.5, None, 0.5, 0.5]),
        ("SUM(up) / DATAPOINT_COUNT(up) + 0 * m1", [6.25] * 4 + [None]),
        ("ABS(-up)", [1, 4, None, 10, 10]),
        ("CEIL(up / 3)", [1, 2, None, 4, 4]),
        ("FLOOR(up / 3)", [0, 1, None, 3, 3]),
        ("LOG10(up * 10)", [1, pytest.approx(1.60206), None, 2, 2]),
        ("LOG(m3)", [None, None, pytest.approx(2.995732), None, pytest.approx(2.995732)]),
        ("SUM([m1, m2])", [31, 1, 0, 0, 30]),
        ("AVG([m1, up])", [1, 2.5, 0, 5, 5]),
        ("MAX([m1, up])", [1, 4, 0, 10, 10]),
        ("MIN([m1, m2])", [1, 1, 0, 0, 30]),
        ("STDDEV([m1, m3])", [0.5, 0.5, 10, 0, 0]),
        ("SUM(METRICS())", [32, 5, 20, 10, 60]),
        ("SUM(METRICS('m'))", [31, 1, 20, 0, 50]),
        ('SUM([METRICS("1"), METRICS("up")])', [2, 5, 0, 10, 10]),
        ("up * METRIC_COUNT(METRICS())", [4, 16, None, 40, 40]),
        ("FIRST(SORT(METRICS(), AVG, DESC))", [30, None, 0, 0, 30]),
        ("LAST(SORT(METRICS(), MAX, ASC))", [30, None, 0, 0, 30]),
        ("TIME_SERIES(MAX(up) * 2)", [20] * 5),
        ("MINUTE(up)", [0, 1, 2, 3, 4]),
        ("EPOCH(up) + YEAR(up) - 1970", [0, 60, 120, 180, 240]),
        ("IF(DAY(up) == 4, up)", [1, 4, 0, 10, 10]),  # 1970-01-01 was a Thursday
    ],
)
def test_what_an_expression_gives(text, values):
    """The rules of AWS's guide to metric math, its tables of IF among them."""
    assert calculate(text, **GIVEN) == [values]


def test_a_function_of_an_array_gives_an_array():
    """Arithmetic, SLICE and REMOVE_EMPTY keep the series apart."""
    empty = series()
    assert calculate("SLICE(SORT(METRICS(), SUM, DESC), 1, 3)", **GIVEN) == [
        [0, 0, 20, None, 20],
        [1, 4, None, 10, 10],
    ]
    assert len(calculate("SORT(METRICS(), AVG, ASC, 2)", **GIVEN)) == 2
    assert calculate("REMOVE_EMPTY(METRICS()) + 1", a=empty, b=series(1)) == [[2, None, None, None, None]]
    assert calculate("[m1, up] / [up, m1]", **GIVEN)[1] == [1, 4, None, None, None]


def test_an_empty_series_gives_an_empty_result():
    """A scalar of nothing leaves the expression without data points; FILL gives them."""
    assert calculate("m - AVG(m)", m=series()) == [[None] * 5]
    assert calculate("FILL(m, 3)", m=series()) == [[3.0] * 5]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("AVG(up)", "a scalar"),
        ("5", "a scalar"),
        ("PERIOD(up + 1) * up", "PERIOD takes a metric"),
        ("up / (1 - 1)", None),
        ("up + 1 / (1 - 1)", "divides by zero"),
        ("FILL(up)", "FILL does not take 1 arguments"),
        ("FILL(up, NEVER)", "REPEAT or LINEAR"),
        ("SORT(METRICS(), MEDIAN, ASC)", "AVG, MIN, MAX or SUM"),
        ("ABS(REPEAT)", "not words"),
        ("up + 'x'", "'x' is neither"),
        ("[m1, m2] + [m1, m2, m3]", "do not go together"),
        ("RATE(5)", "RATE takes a time series"),
        ("avg(up)", "does not parse"),
        ("up < < 3", "column 6"),
        ("(up", "does not parse"),
        ("", "does not parse"),
        ("FIRST(REMOVE_EMPTY(nothing))", "FIRST of an empty array"),
        ("LAMBDA('f')", "LAMBDA is not emulated here"),
    ],
)
def test_what_is_no_expression_is_refused_with_a_reason(text, why):
    """Each error says what is wrong and, where it can, at which column."""
    if why is None:
        assert calculate(text, **GIVEN) == [[None] * 5]
        return
    with pytest.raises(ExpressionError, match=why):
        calculate(text, nothing=series(metric=False), **GIVEN)

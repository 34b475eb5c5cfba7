"""Properties of the parser and of the aggregates, for any text and any numbers."""

from __future__ import annotations

import json
import statistics
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.embedded.insights import engine, parser
from infra.embedded.insights.errors import MalformedQuery, NotEmulated
from infra.embedded.insights.fields import Origin
from infra.embedded.insights.values import number, order, sort_key, text

WORDS = st.sampled_from(
    [
        *(
            "fields ",
            "filter ",
            "stats ",
            "parse ",
            "sort ",
            "limit ",
            "dedup ",
            "display ",
            "unnest ",
            "SOURCE ",
        ),
        *(" into ", " by ", " as ", " and ", " or ", " not ", " in ", " like ", "desc", "logGroups()"),
        *("|", ",", "(", ")", "[", "]", "=", "=~", "!=", "<", "+", "-", "*", "/", "%", "^"),
        *(
            "a",
            "@message",
            "`x y`",
            "'s'",
            '"',
            "'",
            "/r(?<g>.)/",
            "/(/",
            "5m",
            "10",
            "0.5",
            "1e999",
            "9" * 30,
        ),
        *("bin(", "avg(", "count(*)", "pct(a, 5)", "ago(1h)", "#", "\n", "\\", "\0", "é"),
    ]
)
NUMBERS = st.lists(
    st.floats(min_value=-1e6, max_value=1e6, allow_nan=False).map(lambda x: round(x, 3)), min_size=1
)
VALUES = st.one_of(st.none(), st.text(max_size=5), st.integers(), st.floats(allow_nan=False))


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(WORDS, max_size=25).map("".join)))
def test_any_text_is_a_query_or_malformed(query):
    """The parser gives a query, or says what is wrong and where; it never raises anything else."""
    error = None
    try:
        parser.parse(query)
    except (MalformedQuery, NotEmulated) as raised:
        error = raised
    if isinstance(error, MalformedQuery):
        assert error.message
        assert 0 <= error.start <= error.end <= len(query)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=20).map("".join))
def test_a_query_that_parses_runs(query):
    """Whatever the parser accepts, the engine runs to an end over events of every kind."""
    try:
        parsed = parser.parse(f"fields a | {query}")
    except (MalformedQuery, NotEmulated):
        return
    result = _run(parsed, ['{"a": 1, "b": {"c": [true, null]}}', "plain", "", '{"a": "x"}', "{" * 50])
    assert result.statistics.records_scanned == 5


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_aggregates_agree_with_plain_python(numbers):
    """avg, sum, min, max, count, stddev, median and pct agree with Python's own statistics."""
    query = parser.parse(
        "stats avg(x) as mean, sum(x) as total, min(x) as low, max(x) as high, count(x) as n, stddev(x) as s,"
        " median(x) as middle, pct(x, 25) as p25"
    )
    (row,) = _run(query, [json.dumps({"x": value}) for value in numbers]).rows
    found = {name: float(value) for name, value in row}
    assert found["n"] == len(numbers)
    assert found["mean"] == pytest.approx(statistics.fmean(numbers), abs=1e-4)
    assert found["total"] == pytest.approx(sum(numbers), abs=1e-3)
    assert (found["low"], found["high"]) == (min(numbers), max(numbers))
    assert found["middle"] == pytest.approx(statistics.median(numbers), abs=1e-3)
    if len(numbers) > 1:
        assert found["s"] == pytest.approx(statistics.stdev(numbers), rel=1e-6, abs=1e-3)
        quartile = statistics.quantiles(numbers, n=4, method="inclusive")[0]
        assert found["p25"] == pytest.approx(quartile, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-5, 5)), max_size=30))
def test_groups_agree_with_plain_python(pairs):
    """Grouping by a field gives each group's own sum and count, and every group once."""
    messages = [json.dumps({"k": key, "x": value}) for key, value in pairs]
    rows = _run(parser.parse("stats sum(x) as total, count(*) as n by k"), messages).rows
    found = {dict(row)["k"]: (int(dict(row)["total"]), int(dict(row)["n"])) for row in rows}
    expected = {
        key: (sum(v for k, v in pairs if k == key), sum(k == key for k, _ in pairs))
        for key in {key for key, _ in pairs}
    }
    assert found == expected
    assert len(rows) == len(expected)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=300), st.integers(1, 20))
def test_a_sort_that_keeps_few_rows_agrees_with_a_full_sort(numbers, limit):
    """Sorting while dropping rows that cannot be shown gives what sorting everything gives."""
    messages = [json.dumps({"x": value}) for value in numbers] * 20
    rows = _run(parser.parse(f"fields x | sort x desc | limit {limit}"), messages).rows
    assert [int(dict(row)["x"]) for row in rows] == sorted(numbers * 20, reverse=True)[:limit]


@settings(deadline=None)
@given(st.lists(VALUES))
def test_the_order_of_sort_is_total(values):
    """Any mixture of values can be sorted: absent ones, then texts, then numbers."""
    kinds = [sort_key(value)[0] for value in sorted(values, key=sort_key)]
    assert kinds == sorted(kinds)


@settings(deadline=None)
@given(VALUES, VALUES)
def test_comparison_is_antisymmetric(left, right):
    """Saying a < b says the same as b > a, and an absent value compares with nothing."""
    forth, back = order(left, right), order(right, left)
    assert (forth is None) == (back is None) == (left is None or right is None)
    assert forth is None or forth == -back


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12))
def test_a_whole_number_is_shown_whole_and_read_back(value):
    """A whole number has no point in the results, also as a float, and reads back as itself."""
    assert text(value) == text(float(value)) == str(value)
    assert number(str(value)) == value


def _run(query, messages):
    events = [
        SimpleNamespace(timestamp=1_000 + place, message=message, ingestion_time=0, event_id=place)
        for place, message in enumerate(messages)
    ]
    view = engine.LogStreamView(Origin("1", "/aws/lambda/f", "s"), events)
    return engine.run(query, [view], engine.Window(0, 10**12), now=2_000)

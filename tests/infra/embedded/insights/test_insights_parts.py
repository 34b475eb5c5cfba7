"""The parts of the query language one by one: grammar, periods, patterns, discovered fields, shown values."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from infra.embedded.insights import parser, patterns, periods
from infra.embedded.insights.errors import MalformedQuery
from infra.embedded.insights.fields import Origin, json_of, names_in, row_of, walk
from infra.embedded.insights.syntax import (
    Arithmetic,
    Both,
    Comparison,
    Either,
    Field,
    Filter,
    Literal,
    Match,
    Not,
    Period,
)
from infra.embedded.insights.values import Computed, Timestamp, equal, number, sort_key, text

A, B, C = (Field(name, (0, 0)) for name in "abc")
ONE = Literal(1)


def _condition(written):
    (command,) = parser.parse(f"filter {written}").commands
    assert isinstance(command, Filter)
    return command.condition


@pytest.mark.parametrize(
    ("written", "tree"),
    [
        ("a - b - c", Arithmetic("-", Arithmetic("-", A, B), C)),
        ("a + b * c", Arithmetic("+", A, Arithmetic("*", B, C))),
        ("(a + b) * c", Arithmetic("*", Arithmetic("+", A, B), C)),
        ("a ^ b ^ c", Arithmetic("^", A, Arithmetic("^", B, C))),
        ("a or b and c", Either((A, Both((B, C))))),
        ("a and b and c", Both((A, B, C))),
        ("not a = 1 and b", Both((Not(Comparison("=", A, ONE)), B))),
        ("not (a or b)", Not(Either((A, B)))),
        ("a + 1 > b", Comparison(">", Arithmetic("+", A, ONE), B)),
        ("a not like 'x'", Match(A, "x", negated=True)),
        ("a=~'x'", Match(A, "x", negated=False)),
        ("a - -1", Arithmetic("-", A, Literal(-1))),
        ("android", Field("android", (0, 0))),
        ('a = "say \\"x\\""', Comparison("=", A, Literal('say "x"'))),
        ("a=.5", Comparison("=", A, Literal(0.5))),
        ("a = 1e3", Comparison("=", A, Literal(1000.0))),
    ],
)
def test_precedence_and_literals(written, tree):
    """An expression parses to this tree."""
    assert _condition(written) == tree


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("fields a, | limit 1", "|"),
        ("filter a == 1", "="),
        ("fields @timestamp\n| filter abs(a, b) = 1", "abs(a, b)"),
        ("fields a | limit 20000", "20000"),
        ("stats avg(x) by y | filter zz > 1", "zz"),
        ("fields a | fliter b", "fliter"),
        ("parse @message /(/ | limit 1", "/(/"),
    ],
)
def test_the_place_of_an_error(query, place):
    """The offsets of an error enclose the words that are wrong."""
    with pytest.raises(MalformedQuery) as caught:
        parser.parse(query)
    assert query[caught.value.start : caught.value.end] == place


def test_nesting_has_a_bound():
    """A query nested beyond reason is malformed, not a crash; a long chain of conditions is fine."""
    with pytest.raises(MalformedQuery, match="nested"):
        parser.parse(f"filter {'(-' * 2000}a{')' * 2000}")
    assert len(_condition(" or ".join(["a = 1"] * 500)).operands) == 500


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("5m", Period(5, "m")),
        ("1mo", Period(1, "mo")),
        ("2 hours", Period(2, "h")),
        ("300ms", Period(300, "ms")),
        ("3hrs", Period(3, "h")),
        ("1qtr", Period(1, "q")),
    ],
)
def test_units_of_time(written, period):
    """AWS's spellings of units are understood, in the plural too."""
    assert periods.read(written) == period


def test_rounding_of_instants():
    """Instants round down and up to periods, to calendar months too, and AWS's caps hold."""
    noon = 1_714_564_800_000  # 2024-05-01 12:00 UTC
    assert periods.floor(noon + 61_001, Period(1, "m")) == noon + 60_000
    assert periods.ceil(noon + 1, Period(1, "d")) == noon + 12 * 3_600_000
    assert text(Timestamp(periods.floor(noon, Period(1, "q")))) == "2024-04-01 00:00:00.000"
    assert text(Timestamp(periods.ceil(noon, Period(1, "y")))) == "2025-01-01 00:00:00.000"
    assert periods.capped(Period(300, "s")) == Period(60, "s")


def test_dialect_of_regular_expressions():
    """AWS's named groups and flags in the middle compile; a broken expression says so."""
    assert patterns.compile_expression("(?<n>a+)").search("xAa")["n"] == "a"
    assert patterns.compile_expression("^(?i)b$").search("B")
    with pytest.raises(patterns.InvalidPattern):
        patterns.compile_expression("(?<n>")


def test_glob_takes_as_little_as_it_can():
    """Each star takes as little as it can, the last one the rest; other signs stand for themselves."""
    assert patterns.compile_glob("[*] * (x).*").search("> [a] b (x).c d").groups() == ("a", "b", "c d")


@pytest.mark.parametrize(
    ("message", "embedded", "found"),
    [
        ('  {"a": 1}\n', False, {"a": 1}),
        ('x {"a": 1}', False, {}),
        ('x {"a": 1} y', True, {"a": 1}),
        ("x {y} {z", True, {}),
        ('{"a": 1} y', False, {}),
        ('{"a": NaN}', False, {"a": None}),
        ("[1]", False, {}),
        ("{" * 20_000, True, {}),
    ],
)
def test_json_of_a_message(message, embedded, found):
    """JSON is discovered as a whole message, or, in Lambda's groups, as its first fragment."""
    assert json_of(message, embedded=embedded) == found


def test_walk_follows_keys_indexes_and_keys_with_points():
    """A path leads through objects and lists, and a key may itself hold points."""
    document = {"a": [{"b.c": {"d": 1}}], "e": "f"}
    assert walk(document, "a.0.b.c.d") == 1
    assert walk(document, "a.1.b") is None
    assert walk(document, "e.f") is None


def test_names_of_all_fields():
    """All fields of an event are named: generated ones, Lambda's, and the leaves of its JSON."""
    report = "REPORT RequestId: 11111111-1111-1111-1111-111111111111\tDuration: 2.00 ms\t"
    origin = Origin("1", "/aws/lambda/f", "s")
    assert {"@message", "@type", "@duration"} <= set(names_in(_event(report), origin))
    assert "a.0.b" in names_in(_event(json.dumps({"a": [{"b": 1}]})), origin)


def test_a_row_made_by_a_query_hides_the_discovered_field():
    """A field that the query makes goes before the one in the event."""
    row = row_of(_event('{"a": 1}'), Origin("1", "g", "s"))
    row["a"] = 2
    assert (row["a"], row.with_field("b", 3)["b"], row["c"]) == (2, 3, None)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (250.0, "250"),
        (0.123456, "0.123456"),
        (Computed(0.123456), "0.1235"),
        (Computed(-0.00001), "0"),
        (Timestamp(0), "1970-01-01 00:00:00.000"),
        (Timestamp(10**18), "1000000000000000000"),
        ({"a": [1]}, '{"a":[1]}'),
        (None, None),
    ],
)
def test_how_values_are_shown(value, shown):
    """Whole numbers without a point, computed ones with four digits, instants in AWS's form."""
    assert text(value) == shown


def test_the_order_of_sort_is_that_of_aws():
    """Values sort as in the example of AWS's documentation of `sort`."""
    ascending = ["!:", "#", "*%04", "0#", "5A", "111A", "2345_", "@", "@_", "A", "A9876fghj", "a12345hfh"]
    ascending += ["0", "1", "2", "3"]
    mixed = ascending[::-1]
    assert sorted(mixed, key=sort_key) == ascending


def test_numbers_in_texts():
    """A text that reads as a number is one; nan, infinities and underscores are not."""
    assert [number(written) for written in ("7", "-2.5", "1e3", " 1", "1_0", "nan", "1e999", "")] == [
        7, -2.5, 1000, 1, None, None, None, None,
    ]  # fmt: skip
    assert equal("10", 10)
    assert not equal("10", "10.0")


def _event(message):
    return SimpleNamespace(timestamp=0, message=message, ingestion_time=0, event_id=0)

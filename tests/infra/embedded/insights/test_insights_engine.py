"""The engine over many events: order, windows, limits, and what a query costs."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace

import pytest

from infra.embedded.insights import engine, parser
from infra.embedded.insights.fields import Origin

EVERYTHING = engine.Window(0, 10**12)


def _run(query, events, window=EVERYTHING, **options):
    view = engine.LogStreamView(Origin("1", "group", "stream"), events)
    return engine.run(parser.parse(query), [view], window, now=0, **options)


def _events(messages, instants=None):
    return [
        SimpleNamespace(
            timestamp=instants[place] if instants else place,
            message=message,
            ingestion_time=0,
            event_id=place,
        )
        for place, message in enumerate(messages)
    ]


def _column(result, name):
    return [dict(row)[name] for row in result.rows]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 50, 7000])
def test_a_sort_of_many_rows_gives_the_first_of_all(order, limit):
    """Dropping rows on the way changes nothing: the rows shown are the first of a full sort, ties too."""
    chance = random.Random(5)
    pairs = [(chance.randrange(9000), chance.randrange(3)) for _ in range(30_000)]
    messages = [json.dumps({"x": x, "y": y}) for x, y in pairs]
    result = _run(
        f"fields concat(x, '/', y) as k | sort x {order}, y desc | limit {limit}", _events(messages)
    )
    sign = 1 if order == "asc" else -1
    expected = sorted(pairs, key=lambda pair: (sign * pair[0], -pair[1]))[:limit]
    assert _column(result, "k") == [f"{x}/{y}" for x, y in expected]


def test_of_one_instant_the_event_written_later_comes_first():
    """Events come newest first; those of one millisecond in the reverse of the order they were written in."""
    assert _column(_run("fields @message", _events("abc", [5, 5, 9])), "@message") == ["c", "b", "a"]


def test_both_ends_of_the_window_belong_to_it():
    """Only events inside the window are read, its ends included."""
    result = _run("fields @message", _events("abcde"), window=engine.Window(1, 3))
    assert _column(result, "@message") == ["d", "c", "b"]
    assert result.statistics.records_scanned == 3


def test_ten_thousand_rows_at_most():
    """A query without a limit shows 10,000 rows, with one its own number; all events count as scanned."""
    events = _events(["x"] * 10_050)
    assert len(_run("fields @message", events).rows) == 10_000
    assert len(_run("fields @message", events, limit=3).rows) == 3
    result = _run("fields @message | limit 7", events, limit=3)
    assert len(result.rows) == 7
    assert result.statistics == engine.Statistics(10_050, 10_050, 10_050)


def test_bytes_are_counted_in_utf8():
    """The size of the events scanned is that of their UTF-8 form."""
    assert _run("limit 1", _events(["größe", "x"])).statistics.bytes_scanned == 8


def test_matched_counts_events_and_not_groups():
    """What stats makes of the events changes nothing about how many matched, nor does a filter behind it."""
    messages = ['{"k": 1}', '{"k": 2}', '{"k": 2}', "none"]
    result = _run("filter ispresent(k) | stats count(*) as n by k | filter n > 5", _events(messages))
    assert result.rows == []
    assert result.statistics.records_matched == 3


def test_messages_are_read_in_place():
    """A query changes nothing in the events and does not keep their parsed JSON."""
    (event,) = events = _events(['{"a": 1}'])
    before = dict(vars(event))
    _run("fields a, a + 1 as b | sort b", events)
    assert vars(event) == before


def test_cancelled_between_events():
    """A query asks now and then whether to go on, and stops when not."""
    with pytest.raises(engine.QueryCancelled):
        _run("stats count(*)", _events(["x"] * 10), is_cancelled=lambda: True)

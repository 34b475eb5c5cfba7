"""The table of queries in queries.yaml, run against the engine."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from infra.embedded.insights import engine, parser
from infra.embedded.insights.errors import MalformedQuery, NotEmulated
from infra.embedded.insights.fields import Origin

START = 1_714_557_600_000  # 2024-05-01 10:00:00 UTC
NOW = START + 71 * 60_000
EVERYTHING = engine.Window(0, 2 * START)

TABLE = yaml.safe_load(Path(__file__).with_name("queries.yaml").read_text(encoding="utf-8"))


def _named(cases):
    return [pytest.param(case, id=case["name"]) for case in cases]


def _streams(name):
    number = 0
    for group, lines in TABLE["data"][name].items():
        events = []
        for offset, message in lines:
            instant = START + offset
            events.append(
                SimpleNamespace(
                    timestamp=instant, message=message, ingestion_time=instant + 5, event_id=number
                )
            )
            number += 1
        yield engine.LogStreamView(Origin("123456789012", group, "stream"), events)


def _run(case):
    result = engine.run(parser.parse(case["query"]), _streams(case["data"]), EVERYTHING, now=NOW)
    return [[cell for cell in row if cell[0] != "@ptr"] for row in result.rows]


@pytest.mark.parametrize("case", _named(case for case in TABLE["cases"] if "rows" in case))
def test_query_gives_the_rows(case):
    """A query gives these rows, in this order, their columns in this order."""
    assert _run(case) == [list(row.items()) for row in case["rows"]]


@pytest.mark.parametrize("case", _named(case for case in TABLE["cases"] if "error" in case))
def test_malformed_query_is_explained(case):
    """A query that does not compile is refused with a sentence and a place inside the query."""
    with pytest.raises(MalformedQuery) as caught:
        parser.parse(case["query"])
    assert case["error"] in caught.value.message
    assert 0 <= caught.value.start <= caught.value.end <= len(case["query"])


@pytest.mark.parametrize("case", _named(case for case in TABLE["cases"] if "refused" in case))
def test_what_is_not_emulated_is_refused_by_name(case):
    """What AWS has and we lack is refused by its name, and not as a mistake of the query."""
    with pytest.raises(NotEmulated) as caught:
        parser.parse(case["query"])
    assert f"'{case['refused']}'" in str(caught.value)


def test_the_table_is_large():
    """The table holds at least sixty queries with rows."""
    assert sum("rows" in case for case in TABLE["cases"]) >= 60

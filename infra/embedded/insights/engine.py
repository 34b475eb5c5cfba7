"""Runs a query over log events where they lie, as a chain of generators, one for each command.

Events flow newest first, so rows that no `sort` reorders are sorted by @timestamp descending.
"""

from __future__ import annotations

import collections
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from infra.embedded.insights import grouping, output, sorting, syntax
from infra.embedded.insights.expressions import compile_expression
from infra.embedded.insights.fields import row_of, whole
from infra.embedded.insights.functions import is_true
from infra.embedded.insights.values import hashable, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from infra.embedded.insights.fields import LogEvent, Origin, Row

    Rows = Iterator[Row]
    Stage = Callable[[Rows], Rows]

DEFAULT_LIMIT = 10_000

_EVENTS_BETWEEN_LOOKS = 2_000


class QueryCancelled(Exception):
    """The query was stopped while it ran."""


@dataclass(frozen=True, slots=True)
class LogStreamView:
    """The events of one log stream, in place."""

    origin: Origin
    events: Sequence[LogEvent]


@dataclass(frozen=True, slots=True)
class Window:
    """Milliseconds since the epoch; both ends belong to it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a query cost: events that passed its filters, events looked at, and their UTF-8 bytes."""

    records_matched: int
    records_scanned: int
    bytes_scanned: int


@dataclass(frozen=True, slots=True)
class Result:
    """Rows of (field, value); an absent field is absent from its row."""

    rows: list[list[tuple[str, str]]]
    statistics: Statistics


def run(
    query: syntax.Query,
    streams: Iterable[LogStreamView],
    window: Window,
    *,
    now: int,
    limit: int = DEFAULT_LIMIT,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Result:
    """Return what `query` finds among the events of `streams` inside `window`; `now` in ms since the epoch.

    `limit` counts where the query has no limit of its own. Raises QueryCancelled.
    """
    found = _find(streams, window)
    counter = _Counter()
    rows: Rows = _rows(found, is_cancelled)
    for stage in _stages(query.commands, now, limit, counter):
        rows = stage(rows)
    has_limit = any(isinstance(command, syntax.Limit) for command in query.commands)
    shown = _first(rows, DEFAULT_LIMIT if has_limit else limit, drain=counter.is_placed)
    columns = output.columns(query.commands)
    cells = [output.cells(row, columns) for row in shown]
    scanned = len(found.events)
    size = sum(_bytes(event.message) for event in found.events)
    matched = counter.count if counter.is_placed else scanned
    return Result(cells, Statistics(matched, scanned, size))


def _bytes(message: str) -> int:
    return len(message) if message.isascii() else len(message.encode(errors="surrogatepass"))


@dataclass(frozen=True, slots=True)
class _Found:
    """The events inside the window, each with its origin, and the order to read them in: newest first.

    Two lists and an order instead of pairs, since pairs would all be work for the garbage collector.
    """

    events: list[LogEvent]
    origins: list[Origin]
    order: list[int]


def _find(streams: Iterable[LogStreamView], window: Window) -> _Found:
    start, end = window.start, window.end
    events: list[LogEvent] = []
    origins: list[Origin] = []
    for stream in streams:
        chosen = [event for event in stream.events[:] if start <= event.timestamp <= end]
        events += chosen
        origins += [stream.origin] * len(chosen)
    instants = [event.timestamp for event in events]
    backwards = range(len(events) - 1, -1, -1)  # of one instant, the later written first
    return _Found(events, origins, sorted(backwards, key=instants.__getitem__, reverse=True))


def _rows(found: _Found, is_cancelled: Callable[[], bool]) -> Rows:
    events, origins = found.events, found.origins
    for start in range(0, len(events), _EVENTS_BETWEEN_LOOKS):
        if is_cancelled():
            raise QueryCancelled
        for place in found.order[start : start + _EVENTS_BETWEEN_LOOKS]:
            yield row_of(events[place], origins[place])


class _Counter:
    """Counts the rows that pass the filters; without a filter every event matches, uncounted."""

    def __init__(self) -> None:
        self.count = 0
        self.is_placed = False

    def stage(self, rows: Rows) -> Rows:
        for row in rows:
            self.count += 1
            yield row


def _stages(commands: Sequence[syntax.Command], now: int, limit: int, counter: _Counter) -> list[Stage]:
    stages: list[Stage] = []
    last_filter = _last_filter_of_events(commands)
    for index, command in enumerate(commands):
        stages.append(_stage(command, sorting.rows_needed(commands[index + 1 :], limit), now, counter))
        if index == last_filter:
            counter.is_placed = True
            stages.append(counter.stage)
    return stages


def _last_filter_of_events(commands: Sequence[syntax.Command]) -> int | None:
    """Return the place of the last filter that sees log events: before stats, limit, dedup and unnest."""
    last = None
    for index, command in enumerate(commands):
        if isinstance(command, (syntax.Stats, syntax.Limit, syntax.Dedup, syntax.Unnest)):
            break
        if isinstance(command, syntax.Filter):
            last = index
    return last


def _stage(command: syntax.Command, needed: int | None, now: int, counter: _Counter) -> Stage:
    match command:
        case syntax.Fields() | syntax.Display():
            stage = _compute(command.columns, now)
        case syntax.Filter():
            stage = _filter(command.condition, now)
        case syntax.Parse():
            stage = _parse(command, now)
        case syntax.Stats():
            stage = grouping.stage(command, now)
        case syntax.Sort():
            stage = sorting.stage(command.keys, now, needed)
        case syntax.Limit():
            stage = _limit(command.count, counter)
        case syntax.Dedup():
            stage = _dedup(tuple(field.name for field in command.fields))
        case syntax.Unnest():
            stage = _unnest(command.operand.name, command.into)
    return stage


def _limit(count: int, counter: _Counter) -> Stage:
    return lambda rows: _first(rows, count, drain=counter.is_placed)


def _compute(columns: Sequence[syntax.Column], now: int) -> Stage:
    made = [
        (column.name, compile_expression(column.expression, now))
        for column in columns
        if column.is_alias or not isinstance(column.expression, syntax.Field)
    ]

    def stage(rows: Rows) -> Rows:
        for row in rows:
            for name, evaluate in made:
                row[name] = evaluate(row)
            yield row

    return stage if made else _pass


def _pass(rows: Rows) -> Rows:
    return rows


def _filter(condition: syntax.Expression, now: int) -> Stage:
    holds = compile_expression(condition, now)
    return lambda rows: (row for row in rows if is_true(holds(row)))


def _parse(command: syntax.Parse, now: int) -> Stage:
    operand = compile_expression(command.operand, now)
    search = command.pattern.search
    names = command.names

    def stage(rows: Rows) -> Rows:
        for row in rows:
            written = text(operand(row))
            match = search(written) if written is not None else None
            values = match.groups() if match else (None,) * len(names)
            for name, value in zip(names, values, strict=True):
                if name:
                    row[name] = value
            yield row

    return stage


def _first(rows: Rows, count: int, *, drain: bool) -> Rows:
    """Yield the first `count` rows; with `drain` read the others too, since they count as matched."""
    yield from islice(rows, count)
    if drain:
        collections.deque(rows, maxlen=0)


def _dedup(names: Sequence[str]) -> Stage:
    def stage(rows: Rows) -> Rows:
        seen = set()
        for row in rows:
            values = tuple(hashable(row[name]) for name in names)
            if None not in values:
                if values in seen:
                    continue
                seen.add(values)
            yield row

    return stage


def _unnest(name: str, into: str) -> Stage:
    def stage(rows: Rows) -> Rows:
        for row in rows:
            value = row[name]
            for element in value if isinstance(value, list) else [value]:
                yield row.with_field(into, whole(element))

    return stage

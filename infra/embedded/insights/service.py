"""The life of a query: started, run in a thread of its own, asked about, stopped, forgotten.

Queries live in moto's `LogsBackend.queries`, so a reset of the backend forgets them too. AWS keeps results
for
seven days; here the oldest are forgotten once all results together pass `MAXIMUM_KEPT_ROWS`.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from infra.embedded.insights import apart, backtracking, engine
from infra.embedded.insights.errors import MalformedQuery, NotEmulated
from infra.embedded.insights.fields import Origin, names_in, pointer, row_of
from infra.embedded.insights.values import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping, Sequence

    from infra.embedded.insights.fields import LogEvent
    from infra.embedded.insights.syntax import Query

__all__ = ["MalformedQuery", "NotEmulated"]

MAXIMUM_CONCURRENT = 100
"""Queries at once in an account; AWS's CloudWatch Logs user guide."""

MAXIMUM_LOG_GROUPS = 50
MAXIMUM_KEPT_ROWS = 100_000

_ENDED = frozenset({"Complete", "Failed", "Cancelled", "Timeout"})
_MILLISECONDS_BEGIN = 100_000_000_000  # as seconds, this would be the year 5138
_PATIENCE_S = 0.1
_DAY_MS = 86_400_000

_log = logging.getLogger(__name__)


class InvalidQueryParameter(Exception):
    """A parameter of the call that cannot be."""


class TooManyQueries(Exception):
    """More queries at once than an account may run."""


class QueryNotFound(Exception):
    """There is no query, or no log record, of that id."""


@dataclass(slots=True)
class QueryRun:
    """One query, from its start on. `created` is in milliseconds since the epoch.

    `groups` are moto's log groups, let go when the query ends: a deleted group must not live on here.
    """

    query_id: str
    text: str
    query: Query
    groups: tuple[Any, ...]
    group_names: tuple[str, ...]
    window: engine.Window
    limit: int
    created: int
    status: str = "Scheduled"
    result: engine.Result | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    is_cancelled: bool = False

    def run(self) -> None:
        """Run the query; whatever happens, it ends."""
        self.status = "Running"
        try:
            self.result = self._found()
            self.status = "Complete"
        except engine.QueryCancelled:
            self.status = "Cancelled"
        except apart.QueryTimeout:
            self.status = "Timeout"
        except Exception:  # noqa: BLE001  # a thread has nobody to raise to; the status tells
            _log.exception("The query %r failed", self.text)
            self.status = "Failed"
        finally:
            self.groups = ()
            self.ended.set()

    def _found(self) -> engine.Result:
        """Run it here; in a process of its own where its regular expressions could stall the cloud."""
        cost = backtracking.cost(self.query)
        if cost.is_bearable(self._longest() if cost.power else 0):
            return engine.run(self.query, streams_of(self.groups), self.window, **self._options())
        return apart.run(self.text, streams_of(self.groups), self.window, **self._options())

    def _options(self) -> dict[str, Any]:
        return {"now": self.created, "limit": self.limit, "is_cancelled": lambda: self.is_cancelled}

    def _longest(self) -> int:
        return max((len(event.message) for event, _ in _events(self.groups)), default=0)


def check_window(groups: Sequence[Any], window: engine.Window, query_text: str) -> None:
    """Raise MalformedQuery for a window that ends before any of the groups can have an event.

    That is before the group was made, or before what its retention keeps. With several groups it is enough
    that one can: what AWS does then is not documented.
    """
    if groups and all(window.end < _begin_of(group) for group in groups):
        end = len(query_text)
        raise MalformedQuery(
            "Query's end date and time is either before the log groups creation time "
            f"or exceeds the log groups log retention settings ([0,{end}])",
            start=0,
            end=end,
        )


def _begin_of(group: Any) -> float:
    """Return since when (ms) a group can have events, as moto keeps it."""
    made = group.creation_time.replace(tzinfo=UTC).timestamp() * 1000
    if not group.retention_in_days:
        return float(made)
    return max(float(made), time.time() * 1000 - int(group.retention_in_days) * _DAY_MS)


def window_of(start_time: int, end_time: int) -> engine.Window:
    """Return the window of StartQuery's times, in seconds (the last second as a whole) or milliseconds."""
    if end_time < start_time:
        raise InvalidQueryParameter(
            f"The end of the time range, {end_time}, lies before its start, {start_time}; "
            "give startTime and endTime as seconds since the epoch, the earlier one first"
        )
    last = end_time if end_time >= _MILLISECONDS_BEGIN else end_time * 1000 + 999
    first = start_time if start_time >= _MILLISECONDS_BEGIN else start_time * 1000
    return engine.Window(first, last)


def start(
    runs: MutableMapping[str, QueryRun],
    *,
    query: Query,
    query_text: str,
    groups: Sequence[Any],
    window: engine.Window,
    limit: int | None,
) -> QueryRun:
    """Start a parsed query over moto's log groups and return its run.

    Raises InvalidQueryParameter or TooManyQueries.
    """
    if limit is not None and not 1 <= limit <= engine.DEFAULT_LIMIT:
        raise InvalidQueryParameter(f"limit is {limit}; it must be from 1 to {engine.DEFAULT_LIMIT}")
    if sum(run.status not in _ENDED for run in runs.values()) >= MAXIMUM_CONCURRENT:
        raise TooManyQueries(f"{MAXIMUM_CONCURRENT} queries are running; wait for one to end, or stop one")
    _forget(runs)
    run = QueryRun(
        query_id=str(uuid4()),
        text=query_text,
        query=query,
        groups=tuple(groups),
        group_names=tuple(group.name for group in groups),
        window=window,
        limit=limit or engine.DEFAULT_LIMIT,
        created=int(time.time() * 1000),
    )
    runs[run.query_id] = run
    threading.Thread(target=run.run, name=f"insights-{run.query_id}", daemon=True).start()
    return run


def _forget(runs: MutableMapping[str, QueryRun]) -> None:
    """Drop the oldest ended queries until the kept rows fit."""
    kept = sum(len(run.result.rows) for run in runs.values() if run.result)
    for query_id, run in list(runs.items()):
        if kept <= MAXIMUM_KEPT_ROWS:
            return
        if run.result:
            kept -= len(run.result.rows)
            del runs[query_id]


def find(runs: Mapping[str, QueryRun], query_id: str) -> QueryRun:
    """Return the query of an id."""
    if query_id not in runs:
        raise QueryNotFound(f"There is no query with the id {query_id}")
    return runs[query_id]


def results(runs: Mapping[str, QueryRun], query_id: str) -> dict[str, Any]:
    """Return the answer of GetQueryResults.

    A query about to end is given a moment, to spare the caller a round.
    """
    run = find(runs, query_id)
    run.ended.wait(_PATIENCE_S)
    answer: dict[str, Any] = {"queryLanguage": "CWLI", "results": [], "status": run.status}
    if run.result:
        cells = ([{"field": name, "value": value} for name, value in row] for row in run.result.rows)
        answer["results"] = list(cells)
        answer["statistics"] = _statistics(run.result.statistics, len(run.group_names))
    else:
        answer["statistics"] = _statistics(engine.Statistics(0, 0, 0), 0)
    return answer


def _statistics(statistics: engine.Statistics, groups: int) -> dict[str, float]:
    return {
        "recordsMatched": float(statistics.records_matched),
        "recordsScanned": float(statistics.records_scanned),
        "estimatedRecordsSkipped": 0.0,
        "bytesScanned": float(statistics.bytes_scanned),
        "estimatedBytesSkipped": 0.0,
        "logGroupsScanned": float(groups),
    }


def stop(runs: Mapping[str, QueryRun], query_id: str) -> bool:
    """Stop a query that runs; one that has ended raises InvalidQueryParameter."""
    run = find(runs, query_id)
    if run.status in _ENDED:
        raise InvalidQueryParameter(f"Query {query_id} has already ended with the status {run.status}")
    run.is_cancelled = True
    return True


def describe(
    runs: Mapping[str, QueryRun], *, group: str | None, status: str | None, most: int
) -> list[dict[str, Any]]:
    """Return the answer of DescribeQueries, the newest query first."""
    chosen = [
        run
        for run in reversed(list(runs.values()))
        if (group is None or group in run.group_names) and status in (None, run.status)
    ]
    return [
        {
            "queryLanguage": "CWLI",
            "queryId": run.query_id,
            "queryString": run.text,
            "status": run.status,
            "createTime": run.created,
            "logGroupName": group or (run.group_names[0] if run.group_names else ""),
        }
        for run in chosen[:most]
    ]


def streams_of(groups: Sequence[Any]) -> Iterator[engine.LogStreamView]:
    """Yield moto's log streams with their events, in place."""
    for group in groups:
        for stream in list(group.streams.values()):
            yield engine.LogStreamView(_origin(group, stream), stream.events)


def _origin(group: Any, stream: Any) -> Origin:
    return Origin(group.account_id, group.name, stream.log_stream_name)


def _events(groups: Sequence[Any]) -> Iterator[tuple[LogEvent, Origin]]:
    for view in streams_of(groups):
        for event in view.events[:]:
            yield event, view.origin


def record(groups: Sequence[Any], log_record_pointer: str) -> dict[str, str]:
    """Return the answer of GetLogRecord: all fields of the event with that `@ptr`."""
    for event, origin in _events(groups):
        if pointer(event, origin) == log_record_pointer:
            row = row_of(event, origin)
            names = [*names_in(event, origin), "@ptr"]
            return {name: shown for name in names if (shown := text(row[name])) is not None}
    raise QueryNotFound("There is no log record with that pointer")


def fields_of(group: Any, window: engine.Window) -> list[dict[str, Any]]:
    """Return the answer of GetLogGroupFields: names of fields and the percentage of events that have them."""
    counts: dict[str, int] = {}
    total = 0
    for event, origin in _events([group]):
        if window.start <= event.timestamp <= window.end:
            total += 1
            for name in set(names_in(event, origin)):
                counts[name] = counts.get(name, 0) + 1
    return [
        {"name": name, "percent": round(100 * count / total)}
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]

"""Logs Insights behind moto's Logs API.

moto 5.2.5: `LogsResponse.start_query` reads only logGroupName(s), and `moto.logs.logs_query` understands
parts of
`fields`, `sort` and `limit` and ignores every other command, so that any query "succeeds"; there is no
StopQuery,
GetLogRecord or GetLogGroupFields, and no statistics.
AWS: the whole of Logs Insights QL, queries that run for a while, errors that say where a query is wrong.
We: replace these operations of `LogsResponse`, keep moto's log groups, streams and events where they are, and
keep the queries in moto's `LogsBackend.queries`.
"""

from __future__ import annotations

import functools
import json
import time
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.embedded.insights.errors import MalformedQuery
    from infra.embedded.insights.syntax import Source

REPLACED = ("start_query", "get_query_results", "describe_queries")
"""What moto has of this, and we do ourselves."""

ADDED = ("stop_query", "get_log_record", "get_log_group_fields")
"""What moto lacks."""

_FIELDS_WINDOW_MS = 15 * 60 * 1000
_FIELDS_HALF_WINDOW_MS = 8 * 60 * 1000


def install() -> None:
    """Put the operations into moto's LogsResponse; a second call changes nothing."""
    for name in (*REPLACED, *ADDED):
        setattr(LogsResponse, name, globals()[name])


class _MalformedQueryError(JsonRESTError):  # type: ignore[misc]  # moto is not typed
    code = 400

    def __init__(self, error: MalformedQuery) -> None:
        super().__init__("MalformedQueryException", error.message)
        location = {"startCharOffset": error.start, "endCharOffset": error.end}
        body = {
            "__type": "MalformedQueryException",
            "message": error.message,
            "queryCompileError": {"location": location, "message": error.message},
        }
        self.description = json.dumps(body)


class _NotImplementedError(JsonRESTError):  # type: ignore[misc]  # moto is not typed
    code = 501


class _LimitExceededError(JsonRESTError):  # type: ignore[misc]  # moto is not typed
    code = 400


def _answer(operation: Callable[[Any], dict[str, Any]]) -> Callable[[Any], str]:
    """Turn an operation's dict into JSON, and our errors into the service's own."""

    @functools.wraps(operation)
    def answered(response: Any) -> str:
        from infra.embedded.insights import service  # noqa: PLC0415  # an idle cloud does not pay for the engine

        try:
            return json.dumps(operation(response))
        except service.MalformedQuery as error:
            raise _MalformedQueryError(error) from None
        except service.NotEmulated as error:
            raise _NotImplementedError("NotImplemented", str(error)) from None
        except service.InvalidQueryParameter as error:
            raise InvalidParameterException(str(error)) from None
        except service.TooManyQueries as error:
            raise _LimitExceededError("LimitExceededException", str(error)) from None
        except service.QueryNotFound as error:
            raise ResourceNotFoundException(str(error)) from None

    return answered


@_answer
def start_query(self: LogsResponse) -> dict[str, Any]:
    """StartQuery."""
    from infra.embedded.insights import parser, service  # noqa: PLC0415  # see above

    language = self._get_param("queryLanguage") or "CWLI"
    if language != "CWLI":
        raise service.NotEmulated(f"The query language {language}")
    query_text = self._get_param("queryString")
    query = parser.parse(query_text)
    groups = _groups(self, query.source)
    window = service.window_of(self._get_int_param("startTime"), self._get_int_param("endTime"))
    service.check_window(groups, window, query_text)
    run = service.start(
        self.logs_backend.queries,
        query=query,
        query_text=query_text,
        groups=groups,
        window=window,
        limit=self._get_param("limit"),
    )
    return {"queryId": run.query_id}


@_answer
def get_query_results(self: LogsResponse) -> dict[str, Any]:
    """GetQueryResults."""
    from infra.embedded.insights import service  # noqa: PLC0415  # see above

    return service.results(self.logs_backend.queries, self._get_param("queryId"))


@_answer
def stop_query(self: LogsResponse) -> dict[str, Any]:
    """StopQuery."""
    from infra.embedded.insights import service  # noqa: PLC0415  # see above

    return {"success": service.stop(self.logs_backend.queries, self._get_param("queryId"))}


@_answer
def describe_queries(self: LogsResponse) -> dict[str, Any]:
    """DescribeQueries."""
    from infra.embedded.insights import service  # noqa: PLC0415  # see above

    queries = service.describe(
        self.logs_backend.queries,
        group=self._get_param("logGroupName"),
        status=self._get_param("status"),
        most=self._get_param("maxResults") or 1000,
    )
    return {"queries": queries}


@_answer
def get_log_record(self: LogsResponse) -> dict[str, Any]:
    """GetLogRecord."""
    from infra.embedded.insights import service  # noqa: PLC0415  # see above

    groups = list(self.logs_backend.groups.values())
    return {"logRecord": service.record(groups, self._get_param("logRecordPointer"))}


@_answer
def get_log_group_fields(self: LogsResponse) -> dict[str, Any]:
    """GetLogGroupFields."""
    from infra.embedded.insights import engine, service  # noqa: PLC0415  # see above

    identifier = self._get_param("logGroupName") or self._get_param("logGroupIdentifier")
    group = _group(self.logs_backend, identifier)
    centre = self._get_param("time")
    now = int(time.time() * 1000)
    window = engine.Window(now - _FIELDS_WINDOW_MS, now)
    if centre is not None:
        window = engine.Window(centre * 1000 - _FIELDS_HALF_WINDOW_MS, centre * 1000 + _FIELDS_HALF_WINDOW_MS)
    return {"logGroupFields": service.fields_of(group, window)}


def _groups(response: LogsResponse, source: Source | None) -> list[Any]:
    """Return the log groups that a StartQuery names, in exactly one of the ways it may."""
    from infra.embedded.insights import service  # noqa: PLC0415  # see above

    one = response._get_param("logGroupName")
    given = [
        names
        for names in (
            [one] if one else None,
            *map(response._get_param, ("logGroupNames", "logGroupIdentifiers")),
        )
        if names
    ]
    if len(given) + (source is not None) != 1:
        raise service.InvalidQueryParameter(
            "Give exactly one of logGroupName, logGroupNames, logGroupIdentifiers or a SOURCE command; "
            f"{len(given) + (source is not None)} were given"
        )
    backend = response.logs_backend
    if source is not None:
        return _groups_of_source(backend, source)
    names = list(dict.fromkeys(given[0]))
    if len(names) > service.MAXIMUM_LOG_GROUPS:
        raise service.InvalidQueryParameter(
            f"{len(names)} log groups were given; a query reads at most {service.MAXIMUM_LOG_GROUPS}"
        )
    return [_group(backend, name) for name in names]


def _groups_of_source(backend: LogsBackend, source: Source) -> list[Any]:
    prefixes = source.prefixes or ("",)
    return [group for name, group in backend.groups.items() if name.startswith(prefixes)]


def _group(backend: LogsBackend, identifier: str) -> Any:
    """Return the log group of a name or an ARN (which ends with the name, without `:*`)."""
    name = identifier
    if identifier.startswith("arn:"):
        group = next((group for group in backend.groups.values() if group.arn == identifier), None)
        if group is not None:
            return group
    elif name in backend.groups:
        return backend.groups[name]
    raise ResourceNotFoundException(f"The specified log group does not exist: {identifier}")

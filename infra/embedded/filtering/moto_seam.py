"""FilterLogEvents behind moto's Logs API.

moto: knows words and phrases; every other pattern matches every event; one stream follows the other;
a prefix of stream names and the order newest first are ignored. AWS: the whole of the filter patterns, in
order of time across the streams. We: replace the operation; moto keeps groups, streams and events.
Metric and subscription filters are refused by name (see `hollow`), so no pattern is kept unread.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.responses import LogsResponse

from infra.embedded.filtering import paging
from infra.embedded.filtering.errors import InvalidPattern
from infra.embedded.filtering.paging import PAGE_EVENTS, InvalidToken, Search

BACKWARDS_SINCE_MS = 1_704_067_200_000
"""2024 in UTC: AWS answers newest first only from there on."""


def install() -> None:
    """Put the operation in moto's place; a second call changes nothing."""
    LogsResponse.filter_log_events = filter_log_events


def filter_log_events(response: LogsResponse) -> str:
    """FilterLogEvents."""
    group = _group(response)
    search = _search(response, group.name)
    found = paging.page(_streams(response, group), search)
    answer: dict[str, Any] = {
        "events": [each.described() for each in found.events],
        "searchedLogStreams": [],
    }
    if found.last is not None:
        answer["nextToken"] = paging.token(group.name, found.last, forward=search.forward)
    return json.dumps(answer)


def _group(response: LogsResponse) -> Any:
    name, identifier = response._get_param("logGroupName"), response._get_param("logGroupIdentifier")
    if bool(name) == bool(identifier):
        raise InvalidParameterException("Give either logGroupName or logGroupIdentifier, and not both.")
    wanted = str(name or identifier).removesuffix(":*")
    for group in list(response.logs_backend.groups.values()):
        if wanted in {group.name, group.arn if identifier else group.name}:
            return group
    raise ResourceNotFoundException


def _streams(response: LogsResponse, group: Any) -> list[Any]:
    names, prefix = response._get_param("logStreamNames"), response._get_param("logStreamNamePrefix")
    if names and prefix:
        raise InvalidParameterException("Give logStreamNames or logStreamNamePrefix, and not both.")
    streams = dict(group.streams)
    missing = [name for name in names or () if name not in streams]
    if missing:
        raise ResourceNotFoundException(f"The specified log stream does not exist: {missing[0]}")
    return [
        stream
        for name, stream in streams.items()
        if (not names or name in names) and name.startswith(prefix or "")
    ]


def _search(response: LogsResponse, group: str) -> Search:
    limit = response._get_param("limit") or PAGE_EVENTS
    if not 1 <= limit <= PAGE_EVENTS:
        bound = "less than or equal to 10000" if limit > PAGE_EVENTS else "greater than or equal to 1"
        raise InvalidParameterException(
            constraint=f"Member must have value {bound}", parameter="limit", value=limit
        )
    start = response._get_param("startTime") or 0
    forward = response._get_param("startFromHead") is not False
    if not forward and start < BACKWARDS_SINCE_MS:
        raise InvalidParameterException(
            f"startFromHead may be false only with a startTime of {BACKWARDS_SINCE_MS} (2024) or later, "
            f"not {start}."
        )
    after, forward = _continued(response, group, forward=forward)
    return Search(_test(response), start, response._get_param("endTime"), limit, forward, after)


def _continued(response: LogsResponse, group: str, *, forward: bool) -> tuple[paging.Place | None, bool]:
    """Return where the page begins and its direction: those of the token, if there is one."""
    text = response._get_param("nextToken")
    if not text:
        return None, forward
    try:
        return paging.read_token(text, group)
    except InvalidToken:
        raise InvalidParameterException("The specified nextToken is invalid.") from None


def _test(response: LogsResponse) -> Callable[[str], bool]:
    pattern = response._get_param("filterPattern") or ""
    if not pattern:
        return lambda _: True
    from infra.embedded.filtering.patterns import compile_pattern  # noqa: PLC0415  # an idle cloud does not pay for lark

    try:
        return compile_pattern(pattern)
    except InvalidPattern as error:
        raise InvalidParameterException(str(error)) from None

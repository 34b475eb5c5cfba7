"""Rows, and the fields that AWS discovers in log events.

A row is a dict of the fields known so far. A row that stands for a log event discovers the others when they
are first asked for, so a query pays only for what it reads: the JSON of a message is parsed at most once a
query and never kept. Names: `@...` for what CloudWatch Logs generates, `a.b.0` for what a JSON message holds.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

from infra.embedded.insights.values import Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.embedded.insights.values import Value

LAMBDA_PREFIX = "/aws/lambda/"

_JSON_ATTEMPTS = 8
_BYTES_IN_A_MEGABYTE = 1_000_000  # AWS shows a memory size of 128 MB as 128000000

_REQUEST_ID = re.compile(r"RequestId: ([0-9a-fA-F-]{36})|\t([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\t")
_PLATFORM_LINE = re.compile(r"(START|END|REPORT|INIT_START)\b")
_DURATION = re.compile(r"\tDuration: ([\d.]+) ms")
_BILLED_DURATION = re.compile(r"\tBilled Duration: ([\d.]+) ms")
_MEMORY_SIZE = re.compile(r"\tMemory Size: (\d+) MB")
_MAX_MEMORY_USED = re.compile(r"\tMax Memory Used: (\d+) MB")
_INIT_DURATION = re.compile(r"\tInit Duration: ([\d.]+) ms")
_XRAY_TRACE_ID = re.compile(r"\bXRAY TraceId: (\S+)")
_XRAY_SEGMENT_ID = re.compile(r"\bSegmentId: (\S+)")


class LogEvent(Protocol):
    """A log event as moto keeps it; times in milliseconds since the epoch."""

    timestamp: int
    message: str
    ingestion_time: int
    event_id: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event comes from; `is_lambda` says that AWS looks for Lambda's own fields there."""

    account_id: str
    group: str
    stream: str
    is_lambda: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_lambda", self.group.startswith(LAMBDA_PREFIX))


class Row(dict[str, Any]):
    """Fields by name; an absent field is None. `row["a.b"]` looks into a structure that is field `a`."""

    __slots__ = ()

    def __missing__(self, name: str) -> Value:
        return self._inside_structure(name) if "." in name else None

    def _inside_structure(self, name: str) -> Value:
        head, _, rest = name.partition(".")
        while rest:
            if head in self:
                return whole(walk(self[head], rest))
            step, _, rest = rest.partition(".")
            head = f"{head}.{step}"
        return None

    def with_field(self, name: str, value: Value) -> Self:
        """Return a copy of this row with one more field."""
        copy = type(self)(self)
        copy[name] = value
        return copy


class EventRow(Row):
    """The row of one log event.

    `document` is the message's JSON once it was needed, empty where it has none.
    """

    __slots__ = ("document", "event", "origin")

    event: LogEvent
    origin: Origin
    document: dict[str, Any] | None

    def __missing__(self, name: str) -> Value:
        if "." in name:
            value = self._inside_structure(name)
            if value is not None:
                return value
        is_generated = name[0] == "@" and name[:2] != "@@"
        value = self[name] = self._generate(name) if is_generated else self._from_document(name)
        return value

    def _generate(self, name: str) -> Value:
        generated = _GENERATED.get(name)
        if generated:
            return generated(self.event, self.origin)
        in_lambda = _LAMBDA.get(name)
        return in_lambda(self.event.message) if in_lambda and self.origin.is_lambda else None

    def _from_document(self, name: str) -> Value:
        document = self.document
        if document is None:
            document = self.document = json_of(self.event.message, embedded=self.origin.is_lambda)
        value = document.get(name)
        if value is None:
            return leaf(walk(document, name.removeprefix("@"))) if "." in name or name[0] == "@" else None
        return leaf(value)

    def with_field(self, name: str, value: Value) -> Self:
        """Return a copy of this row with one more field."""
        copy = super().with_field(name, value)
        copy.event, copy.origin, copy.document = self.event, self.origin, self.document
        return copy


def row_of(event: LogEvent, origin: Origin) -> EventRow:
    """Return the row of `event`."""
    row = EventRow()
    row.event = event
    row.origin = origin
    row.document = None
    return row


def whole(value: Value) -> Value:
    """Return a value found in JSON as a value of the language, where objects and lists may stand too."""
    return int(value) if isinstance(value, bool) else value


def leaf(value: Value) -> Value:
    """Return a value found in JSON as a field: true as 1, false as 0; objects and lists are no fields."""
    kind = type(value)
    if kind is bool:
        return int(value)
    return None if kind is dict or kind is list else value


def pointer(event: LogEvent, origin: Origin) -> str:
    """Return the event's `@ptr`."""
    return b64encode(f"{origin.group}\n{origin.stream}\n{event.event_id}".encode()).decode()


_decode = json.JSONDecoder(strict=False, parse_constant=lambda _: None).scan_once  # type: ignore[attr-defined]  # typeshed leaves it out


def json_of(message: str, *, embedded: bool) -> dict[str, Any]:
    """Return the object that the message is, or, if `embedded`, the first one in it; {} where none is."""
    start = message.find("{")
    if start < 0 or (start > 0 and not embedded and message[:start].strip()):
        return {}
    for _ in range(_JSON_ATTEMPTS if embedded else 1):
        try:
            found, end = _decode(message, start)
        except (ValueError, StopIteration, RecursionError):
            start = message.find("{", start + 1)
            if start < 0:
                break
        else:
            return found if embedded or end == len(message) or not message[end:].strip() else {}
    return {}


def walk(value: Value, path: str) -> Value:
    """Return what `path` (`a.b.0`) leads to inside a structure, None where nothing is."""
    if path == "":
        return value
    if isinstance(value, list):
        head, _, rest = path.partition(".")
        is_index = head.isdecimal() and int(head) < len(value)
        return walk(value[int(head)], rest) if is_index else None
    return _walk_object(value, path) if isinstance(value, dict) else None


def _walk_object(value: dict[str, Any], path: str) -> Value:
    head, _, rest = path.partition(".")
    while True:  # a key may itself hold points
        if head in value:
            return walk(value[head], rest)
        if not rest:
            return None
        step, _, rest = rest.partition(".")
        head = f"{head}.{step}"


_GENERATED: dict[str, Callable[[LogEvent, Origin], Value]] = {
    "@timestamp": lambda event, _: Timestamp(event.timestamp),
    "@ingestionTime": lambda event, _: Timestamp(event.ingestion_time),
    "@message": lambda event, _: event.message,
    "@logStream": lambda _, origin: origin.stream,
    "@log": lambda _, origin: f"{origin.account_id}:{origin.group}",
    "@ptr": pointer,
}


def _type(message: str) -> str | None:
    match = _PLATFORM_LINE.match(message)
    return match[1] if match else None


def _request_id(message: str) -> str | None:
    match = _REQUEST_ID.search(message)
    return (match[1] or match[2]) if match else None


def _report_figure(pattern: re.Pattern[str], factor: int = 1) -> Callable[[str], Value]:
    def read(message: str) -> Value:
        match = pattern.search(message) if message.startswith("REPORT") else None
        return (float(match[1]) if "." in match[1] else int(match[1]) * factor) if match else None

    return read


def _report_text(pattern: re.Pattern[str]) -> Callable[[str], Value]:
    def read(message: str) -> Value:
        match = pattern.search(message) if message.startswith("REPORT") else None
        return match[1] if match else None

    return read


_LAMBDA: dict[str, Callable[[str], Value]] = {
    "@type": _type,
    "@requestId": _request_id,
    "@duration": _report_figure(_DURATION),
    "@billedDuration": _report_figure(_BILLED_DURATION),
    "@initDuration": _report_figure(_INIT_DURATION),
    "@memorySize": _report_figure(_MEMORY_SIZE, _BYTES_IN_A_MEGABYTE),
    "@maxMemoryUsed": _report_figure(_MAX_MEMORY_USED, _BYTES_IN_A_MEGABYTE),
    "@xrayTraceId": _report_text(_XRAY_TRACE_ID),
    "@xraySegmentId": _report_text(_XRAY_SEGMENT_ID),
}


def names_in(event: LogEvent, origin: Origin) -> list[str]:
    """Return the names of all fields of an event, generated ones first."""
    row = row_of(event, origin)
    names = [name for name in _GENERATED if name != "@ptr"]
    names += [name for name in _LAMBDA if row[name] is not None]
    document = json_of(event.message, embedded=origin.is_lambda)
    return names + [f"@{path}" if path.startswith("@") else path for path in _leaves(document, "")]


def _leaves(value: Value, path: str) -> list[str]:
    if not isinstance(value, (dict, list)):
        return [path]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [found for key, inner in items for found in _leaves(inner, f"{path}.{key}" if path else str(key))]

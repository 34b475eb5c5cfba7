"""From an environment's log pipe to its CloudWatch log stream.

moto only writes the output of a container; AWS writes one stream an environment, each line of standard output
and each record of `logging` as one event, between the platform's own lines, if the function's role may.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.logs.models import logs_backends

from infra.embedded.functions.function import Function
from infra.embedded.permissions import is_allowed

FRAME_MARK = b"\xa5\x5a\x00"  # not valid UTF-8, so it cannot be confused with printed text
FRAME_HEADER_BYTES = 16
TAIL_BYTES = 4096

_WRITING = threading.Lock()


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event: `timestamp` in milliseconds since the epoch."""

    timestamp: int
    message: str


def now_ms() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class LineSplitter:
    """Cuts the log pipe's bytes into events: printed lines, and the framed records of `awslambdaric`.

    A frame is 4 bytes of type, 4 of length, 8 of time in microseconds, then the message; all big-endian.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[LogLine]:
        """Return the events that `data` completes."""
        self._rest += data
        lines: list[LogLine] = []
        while self._rest:
            mark = self._rest.find(FRAME_MARK)
            if mark != 0:
                if not self._take_text(mark, lines):
                    return lines
            elif not self._take_frame(lines):
                return lines
        return lines

    def finish(self) -> list[LogLine]:
        """Return what is left as a last event."""
        rest, self._rest = self._rest, b""
        return [_text_line(rest)] if rest else []

    def _take_text(self, mark: int, lines: list[LogLine]) -> bool:
        """Take one printed line; False when it has no end yet. A frame ends an unfinished line."""
        end = self._rest.find(b"\n")
        cut = min(x for x in (end + 1, mark, len(self._rest)) if x > 0) if max(end + 1, mark) > 0 else 0
        if cut == 0:
            return False
        lines.append(_text_line(self._rest[:cut]))
        self._rest = self._rest[cut:]
        return True

    def _take_frame(self, lines: list[LogLine]) -> bool:
        if len(self._rest) < FRAME_HEADER_BYTES:
            return False
        end = FRAME_HEADER_BYTES + int.from_bytes(self._rest[4:8], "big")
        if len(self._rest) < end:
            return False
        microseconds = int.from_bytes(self._rest[8:16], "big")
        message = self._rest[FRAME_HEADER_BYTES:end].decode("utf-8", "replace")
        lines.append(LogLine(microseconds // 1000, message))
        self._rest = self._rest[end:]
        return True


def _text_line(data: bytes) -> LogLine:
    return LogLine(now_ms(), data.decode("utf-8", "replace"))


class LogStream:
    """An environment's stream in its function's group.

    Lambda makes the stream, and a group that is missing, as the function's role: what the role may not do
    is left undone, without a word. The role is asked once, before the first line.
    """

    def __init__(self, function: Function, environment: str) -> None:
        self.group = function.log_group
        self.name = stream_name(function, environment)
        self._function = function
        self._grant: Grant | None = None
        self._last = 0
        self._backend = logs_backends[function.account_id][function.region]

    def write(self, lines: Sequence[LogLine]) -> None:
        """Append events; readers see them when this returns.

        CloudWatch orders by time. A record of `logging` carries its own time, a printed line that of its
        reading, a little later; none may come before what was written before it.
        """
        if not lines:
            return
        if self._grant is None:
            self._grant = granted(self._function, self.name)
        if not self._grant.write:
            return
        events = [self._in_order(line) for line in lines]
        with _WRITING:
            if self.group not in self._backend.groups and not self._grant.make_group:
                return
            self._backend.ensure_log_group(self.group)
            self._backend.ensure_log_stream(self.group, self.name)
            self._backend.groups[self.group].put_log_events(self.name, events)

    def _in_order(self, line: LogLine) -> dict[str, Any]:
        self._last = max(self._last, line.timestamp)
        return {"timestamp": self._last, "message": line.message}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a function's role may do with its log: write a stream of its own, make the group."""

    write: bool
    make_group: bool


def granted(function: Function, stream: str) -> Grant:
    """Return what the function's role may do. A policy names a group with `:*` behind it, or without."""
    group = f"arn:aws:logs:{function.region}:{function.account_id}:log-group:{function.log_group}"

    def may(action: str, *resources: str) -> bool:
        return any(is_allowed(function.account_id, function.role, action, each) for each in resources)

    into = f"{group}:log-stream:{stream}"
    return Grant(
        write=may("logs:CreateLogStream", into) and may("logs:PutLogEvents", into),
        make_group=may("logs:CreateLogGroup", f"{group}:log-stream:", group)
        and not function.own_log_group.startswith("aws/"),
    )


def stream_name(function: Function, environment: str) -> str:
    """Return a stream's name: of the day, the version and the environment.

    In a group of the function's choice, which others may share, of the function too.
    """
    owner = function.name if function.own_log_group else ""
    return f"{datetime.now(UTC):%Y/%m/%d}/{owner}[{function.version}]{environment}"


def tail(lines: Sequence[LogLine]) -> bytes:
    """Return the last 4 KB of an invocation's log, as `LogType=Tail` gives it."""
    return "".join(line.message for line in lines).encode()[-TAIL_BYTES:]

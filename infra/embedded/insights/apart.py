"""A query in a process of its own, for what could hold every thread of the cloud: it can be ended.

The process gets the query and the events as JSON on its standard input and answers with the result. It ends
when it is told to, at its limit, and with the cloud, whatever it is at.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from infra.embedded.insights import engine, parser
from infra.embedded.insights.fields import Origin

LIMIT_S = 60.0
"""AWS gives a query an hour; here nobody waits that long."""

_ROOT = Path(__file__).resolve().parents[3]
_LOOK_S = 0.1
_SPARE_S = 5


class QueryTimeout(Exception):
    """The query did not end within its limit."""


class Event:
    """A log event, as the engine reads it."""

    __slots__ = ("event_id", "ingestion_time", "message", "timestamp")

    def __init__(self, timestamp: int, ingestion_time: int, event_id: int, message: str) -> None:
        self.timestamp = timestamp
        self.ingestion_time = ingestion_time
        self.event_id = event_id
        self.message = message


def run(
    text: str,
    streams: Iterable[engine.LogStreamView],
    window: engine.Window,
    *,
    now: int,
    limit: int,
    is_cancelled: Callable[[], bool],
) -> engine.Result:
    """Return what `engine.run` would, from a process of its own. Raises QueryCancelled or QueryTimeout."""
    task = {
        "text": text,
        "streams": [_written(view, window) for view in streams],
        "window": [window.start, window.end],
        "now": now,
        "limit": limit,
        "limit_s": LIMIT_S,
    }
    with subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
    ) as process:
        try:
            answer = json.loads(_answer_of(process, json.dumps(task).encode(), is_cancelled))
        finally:
            process.kill()
    rows = [[(name, value) for name, value in row] for row in answer["rows"]]
    return engine.Result(rows, engine.Statistics(*answer["statistics"]))


def _answer_of(process: subprocess.Popen[bytes], task: bytes, is_cancelled: Callable[[], bool]) -> bytes:
    end = time.monotonic() + LIMIT_S
    given: bytes | None = task
    while not is_cancelled():
        try:
            answer, _ = process.communicate(given, timeout=_LOOK_S)
        except subprocess.TimeoutExpired:
            given = None  # `communicate` keeps what it was given first, and goes on with it
            if time.monotonic() > end:
                raise QueryTimeout(f"the query did not end within {LIMIT_S:.0f} s") from None
            continue
        if process.returncode:
            raise RuntimeError(f"the process of the query ended with {process.returncode}")
        return answer
    raise engine.QueryCancelled


def _written(view: engine.LogStreamView, window: engine.Window) -> list[Any]:
    events = [
        [event.timestamp, event.ingestion_time, event.event_id, event.message]
        for event in view.events[:]
        if window.start <= event.timestamp <= window.end
    ]
    return [view.origin.account_id, view.origin.group, view.origin.stream, events]


def _work(task: dict[str, Any]) -> dict[str, Any]:
    streams = [
        engine.LogStreamView(Origin(account, group, stream), [Event(*event) for event in events])
        for account, group, stream, events in task["streams"]
    ]
    query, window = parser.parse(task["text"]), engine.Window(*task["window"])
    found = engine.run(query, streams, window, now=task["now"], limit=task["limit"])
    told = found.statistics
    return {
        "rows": found.rows,
        "statistics": [told.records_matched, told.records_scanned, told.bytes_scanned],
    }


def _end_with(parent: int, limit_s: float) -> None:
    """End this process soon after its parent, and when its time is over; matching lets a signal through."""

    def look(*_: object) -> None:
        if os.getppid() != parent:
            os._exit(1)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)
    seconds = int(limit_s) + _SPARE_S
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def main() -> None:
    """Answer the one task on standard input."""
    parent = os.getppid()
    task = json.loads(sys.stdin.buffer.read())
    _end_with(parent, task["limit_s"])
    sys.stdout.write(json.dumps(_work(task)))


if __name__ == "__main__":
    main()

"""A fault: the step waits for a dependency that all environments share, and that slows down as load grows.

The dependency answers one caller in `DEPENDENCY_MS`, and as fast as that up to `DEPENDENCY_TAKES` at once.
Beyond, callers wait for each other and slow each other down: the time grows with the square of the load over
that. How many are under way is told beside the ticket: `{"ticket": ..., "under_way": 4}`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any, object], Any]


def answer_s(under_way: int, takes: int, alone_s: float) -> float:
    """Return how long the dependency takes, in seconds, with so many callers under way."""
    crowding: float = max(1.0, under_way / takes) ** 2
    return alone_s * crowding


def faulty(handler: Handler) -> Handler:
    """Return a handler that asks the dependency before it does its own work."""
    takes, alone_s = int(os.environ["DEPENDENCY_TAKES"]), float(os.environ["DEPENDENCY_MS"]) / 1000

    def after_asking(event: Any, context: object) -> Any:
        started = time.perf_counter()
        time.sleep(answer_s(int(event["under_way"]), takes, alone_s))
        waited_ms = round((time.perf_counter() - started) * 1000, 3)
        line = {"ticket_id": event["ticket"]["ticket_id"], "dependency_ms": waited_ms}
        print(json.dumps(line))  # noqa: T201 - what a function prints is its log
        return handler(event["ticket"], context)

    return after_asking

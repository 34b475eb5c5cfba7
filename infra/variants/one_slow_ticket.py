"""A fault: the model takes longer for one ticket than for all others. It runs inside the step's own code.

The model is imitated by sleeping, so its sleep is made longer by `SLOW_MS` for the ticket `SLOW_TICKET`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any, object], Any]


def faulty(handler: Handler) -> Handler:
    """Return a handler that is slow for one ticket."""
    sleep, more_s = time.sleep, float(os.environ["SLOW_MS"]) / 1000

    def longer(seconds: Any, /) -> None:
        sleep(seconds + more_s)

    def slow_for_one(event: Any, context: object) -> Any:
        time.sleep = longer if event.get("ticket_id") == os.environ["SLOW_TICKET"] else sleep
        try:
            return handler(event, context)
        finally:
            time.sleep = sleep

    return slow_for_one

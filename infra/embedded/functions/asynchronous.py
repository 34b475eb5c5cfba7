"""Invocations of type Event: accepted at once, run later, retried as AWS does.

A failed one runs again after one minute and once more after two (fewer if the function's event invoke
configuration says so); a throttled one waits, one second at first and then doubling up to five minutes,
for as long as six hours.
"""

from __future__ import annotations

import threading

from infra.embedded.functions import api
from infra.embedded.functions.errors import LambdaApiError
from infra.embedded.functions.registry import maximum_retries

RETRY_AFTER_S = (60.0, 120.0)
THROTTLE_WAIT_S = 1.0
THROTTLE_WAIT_LIMIT_S = 300.0
MAXIMUM_AGE_S = 6 * 3600.0


def submit(
    account_id: str, region: str, function: str, payload: bytes, qualifier: str | None
) -> threading.Thread:
    """Run an event in a thread of its own; it ends with the service."""
    where = (account_id, region, function)
    event = _Event(where, payload, qualifier, api.service().stopping)
    thread = threading.Thread(target=event.run, name="lambda-event", daemon=True)
    thread.start()
    return thread


class _Event:
    def __init__(
        self,
        where: tuple[str, str, str],
        payload: bytes,
        qualifier: str | None,
        stopping: threading.Event,
    ) -> None:
        self._where = where
        self._payload = payload
        self._qualifier = qualifier
        self._stopping = stopping
        self._age = 0.0

    def run(self) -> None:
        """Try until it succeeds, the retries are used up, or the service ends."""
        retries = maximum_retries(*self._where, len(RETRY_AFTER_S))
        for wait in (*RETRY_AFTER_S[:retries], None):
            if self._succeeds() or wait is None or self._wait(wait):
                return

    def _succeeds(self) -> bool:
        """Invoke once, waiting as long as it is throttled; True when there is nothing left to try."""
        wait = THROTTLE_WAIT_S
        while True:
            try:
                return (
                    api.invoke(*self._where, self._payload, qualifier=self._qualifier).function_error is None
                )
            except LambdaApiError as error:
                if error.reason is None:
                    return True
            if self._wait(wait):
                return True
            wait = min(2 * wait, THROTTLE_WAIT_LIMIT_S)

    def _wait(self, seconds: float) -> bool:
        """Wait; True when the event is too old or the service ends."""
        self._age += seconds
        return self._age > MAXIMUM_AGE_S or self._stopping.wait(seconds)

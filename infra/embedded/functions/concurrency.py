"""Who may run: the account's concurrency, reservations for functions, and how fast a function may grow."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from infra.embedded.functions.errors import CONCURRENT_LIMIT, RESERVED_LIMIT, SCALING_RATE

UNRESERVED_MINIMUM = 100
SCALING_BURST = 1000
SCALING_PER_S = 100.0

FunctionKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class InUse:
    """Invocations under way, the one just admitted included: of the function, and of the account."""

    function: int
    account: int


class Throttled(Exception):
    """An invocation over a limit; `reason` is AWS's name of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Limiter:
    """Counts invocations under way for one account and region. Thread-safe."""

    def __init__(self, account_concurrency: int) -> None:
        self.account_concurrency = account_concurrency
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._reserved: dict[str, int] = {}

    def enter(self, function: str, reserved: Callable[[], dict[str, int]]) -> InUse:
        """Admit one invocation, or raise `Throttled`. `reserved` tells each function's reservation."""
        with self._lock:
            reservations = reserved()
            self._check(function, reservations)
            self._running[function] += 1
            return InUse(self._running[function], self._running.total())

    def leave(self, function: str) -> None:
        """End one invocation."""
        with self._lock:
            self._running[function] -= 1
            if not self._running[function]:
                del self._running[function]

    def running(self, function: str) -> int:
        """Return how many invocations of a function are under way."""
        with self._lock:
            return self._running[function]

    def _check(self, function: str, reservations: dict[str, int]) -> None:
        own = reservations.get(function)
        if own is not None:
            if self._running[function] >= own:
                raise Throttled(RESERVED_LIMIT)
            return
        unreserved = self.account_concurrency - sum(reservations.values())
        if sum(n for name, n in self._running.items() if name not in reservations) >= unreserved:
            raise Throttled(CONCURRENT_LIMIT)


class ScalingRate:
    """One function's allowance of new environments: 1,000 at once, refilled by 1,000 each 10 s."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tokens = float(SCALING_BURST)
        self._at = clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Allow one new environment, or raise `Throttled`."""
        with self._lock:
            now = self._clock()
            self._tokens = min(SCALING_BURST, self._tokens + (now - self._at) * SCALING_PER_S)
            self._at = now
            if self._tokens < 1:
                raise Throttled(SCALING_RATE)
            self._tokens -= 1


def unreserved_minimum(account_concurrency: int) -> int:
    """Return what reservations must leave: 100, in a smaller account all of it."""
    return min(UNRESERVED_MINIMUM, account_concurrency)


def reservation_fault(wanted: int, others: Iterable[int], account_concurrency: int) -> str | None:
    """Return AWS's message when reserving `wanted` leaves too little beside `others`, None when it may be."""
    minimum = unreserved_minimum(account_concurrency)
    if account_concurrency - sum(others) - wanted >= minimum:
        return None
    return (
        "Specified ReservedConcurrentExecutions for function decreases account's "
        f"UnreservedConcurrentExecution below its minimum value of [{minimum}]."
    )

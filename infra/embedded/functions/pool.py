"""Environments that wait: reused warm, the one used last first, and ended when idle, outdated or unwanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from infra.embedded.functions.environment import Environment
from infra.embedded.functions.function import Function

IDLE_S = 300.0
REAPING_S = 5.0


class Pool:
    """The idle environments of one version of one function. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Environment] = []
        self._closed = False

    def take(self, function: Function) -> Environment | None:
        """Return the environment used last, None when a new one is needed. Outdated ones are ended."""
        with self._lock:
            outdated = [e for e in self._idle if e.function != function]
            if outdated:
                self._idle = [e for e in self._idle if e.function == function]
            chosen = self._idle.pop() if self._idle else None
        end_all(outdated)
        return chosen

    def put(self, environment: Environment) -> None:
        """Take back an environment that may serve again; in a closed pool it ends."""
        environment.idle_since = time.monotonic()
        with self._lock:
            if not self._closed:
                self._idle.append(environment)
                return
        environment.end()

    def reap(self, idle_s: float) -> None:
        """End those that have waited longer than `idle_s`."""
        oldest = time.monotonic() - idle_s
        with self._lock:
            idle = [e for e in self._idle if e.idle_since < oldest]
            self._idle = [e for e in self._idle if e.idle_since >= oldest]
        end_all(idle)

    def close(self) -> None:
        """End all that wait; those at work end when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        end_all(idle)

    def __len__(self) -> int:
        return len(self._idle)


def end_all(environments: Iterable[Environment]) -> None:
    """Kill all, then wait for each, so that they end together."""
    ending = list(environments)
    for environment in ending:
        environment.kill()
    for environment in ending:
        environment.end()


class Pools:
    """Every function's pool, and the thread that reaps the idle."""

    def __init__(self, idle_s: float = IDLE_S, every_s: float = REAPING_S) -> None:
        self._idle_s = idle_s
        self._every_s = every_s
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str, str, str], Pool] = {}
        self._stop = threading.Event()
        self._reaper: threading.Thread | None = None

    def of(self, function: Function) -> Pool:
        """Return a function's pool."""
        key = (*function.key, function.version)
        pool = self._pools.get(key)
        return pool if pool is not None else self._open(key)

    def close_function(self, account_id: str, region: str, name: str) -> None:
        """End a deleted function's environments, of every version."""
        with self._lock:
            keys = [key for key in self._pools if key[:3] == (account_id, region, name)]
            closed = [self._pools.pop(key) for key in keys]
        for pool in closed:
            pool.close()

    def close(self) -> None:
        """End everything that waits, and the reaper."""
        self._stop.set()
        with self._lock:
            closed, self._pools = list(self._pools.values()), {}
        for pool in closed:
            pool.close()
        if self._reaper is not None:
            self._reaper.join()

    def waiting(self) -> int:
        """Return how many environments are idle."""
        with self._lock:
            return sum(len(pool) for pool in self._pools.values())

    def _open(self, key: tuple[str, str, str, str]) -> Pool:
        with self._lock:
            if self._reaper is None:
                self._reaper = threading.Thread(target=self._reap, name="lambda-reaper", daemon=True)
                self._reaper.start()
            return self._pools.setdefault(key, Pool())

    def _reap(self) -> None:
        while not self._stop.wait(self._every_s):
            with self._lock:
                pools = list(self._pools.values())
            for pool in pools:
                pool.reap(self._idle_s)

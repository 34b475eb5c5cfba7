"""The Lambda of one cloud: its nursery, pools and limits, from configure to shutdown."""

from __future__ import annotations

import resource
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.functions import measures
from infra.embedded.functions.concurrency import Limiter, ScalingRate, Throttled
from infra.embedded.functions.deployment import unpacked
from infra.embedded.functions.environment import Environment, Ground
from infra.embedded.functions.errors import throttled, unavailable
from infra.embedded.functions.execution import Execution, Invocation, Ran
from infra.embedded.functions.function import Function
from infra.embedded.functions.logs import LogStream
from infra.embedded.functions.memory import MemoryWatch
from infra.embedded.functions.nursery import Nursery
from infra.embedded.functions.pool import IDLE_S, REAPING_S, Pools


@dataclass(frozen=True, slots=True)
class Settings:
    """`account_concurrency` holds in each account and region; `scratch/functions` is ours."""

    account_concurrency: int
    endpoint_url: str
    scratch: Path
    idle_s: float = IDLE_S
    reaping_s: float = REAPING_S


@dataclass(frozen=True, slots=True)
class Deployed:
    """A function as it is deployed now, its package, and every function's reservation in its account."""

    function: Function
    code: bytes
    reservations: Callable[[], dict[str, int]]


class LambdaService:
    """Runs functions. Thread-safe; `invoke` runs in the caller's thread."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pools = Pools(settings.idle_s, settings.reaping_s)
        self._scratch = settings.scratch / "functions"
        self._ground = Ground(Nursery(self._scratch), self._scratch, settings.endpoint_url)
        self._watch = MemoryWatch()
        self._lock = threading.Lock()
        self._limiters: dict[tuple[str, str], Limiter] = {}
        self._rates: dict[tuple[str, str, str], ScalingRate] = {}
        self.stopping = threading.Event()
        allow_open_files()

    def open(self) -> None:
        """Start the nursery, so that the first cold start does not wait for it."""
        self._ground.nursery.open()

    @property
    def nursery_pid(self) -> int | None:
        """The nursery's process, None when it does not run."""
        return self._ground.nursery.pid

    def invoke(self, deployed: Deployed, payload: bytes, request_id: str, client_context: str = "") -> Ran:
        """Run one invocation; raises `LambdaApiError` (TooManyRequestsException) at a limit."""
        if self.stopping.is_set():
            raise unavailable("The embedded Lambda has been shut down; start the cloud again.")
        function = deployed.function
        limiter = self.limiter(function.account_id, function.region)
        invoked = time.time()
        try:
            in_use = limiter.enter(function.name, deployed.reservations)
            try:
                measures.record_admission(function, in_use, invoked)
                ran = self._execution(deployed).run(Invocation(function, payload, client_context, request_id))
            finally:
                limiter.leave(function.name)
        except Throttled as refusal:
            measures.record_throttle(function, invoked)
            raise throttled(refusal.reason) from None
        failed = ran.function_error is not None
        measures.record_invocation(function, ran.duration_ms, invoked, failed=failed)
        return ran

    def forget(self, account_id: str, region: str, name: str) -> None:
        """End the environments of a function that was deleted."""
        self.pools.close_function(account_id, region, name)

    def limiter(self, account_id: str, region: str) -> Limiter:
        """Return the counter of one account in one region."""
        key = (account_id, region)
        limiter = self._limiters.get(key)
        if limiter is None:
            with self._lock:
                limiter = self._limiters.setdefault(key, Limiter(self.settings.account_concurrency))
        return limiter

    def close(self) -> None:
        """Kill every environment, end the threads, remove the scratch folder. Idempotent."""
        self.stopping.set()
        self._ground.nursery.close()
        self.pools.close()
        self._watch.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _execution(self, deployed: Deployed) -> Execution:
        def build(log: LogStream | None) -> Environment:
            self._rate(deployed.function).take()
            code = unpacked(
                deployed.code, deployed.function.code_sha256, deployed.function.name, self._scratch / "code"
            )
            return Environment(deployed.function, self._ground, code, log)

        return Execution(self.pools.of(deployed.function), build, self._watch)

    def _rate(self, function: Function) -> ScalingRate:
        rate = self._rates.get(function.key)
        if rate is None:
            with self._lock:
                rate = self._rates.setdefault(function.key, ScalingRate())
        return rate


def new_request_id() -> str:
    """Return a new request id."""
    return str(uuid.uuid4())


def allow_open_files() -> None:
    """Raise the soft limit of open files to the hard one: an environment holds about seven."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in {soft, resource.RLIM_INFINITY}:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

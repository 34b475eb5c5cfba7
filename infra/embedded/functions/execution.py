"""One invocation from admission to REPORT: find or start an environment, run the event, say what happened."""

from __future__ import annotations

import json
import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.embedded.functions.environment import Environment
from infra.embedded.functions.errors import RESPONSE_LIMIT_BYTES
from infra.embedded.functions.function import Function, runtime_version
from infra.embedded.functions.logs import LogStream, tail
from infra.embedded.functions.memory import MEGABYTE, MemoryWatch
from infra.embedded.functions.pool import Pool
from infra.embedded.functions.runtime_api import Event
from infra.embedded.functions.runtime_server import End, Outcome

INIT_LIMIT_S = 10.0
KILLED = "Runtime exited with error: signal: killed"
UNHANDLED = "Unhandled"

Build = Callable[[LogStream | None], Environment]


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a caller asks for. `client_context` is JSON or empty."""

    function: Function
    payload: bytes
    client_context: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of an invocation. `duration_ms` from handing the event over to the response."""

    payload: bytes
    function_error: str | None
    duration_ms: float
    log_tail: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """How Lambda words an outcome: its answer, and what the log and the REPORT line add to it."""

    payload: bytes
    function_error: str | None
    alive: bool
    note: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """An environment with its outcome so far: READY, or how INIT failed for good. `since` is monotonic."""

    environment: Environment
    outcome: Outcome
    since: float
    init_ms: float | None = None


class Execution:
    """Runs invocations of one version of a function in environments from its pool."""

    def __init__(self, pool: Pool, build: Build, watch: MemoryWatch) -> None:
        self._pool = pool
        self._build = build
        self._watch = watch

    def run(self, invocation: Invocation) -> Ran:
        """Run one invocation in the calling thread."""
        while True:
            ready = self._warm(invocation.function) or self._cold(invocation.function)
            try:
                ran = self._run_in(ready, invocation)
            except BaseException:
                ready.environment.end()
                raise
            if ran is not None:
                return ran

    # -- environments

    def _warm(self, function: Function) -> Ready | None:
        while (environment := self._pool.take(function)) is not None:
            outcome = environment.initialise(time.monotonic() + INIT_LIMIT_S)
            if outcome.end is End.READY and environment.waits():
                return Ready(environment, outcome, time.monotonic())
            environment.end()
        return None

    def _cold(self, function: Function) -> Ready:
        """INIT in a new environment; AWS tries a failed INIT again, within the function's own timeout."""
        first = self._initialise(self._build(None), INIT_LIMIT_S)
        if first.outcome.end is End.READY:
            return first
        self._report_init(first, "init")
        first.environment.end()
        again = self._build(first.environment.log)
        again.lines = first.environment.lines
        second = self._initialise(again, function.timeout_s)
        if second.outcome.end is not End.READY:
            self._report_init(second, "invoke")
        return Ready(again, second.outcome, second.since)

    def _initialise(self, environment: Environment, limit_s: float) -> Ready:
        since = time.monotonic()
        environment.note(runtime_version(environment.function.region) + "\n")
        try:
            environment.start()
            self._watch.enter(environment)
            outcome = environment.initialise(since + limit_s)
        except BaseException:
            environment.end()
            raise
        finally:
            self._watch.leave(environment)
        return Ready(environment, outcome, since, (time.monotonic() - since) * 1000)

    def _report_init(self, ready: Ready, phase: str) -> None:
        kind = (
            "timeout"
            if ready.outcome.end is End.TIMEOUT
            else f"error\tError Type: {error_type(ready.outcome)}"
        )
        line = f"INIT_REPORT Init Duration: {ready.init_ms:.2f} ms\tPhase: {phase}\tStatus: {kind}\n"
        ready.environment.note(line)

    # -- the run

    def _run_in(self, ready: Ready, invocation: Invocation) -> Ran | None:
        """Run it in this environment; None when one that had waited was gone before it took the event."""
        environment = ready.environment
        begun = len(environment.lines)
        environment.note(f"START RequestId: {invocation.request_id} Version: {invocation.function.version}\n")
        started = ready.since if ready.outcome.end is not End.READY else time.monotonic()
        outcome = ready.outcome
        if outcome.end is End.READY:
            outcome = self._invoke(environment, invocation, started)
        if outcome.end is End.UNTAKEN and ready.init_ms is None:
            environment.end()
            return None
        elapsed_ms = (time.monotonic() - started) * 1000
        outcome = over_memory(environment, outcome)
        if ready.outcome.end is not End.READY or outcome.end in (End.TIMEOUT, End.EXITED, End.UNTAKEN):
            environment.end()
        verdict = judge(outcome, environment, invocation)
        duration_ms = min(elapsed_ms, invocation.function.timeout_s * 1000)
        write_end(environment, invocation, verdict, duration_ms, ready.init_ms)
        log_tail = tail(environment.lines[begun:])
        self._release(environment, verdict)
        return Ran(verdict.payload, verdict.function_error, duration_ms, log_tail)

    def _invoke(self, environment: Environment, invocation: Invocation, started: float) -> Outcome:
        function = invocation.function
        event = Event(
            request_id=invocation.request_id,
            payload=invocation.payload,
            deadline_ms=int((time.time() + function.timeout_s) * 1000),
            function_arn=function.arn,
            trace_id=trace_id(),
            client_context=invocation.client_context,
        )
        self._watch.enter(environment)
        try:
            return environment.invoke(event, started + function.timeout_s, RESPONSE_LIMIT_BYTES)
        finally:
            self._watch.leave(environment)

    def _release(self, environment: Environment, verdict: Verdict) -> None:
        if verdict.alive and not environment.ended:
            environment.forget_lines()
            self._pool.put(environment)
            return
        environment.end()
        environment.flush_log()


def over_memory(environment: Environment, outcome: Outcome) -> Outcome:
    """Turn an answer given by an environment over its limit into the kill that Lambda makes of it."""
    environment.measure_memory()
    answered = outcome.end in (End.RESPONSE, End.ERROR, End.TOO_LARGE)
    if answered and environment.peak_bytes > environment.function.memory_mb * MEGABYTE:
        environment.kill()
        return Outcome(End.EXITED)
    return outcome


def judge(outcome: Outcome, environment: Environment, invocation: Invocation) -> Verdict:
    """Word an outcome as Lambda does."""
    prefix = f"RequestId: {invocation.request_id} Error: "
    match outcome.end:
        case End.RESPONSE:
            return Verdict(outcome.payload, None, alive=True)
        case End.ERROR:
            return Verdict(outcome.payload, UNHANDLED, alive=not environment.ended)
        case End.TOO_LARGE:
            message = (
                f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes)."
            )
            body = failure("Function.ResponseSizeTooLarge", message)
            return Verdict(body, UNHANDLED, alive=False, note=message + "\n")
        case End.TIMEOUT:
            message = f"Task timed out after {invocation.function.timeout_s:.2f} seconds"
            note = (
                f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {invocation.request_id} {message}\n\n"
            )
            body = failure("Sandbox.Timedout", prefix + message)
            return Verdict(body, UNHANDLED, alive=False, note=note, status="Status: timeout")
        case _:
            message = prefix + environment.exit_reason()
            return Verdict(
                failure("Runtime.ExitError", message),
                UNHANDLED,
                alive=False,
                note=f"{message}\nRuntime.ExitError\n",
                status="Status: error\tError Type: Runtime.ExitError",
            )


def failure(kind: str, message: str) -> bytes:
    """Return the body of an error that Lambda itself words."""
    return json.dumps({"errorType": kind, "errorMessage": message}, separators=(",", ":")).encode()


def error_type(outcome: Outcome) -> str:
    """Return the errorType that the runtime reported, Runtime.ExitError when it just ended."""
    if outcome.end is not End.ERROR:
        return "Runtime.ExitError"
    try:
        return str(json.loads(outcome.payload)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "Runtime.Unknown"


def write_end(
    environment: Environment,
    invocation: Invocation,
    verdict: Verdict,
    duration_ms: float,
    init_ms: float | None,
) -> None:
    """Add the END and REPORT lines, what Lambda says of the failure before them."""
    if verdict.note:
        environment.note(verdict.note)
    # between two looks of the watch a process may outgrow its function, on Lambda it never does
    used_mb = min(math.ceil(environment.peak_bytes / MEGABYTE), invocation.function.memory_mb)
    parts = [
        f"REPORT RequestId: {invocation.request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(duration_ms)} ms",
        f"Memory Size: {invocation.function.memory_mb} MB",
        f"Max Memory Used: {used_mb} MB",
    ]
    if init_ms is not None:
        parts.append(f"Init Duration: {init_ms:.2f} ms")
    parts.append(verdict.status)
    environment.note(f"END RequestId: {invocation.request_id}\n")
    environment.note("\t".join(parts) + "\n")


def trace_id() -> str:
    """Return a new X-Ray trace header, not sampled."""
    root = uuid.uuid4().hex
    return f"Root=1-{int(time.time()):08x}-{root[:24]};Parent={root[16:]};Sampled=0"

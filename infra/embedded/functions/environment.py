"""One execution environment: a process under `awslambdaric`, driven by whichever thread invokes in it.

There is no server thread: the invoking thread polls the environment's listener, connections, log pipe and
exit pipe, answers the runtime's outstanding `next` with the event, and waits for the response.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.functions.exit_status import describe_exit
from infra.embedded.functions.function import Function, handler_environment
from infra.embedded.functions.logs import LineSplitter, LogLine, LogStream, now_ms
from infra.embedded.functions.memory import MEGABYTE, MemoryReader, reader_for
from infra.embedded.functions.nursery import Nursery, StartRequest
from infra.embedded.functions.runtime_api import Event
from infra.embedded.functions.runtime_server import End, Outcome, RuntimeServer

READ_BYTES = 65_536
FLUSH_S = 1.0
DYING_S = 10.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What all environments stand on."""

    nursery: Nursery
    scratch: Path
    endpoint_url: str


class Environment:
    """An execution environment. Its methods are for the one thread that holds it.

    `over_memory_limit` and `kill` may be called from any thread.
    """

    def __init__(self, function: Function, ground: Ground, code: Path, log: LogStream | None = None) -> None:
        self.function = function
        self.name = uuid.uuid4().hex
        self.idle_since = 0.0
        self.log = log or LogStream(function, self.name)
        self.lines: list[LogLine] = []
        self._unwritten = 0
        self._written_at = time.monotonic()
        self._nursery = ground.nursery
        self._temp = ground.scratch / f"environment-{self.name}"
        self._code = code
        self._endpoint_url = ground.endpoint_url
        self._splitter = LineSplitter()
        self._memory: MemoryReader | None = None
        self.peak_bytes = 0
        self._exit_status: int | None = None
        self._ended = False
        self._poller = select.poll()
        self._runtime = RuntimeServer(self._poller)
        self._open_pipes()

    # -- life

    def start(self) -> None:
        """Have the nursery fork the process; returns at once."""
        log_out, exit_out = self._log_write, self._exit_write
        try:
            self._nursery.start(self._start_request(), log_out, exit_out)
        finally:
            os.close(log_out)
            os.close(exit_out)

    def initialise(self, deadline: float) -> Outcome:
        """Wait until the runtime asks for an event, fails, ends, or `deadline` (monotonic) passes."""
        runtime = self._runtime
        runtime.outcome = None
        in_time = True
        while in_time and not runtime.ready and runtime.outcome is None and not self._ended:
            in_time = self._pump(deadline)
        return Outcome(End.READY) if runtime.ready else self._what_became()

    def waits(self) -> bool:
        """Tell whether the runtime still waits for an event, after all that has happened by now.

        A process that ended closed its connection first, before the nursery could tell of its end.
        """
        self._catch_up()
        return self._runtime.ready and not self._ended

    def invoke(self, event: Event, deadline: float, response_limit: int) -> Outcome:
        """Hand an event over and wait for what becomes of it. The environment must be ready."""
        runtime = self._runtime
        runtime.hand_over(event, response_limit)
        in_time = True
        while in_time and runtime.outcome is None and not self._ended:
            in_time = self._pump(deadline)
        return self._what_became()

    def kill(self) -> None:
        """Have the process killed, with whatever it started."""
        self._nursery.kill(self.name)

    def end(self) -> None:
        """Kill the process, wait until it is gone and release everything. Idempotent."""
        if not self._ended:
            self.kill()
            patience = time.monotonic() + DYING_S
            while not self._ended and self._pump(patience):
                pass
        self._drain()
        self._close()

    # -- what it tells

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._ended

    def exit_reason(self) -> str:
        """Return how the process ended, as Lambda words it."""
        return describe_exit(self._exit_status)

    def over_memory_limit(self) -> bool:
        """Tell whether the resident set now is over the function's memory."""
        memory = self._memory
        return memory is not None and memory.resident() > self.function.memory_mb * MEGABYTE

    def measure_memory(self) -> None:
        """Bring `peak_bytes` up to date; the exit of the process does so by itself."""
        if self._memory is not None and not self._ended:
            self.peak_bytes = max(self.peak_bytes, self._memory.peak())

    def note(self, message: str) -> None:
        """Add a line of the platform's own to the log."""
        self.lines.append(LogLine(now_ms(), message))

    def flush_log(self) -> None:
        """Write what has not been written yet."""
        fresh = self.lines[self._unwritten :]
        self._unwritten = len(self.lines)
        self._written_at = time.monotonic()
        self.log.write(fresh)

    def forget_lines(self) -> None:
        """Begin the next invocation's log; what was there is written."""
        self.flush_log()
        self.lines = []
        self._unwritten = 0

    # -- the poll

    def _pump(self, deadline: float) -> bool:
        """Wait for something to happen and deal with it; False when the deadline has passed.

        What has happened by then still counts: this thread may be late to see it.
        """
        left = deadline - time.monotonic()
        if left <= 0:
            self._catch_up()
            return False
        for fd, _ in self._poller.poll(min(left, FLUSH_S) * 1000):
            self._dispatch(fd)
        if self._unwritten < len(self.lines) and time.monotonic() - self._written_at > FLUSH_S:
            self.flush_log()
        return True

    def _catch_up(self) -> None:
        """Deal with all that has happened by now; where there are only log lines, with one read of them."""
        happened = self._happened()
        while happened:
            for fd in happened:
                self._dispatch(fd)
            happened = [] if happened == [self._log_read] else self._happened()

    def _what_became(self) -> Outcome:
        """Return what the runtime said; if nothing, that its process ended or is over its time."""
        if self._runtime.outcome is None and not self._ended:
            return Outcome(End.TIMEOUT)
        self._drain()
        return self._runtime.outcome or Outcome(End.EXITED)

    def _happened(self) -> list[int]:
        """Return the descriptors that have something to read now."""
        return [fd for fd, _ in self._poller.poll(0)]

    def _dispatch(self, fd: int) -> None:
        if fd == self._log_read:
            self._read_log()
        elif fd == self._exit_read:
            self._read_exit()
        else:
            self._runtime.handle(fd)

    def _read_log(self) -> bool:
        """Read what the log pipe holds; False when it holds nothing."""
        try:
            data = os.read(self._log_read, READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._unwatch(self._log_read)
            return False
        self.lines += self._splitter.feed(data)
        return True

    def _read_exit(self) -> None:
        data = os.read(self._exit_read, 4096).decode()
        for line in data.splitlines():
            word, *numbers = line.split()
            if word == "pid":
                self._memory = reader_for(int(numbers[0]))
            else:
                self._exit_status = int(numbers[0])
                self.peak_bytes = max(self.peak_bytes, int(numbers[1]) * 1024)
                self._ended = True
        if not data:
            self._ended = True
        if self._ended:
            self._unwatch(self._exit_read)

    def _unwatch(self, fd: int) -> None:
        """Poll a descriptor no longer that has come to its end; it may be read to its end more than once."""
        with contextlib.suppress(KeyError):
            self._poller.unregister(fd)

    def _drain(self) -> None:
        """Take everything that the handler has printed so far, an unfinished line too."""
        while not self._closed and self._read_log():
            pass
        self.lines += self._splitter.finish()

    # -- resources

    def _open_pipes(self) -> None:
        self._closed = False
        self._log_read, self._log_write = os.pipe()
        self._exit_read, self._exit_write = os.pipe()
        os.set_blocking(self._log_read, False)
        for fd in (self._log_read, self._exit_read):
            self._poller.register(fd, select.POLLIN)

    def _start_request(self) -> StartRequest:
        variables = handler_environment(
            self.function,
            endpoint_url=self._endpoint_url,
            runtime_api=self._runtime.address,
            task_root=str(self._code),
            temp=str(self._temp),
            log_stream=self.log.name,
        )
        return StartRequest(self.name, variables, self._code, self._temp, self.function.handler)

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._runtime.close()
        os.close(self._log_read)
        os.close(self._exit_read)
        memory, self._memory = self._memory, None
        if memory is not None:
            memory.close()

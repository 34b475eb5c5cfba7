"""One execution environment: a process under `awslambdaric`, driven by whichever thread invokes in it.

There is no server thread: the invoking thread polls the environment's listener, connections, log pipe and
exit pipe, answers the runtime's outstanding `next` with the event, and waits for the response.
"""

from __future__ import annotations

import contextlib
import enum
import os
import select
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.functions.function import Function, handler_environment
from infra.embedded.functions.logs import LineSplitter, LogLine, LogStream, now_ms
from infra.embedded.functions.memory import MEGABYTE, MemoryReader, reader_for
from infra.embedded.functions.nursery import Nursery, StartRequest
from infra.embedded.functions.runtime_api import (
    ACCEPTED,
    INIT_ERROR,
    INVOCATION,
    NEXT,
    NOT_FOUND,
    TOO_LARGE,
    Connection,
    Event,
    MalformedRequest,
    Request,
)

READ_BYTES = 65_536
FLUSH_S = 1.0
DYING_S = 10.0


class End(enum.Enum):
    """How a wait for the runtime ended."""

    READY = "ready"
    RESPONSE = "response"
    ERROR = "error"
    TOO_LARGE = "too large"
    EXITED = "exited"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the runtime said: `end`, and the body it sent (empty when it sent none)."""

    end: End
    payload: bytes = b""


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
        self._connections: dict[int, Connection] = {}
        self._waiting: Connection | None = None
        self._request_id = ""
        self._outcome: Outcome | None = None
        self._response_limit = 0
        self._memory: MemoryReader | None = None
        self._peak_bytes = 0
        self._exit_status: int | None = None
        self._ended = False
        self._poller = select.poll()
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
        self._outcome = None
        while self._waiting is None and self._outcome is None and not self._ended:
            if not self._pump(deadline):
                return Outcome(End.TIMEOUT)
        if self._waiting is not None:
            return Outcome(End.READY)
        self._drain()
        return self._outcome or Outcome(End.EXITED)

    def invoke(self, event: Event, deadline: float, response_limit: int) -> Outcome:
        """Hand an event over and wait for what becomes of it. The environment must be ready."""
        self._request_id, self._outcome, self._response_limit = event.request_id, None, response_limit
        runtime, self._waiting = self._waiting, None
        if runtime is not None:
            runtime.send(event.answer())
        while self._outcome is None and not self._ended:
            if not self._pump(deadline):
                return Outcome(End.TIMEOUT)
        self._drain()
        return self._outcome or Outcome(End.EXITED)

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

    def peak_memory_bytes(self) -> int:
        """Return the largest resident set of this environment so far."""
        if self._memory is not None and not self._ended:
            self._peak_bytes = max(self._peak_bytes, self._memory.peak())
        return self._peak_bytes

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
        """Wait for something to happen and deal with it; False when the deadline has passed."""
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        for fd, _ in self._poller.poll(min(left, FLUSH_S) * 1000):
            self._dispatch(fd)
        if self._unwritten < len(self.lines) and time.monotonic() - self._written_at > FLUSH_S:
            self.flush_log()
        return True

    def _dispatch(self, fd: int) -> None:
        connection = self._connections.get(fd)
        if connection is not None:
            self._read_connection(connection)
        elif fd == self._log_read:
            self._read_log()
        elif fd == self._exit_read:
            self._read_exit()
        else:
            self._accept()

    def _accept(self) -> None:
        channel, _ = self._listener.accept()
        connection = Connection(channel)
        self._connections[connection.fd] = connection
        self._poller.register(connection.fd, select.POLLIN)

    def _read_connection(self, connection: Connection) -> None:
        try:
            requests = connection.receive()
        except MalformedRequest:
            requests = None
        if requests is None:
            self._drop(connection)
            return
        for request in requests:
            self._serve(connection, request)

    def _drop(self, connection: Connection) -> None:
        self._poller.unregister(connection.fd)
        del self._connections[connection.fd]
        connection.close()
        if self._waiting is connection:
            self._waiting = None

    def _serve(self, connection: Connection, request: Request) -> None:
        if request.method == "GET" and request.path == NEXT:
            self._waiting = connection
        elif request.method == "POST" and request.path == INIT_ERROR:
            self._outcome = Outcome(End.ERROR, request.body)
            connection.send(ACCEPTED)
        elif request.method == "POST" and request.path.startswith(INVOCATION + self._request_id):
            self._serve_result(connection, request)
        else:
            connection.send(NOT_FOUND)

    def _serve_result(self, connection: Connection, request: Request) -> None:
        if len(request.body) > self._response_limit:
            self._outcome = Outcome(End.TOO_LARGE)
            connection.send(TOO_LARGE)
            return
        end = End.ERROR if request.path.endswith("/error") else End.RESPONSE
        self._outcome = Outcome(end, request.body)
        connection.send(ACCEPTED)

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
                self._peak_bytes = max(self._peak_bytes, int(numbers[1]) * 1024)
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
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=8)
        self._log_read, self._log_write = os.pipe()
        self._exit_read, self._exit_write = os.pipe()
        os.set_blocking(self._log_read, False)
        for fd in (self._listener.fileno(), self._log_read, self._exit_read):
            self._poller.register(fd, select.POLLIN)

    def _start_request(self) -> StartRequest:
        port = self._listener.getsockname()[1]
        variables = handler_environment(
            self.function,
            endpoint_url=self._endpoint_url,
            runtime_api=f"127.0.0.1:{port}",
            task_root=str(self._code),
            temp=str(self._temp),
            log_stream=self.log.name,
        )
        return StartRequest(self.name, variables, self._code, self._temp, self.function.handler)

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
        self._listener.close()
        os.close(self._log_read)
        os.close(self._exit_read)
        memory, self._memory = self._memory, None
        if memory is not None:
            memory.close()


SIGNALS = {
    1: "hangup",
    2: "interrupt",
    3: "quit",
    4: "illegal instruction",
    6: "aborted",
    7: "bus error",
    8: "floating point exception",
    9: "killed",
    11: "segmentation fault",
    13: "broken pipe",
    14: "alarm clock",
    15: "terminated",
}


def describe_exit(status: int | None) -> str:
    """Return Lambda's words for a wait status; None means that the process vanished with its nursery."""
    if status is None:
        return "Runtime exited with error: signal: killed"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"Runtime exited with error: signal: {SIGNALS.get(number, f'signal {number}')}"
    code = os.waitstatus_to_exitcode(status)
    return (
        f"Runtime exited with error: exit status {code}"
        if code
        else "Runtime exited without providing a reason"
    )

"""One environment's end of the Runtime API: its listener, its connections, and what the runtime has said."""

from __future__ import annotations

import enum
import select
import socket
from dataclasses import dataclass

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


class End(enum.Enum):
    """How a wait for the runtime ended."""

    READY = "ready"
    RESPONSE = "response"
    ERROR = "error"
    TOO_LARGE = "too large"
    EXITED = "exited"
    UNTAKEN = "untaken"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the runtime said: `end`, and the body it sent (empty when it sent none).

    UNTAKEN: it was gone before it had read the event.
    """

    end: End
    payload: bytes = b""


class RuntimeServer:
    """Serves the Runtime API to one environment from whichever thread polls for it.

    Its descriptors are registered with `poller`; the one that polls hands the ready ones to `handle`.
    """

    def __init__(self, poller: select.poll) -> None:
        self.outcome: Outcome | None = None
        self._poller = poller
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=8)
        self._connections: dict[int, Connection] = {}
        self._waiting: Connection | None = None
        self._given: Connection | None = None
        self._request_id = ""
        self._response_limit = 0
        poller.register(self._listener.fileno(), select.POLLIN)

    @property
    def address(self) -> str:
        """Host and port, as AWS_LAMBDA_RUNTIME_API gives them."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def ready(self) -> bool:
        """Whether the runtime waits for an event."""
        return self._waiting is not None

    def hand_over(self, event: Event, response_limit: int) -> None:
        """Answer the runtime's outstanding `next`. Its result may have `response_limit` bytes."""
        self.outcome, self._request_id, self._response_limit = None, event.request_id, response_limit
        self._given, self._waiting = self._waiting, None
        if self._given is not None:
            self._given.send(event.answer())
            self._look_whether_taken(self._given)

    def handle(self, fd: int) -> None:
        """Deal with a ready descriptor of this server's."""
        connection = self._connections.get(fd)
        if connection is None:
            self._accept()
        else:
            self._read(connection)

    def close(self) -> None:
        """Close every socket."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
        self._listener.close()

    def _accept(self) -> None:
        channel, _ = self._listener.accept()
        connection = Connection(channel)
        self._connections[connection.fd] = connection
        self._poller.register(connection.fd, select.POLLIN)

    def _read(self, connection: Connection) -> None:
        try:
            requests = connection.receive()
        except MalformedRequest:
            requests = None
        if requests is None:
            self._drop(connection)
            return
        self._given = None  # who speaks has taken what was given
        for request in requests:
            self._serve(connection, request)

    def _drop(self, connection: Connection) -> None:
        self._poller.unregister(connection.fd)
        del self._connections[connection.fd]
        connection.close()
        if self._waiting is connection:
            self._waiting = None
        self._look_whether_taken(connection)

    def _look_whether_taken(self, connection: Connection) -> None:
        if connection is self._given and connection.was_reset and self.outcome is None:
            self.outcome = Outcome(End.UNTAKEN)

    def _serve(self, connection: Connection, request: Request) -> None:
        if request.method == "GET" and request.path == NEXT:
            self._waiting = connection
        elif request.method == "POST" and request.path == INIT_ERROR:
            self.outcome = Outcome(End.ERROR, request.body)
            connection.send(ACCEPTED)
        elif request.method == "POST" and request.path.startswith(INVOCATION + self._request_id):
            self._serve_result(connection, request)
        else:
            connection.send(NOT_FOUND)

    def _serve_result(self, connection: Connection, request: Request) -> None:
        if len(request.body) > self._response_limit:
            self.outcome = Outcome(End.TOO_LARGE)
            connection.send(TOO_LARGE)
            return
        end = End.ERROR if request.path.endswith("/error") else End.RESPONSE
        self.outcome = Outcome(end, request.body)
        connection.send(ACCEPTED)

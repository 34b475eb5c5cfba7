"""The Lambda Runtime API's side of HTTP/1.1: just what `awslambdaric` and its curl speak.

GET /2018-06-01/runtime/invocation/next · POST .../invocation/{id}/response · POST .../invocation/{id}/error ·
POST /2018-06-01/runtime/init/error. Connections are kept alive; one environment may hold several, because
the client polls `next` from a fresh thread on Python 3.12 and newer.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass

NEXT = "/2018-06-01/runtime/invocation/next"
INIT_ERROR = "/2018-06-01/runtime/init/error"
INVOCATION = "/2018-06-01/runtime/invocation/"

ACCEPTED = (
    b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'
)
TOO_LARGE = b"HTTP/1.1 413 Payload Too Large\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

RECEIVE_BYTES = 262_144
SEND_PATIENCE_S = 30.0


class MalformedRequest(Exception):
    """Bytes on a Runtime API connection that are not HTTP/1.1."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the runtime: `headers` in lower case, `body` whole."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    path: str
    headers: Mapping[str, str]
    size: int


class Connection:
    """One connection of an environment: bytes in, requests out, answers back."""

    def __init__(self, channel: socket.socket) -> None:
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        channel.settimeout(SEND_PATIENCE_S)
        self.channel = channel
        self.fd = channel.fileno()
        self.was_reset = False
        self._buffer = bytearray()
        self._head: _Head | None = None

    def receive(self) -> list[Request] | None:
        """Read what has arrived and return the requests it completes; None when the other side has closed.

        `was_reset` tells afterwards whether it closed without having read all that was sent to it.
        """
        try:
            data = self.channel.recv(RECEIVE_BYTES)
        except OSError as error:
            self.was_reset = isinstance(error, ConnectionError)
            return None
        if not data:
            self.was_reset = self.channel.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
            return None
        self._buffer += data
        requests = []
        while (request := self._take()) is not None:
            requests.append(request)
        return requests

    def send(self, answer: bytes) -> bool:
        """Send an answer; False when the other side has gone."""
        try:
            self.channel.sendall(answer)
        except OSError as error:
            self.was_reset = isinstance(error, ConnectionError)
            return False
        return True

    def close(self) -> None:
        """Close the socket."""
        self.channel.close()

    def _take(self) -> Request | None:
        if self._head is None:
            self._head = self._take_head()
        if self._head is None:
            return None
        body = self._take_chunks() if self._head.size < 0 else self._take_sized(self._head.size)
        if body is None:
            return None
        head, self._head = self._head, None
        return Request(head.method, head.path, head.headers, body)

    def _take_head(self) -> _Head | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = _parse_head(bytes(self._buffer[:end]))
        del self._buffer[: end + 4]
        if head.headers.get("expect", "").lower() == "100-continue" and not self._buffer:
            self.send(CONTINUE)
        return head

    def _take_sized(self, size: int) -> bytes | None:
        if len(self._buffer) < size:
            return None
        body = bytes(self._buffer[:size])
        del self._buffer[:size]
        return body

    def _take_chunks(self) -> bytes | None:
        """Return a chunked body once it is whole (it is parsed afresh as it grows: responses are small)."""
        parts: list[bytes] = []
        position = 0
        while True:
            line_end = self._buffer.find(b"\r\n", position)
            if line_end < 0:
                return None
            size = _hexadecimal(bytes(self._buffer[position:line_end]))
            start, end = line_end + 2, line_end + 2 + size
            if len(self._buffer) < end + 2:
                return None
            if size == 0:
                return self._end_of_chunks(parts, start)
            parts.append(bytes(self._buffer[start:end]))
            position = end + 2

    def _end_of_chunks(self, parts: list[bytes], start: int) -> bytes | None:
        if self._buffer[start : start + 2] == b"\r\n":
            end = start + 2
        else:
            trailer = self._buffer.find(b"\r\n\r\n", start)
            if trailer < 0:
                return None
            end = trailer + 4
        del self._buffer[:end]
        return b"".join(parts)


def _parse_head(head: bytes) -> _Head:
    lines = head.decode("latin-1").split("\r\n")
    try:
        method, path, _ = lines[0].split(" ", 2)
        headers = {
            name.strip().lower(): value.strip() for name, value in (x.split(":", 1) for x in lines[1:])
        }
        chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        return _Head(method, path, headers, -1 if chunked else int(headers.get("content-length", "0")))
    except ValueError as error:
        raise MalformedRequest(f"not an HTTP request: {lines[0][:80]!r}") from error


def _hexadecimal(line: bytes) -> int:
    try:
        return int(line.split(b";", 1)[0], 16)
    except ValueError as error:
        raise MalformedRequest(f"not a chunk size: {line[:20]!r}") from error


@dataclass(frozen=True, slots=True)
class Event:
    """An invocation on its way to the runtime: `deadline_ms` since the epoch; contexts are JSON or empty."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str
    client_context: str = ""
    cognito_identity: str = ""

    def answer(self) -> bytes:
        """Return the HTTP answer to `next`. The client crashes when one of these headers is missing."""
        head = (
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {self.request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {self.deadline_ms}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {self.function_arn}\r\n"
            f"Lambda-Runtime-Trace-Id: {self.trace_id}\r\n"
            f"Lambda-Runtime-Client-Context: {self.client_context}\r\n"
            f"Lambda-Runtime-Cognito-Identity: {self.cognito_identity}\r\n"
            f"Content-Length: {len(self.payload)}\r\n\r\n"
        )
        return head.encode("latin-1", "replace") + self.payload

"""The Runtime API's HTTP: whatever way the bytes arrive, the requests are the same."""

from __future__ import annotations

import os
import select
import socket
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.embedded.functions.environment import Environment, Ground
from infra.embedded.functions.function import Function
from infra.embedded.functions.nursery import Nursery
from infra.embedded.functions.runtime_api import CONTINUE, NEXT, Connection, Event, MalformedRequest
from infra.embedded.functions.runtime_server import End, Outcome, RuntimeServer

FUNCTION = Function(
    account_id="123456789012",
    region="us-east-1",
    name="f",
    version="$LATEST",
    arn="arn:aws:lambda:us-east-1:123456789012:function:f",
    handler="index.handler",
    runtime="python3.11",
    role="arn:aws:iam::123456789012:role/r",
    memory_mb=128,
    timeout_s=3,
    code_sha256="",
)
PATH = "/2018-06-01/runtime/invocation/abc/response"


@pytest.fixture
def pair():
    """A connection and the runtime's end of it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        runtime = socket.create_connection(listener.getsockname())
        connection = Connection(listener.accept()[0])
    yield connection, runtime
    connection.close()
    runtime.close()


def wait_for(connection, size):
    """Wait until so many bytes can be read at once."""
    while len(connection.channel.recv(size, socket.MSG_PEEK)) < size:
        pass


def arrive(pair, *pieces):
    """Send pieces one by one; return every request they complete."""
    connection, runtime = pair
    requests = []
    for piece in pieces:
        runtime.sendall(piece)
        wait_for(connection, len(piece))
        requests += connection.receive()
    return requests


def post(body, chunks=None):
    """Return a POST, with a length or chunked."""
    if chunks is None:
        return f"POST {PATH} HTTP/1.1\r\nContent-Length: {len(body)}\r\nA: b\r\n\r\n".encode() + body
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks if chunk)
    return f"POST {PATH} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + framed + b"0\r\n\r\n"


def test_a_request_without_a_body(pair):
    """A GET is complete with its head."""
    (request,) = arrive(pair, b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (request.method, request.path, request.headers["host"], request.body) == ("GET", "/x", "h", b"")


def test_two_requests_in_one_piece(pair):
    """Pipelined requests are both found."""
    requests = arrive(pair, post(b"one") + post(b"two", [b"t", b"wo"]) + post(b""))
    assert [request.body for request in requests] == [b"one", b"two", b""]


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=300), chunked=st.booleans(), data=st.data())
def test_any_cut_of_the_bytes_gives_the_same_request(body, chunked, data):
    """However the stream is cut, one request arrives with the whole body."""
    middle = data.draw(st.integers(0, len(body)))
    raw = post(body, [body[:middle], body[middle:]] if chunked else None)
    cut = data.draw(st.integers(1, len(raw) - 1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        runtime = socket.create_connection(listener.getsockname())
        connection = Connection(listener.accept()[0])
    with runtime:
        requests = arrive((connection, runtime), raw[:cut], raw[cut:])
    connection.close()
    assert [request.body for request in requests] == [body]


def test_an_answer_that_has_come_counts_however_late_it_is_seen(tmp_path):
    """An invoker that was held up beyond the timeout finds the answer that came meanwhile."""
    environment = Environment(FUNCTION, Ground(Nursery(tmp_path), tmp_path, "http://127.0.0.1:9"), tmp_path)
    server, event = environment._runtime, Event("abc", b"{}", 1700, "arn:x", "Root=1")
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port))) as runtime:
        runtime.sendall(f"GET {NEXT} HTTP/1.1\r\n\r\n".encode())
        assert environment.initialise(time.monotonic() + 60).end is End.READY
        runtime.sendall(post(b"42"))
        wait_for(server._waiting, len(post(b"42")))
        assert environment.invoke(event, time.monotonic() - 1, 1000) == Outcome(End.RESPONSE, b"42")
        assert environment.invoke(event, time.monotonic() - 1, 1000) == Outcome(End.TIMEOUT)
    for descriptor in (environment._log_write, environment._exit_write):
        os.close(descriptor)
    environment._close()


@pytest.mark.parametrize(("read", "end"), [(False, End.UNTAKEN), (True, End.TIMEOUT)])
def test_a_runtime_that_goes_without_reading_its_event_has_not_taken_it(read, end):
    """An event that nobody read is told from one whose reader went afterwards."""
    poller = select.poll()
    server = RuntimeServer(poller)
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port))) as runtime:
        runtime.sendall(f"GET {NEXT} HTTP/1.1\r\n\r\n".encode())
        handle_until(server, poller, lambda: server.ready)
        event = Event("abc", b"{}", 1700, "arn:x", "Root=1")
        server.hand_over(event, 1000)
        runtime.recv(len(event.answer()), socket.MSG_WAITALL if read else socket.MSG_PEEK)
    handle_until(server, poller, lambda: not server._connections)
    assert (server.outcome or Outcome(End.TIMEOUT)).end is end
    server.close()


def handle_until(server, poller, holds):
    """Handle what comes until something holds."""
    while not holds():
        for fd, _ in poller.poll():
            server.handle(fd)


def test_expect_continue_is_answered(pair):
    """A client that waits for 100 Continue gets it before its body."""
    connection, runtime = pair
    runtime.sendall(f"POST {PATH} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n".encode())
    assert connection.receive() == []
    assert runtime.recv(100) == CONTINUE
    runtime.sendall(b"{}")
    assert [request.body for request in connection.receive()] == [b"{}"]


def test_the_end_of_a_connection(pair):
    """A closed connection is told from one that is only silent."""
    connection, runtime = pair
    runtime.close()
    assert connection.receive() is None


@pytest.mark.parametrize("junk", [b"hello\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n"])
def test_what_is_not_http(pair, junk):
    """Bytes that are no HTTP request are named as such."""
    with pytest.raises(MalformedRequest, match="not an HTTP request"):
        arrive(pair, junk)


def test_next_carries_every_header_that_the_client_needs():
    """The answer to `next` has all eight headers, the empty ones too, and the event as its body."""
    event = Event("id", b'{"a":1}', 1700, "arn:x", "Root=1")
    head, body = event.answer().split(b"\r\n\r\n", 1)
    headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert body == b'{"a":1}'
    assert headers == {
        b"Content-Type": b"application/json",
        b"Lambda-Runtime-Aws-Request-Id": b"id",
        b"Lambda-Runtime-Deadline-Ms": b"1700",
        b"Lambda-Runtime-Invoked-Function-Arn": b"arn:x",
        b"Lambda-Runtime-Trace-Id": b"Root=1",
        b"Lambda-Runtime-Client-Context": b"",
        b"Lambda-Runtime-Cognito-Identity": b"",
        b"Content-Length": b"7",
    }

"""Stands in for `awslambdaric`'s C client where no such wheel exists (macOS): the same four calls, in Python.

Loaded by path into an environment under the name `runtime_client`; imports nothing of ours.
"""

from __future__ import annotations

import http.client
import os
import threading

PREFIX = "/2018-06-01/runtime/invocation/"
OK, ACCEPTED = 200, 202


class _Client(threading.local):
    """One kept-alive connection a thread."""

    agent = ""
    connection: http.client.HTTPConnection | None = None

    def call(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        """Send one request and return its answer's head; the body is still to be read."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        self.connection.request(method, PREFIX + path, body, headers | {"User-Agent": self.agent})
        return self.connection.getresponse()


_client = _Client()


def initialize_client(user_agent: str) -> None:
    """Remember how the client names itself."""
    _Client.agent = user_agent


def next() -> tuple[bytes, dict[str, str | None]]:  # noqa: A001 - the C client's name
    """Wait for the next event; returns its body and headers (an empty header is None)."""
    answer = _client.call("GET", "next", None, {})
    body = answer.read()
    if answer.status != OK:
        raise RuntimeError("Failed to get next")
    return body, {name: value or None for name, value in answer.getheaders()}


def post_invocation_result(
    invoke_id: str, result: bytes, content_type: str, _invocation_id: str | None = None
) -> None:
    """Send a handler's result."""
    _post(f"{invoke_id}/response", result, {"Content-Type": content_type})


def post_error(invoke_id: str, error: str, xray_fault: str, _invocation_id: str | None = None) -> None:
    """Send a handler's error, as JSON."""
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-XRay-Error-Cause": xray_fault}
    _post(f"{invoke_id}/error", error.encode(), headers)


def _post(path: str, body: bytes, headers: dict[str, str]) -> None:
    answer = _client.call("POST", path, body, headers)
    answer.read()
    if answer.status != ACCEPTED:
        raise RuntimeError(f"Failed to post {path.rsplit('/', 1)[1]}: HTTP {answer.status}")

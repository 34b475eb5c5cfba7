"""The HTTP side.

Moto's dispatcher in front of each service's app, on a threaded server that keeps connections open.
"""

from __future__ import annotations

import socket
from io import BytesIO
from threading import Thread
from typing import Any

from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import DechunkedInput, ThreadedWSGIServer

from infra.embedded import refusals, seams
from infra.embedded.cloudformation.api import CloudFormationApi
from infra.embedded.refusals import Wsgi

HOST = "127.0.0.1"


class PortInUse(OSError):
    """The port asked for cannot be had; `port` says which."""

    def __init__(self, port: int, cause: OSError) -> None:
        reason = cause.strerror or str(cause)
        super().__init__(
            f"port {port} on {HOST} cannot be used ({reason}): stop what uses it, or choose another"
        )
        self.port = port


def bind(port: int) -> socket.socket:
    """A listening socket on the loopback address; port 0 lets the system choose. Raises PortInUse."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PortInUse(port, error) from error
    return listener


def build_application() -> Wsgi:
    """The whole cloud as one WSGI application, with every seam installed."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["iam"] = {"load_aws_managed_policies": True}
    seams.install_all()
    dispatcher: Wsgi

    def create_app(service: Any) -> Wsgi:
        """The app of one service; moto asks once per service and keeps it."""
        if service not in refusals.CARRIED:
            return refusals.refuse(service)
        if service == "cloudformation":
            return refusals.guard(service, CloudFormationApi(dispatcher))
        return refusals.guard(service, create_backend_app(service))

    dispatcher = DomainDispatcherApplication(create_app)
    return refusals.guard(None, dispatcher)


class CloudServer(ThreadedWSGIServer):  # type: ignore[misc]
    """Serves an application on an already bound socket, one thread a connection."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, application: Wsgi) -> None:
        port = listener.getsockname()[1]
        super().__init__(HOST, port, application, Connection, fd=listener.fileno())
        listener.close()

    def start(self) -> Thread:
        """Serve in a thread of its own until `shutdown`."""
        thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, name="http", daemon=True)
        thread.start()
        return thread


class Connection(MotoRequestHandler):  # type: ignore[misc]
    """One client connection.

    werkzeug closes the connection after each answer, because it cannot tell whether the request's body
    was read. Here the body is read before the application runs and the answer is written with its length,
    so the connection stays.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def run_wsgi(self) -> None:
        """Answer one request."""
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        self.environ = environ = self.make_environ()
        environ["wsgi.input"] = self._body(environ)
        environ["wsgi.input_terminated"] = True
        started: list[Any] = []
        chunks = self.server.app(environ, lambda *args: started.extend(args))
        self._answer(started[0], started[1], b"".join(chunks))

    def _body(self, environ: dict[str, Any]) -> BytesIO:
        if isinstance(environ["wsgi.input"], DechunkedInput):
            data = environ["wsgi.input"].read()
            environ["CONTENT_LENGTH"] = str(len(data))
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            return BytesIO(data)
        return BytesIO(self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0)))

    def _answer(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        head = self.command == "HEAD"
        sized = any(name.lower() == "content-length" for name, _ in headers)
        for name, value in headers:
            if head or name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        if not (head and sized):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not head:
            self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, *_args: Any) -> None:
        """Say nothing: the calls of a burst would bury everything else."""

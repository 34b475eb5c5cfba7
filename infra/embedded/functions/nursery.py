"""The cloud's side of the nursery: ask it for environments, and for their end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.functions.errors import unavailable

MAIN = Path(__file__).with_name("nursery_main.py")
ENDING_S = 10.0


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What an environment needs: its name, Lambda's variables, code and temp folders, `module.function`."""

    name: str
    environment: dict[str, str]
    code: Path
    temp: Path
    handler: str

    def message(self) -> bytes:
        """Return the JSON that the nursery reads."""
        body = {"do": "start", "name": self.name, "environment": self.environment, "handler": self.handler}
        return json.dumps(body | {"code": str(self.code), "temp": str(self.temp)}).encode()


class Nursery:
    """One nursery process, started when first needed and again should it have died. Thread-safe."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False

    def open(self) -> None:
        """Start the process, so that the first cold start does not wait for it."""
        with self._lock:
            self._connected()

    def start(self, request: StartRequest, log_fd: int, exit_fd: int) -> None:
        """Fork an environment that writes to `log_fd` and whose end is told on `exit_fd`."""
        with self._lock:
            try:
                self._send(request.message(), [log_fd, exit_fd])
            except OSError:
                self._forget()
                self._send(request.message(), [log_fd, exit_fd])

    def kill(self, name: str) -> None:
        """Kill an environment and whatever it started; its exit pipe tells when it is done."""
        with self._lock, contextlib.suppress(OSError):
            if self._control is not None:
                self._send(json.dumps({"do": "kill", "name": name}).encode(), [])

    def close(self) -> None:
        """End the process and with it every environment; waits until they are gone."""
        with self._lock:
            self._closed = True
            self._forget()

    @property
    def pid(self) -> int | None:
        """The nursery's process, None when it does not run."""
        return None if self._process is None else self._process.pid

    def _send(self, body: bytes, fds: list[int]) -> None:
        send(self._connected(), body, fds)

    def _connected(self) -> socket.socket:
        if self._closed:
            raise unavailable("The embedded Lambda has been shut down; start the cloud again.")
        if self._control is None:
            self._control = self._spawn()
        return self._control

    def _spawn(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", str(MAIN), str(theirs.fileno()), str(self._scratch)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_plain_environment(),
                start_new_session=True,  # Ctrl-C is for the cloud; it ends the nursery in order
            )
        return ours

    def _forget(self) -> None:
        if self._control is not None:
            with contextlib.suppress(OSError):
                send(self._control, b'{"do": "end"}')
            self._control.close()
            self._control = None
        if self._process is not None:
            _wait_or_kill(self._process)
            self._process = None


def send(control: socket.socket, body: bytes, fds: Sequence[int] = ()) -> None:
    """Send one message with the descriptors that belong to it."""
    socket.send_fds(control, [len(body).to_bytes(4, "big")], list(fds))
    control.sendall(body)


def _plain_environment() -> dict[str, str]:
    """What Python itself needs to start; nothing of the cloud's environment reaches a handler anyway."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}


def _wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait(ENDING_S)

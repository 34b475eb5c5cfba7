"""The clouds that are measured, each started as a process of its own and ended for certain."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.pipeline import Target
from infra.embedded import process

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 60.0


@contextlib.contextmanager
def embedded() -> Iterator[Target]:
    """The embedded cloud."""
    with process.start() as cloud:
        yield Target("embedded", cloud.endpoint_url)


@contextlib.contextmanager
def stock_moto() -> Iterator[Target]:
    """Moto as it comes, its interpreter on, with a Lambda inside its process that sleeps."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.stock_moto", str(port)]
    with _running(command, {}, port):
        yield Target("stock moto", f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def ministack() -> Iterator[Target]:
    """MiniStack with its local executor (handlers as processes)."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("ministack"))]
    with _running(command, {"GATEWAY_PORT": str(port), "LAMBDA_EXECUTOR": "local"}, port):
        yield Target("ministack", f"http://127.0.0.1:{port}")


def has_ministack() -> bool:
    """Whether MiniStack is installed beside this interpreter."""
    return Path(sys.executable).with_name("ministack").exists()


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _running(command: list[str], extra: dict[str, str], port: int) -> Iterator[None]:
    scratch = tempfile.mkdtemp(prefix="bench-peer-")
    environment = {**os.environ, **extra, "TMPDIR": scratch, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        command, env=environment, cwd=scratch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, child)
        yield
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        shutil.rmtree(scratch, ignore_errors=True)


def _wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit:
        if child.poll() is not None:
            raise RuntimeError(f"{child.args!r} ended with status {child.returncode} before it answered")
        with contextlib.suppress(OSError):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2)
            except urllib.error.HTTPError:
                return
            return
        time.sleep(0.05)
    raise RuntimeError(f"{child.args!r} did not answer on port {port} within {START_LIMIT_S:.0f} s")

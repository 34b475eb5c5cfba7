"""Starting the embedded cloud as a process of its own, and ending it for certain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO, Self

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 120.0
STOP_LIMIT_S = 15.0
_STDERR_SHOWN = 4000


class CloudDidNotStart(RuntimeError):
    """The process ended, or was not ready in time; the message has its stderr."""

    def __init__(self, problem: str, stderr: str) -> None:
        said = stderr.strip()[-_STDERR_SHOWN:] or "(it wrote nothing to stderr)"
        super().__init__(f"the embedded cloud did not start: {problem}. It said:\n{said}")
        self.stderr = stderr


class EmbeddedCloud:
    """A running cloud; a context manager that ends it.

    It ends by itself when this process does, however that happens, because it watches the pipe on its
    stdin. It has a process group of its own, so that a terminal's Ctrl-C reaches this process only and
    what uses the cloud can clean up.
    """

    def __init__(self, process: subprocess.Popen[str], endpoint_url: str, errors: IO[str]) -> None:
        self._process = process
        self._errors = errors
        self.endpoint_url = endpoint_url
        self.pid = process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    @property
    def stderr(self) -> str:
        """What the cloud has written to stderr so far."""
        return _text(self._errors)

    def stop(self) -> int:
        """End the cloud: close its stdin, then SIGTERM, then SIGKILL; returns its exit code.

        May be called again.
        """
        _end(self._process)
        self._errors.close()
        return int(self._process.returncode)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    *,
    account_concurrency: int = 1000,
    region: str = "us-east-1",
    port: int = 0,
    start_limit_s: float = START_LIMIT_S,
) -> EmbeddedCloud:
    """Start a cloud and wait until it is ready. Raises CloudDidNotStart."""
    options = ["--port", str(port), "--region", region, "--account-concurrency", str(account_concurrency)]
    errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 (closed by stop)
    process = _launch(options, errors)
    try:
        endpoint_url = _endpoint(process, errors, start_limit_s)
    except BaseException:
        _end(process)
        errors.close()
        raise
    return EmbeddedCloud(process, endpoint_url, errors)


def _launch(options: Sequence[str], errors: IO[str]) -> subprocess.Popen[str]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", "infra.embedded", "--watch-stdin", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,
    )


def _endpoint(process: subprocess.Popen[str], errors: IO[str], limit_s: float) -> str:
    """The endpoint from the ready line."""
    line = _first_line(process, limit_s)
    if line is None:
        raise CloudDidNotStart(f"it was not ready within {limit_s:g} s", _text(errors))
    if not line:
        code = process.wait(STOP_LIMIT_S)
        raise CloudDidNotStart(f"it ended with exit code {code}", _text(errors))
    return str(json.loads(line)["endpoint_url"])


def _first_line(process: subprocess.Popen[str], limit_s: float) -> str | None:
    """The first line of stdout; empty at its end, None when the time is over."""
    assert process.stdout is not None
    lines: list[str] = []
    reader = Thread(target=lambda out: lines.append(out.readline()), args=[process.stdout], daemon=True)
    reader.start()
    reader.join(limit_s)
    return lines[0] if lines else None


def _end(process: subprocess.Popen[str]) -> None:
    """Ask by closing stdin, then by SIGTERM, then kill."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    for escalate in (process.terminate, process.kill, None):
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            if escalate is not None:
                escalate()
        else:
            break
    if process.stdout is not None:
        process.stdout.close()


def _text(errors: IO[str]) -> str:
    """What was written, read without moving the place where the process writes."""
    if errors.closed:
        return ""
    return os.pread(errors.fileno(), 10_000_000, 0).decode("utf-8", "replace")

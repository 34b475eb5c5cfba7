"""How much memory an environment uses, and the watch that enforces the function's limit.

Linux tells both the current resident set and its peak (`VmHWM`); elsewhere psutil tells the current one,
and the peak is the largest seen.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Protocol

import psutil

SAMPLE_S = 0.02
MEGABYTE = 1024 * 1024
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class MemoryReader(Protocol):
    """Reads one process; both in bytes, 0 when the process has ended."""

    def resident(self) -> int:
        """Return the resident set now."""

    def peak(self) -> int:
        """Return the largest resident set so far."""

    def close(self) -> None:
        """Release what the reader holds open."""


class LinuxReader:
    """Reads /proc through descriptors kept open: a read costs a few microseconds."""

    def __init__(self, pid: int) -> None:
        self._statm = os.open(f"/proc/{pid}/statm", os.O_RDONLY)
        self._status = os.open(f"/proc/{pid}/status", os.O_RDONLY)
        self._lock = threading.Lock()  # the watch may read while the environment ends
        self._closed = False

    def resident(self) -> int:
        """Return the resident set now."""
        with self._lock:
            try:
                return 0 if self._closed else int(os.pread(self._statm, 128, 0).split()[1]) * PAGE_BYTES
            except (OSError, IndexError):
                return 0

    def peak(self) -> int:
        """Return the kernel's own high-water mark."""
        try:
            text = os.pread(self._status, 4096, 0)
        except OSError:
            return 0
        start = text.find(b"VmHWM:")
        return int(text[start + 6 : text.find(b"kB", start)]) * 1024 if start >= 0 else 0

    def close(self) -> None:
        """Close both descriptors, once."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._statm)
                os.close(self._status)


class PsutilReader:
    """Reads through psutil, where there is no /proc."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._peak = 0

    def resident(self) -> int:
        """Return the resident set now."""
        try:
            now = int(self._process.memory_info().rss)
        except psutil.Error:
            return 0
        self._peak = max(self._peak, now)
        return now

    def peak(self) -> int:
        """Return the largest resident set seen by this reader."""
        self.resident()
        return self._peak

    def close(self) -> None:
        """Nothing is held open."""


def reader_for(pid: int) -> MemoryReader | None:
    """Return a reader for a process, None when it has already gone."""
    try:
        return LinuxReader(pid) if sys.platform == "linux" else PsutilReader(pid)
    except (OSError, psutil.Error):
        return None


class Watched(Protocol):
    """What the watch needs of an environment."""

    def over_memory_limit(self) -> bool:
        """Tell whether the resident set is over the function's memory."""

    def kill(self) -> None:
        """End the environment's process."""


class MemoryWatch:
    """One thread that looks at every busy environment each 20 ms and kills the one over its limit.

    It sleeps while nothing runs.
    """

    def __init__(self) -> None:
        self._busy: set[Watched] = set()
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def enter(self, environment: Watched) -> None:
        """Watch an environment from now on."""
        with self._lock:
            self._busy.add(environment)
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name="lambda-memory-watch", daemon=True)
                self._thread.start()
        if not self._wake.is_set():
            self._wake.set()

    def leave(self, environment: Watched) -> None:
        """Watch it no longer."""
        with self._lock:
            self._busy.discard(environment)

    def stop(self) -> None:
        """End the thread."""
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            self._wake.wait()
            time.sleep(SAMPLE_S)
            self._look()

    def _look(self) -> None:
        with self._lock:
            busy = tuple(self._busy)
            if not busy and not self._stopped:
                self._wake.clear()
        for environment in busy:
            if environment.over_memory_limit():
                environment.kill()

"""The process: its options, its scratch folder, its start and its orderly end."""

from __future__ import annotations

import atexit
import fcntl
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread, Timer
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from infra.embedded.server import CloudServer

ACCOUNT_ID = "123456789012"
SCRATCH_PREFIX = f"scale-or-fail-cloud-{os.getuid()}-"
_LOCK_FILE = "owner.lock"
_UNLOCKED_GRACE_S = 60.0
_END_LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. `port` 0 lets the system choose."""

    port: int
    region: str
    account_concurrency: int
    watch_stdin: bool


class Scratch:
    """The process's temporary folder.

    Locked while it lives, so that one left by a killed process can be told and removed.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=parent))
        fresh = self.path / f"{_LOCK_FILE}.new"
        self._lock = fresh.open("w", encoding="ascii")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()
        fresh.rename(self.path / _LOCK_FILE)  # whoever finds the lock file finds it locked

    def remove(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def remove_stale_scratch(parent: Path | None = None) -> list[Path]:
    """Remove the folders of processes that were killed; returns those removed."""
    folder = parent or Path(tempfile.gettempdir())
    stale = [path for path in folder.glob(f"{SCRATCH_PREFIX}*") if path.is_dir() and _is_stale(path)]
    for path in stale:
        shutil.rmtree(path, ignore_errors=True)
    return stale


def _is_stale(path: Path) -> bool:
    try:
        with (path / _LOCK_FILE).open("r", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return _older_than(path, _UNLOCKED_GRACE_S)
    except OSError:
        return False
    return True


def _older_than(path: Path, seconds: float) -> bool:
    try:
        return time.time() - path.stat().st_mtime > seconds
    except FileNotFoundError:
        return False


class Cloud:
    """The running cloud.

    Started by `start`, ended once by `end`, however often and from wherever that is called.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self._ended = False
        self._end_lock = Lock()
        self._scratch: Scratch | None = None
        self._server: CloudServer | None = None

    def start(self) -> str:
        """Bind, install, serve; returns the endpoint URL. Raises PortInUse before anything else is done."""
        _isolate(self.options)
        from infra.embedded import imports  # noqa: PLC0415 (before anything of moto)

        imports.install()
        from infra.embedded import server  # noqa: PLC0415 (moto is slow to import; bad options must not wait for it)

        listener = server.bind(self.options.port)
        endpoint_url = f"http://{server.HOST}:{listener.getsockname()[1]}"
        os.environ["MOTO_PORT"] = str(listener.getsockname()[1])
        remove_stale_scratch()
        self._scratch = Scratch()
        tempfile.tempdir = str(self._scratch.path)
        application = server.build_application()
        self._configure_functions(endpoint_url)
        self._server = server.CloudServer(listener, application)
        self._server.start()
        return endpoint_url

    def end(self) -> None:
        """Stop serving, end every environment, remove the scratch folder."""
        with self._end_lock:
            if self._ended:
                return
            self._ended = True
            if self._server:
                self._server.shutdown()
                self._server.server_close()
            _end_functions()
            if self._scratch:
                self._scratch.remove()

    def _configure_functions(self, endpoint_url: str) -> None:
        from infra.embedded.functions import api  # noqa: PLC0415 (it imports moto)

        assert self._scratch is not None
        api.configure(self.options.account_concurrency, endpoint_url, self._scratch.path)


def _end_functions() -> None:
    """End every environment, if that part was ever loaded."""
    if "infra.embedded.functions.api" in sys.modules:
        from infra.embedded.functions import api  # noqa: PLC0415 (it is there already)

        api.shutdown()


def _isolate(options: Options) -> None:
    """Give this process an account and credentials of its own, whatever the caller's are."""
    os.environ.update(
        AWS_ACCESS_KEY_ID="embedded",
        AWS_SECRET_ACCESS_KEY="embedded",  # noqa: S106 (any will do here; the caller's own must not be used)
        AWS_DEFAULT_REGION=options.region,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        MOTO_ACCOUNT_ID=ACCOUNT_ID,
    )
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        os.environ.pop(name, None)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


def run(options: Options) -> int:
    """Be the process.

    Serve until SIGINT (returns 130), SIGTERM or, if asked, the end of stdin (both return 0).
    """
    cloud = Cloud(options)
    atexit.register(cloud.end)
    ending = _Ending()
    ending.on_signals()
    if options.watch_stdin:
        ending.on_end_of(sys.stdin)
    endpoint_url = cloud.start()
    _announce(endpoint_url, sys.stdout)
    code = ending.wait()
    limit = Timer(_END_LIMIT_S, _give_up)
    limit.daemon = True
    limit.start()
    cloud.end()
    return code


class _Ending:
    """Waits for the first reason to end.

    Later ones change nothing, so a second Ctrl-C cannot cut the clean-up short.
    """

    def __init__(self) -> None:
        self._asked = Event()
        self._code = 0

    def on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda received, _frame: self._ask(130 if received == signal.SIGINT else 0))

    def on_end_of(self, stream: IO[str]) -> None:
        def watch() -> None:
            while os.read(stream.fileno(), 4096):
                pass
            self._ask(0)

        Thread(target=watch, name="stdin", daemon=True).start()

    def wait(self) -> int:
        self._asked.wait()
        return self._code

    def _ask(self, code: int) -> None:
        if not self._asked.is_set():
            self._code = code
            self._asked.set()


def _give_up() -> None:
    sys.stderr.write(f"the embedded cloud did not end within {_END_LIMIT_S:.0f} s and is cut off\n")
    sys.stderr.flush()
    os._exit(1)


def _announce(endpoint_url: str, out: IO[str]) -> None:
    if out.isatty():
        out.write(f"The embedded cloud is ready at {endpoint_url} (Ctrl-C ends it).\n")
    else:
        out.write(json.dumps({"endpoint_url": endpoint_url, "pid": os.getpid()}) + "\n")
    out.flush()

"""The nursery: a small single-threaded process that forks execution environments.

Run by path, never imported by the cloud: `python -P nursery_main.py CONTROL_FD SCRATCH`. It has loaded
what `awslambdaric` imports, so an environment costs one fork and shares those pages. Of its C client only
the libraries are loaded: it reads AWS_LAMBDA_RUNTIME_API when it is itself loaded, so that is for the fork.

Control socket, cloud to nursery: 4 bytes of length (big-endian), then JSON; a `start` carries two
descriptors by SCM_RIGHTS: the log pipe's and the exit pipe's write ends. On the exit pipe the nursery
answers `pid N`, and when the environment has ended `exit WAITSTATUS PEAK_KIB`.

At EOF of the control socket (the cloud ended, by kill -9 too) it kills every environment with its process
group, removes its scratch folder and ends. When no `end` came before, the cloud was killed and cannot tidy
up itself: then the cloud's own folder, known by its lock file, goes too.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36  # what a handler started and left comes back to the nursery
FIRST_FREE_FD = 4
TELEMETRY_FD = 3
LAMBDA_OPEN_FILES = 1024
CLOUD_LOCK_FILE = "owner.lock"
ENDING_ROUNDS = 2500
ENDING_ROUND_S = 0.002
TELEMETRY_FD_VARIABLE = "_LAMBDA_TELEMETRY_LOG_FD"


@dataclass(frozen=True)
class Child:
    """An environment that runs: its process, exit pipe and private temp folder."""

    pid: int
    exit_fd: int
    temp: str


def load_beside(name: str) -> ModuleType:
    """Load a module that lies beside this file, by path: no folder of ours is on a handler's `sys.path`."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(f"{name}.py is missing beside {__file__}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def find_prctl() -> Any:
    """Return libc's prctl on Linux, None elsewhere."""
    return ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class Nursery:
    """The fork server's state and loop."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: dict[str, Child] = {}
        self.names: dict[int, str] = {}
        self.prctl = find_prctl()
        self.pid = os.getpid()
        self.ended_in_order = False
        if self.prctl is not None:
            self.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def serve(self, wakeup: socket.socket) -> None:
        """Start, kill and reap until the control socket ends."""
        poller = select.poll()
        poller.register(self.control, select.POLLIN)
        poller.register(wakeup, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poller.poll()}
            if wakeup.fileno() in ready:
                wakeup.recv(4096)
                self.reap()
            if self.control.fileno() in ready and not self.obey():
                return

    def obey(self) -> bool:
        """Carry out one message; False at the end of the control socket."""
        header, fds = receive_header(self.control)
        if header is None:
            return False
        body = receive_exactly(self.control, int.from_bytes(header, "big"))
        if body is None:
            return False
        message = json.loads(body)
        match message["do"]:
            case "start":
                self.start(message, fds[0], fds[1])
            case "kill":
                self.kill(message["name"])
            case _:
                self.ended_in_order = True
        return True

    def start(self, message: dict[str, Any], log_fd: int, exit_fd: int) -> None:
        """Fork one environment; a fork that fails shows as an exit pipe that just ends."""
        try:
            pid = os.fork()
        except OSError as error:
            os.write(log_fd, f"no process for this environment: {error}\n".encode())
            os.close(log_fd)
            os.close(exit_fd)
            return
        if pid == 0:
            self.become_environment(message, log_fd)
        os.close(log_fd)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(pid, pid)
        self.children[message["name"]] = Child(pid, exit_fd, message["temp"])
        self.names[pid] = message["name"]
        tell(exit_fd, f"pid {pid}\n")

    def become_environment(self, message: dict[str, Any], log_fd: int) -> None:
        """Turn this fork into an execution environment; never returns."""
        status = 1
        try:
            self.isolate(log_fd)
            furnish(message)
            run_handler(message["handler"])
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:  # noqa: BLE001 - the last frame of a process: report, then end
            sys.excepthook(*sys.exc_info())
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def isolate(self, log_fd: int) -> None:
        """Own process group, default signals, only the log pipe as descriptors, die with the nursery."""
        os.setpgid(0, 0)
        if self.prctl is not None:
            self.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != self.pid:
                os._exit(1)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.dup(log_fd) if log_fd <= TELEMETRY_FD else log_fd
        os.dup2(nothing, 0)
        for target in (1, 2, TELEMETRY_FD):
            os.dup2(log, target)
        os.closerange(FIRST_FREE_FD, highest_fd(log, nothing, *(c.exit_fd for c in self.children.values())))

    def kill(self, name: str) -> None:
        """Kill an environment and whatever it started; one that has ended is left alone."""
        child = self.children.get(name)
        if child is not None:
            kill_group(child.pid)

    def reap(self) -> None:
        """Collect ended environments and tell their exit pipes."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            name = self.names.pop(pid, None)
            if name is not None:
                self.bury(self.children.pop(name), status, usage.ru_maxrss)

    def bury(self, child: Child, status: int, peak: int) -> None:
        """Remove what an ended environment leaves: processes it started, its temp folder, its exit pipe."""
        kill_group(child.pid)
        peak_kib = peak // 1024 if sys.platform == "darwin" else peak
        tell(child.exit_fd, f"exit {status} {peak_kib}\n")
        os.close(child.exit_fd)
        remove_folder(child.temp)

    def end(self) -> None:
        """Kill and reap everything, with a patience in rounds: a pause of the machine uses up none of it."""
        for child in self.children.values():
            kill_group(child.pid)
        for _ in range(ENDING_ROUNDS):
            left = descendants(self.pid)
            if not self.names and not left:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            self.reap()
            time.sleep(ENDING_ROUND_S)


def descendants(pid: int) -> list[int]:
    """Return the child processes of a process, as far as this system tells."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def highest_fd(*fds: int) -> int:
    """Return one past the highest descriptor that may be open."""
    system: str = sys.platform
    return int(resource.getrlimit(resource.RLIMIT_NOFILE)[0]) if system == "linux" else max(fds) + 64


def kill_group(pid: int) -> None:
    """SIGKILL a process group that the nursery made."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def tell(fd: int, line: str) -> None:
    """Write to an exit pipe; its reader may be gone."""
    with contextlib.suppress(OSError):
        os.write(fd, line.encode())


def remove_folder(path: str) -> None:
    """Remove a folder, cheaply when it is empty."""
    try:
        Path(path).rmdir()
    except OSError:
        shutil.rmtree(path, ignore_errors=True)


def furnish(message: dict[str, Any]) -> None:
    """Give the environment Lambda's variables, folders and limits, and nothing of ours."""
    os.environ.clear()
    os.environ.update(message["environment"])
    os.environ[TELEMETRY_FD_VARIABLE] = str(TELEMETRY_FD)
    time.tzset()
    Path(message["temp"]).mkdir(mode=0o700, parents=True, exist_ok=True)
    limit_files()
    os.chdir(message["code"])
    sys.path.insert(0, message["code"])
    sys.argv = ["awslambdaric", message["handler"]]
    reopen_streams()


def limit_files() -> None:
    """Allow as many open files as Lambda does, and no core dumps."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = LAMBDA_OPEN_FILES if hard == resource.RLIM_INFINITY else min(LAMBDA_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, soft))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def reopen_streams() -> None:
    """UTF-8 text streams on the log pipe."""
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115 - same
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115 - same


def run_handler(handler: str) -> None:
    """Run AWS's runtime interface client, unmodified."""
    from awslambdaric.__main__ import main  # noqa: PLC0415 - reads the environment when imported

    main(["awslambdaric", handler])


def receive_header(control: socket.socket) -> tuple[bytes | None, list[int]]:
    """Return the length field and the descriptors that came with it; None at the end."""
    header, fds, _, _ = socket.recv_fds(control, 4, 2)
    while header and len(header) < 4:  # noqa: PLR2004 - the length field
        more = control.recv(4 - len(header))
        if not more:
            return None, fds
        header += more
    return header or None, fds


def receive_exactly(control: socket.socket, size: int) -> bytes | None:
    """Return `size` bytes, None when the socket ends before."""
    body = b""
    while len(body) < size:
        part = control.recv(size - len(body))
        if not part:
            return None
        body += part
    return body


def ignore(_number: int, _frame: object) -> None:
    """Let SIGCHLD do no more than wake the poll."""


def main() -> None:
    """Serve until the cloud ends, then leave nothing behind."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    wakeup, sleeper = socket.socketpair()
    wakeup.setblocking(False)  # noqa: FBT003 - the socket's own signature
    sleeper.setblocking(False)  # noqa: FBT003 - the socket's own signature
    signal.signal(signal.SIGCHLD, ignore)
    signal.set_wakeup_fd(sleeper.fileno(), warn_on_full_buffer=False)
    load_beside("nursery_preload").preload(load_beside)
    nursery = Nursery(control)
    try:
        nursery.serve(wakeup)
    finally:
        nursery.end()
        shutil.rmtree(sys.argv[2], ignore_errors=True)
        if not nursery.ended_in_order:
            remove_what_the_cloud_left(Path(sys.argv[2]).parent)


def remove_what_the_cloud_left(folder: Path) -> None:
    """Remove the cloud's folder: it is known by its lock file; a folder without one must be empty."""
    if (folder / CLOUD_LOCK_FILE).is_file():
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


if __name__ == "__main__":
    main()

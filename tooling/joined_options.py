"""A pytest plugin that joins options with their paths: `--template FILE` becomes `--template=FILE`.

pytest looks for the project before it has read the project's conftest.py, and takes the value of an option
that it does not know yet for a path to collect. With a FILE elsewhere it would look for the project there,
and find neither its settings nor its options. `tooling/environment.py` puts this file into the environment as
an entry point, which is read before anything is printed; if there is something to join, pytest is run anew.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

WITH_PATH = ("--out", "--template", "--ca-bundle")
COMMANDS = ("pytest", "py.test", "__main__.py")


def joined(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with each option that takes a path joined to the path after it."""
    found: list[str] = []
    for argument in arguments:
        if found and found[-1] in WITH_PATH and not argument.startswith("-"):
            found[-1] = f"{found[-1]}={argument}"
        else:
            found.append(argument)
    return found


def run_anew(command: Sequence[str]) -> None:
    """Replace this process by the same pytest with joined options; return when there is nothing to join."""
    arguments = joined(command[1:])
    if Path(command[0]).name in COMMANDS and arguments != list(command[1:]):
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])  # noqa: S606 - that is the point


run_anew(sys.argv)

"""The command `python -m infra.embedded`: its options, and the process they start."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from infra.embedded import lifecycle
from infra.embedded.lifecycle import Options

_LARGEST_PORT = 65535
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


class _Parser(argparse.ArgumentParser):
    """Ends with one sentence and exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"python -m infra.embedded: {message}\n")


def parse(arguments: Sequence[str]) -> Options:
    """The options, checked; a bad one ends the process with one sentence and exit code 2."""
    parser = _Parser(
        prog="python -m infra.embedded", description="The AWS APIs of a serverless pipeline, on 127.0.0.1."
    )
    parser.add_argument("--port", type=_port, default=4600, help="0 lets the system choose (default: 4600)")
    parser.add_argument("--region", type=_region, default="us-east-1", help="default: us-east-1")
    parser.add_argument(
        "--account-concurrency", type=_concurrency, default=1000, help="default: 1000; sandboxes have 10"
    )
    parser.add_argument("--watch-stdin", action="store_true", help="end when stdin ends")
    chosen = parser.parse_args(arguments)
    return Options(chosen.port, chosen.region, chosen.account_concurrency, chosen.watch_stdin)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to {_LARGEST_PORT}")
    return int(text)


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a region: give one such as us-east-1")
    return text


def _concurrency(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of concurrent executions: give 1 or more")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the cloud and leave with its exit code."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        code = lifecycle.run(options)
    except OSError as error:
        sys.stderr.write(f"python -m infra.embedded: {error}\n")
        sys.exit(2)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads that still interpret an execution must not hold the process up


if __name__ == "__main__":
    main()

"""Record the corpus: provoke every case on the embedded cloud and write what was observed.

`python tests/reports/rca/recording/record_corpus.py [case ...]`; without names all of them. The observations
are what the cloud said, the expectations are those of `cases.py`.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / "corpus"
sys.path[:0] = [str(HERE), str(HERE.parents[3])]

from cases import CASES, Case  # noqa: E402 - found beside this file
from lab import Lab  # noqa: E402 - as above

from infra.embedded import process  # noqa: E402 - as above

LARGEST_BYTES = 60_000
_TARGET = "def handler(event, context):\n    return event\n"
_SLOW_TO_SCALE = (
    "from infra.embedded.functions import concurrency as c; c.SCALING_BURST = 2; c.SCALING_PER_S = 0.01; "
    "from infra.embedded.__main__ import main; main()"
)
"""AWS allows 1,000 new environments at once; a machine cannot ask for so many, so the allowance is 2."""


class Clouds:
    """The clouds that the cases need, each started once."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._labs: dict[str, Lab] = {}

    def lab(self, kind: str) -> Lab:
        """Return the laboratory on a kind of cloud."""
        if kind not in self._labs:
            self._labs[kind] = self._start(kind)
        return self._labs[kind]

    def _start(self, kind: str) -> Lab:
        limit = 10 if kind == "sandbox" else 1000
        launch = _launched_with(_SLOW_TO_SCALE) if kind == "slow to scale" else process._launch
        with mock.patch.object(process, "_launch", launch):
            cloud = self._stack.enter_context(process.start(account_concurrency=limit))
        lab = Lab(cloud.endpoint_url)
        if kind == "with a reserved target":
            lab.target("target-reserved", reserved=0)
        elif kind == "slow to scale":
            lab.target("target-plain")
            lab.use_up("target-plain")
        return lab


def _launched_with(code: str):
    """Return how a cloud is launched that runs `code` and is otherwise as always."""
    launch, popen = process._launch, subprocess.Popen

    def changed(options, errors):
        def start(command, **more):
            return popen([command[0], "-c", code, *command[3:]], **more)

        with mock.patch.object(subprocess, "Popen", start):
            return launch(options, errors)

    return changed


def as_on_aws(text: str) -> str:
    """Return a text in which tracebacks name Lambda's folders and not those of the machine that recorded."""
    text = re.sub(r"/[^\s\"\\]*/functions/code/[0-9a-f]+", "/var/task", text)
    return re.sub(r"/[^\s\"\\]*/site-packages", "/opt/python", text)


def record(case: Case, clouds: Clouds, into: Path) -> int:
    """Record one case into a folder; returns its size in bytes."""
    observations = case.record(clouds.lab(case.cloud))
    expected = {k: v for k, v in asdict(case).items() if k not in {"name", "what", "record", "cloud"}}
    document = {
        "case": case.name,
        "what": case.what,
        "expected": expected,
        "observations": observations.to_json(),
    }
    text = as_on_aws(json.dumps(document, ensure_ascii=False)) + "\n"
    (into / f"{case.name}.json").write_text(text, encoding="utf-8")
    return len(text.encode())


def main() -> None:
    """Record the cases named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--into", type=Path, default=CORPUS, help="the folder (default: the corpus)")
    chosen = parser.parse_args()
    chosen.into.mkdir(exist_ok=True)
    with ExitStack() as stack:
        clouds = Clouds(stack)
        for case in CASES:
            if not chosen.cases or case.name in chosen.cases:
                size = record(case, clouds, chosen.into)
                print(f"{case.name}: {size} bytes{' TOO LARGE' if size > LARGEST_BYTES else ''}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

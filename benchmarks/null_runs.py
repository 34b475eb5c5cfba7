"""Does the gate keep its word? The same template against itself, and against one with a slower model step.

    python -m benchmarks.null_runs --runs 200 --power-runs 50

Each run is a whole regression measurement, with its looks and its stopping, on small bursts. Runs are kept as
lines of JSON and not made again: give the same command to go on where one was interrupted, and `--fresh` to
begin anew. Runs of other code or another machine are kept too, but do not count. The stacks are made anew for
every few runs, so that what is peculiar to one pair of stacks does not pass for a property of the gate.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy import stats

from benchmarks import machine
from fixtures.clouds import Cloud
from fixtures.clouds.embedded import embedded
from fixtures.options import ROOT
from fixtures.regression.bursting import Load, Side, standing_side
from fixtures.regression.session import measure
from reports.regression.comparing import MAKESPAN, Effects
from reports.regression.decisions import Standing
from reports.regression.sequential import Looks

TEMPLATE = ROOT / "infra" / "pipeline.yaml"
NULL = "no difference"
MODEL_MS = 40
LOAD = Load(tickets=12, concurrency=4)
LOOKS, EFFECTS = Looks(), Effects(relative=0.05, of_ticket=0.05)
"""As the gate has them, but for the steps' share: a ticket takes a sixth of its usual time here, so that 2 %
of it would be less than the millisecond in which a history tells time."""
STACKS_SERVE = 5
"""Runs on one pair of stacks."""
MEASURING = ("fixtures", "handlers", "infra", "reports")
"""The folders whose code a run's result depends on."""
BUILT = {"out", "node_modules"}
"""The folders in them that hold what a run made."""
SLOWED = "Embed"
KINDS = {NULL: MODEL_MS, "10 % slower": MODEL_MS * 1.1, "20 % slower": MODEL_MS * 1.2}
"""The model's time in the new template, ms; the baseline's is MODEL_MS."""


def options(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.null_runs", description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="null runs in all (200)")
    parser.add_argument(
        "--power-runs", type=int, default=50, help="runs with each true slow-down in all (50)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("benchmarks/out/null_runs.jsonl"), help="where runs are kept"
    )
    parser.add_argument("--fresh", action="store_true", help="forget the runs that are kept")
    return parser.parse_args(argv)


def main() -> int:
    """Make the runs that are missing, and print the table of all."""
    asked = options()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    if asked.fresh:
        asked.out.unlink(missing_ok=True)
    wanted = {kind: asked.runs if kind == NULL else asked.power_runs for kind in KINDS}
    book = Book(asked.out, code_digest(), machine.describe())
    try:
        _make(wanted, book)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
    print(table(book.runs()))
    return 0


@dataclass(frozen=True, slots=True)
class Book:
    """The runs that are kept in a file, of which those of this code on this machine count."""

    path: Path
    code: str
    machine: dict[str, str]

    def add(self, run: dict[str, Any]) -> None:
        """Keep one more run."""
        row = json.dumps(run | {"code": self.code, "machine": self.machine})
        with self.path.open("a", encoding="utf-8") as kept:
            kept.write(row + "\n")

    def runs(self) -> list[dict[str, Any]]:
        """Return the runs that count; a last line that was cut off does not."""
        runs = []
        for row in self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else ():
            try:
                runs.append(json.loads(row))
            except json.JSONDecodeError:
                continue
        return [run for run in runs if (run["code"], run["machine"]) == (self.code, self.machine)]


def code_digest() -> str:
    """Return a SHA-256 of every source and template that a run's result depends on."""
    found = hashlib.sha256()
    sources = [path for folder in MEASURING for path in (ROOT / folder).rglob("*")]
    kept = [path for path in sources if path.suffix in {".py", ".yaml", ".json", ".lark"}]
    for path in sorted([*kept, Path(__file__).resolve()]):  # the settings of the runs are in here
        name = path.relative_to(ROOT)
        if not BUILT.intersection(name.parts):
            found.update(f"{name}\0".encode() + path.read_bytes())
    return found.hexdigest()


def _make(wanted: dict[str, int], book: Book) -> None:
    """Make what is missing, the kinds in turn, so that an interrupted run has some of each."""
    cloud = embedded(None, 1000)
    try:
        while missing := _missing(wanted, book.runs()):
            for kind, count in missing.items():
                _series(cloud, kind, min(count, STACKS_SERVE), book)
    finally:
        cloud.close()


def _missing(wanted: dict[str, int], runs: Sequence[dict[str, Any]]) -> dict[str, int]:
    made = {kind: sum(run["kind"] == kind for run in runs) for kind in wanted}
    return {kind: count - made[kind] for kind, count in wanted.items() if count > made[kind]}


def _series(cloud: Cloud, kind: str, count: int, book: Book) -> None:
    with _sides(cloud, KINDS[kind]) as (baseline, new):
        for _ in range(count):
            run = _run(kind, baseline, new)
            book.add(run)
            print(
                f"{kind}: {run['standing']} after {run['pairs']} pairs, {run['took_s']:.1f} s",
                file=sys.stderr,
            )


@contextmanager
def _sides(cloud: Cloud, model_ms: float) -> Iterator[tuple[Side, Side]]:
    parameters = [{"SimulatedInferMs": f"{ms:g}"} for ms in (MODEL_MS, model_ms)]
    with (
        standing_side(cloud, "null-old", TEMPLATE, parameters[0]) as baseline,
        standing_side(cloud, "null-new", TEMPLATE, parameters[1]) as new,
    ):
        yield baseline, new


def _run(kind: str, baseline: Side, new: Side) -> dict[str, Any]:
    started = time.monotonic()
    found, _ = measure(baseline, new, LOAD, LOOKS, EFFECTS)
    return {
        "kind": kind,
        "standing": found.standing.value,
        "pairs": found.pairs,
        "took_s": time.monotonic() - started,
        "subjects": {one.subject: one.standing.value for one in found.comparisons},
        "ratios": {one.subject: one.ratio for one in found.comparisons},
        "intervals": {one.subject: [one.interval.low, one.interval.high] for one in found.comparisons},
        "load": os.getloadavg()[0],
    }


def table(runs: Sequence[dict[str, Any]]) -> str:
    """Return the rates with their 95 % intervals (Clopper and Pearson), in Markdown."""
    null = [run for run in runs if run["kind"] == NULL]
    worse, better = Standing.WORSE.value, Standing.IMPROVED.value
    rows = [
        "| same template against itself | runs | rate | 95 % interval | nominal, at most |",
        "| --- | --- | --- | --- | --- |",
        _rate("false worse, anywhere", [worse in run["subjects"].values() for run in null], "2.5 %"),
        _rate("false improved, anywhere", [better in run["subjects"].values() for run in null], "2.5 %"),
        _rate("either", [{worse, better} & set(run["subjects"].values()) for run in null], "5 %"),
        _rate("an interval without 1, anywhere", [misses(run) for run in null], "5 %"),
        _rate("inconclusive anywhere", ["inconclusive" in run["subjects"].values() for run in null], ""),
        _rate("makespan settled as no worse", [run["subjects"][MAKESPAN] == "no worse" for run in null], ""),
        "",
        f"| {SLOWED} truly slower | runs | found worse | 95 % interval | makespan worse | median pairs |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rows += [_power(kind, [run for run in runs if run["kind"] == kind]) for kind in KINDS if kind != NULL]
    told = f"{LOAD.tickets} tickets at {LOAD.concurrency}, model {MODEL_MS} ms, looks at {LOOKS.at} pairs"
    told += f"; smallest effect that matters {EFFECTS.relative:.0%}, for a step at least"
    told += f" {EFFECTS.of_ticket:.0%} of a ticket's service time"
    loads = sorted(run["load"] for run in runs)
    load = f"load median {loads[len(loads) // 2]:.1f}, at most {loads[-1]:.1f}" if loads else "no runs"
    return "\n".join([*rows, "", f"{told}; {load}."])


def misses(run: dict[str, Any]) -> bool:
    """Tell whether any interval of a run leaves out 1, which is the truth where nothing differs."""
    return any(not low <= 1 <= high for low, high in run["intervals"].values())


def _rate(what: str, hits: Sequence[Any], nominal: str) -> str:
    low, high = interval(sum(map(bool, hits)), len(hits))
    share = sum(map(bool, hits)) / len(hits) if hits else float("nan")
    return f"| {what} | {len(hits)} | {share:.1%} | {low:.1%} to {high:.1%} | {nominal} |"


def _power(kind: str, runs: Sequence[dict[str, Any]]) -> str:
    found = sum(run["subjects"][SLOWED] == Standing.WORSE.value for run in runs)
    whole = sum(run["subjects"][MAKESPAN] == Standing.WORSE.value for run in runs)
    low, high = interval(found, len(runs))
    pairs = sorted(run["pairs"] for run in runs)
    middle = pairs[len(pairs) // 2] if pairs else 0
    shares = [f"{count / len(runs):.0%}" if runs else "none" for count in (found, whole)]
    return f"| {kind} | {len(runs)} | {shares[0]} | {low:.0%} to {high:.0%} | {shares[1]} | {middle} |"


def interval(hits: int, runs: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a rate; all of it where there were no runs."""
    if not runs:
        return 0.0, 1.0
    found = stats.binomtest(hits, runs).proportion_ci(0.95, method="exact")
    return float(found.low), float(found.high)


if __name__ == "__main__":
    raise SystemExit(main())

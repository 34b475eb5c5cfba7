"""Run the benchmarks: `python -m benchmarks [--repeats 3] [--only TEXT] [--no-peers] [--out DIR]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import accuracy, footprint, peers, table
from benchmarks.accuracy import Measurement, Starter
from benchmarks.footprint import Figure
from benchmarks.workloads import WORKLOADS, Workload


def options(argv: list[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="bursts a figure is the median of (3)")
    parser.add_argument("--only", default="", help="only the work whose name holds this text")
    parser.add_argument("--no-peers", action="store_true", help="the embedded cloud alone")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out"), help="where the JSON goes")
    return parser.parse_args(argv)


def main() -> int:
    """Measure, print, write."""
    asked = options()
    works = [w for w in WORKLOADS if asked.only in w.name]
    measured = [m for start, chosen in _clouds(asked, works) for m in _measure(start, chosen, asked.repeats)]
    figures = [] if asked.only else _figures(asked.repeats)
    print(table.markdown(measured, figures))
    print(table.write(asked.out, measured, figures))
    return 0


def _clouds(asked: argparse.Namespace, works: list[Workload]) -> Iterator[tuple[Starter, list[Workload]]]:
    yield peers.embedded, works
    if asked.no_peers:
        return
    shared = [w for w in works if w.peers]
    yield peers.stock_moto, shared
    if peers.has_ministack():
        yield peers.ministack, shared
    else:
        print("MiniStack is not installed: `make bench` installs it; its column is left out", file=sys.stderr)


def _measure(start: Starter, works: list[Workload], repeats: int) -> Iterator[Measurement]:
    warm = [w for w in works if not w.cold]
    if warm:
        with start() as target:
            for work in warm:
                yield _said(accuracy.measure(target, work, repeats))
    for work in works:
        if work.cold:
            yield _said(accuracy.measure_cold(start, work, repeats))


def _said(measurement: Measurement) -> Measurement:
    value = measurement.figure
    print(
        f"{measurement.cloud:12} {measurement.workload.name:40} "
        f"{measurement.failure if value is None else f'{value:.3f}'}",
        file=sys.stderr,
        flush=True,
    )
    return measurement


def _figures(repeats: int) -> list[Figure]:
    return [
        footprint.start_to_ready(repeats),
        *footprint.memory(),
        footprint.read_history(repeats),
        footprint.long_map(),
    ]


if __name__ == "__main__":
    raise SystemExit(main())

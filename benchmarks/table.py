"""The figures as a table for people and as JSON for machines."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.accuracy import Measurement
from benchmarks.footprint import Figure


def markdown(measured: Sequence[Measurement], figures: Sequence[Figure]) -> str:
    """Return both tables in Markdown."""
    clouds = list(dict.fromkeys(m.cloud for m in measured))
    works = list(dict.fromkeys(m.workload for m in measured))
    found = {(m.workload.name, m.cloud): m for m in measured}
    rows = [f"| work | must | aim | {' | '.join(clouds)} |", f"| --- | --- | --- |{' --- |' * len(clouds)}"]
    for work in works:
        cells = [_cell(found.get((work.name, cloud))) for cloud in clouds]
        rows.append(f"| {work.name} ({work.figure}) | {work.must} | {work.aim} | {' | '.join(cells)} |")
    rows += ["", "| figure | must | measured | note |", "| --- | --- | --- | --- |"]
    rows += [f"| {f.name} | {_bound(f)} | {f.median:.2f} {f.unit} | {f.note} |" for f in figures]
    return "\n".join(rows) + "\n"


def _bound(figure: Figure) -> str:
    return "" if figure.must is None else f"{figure.must} {figure.unit}"


def _cell(measured: Measurement | None) -> str:
    if measured is None:
        return "-"
    if measured.figure is None:
        return measured.failure
    init = "" if measured.init_ms is None else f" (INIT median {measured.init_ms:.0f} ms)"
    return f"{measured.figure:.3f}{init}"


def write(out: Path, measured: Sequence[Measurement], figures: Sequence[Figure]) -> Path:
    """Write everything, raw makespans too, with the machine it was taken on."""
    record: dict[str, Any] = {
        "taken": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "accuracy": [
            {
                "work": m.workload.name,
                "cloud": m.cloud,
                "figure": m.workload.figure,
                "value": m.figure,
                "must": m.workload.must,
                "aim": m.workload.aim,
                "ideal_s": m.workload.ideal_s,
                "makespans_s": m.makespans_s,
                "init_ms": m.init_ms,
                "failure": m.failure,
            }
            for m in measured
        ],
        "figures": [
            {"name": f.name, "unit": f.unit, "median": f.median, "values": f.values, "must": f.must}
            for f in figures
        ],
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / "benchmarks.json"
    path.write_text(json.dumps(record, indent=1), encoding="utf-8")
    return path

"""Gathering a folder of outputs into the portfolio, and writing its page: any time, also after the run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from reports import evidence
from reports.portfolio import ledger, manifest, trend
from reports.portfolio.answering import as_answered
from reports.portfolio.manifest import Manifest
from reports.portfolio.page import page
from reports.portfolio.summary import Portfolio
from reports.portfolio.words import answers_in
from reports.records import Burst

PAGE: Final = "portfolio.html"
COMPARED: Final = "side-by-side"
"""The artefact whose executions are the before and the after."""


def gather(out: Path, answers: Path) -> Portfolio:
    """Return the portfolio in an output folder. Raises `NotAManifest` where none was made."""
    folder, files = out / "portfolio", out / "evidence"
    kept = manifest.read(folder)
    kept_ledger = ledger.read(folder)
    entries = kept_ledger.entries
    words, trouble = answers_in(answers)
    experiments = ledger.shown(kept_ledger, files, kept.session, kept.environment)
    return Portfolio(
        manifest=kept,
        folder=folder,
        experiments=tuple(as_answered(one, words, trouble) for one in experiments),
        answers=words,
        unused=ledger.of_another(entries, kept.session, kept.environment),
        compared=compared(kept, entries, files),
        answers_trouble=trouble,
    )


def compared(kept: Manifest, entries: tuple[ledger.Entry, ...], files: Path) -> tuple[Burst, ...]:
    """Return the bursts of the before and after, from this session's evidence files."""
    wanted = [arn for one in kept.artefacts if one.key == COMPARED for arn in one.executions]
    found: dict[str, Burst] = {}
    for entry in entries:
        path = files / entry.evidence
        if entry.session == kept.session and entry.evidence and path.is_file() and len(found) < len(wanted):
            bursts = evidence.parse(json.loads(path.read_text(encoding="utf-8"))).bursts
            found |= {burst.execution_arn: burst for burst in bursts if burst.execution_arn in wanted}
    return tuple(found[arn] for arn in wanted if arn in found)


def write_page(out: Path, answers: Path) -> Path:
    """Write the page beside the report, in one step, and return its path. The run enters the trend once."""
    found = gather(out, answers)
    path = out / "report" / PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{PAGE}.{os.getpid()}")
    half.write_text(page(found, trend.remember(found, out)), encoding="utf-8")
    half.replace(path)
    return path

"""Allure results in, one HTML file out."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from reports.site import node as nodejs
from reports.site.errors import SiteError
from reports.site.results import CATEGORIES
from reports.site.standalone import standalone

NAME = "Scale or Fail"
PORTFOLIO = "portfolio.html"
"""The page that activity 8 writes beside the report."""
BUILD_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class SiteResult:
    """What came of building: the file, None when it could not be built, and one sentence to show."""

    path: Path | None
    message: str

    @property
    def built(self) -> bool:
        """Whether there is a report."""
        return self.path is not None


def build(results: Path, out: Path) -> SiteResult:
    """Build the single-file report `out` from the folder of Allure results.

    Never raises for what may be missing on a machine (Node, the registry, the results): the result's message
    says it and what to do. A report that was there before stays until the new one is complete.
    """
    try:
        _require_results(results)
        node = nodejs.find()
        page = _generate(node, nodejs.allure(node), results, out)
        beside = out.with_name(PORTFOLIO)
        _replace(out, standalone(page, PORTFOLIO if beside.exists() else None))
    except SiteError as error:
        return SiteResult(None, f"The HTML report was not built. {error.reason} {error.remedy}")
    return SiteResult(out, f"Report: {out}")


def _require_results(results: Path) -> None:
    if not any(results.glob("*-result.json")):
        raise SiteError(f"There are no results in {results}.", "Run an activity first: make activity3")


def _generate(node: nodejs.Node, allure: Path, results: Path, out: Path) -> str:
    """Run `allure generate` in a temporary folder and return the page it made."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scale-or-fail-report-") as scratch:
        site = Path(scratch) / "site"
        config = nodejs.HERE / "allurerc.mjs"
        command = [node.node, allure, "generate", "--config", config, "--output", site, results.resolve()]
        environment = {**node.environment, "SCALE_OR_FAIL_SITE": _settings(results, out)}
        _run([str(word) for word in command], environment, Path(scratch))
        page = site / "index.html"
        if not page.exists():
            raise SiteError(f"allure made no page from {results}.", "Look at its output with: make report")
        return page.read_text(encoding="utf-8")


def _settings(results: Path, out: Path) -> str:
    """Return what allurerc.mjs is told; a run enters the history once, however often its report is built."""
    history = out.resolve().parent / "history.jsonl"
    newest = max(result.stat().st_mtime for result in results.glob("*-result.json"))
    is_new = not history.exists() or history.stat().st_mtime < newest
    return json.dumps(
        {"name": NAME, "historyPath": str(history), "appendHistory": is_new, "categories": list(CATEGORIES)}
    )


def _run(command: list[str], environment: dict[str, str], folder: Path) -> None:
    try:
        subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BUILD_TIMEOUT_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise SiteError(
            f"allure ended with status {error.returncode}: {error.stdout.strip()[-500:]}", ""
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SiteError(
            f"allure could not be run: {error}.", "The results are kept; try: make report"
        ) from error


def _replace(out: Path, page: str) -> None:
    """Write the page in one step: nobody opens half a report."""
    half = out.with_name(f".{out.name}.{os.getpid()}")
    half.write_text(page, encoding="utf-8")
    half.replace(out)

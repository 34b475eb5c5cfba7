"""What goes into a folder of Allure results beside the tests' own: environment, executor, categories.

Call these after the session's end and from one process: written earlier they are lost when tests run on
several workers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SHOWN_FROM_MS = 50

# Allure files failures under the first category that matches their status.
CATEGORIES: Sequence[Mapping[str, Any]] = (
    {"name": "Refuted claims", "matchedStatuses": ["failed"]},
    {"name": "Harness or cloud trouble", "matchedStatuses": ["broken"]},
    {"name": "Not tried", "matchedStatuses": ["skipped"]},
)


def write_environment(results: Path, mapping: Mapping[str, str]) -> Path:
    """Write `environment.properties`; the report shows it under Metadata, in this order."""
    lines = [f"{_escape(key, ' =:')} = {_escape(value, '')}\n" for key, value in mapping.items()]
    return _write(results / "environment.properties", "".join(lines))


def write_executor(results: Path, name: str, build: str) -> Path:
    """Write `executor.json`: what ran the experiments, and of which build (a commit, say)."""
    return _write(results / "executor.json", json.dumps({"name": name, "type": "local", "buildName": build}))


def write_categories(results: Path) -> Path:
    """Write `categories.json`: refuted claims apart from trouble with the harness or the cloud."""
    return _write(results / "categories.json", json.dumps(CATEGORIES, indent=2))


def leave_out_idle_fixtures(results: Path) -> None:
    """Drop from the results the set-up and tear-down of fixtures that only hand something over.

    A reader is shown what took time (a cloud, a stack) or went wrong, and not a dozen lines of 0 ms.
    """
    for path in results.glob("*-container.json"):
        container = json.loads(path.read_text(encoding="utf-8"))
        for phase in ("befores", "afters"):
            container[phase] = [_named(one) for one in container.get(phase, []) if _matters(one)]
        _write(path, json.dumps(container))


def _matters(fixture: Mapping[str, Any]) -> bool:
    if fixture.get("status") in {"failed", "broken"}:
        return True
    return float(fixture.get("stop", 0)) - float(fixture.get("start", 0)) >= SHOWN_FROM_MS


def _named(fixture: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fixture under its own name: a finalizer's has `::1` behind it."""
    return {**fixture, "name": str(fixture.get("name", "")).partition("::")[0]}


def _escape(text: str, special: str) -> str:
    """Escape for a Java properties file, where a backslash or a line break would swallow what follows."""
    text = " ".join(str(text).split()).replace("\\", "\\\\")
    return "".join(f"\\{character}" if character in special else character for character in text)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path

"""The portfolio in brief, as Markdown for the report: each activity done, seen, proved; and the checklist."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reports.judging.verdicts import line
from reports.portfolio.activities import headlines
from reports.portfolio.ledger import Shown
from reports.portfolio.spine import ACTIVITIES, Activity
from reports.portfolio.summary import done, standing


def in_short(activity: Activity, experiments: tuple[Shown, ...]) -> str:
    """Return an activity in a few lines: what was done, what was seen, what it proves."""
    seen = "\n".join(f"- {told(line(verdict))}" for verdict in headlines(experiments))
    return (
        f"**Activity {activity.number} in short**\n\n"
        f"*What was done.* {done(activity, experiments)}\n\n"
        f"*What was seen.*\n\n{seen or '- nothing was measured'}\n\n"
        f"*What it proves.* {standing(activity, experiments)}"
    )


def told(verdict_line: str) -> str:
    """Return a verdict's line with its outcome in bold."""
    outcome, colon, rest = verdict_line.partition(":")
    return f"**{outcome}**{colon}{rest}"


def brief(experiments: tuple[Shown, ...]) -> str:
    """Return all activities but the portfolio's own, in short, one after the other."""
    parts = [
        in_short(activity, of(experiments, activity.number))
        for activity in ACTIVITIES
        if activity.number < 8  # noqa: PLR2004 - the portfolio's
    ]
    return "\n\n---\n\n".join(parts)


def of(experiments: Iterable[Shown], number: int) -> tuple[Shown, ...]:
    """Return the experiments of one activity."""
    return tuple(one for one in experiments if one.entry.activity == number)


def put_first(results: Path, features: Mapping[str, str]) -> None:
    """Put a text before the description of the first experiment of each Allure feature."""
    found: dict[str, tuple[float, Path, dict[str, Any]]] = {}
    for path in results.glob("*-result.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        started = float(result.get("start", 0))
        for label in result.get("labels", ()):
            feature = str(label.get("value"))
            if label.get("name") == "feature" and started < found.get(feature, (float("inf"),))[0]:
                found[feature] = (started, path, result)
    for feature, (_, path, result) in found.items():
        if feature in features:
            text = f"{features[feature]}\n\n---\n\n{result.get('description', '')}"
            path.write_text(json.dumps({**result, "description": text}), encoding="utf-8")

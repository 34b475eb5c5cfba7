"""The result as JSON, raw samples included, and recorded bursts read back to be a baseline.

A baseline of bursts that were run at another time is accepted for timings only where they were run on the
same machine, with the same versions and the same load: anything else in the difference is not the
template's doing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.evidence import NotAnEvidenceFile
from reports.records import Burst, Environment, from_json, to_json
from reports.regression.report import Regression
from reports.regression.sequential import FEWEST_PAIRS

SCHEMA = "scale-or-fail/regression/1"
MACHINE_ID = "id"
"""Tells two machines of one kind apart; an activity's evidence does not have it, and is refused for that."""
EVIDENCE_FAMILY = "scale-or-fail/evidence/"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Bursts that an earlier run left behind."""

    name: str
    environment: Environment
    template_hash: str
    bursts: tuple[Burst, ...]


class Refused(ValueError):
    """Recorded bursts cannot be compared with those of today; `reasons` says why."""

    def __init__(self, name: str, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        advice = "give a template or a git revision as the baseline, so that both run side by side"
        super().__init__(f"the timings in {name} are refused: {'; '.join(reasons)}; {advice}")


def document(found: Regression) -> dict[str, Any]:
    """Return the JSON form: verdicts first, then what they rest on."""
    return {
        "schema": SCHEMA,
        "verdict": found.headline,
        "exit_code": found.exit_code,
        "wrong": list(found.broken_promises),
        "unknown": list(found.open_questions),
        "new": to_json(found.new),
        "baseline": to_json(found.baseline),
        "checks": to_json(found.checks),
        "experiments": to_json(found.experiments),
        "performance": to_json(found.performance),
        "no_timings": found.no_timings,
        "environment": to_json(found.environment),
        "pairs": to_json(found.pairs),
    }


def write(found: Regression, path: Path) -> Path:
    """Write the JSON form (UTF-8, strict), folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document(found), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")
    return path


def read(path: Path) -> Recorded:
    """Return the bursts of the *new* side of an earlier check, or of an activity's evidence file.

    Raises `NotAnEvidenceFile`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise NotAnEvidenceFile(f"{path} is not JSON: {error}") from error
    schema = str(content.get("schema", "none")) if isinstance(content, Mapping) else "none"
    try:
        return _read(path, content, schema)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, NotAnEvidenceFile):
            raise
        problem = f"it says that it is {schema}, and what is in it is something else ({error!r})"
        raise NotAnEvidenceFile(f"{path} cannot be read: {problem}", schema) from error


def _read(path: Path, content: Mapping[str, Any], schema: str) -> Recorded:
    if schema == SCHEMA:
        bursts = tuple(from_json(Burst, pair["new"]) for pair in content["pairs"])
        return _recorded(path, content, content["new"]["template_hash"], bursts)
    if schema.startswith(EVIDENCE_FAMILY):
        samples = [{**burst, "tickets": burst["samples"]} for burst in content["bursts"]]
        bursts = tuple(from_json(Burst, burst) for burst in samples)
        return _recorded(path, content, content["environment"]["template_hash"], bursts)
    raise NotAnEvidenceFile(
        f"{path} has the schema {schema}; a baseline file has {SCHEMA} or {EVIDENCE_FAMILY}...", schema
    )


def usable(recorded: Recorded, today: Environment, tickets: int, concurrency: int) -> tuple[Burst, ...]:
    """Return the recorded bursts of the same load; `Refused` where they say nothing about today."""
    reasons = [*_differences(recorded.environment, today)]
    same = tuple(
        b for b in recorded.bursts if (b.plan.tickets, b.plan.max_concurrency) == (tickets, concurrency)
    )
    good = tuple(burst for burst in same if burst.status == "SUCCEEDED" and burst.plan.warm)
    if len(good) < FEWEST_PAIRS:
        reasons.append(
            f"it holds {len(good)} warm bursts of {tickets} tickets at concurrency {concurrency}, "
            f"and {FEWEST_PAIRS} are the fewest to compare with"
        )
    if reasons:
        raise Refused(recorded.name, tuple(reasons))
    return good


def _differences(then: Environment, today: Environment) -> list[str]:
    told = [("cloud", then.cloud, today.cloud), ("region", then.region, today.region)]
    pairs = (("machine", then.machine, today.machine), ("versions", then.versions, today.versions))
    for what, old, new in pairs:
        keys = [key for key in dict.fromkeys((*old, *new)) if key != MACHINE_ID]
        told += [(f"{what}'s {key}", old.get(key, "unknown"), new.get(key, "unknown")) for key in keys]
    different = [f"its {what} is {old}, here it is {new}" for what, old, new in told if old != new]
    return [*different, *_not_from_here(then.machine.get(MACHINE_ID), today.machine.get(MACHINE_ID))]


def _not_from_here(then: str | None, today: str | None) -> list[str]:
    """Return why it cannot be shown that both are one machine; nothing when it can."""
    if today is None:
        return ["it cannot be told which machine this is"]
    if then is None:
        has_it = "the record of a check does, the evidence of an activity does not"
        twin = "another machine of the same kind would look the same"
        return [f"it does not say which machine it is from ({has_it}), and {twin}"]
    return [] if then == today else [f"its machine's {MACHINE_ID} is {then}, here it is {today}"]


def _recorded(
    path: Path, content: Mapping[str, Any], template_hash: str, bursts: tuple[Burst, ...]
) -> Recorded:
    return Recorded(str(path), from_json(Environment, content["environment"]), template_hash, bursts)

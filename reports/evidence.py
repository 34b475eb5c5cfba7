"""The evidence file: every verdict with the raw samples it rests on, as one JSON document.

What was computed (makespan, ideal, statistics) stands beside the samples for whoever reads the file without
this project; reading it back takes the samples alone, so that a figure can never disagree with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports import seal as seals
from reports.judging.recompute import verdict_again
from reports.measuring.statistics import PERCENTILE_METHOD, ideal_s, step_statistics, throughput_per_s
from reports.records import (
    SCHEMA,
    Burst,
    Environment,
    Estimate,
    Interval,
    Outcome,
    Threshold,
    Verdict,
    from_json,
    to_json,
)


class NotAnEvidenceFile(ValueError):
    """A document is not an evidence file that this version can read; `found` is its schema."""

    def __init__(self, message: str, found: str = "") -> None:
        super().__init__(message)
        self.found = found


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """What an experiment leaves behind: its verdicts, the bursts they rest on, and where they were taken."""

    activity: int
    experiment: str
    claims: tuple[Verdict, ...]
    bursts: tuple[Burst, ...]
    environment: Environment
    schema: str = SCHEMA

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, sealed (`reports.seal`)."""
        document = {
            "schema": self.schema,
            "activity": self.activity,
            "experiment": self.experiment,
            "claims": [_claim(verdict) for verdict in self.claims],
            "bursts": [_burst(burst) for burst in self.bursts],
            "environment": to_json(self.environment),
        }
        return {**document, seals.MEMBER: seals.seal(document)}


def write(evidence: EvidenceFile, path: Path) -> Path:
    """Write the file (UTF-8, strict JSON), folders included, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(evidence.to_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")
    return path


def read(path: Path) -> EvidenceFile:
    """Read a file back; equal to what was written. Raises `NotAnEvidenceFile`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise NotAnEvidenceFile(f"{path} is not JSON: {error}") from error
    return parse(document)


def parse(document: Mapping[str, Any]) -> EvidenceFile:
    """Return the evidence file of its JSON form. Raises `NotAnEvidenceFile` for another schema."""
    found = document.get("schema", "none") if isinstance(document, Mapping) else "none"
    if found != SCHEMA:
        raise NotAnEvidenceFile(
            f"the document's schema is {found}, and this version reads {SCHEMA}; "
            "read it with the version that wrote it",
            str(found),
        )
    return EvidenceFile(
        activity=int(document["activity"]),
        experiment=document["experiment"],
        claims=tuple(_verdict(claim) for claim in document["claims"]),
        bursts=tuple(_burst_back(burst) for burst in document["bursts"]),
        environment=from_json(Environment, document["environment"]),
    )


def recompute(evidence: EvidenceFile) -> tuple[Verdict, ...]:
    """Return every verdict computed again from the file's samples.

    A claim whose estimate has no recipe (a count of something that is not in the samples) is judged again
    by its recorded figures.
    """
    bursts = {burst.execution_arn: burst for burst in evidence.bursts}
    return tuple(verdict_again(verdict, bursts) for verdict in evidence.claims)


def _claim(verdict: Verdict) -> dict[str, Any]:
    estimate = verdict.estimate
    return {
        "claim": verdict.claim,
        "outcome": verdict.outcome.value,
        "effect": to_json(estimate.value),
        "unit": estimate.unit,
        "interval": to_json(estimate.interval),
        "n": estimate.n,
        "n_unit": estimate.n_unit,
        "threshold": to_json(verdict.threshold),
        "method": estimate.method,
        "note": verdict.note,
        "estimate_note": estimate.note,
        "recipe": json.loads(estimate.recipe) if estimate.recipe else None,
    }


def _verdict(claim: Mapping[str, Any]) -> Verdict:
    recipe = claim.get("recipe")
    estimate = Estimate(
        value=from_json(float, claim["effect"]),
        interval=from_json(Interval | None, claim["interval"]),
        n=claim["n"],
        n_unit=claim["n_unit"],
        unit=claim["unit"],
        method=claim["method"],
        note=claim.get("estimate_note", ""),
        recipe=json.dumps(recipe, sort_keys=True) if recipe else "",
    )
    threshold = from_json(Threshold, claim["threshold"])
    return Verdict(claim["claim"], Outcome(claim["outcome"]), estimate, threshold, claim.get("note", ""))


def _burst(burst: Burst) -> dict[str, Any]:
    written: dict[str, Any] = to_json(burst)
    tickets = written.pop("tickets")
    computed = {
        "makespan_s": burst.makespan_s,
        "ideal_s": ideal_s(burst),
        "throughput_per_s": throughput_per_s(burst),
        "percentile_method": PERCENTILE_METHOD,
        "steps": step_statistics(burst),
    }
    return {**written, **to_json(computed), "samples": [_lean(ticket) for ticket in tickets]}


def _burst_back(document: Mapping[str, Any]) -> Burst:
    burst: Burst = from_json(Burst, {**document, "tickets": document["samples"]})
    return burst


def _lean(value: Any) -> Any:
    """Leave out what is null: an error or a cause that did not happen."""
    if isinstance(value, dict):
        return {name: _lean(item) for name, item in value.items() if item is not None or name == "started"}
    return [_lean(item) for item in value] if isinstance(value, list) else value

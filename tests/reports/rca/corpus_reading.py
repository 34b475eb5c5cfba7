"""Reads the recorded corpus and holds each diagnosis against what is expected of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.rca import Diagnosis, Observations, diagnose
from reports.rca.observations import observations_from_json

CORPUS = Path(__file__).with_name("corpus")


@dataclass(frozen=True)
class Recorded:
    """One recorded case."""

    name: str
    what: str
    expected: dict[str, Any]
    observations: Observations

    def faults(self) -> list[str]:
        """Return how the diagnosis differs from what is expected, nothing when it does not."""
        found = diagnose(self.observations)
        said = told(found) | {"failed": len(found.blast_radius.failed)}
        return [
            f"{key}: expected {wanted!r}, found {said[key]!r}"
            for key, wanted in self.expected.items()
            if said[key] != wanted and not (key == "failed" and wanted is None) and wanted != "any"
        ]


def told(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis in the words of an expectation."""
    leaves = [str(finding.classified_as) for finding in diagnosis.findings]
    tree = {"THROTTLED", "EXHAUSTED", "TIMED OUT", "BAD INPUT"}
    return {
        "conclusion": str(diagnosis.conclusion),
        "rules": [finding.rule for finding in diagnosis.findings],
        "leaves": [leaf for leaf in leaves if leaf in tree],
        "bone": None if diagnosis.bone is None else str(diagnosis.bone),
        "step": diagnosis.step,
        "consequences": [text.split(":")[0] for text in diagnosis.consequences],
        "contradicting": [contradiction.rule for contradiction in diagnosis.contradictions],
    }


def recorded() -> Iterator[Recorded]:
    """Yield every case of the corpus, by name."""
    for path in sorted(CORPUS.glob("*.json")):
        said = json.loads(path.read_text(encoding="utf-8"))
        observations = observations_from_json(said["observations"])
        yield Recorded(said["case"], said["what"], said["expected"], observations)


def summary() -> str:
    """Return the accuracy on the corpus in one line."""
    faults = {case.name: case.faults() for case in recorded()}
    right = sum(not found for found in faults.values())
    wrong = [name for name, found in faults.items() if found]
    named = f" (not as expected: {', '.join(wrong)})" if wrong else ""
    return f"RCA corpus: {right} of {len(faults)} recorded incidents diagnosed as expected{named}"

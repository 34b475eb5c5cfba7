"""What an assessor should know when the grader ran the pipeline too: where its run and the learner's differ.

Notes and no findings: another machine, another version or a busy day can be the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Final

from reports.grading.evidence_set import EvidenceSet, Item, Origin
from reports.measuring.statistics import service_times

DIFFERENT: Final = 0.25
SMALL_S: Final = 0.02
"""A step of a few milliseconds differs by the machine alone."""


def notes(evidence: EvidenceSet) -> tuple[str, ...]:
    """Return how the learner's measurements on an embedded cloud differ from the grader's; none if alike."""
    theirs = [item for item in evidence.sound if item.origin is Origin.LEARNER and _embedded(item)]
    ours = [item for item in evidence.sound if item.origin is Origin.GRADER]
    if not theirs or not ours:
        return ()
    return (*_templates(theirs, ours), *_times(_means(theirs), _means(ours)))


def _embedded(item: Item) -> bool:
    return item.file is not None and item.file.environment.cloud == "embedded"


def _templates(theirs: list[Item], ours: list[Item]) -> Iterator[str]:
    hashes = [{item.file.environment.template_hash for item in side if item.file} for side in (theirs, ours)]
    if hashes[0].isdisjoint(hashes[1]):
        yield "the evidence handed in was measured with another template or handlers than the grader ran"


def _times(theirs: Mapping[str, float], ours: Mapping[str, float]) -> Iterator[str]:
    for step in theirs.keys() & ours.keys():
        there, here = theirs[step], ours[step]
        if max(there, here) > SMALL_S and abs(there - here) > DIFFERENT * here:
            yield (
                f"{step} takes {1000 * there:.0f} ms in the evidence handed in "
                f"and {1000 * here:.0f} ms in the grader's run"
            )


def _means(items: list[Item]) -> dict[str, float]:
    """Return each step's mean service time in the bursts of activities 3 and 4, seconds."""
    times: dict[str, list[float]] = {}
    for item in items:
        if item.activity in {3, 4}:
            for burst in item.bursts:
                for step in burst.step_order:
                    times.setdefault(step, []).extend(service_times(burst, step))
    return {step: fmean(values) for step, values in times.items() if values}

"""The evidence that answers are held against: what the learner handed in, and what the grader ran itself.

Evidence that does not agree with itself is kept for the assessor and not used for a mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from reports import evidence as files
from reports.grading.integrity import check_burst_agreement, check_document, check_observations, check_seal
from reports.grading.marks import IntegrityFinding
from reports.rca.observations import SCHEMA as OBSERVATIONS_SCHEMA
from reports.rca.observations import NotObservations, Observations, observations_from_json, together
from reports.records import SCHEMA, Burst, Verdict

LARGEST: Final = "largest burst"
SMALLEST: Final = "smallest failure"


class Origin(StrEnum):
    """Who made a piece of evidence."""

    LEARNER = "handed in"
    GRADER = "run by the grader"


@dataclass(frozen=True, slots=True)
class Item:
    """One evidence file: verdicts and bursts, or observations, with who made it and whether it is sound."""

    name: str
    origin: Origin
    activity: int
    file: files.EvidenceFile | None = None
    observations: Observations | None = None
    sound: bool = True

    @property
    def bursts(self) -> tuple[Burst, ...]:
        """All bursts in it."""
        own = self.file.bursts if self.file else ()
        return own + (self.observations.bursts if self.observations else ())

    @property
    def claims(self) -> tuple[Verdict, ...]:
        """Every verdict in it, computed again from the samples."""
        return files.recompute(self.file) if self.file else ()


@dataclass(frozen=True, slots=True)
class EvidenceSet:
    """All evidence for one submission. The learner's own comes first: it is what the answers speak of."""

    items: tuple[Item, ...] = ()
    findings: tuple[IntegrityFinding, ...] = ()

    @property
    def sound(self) -> tuple[Item, ...]:
        """What may be used for marks."""
        return tuple(item for item in self.items if item.sound)

    def of(self, activity: int, origin: Origin | None = None) -> tuple[Item, ...]:
        """Return the sound evidence of one activity, by one origin or by any."""
        return tuple(i for i in self.sound if i.activity == activity and origin in {None, i.origin})

    def bursts(self, *activities: int) -> tuple[tuple[Item, Burst], ...]:
        """Return every sound burst once, with the file it stands in; of all activities when none is named."""
        found: dict[str, tuple[Item, Burst]] = {}
        for item in self.sound:
            if not activities or item.activity in activities:
                for burst in item.bursts:
                    found.setdefault(burst.execution_arn, (item, burst))
        return tuple(found.values())

    def observed(self, activity: int, incident: str = LARGEST) -> Observations | None:
        """Return what is known of an incident of an activity: from the learner, else from the grader.

        An activity may have several. The exercise's own is the largest burst at the lowest concurrency, or
        (`SMALLEST`) the smallest that failed; whatever was observed of that execution belongs to it.
        """
        for origin in Origin:
            found = _incident(self.of(activity, origin), incident)
            if found is not None:
                return found
        return None

    def with_more(self, other: EvidenceSet) -> EvidenceSet:
        """Return both sets as one."""
        return EvidenceSet(self.items + other.items, self.findings + other.findings)


def _incident(items: Sequence[Item], incident: str) -> Observations | None:
    bursts = [burst for item in items for burst in item.bursts]
    if incident == SMALLEST:
        bursts = [burst for burst in bursts if burst.status != "SUCCEEDED"] or bursts
    if not bursts:
        seen = [item.observations for item in items if item.observations is not None]
        return together(seen) if seen else None
    sign = 1 if incident == SMALLEST else -1
    chosen = min(bursts, key=lambda burst: (sign * burst.plan.tickets, burst.plan.max_concurrency))
    seen = [
        item.observations
        for item in items
        if item.observations is not None
        and chosen.execution_arn in {burst.execution_arn for burst in item.observations.bursts}
    ]
    return seen[0] if seen else Observations(bursts=(chosen,))


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    items: list[Item] = field(default_factory=list)
    findings: list[IntegrityFinding] = field(default_factory=list)

    def refuse(self, name: str, saying: str) -> None:
        self.findings.append(IntegrityFinding(name, "", saying))


def read_evidence(documents: Iterable[tuple[str, str]], origin: Origin) -> EvidenceSet:
    """Return the evidence in named JSON texts, each checked; what cannot be read is a finding."""
    reading = _Reading()
    for name, text in documents:
        _read(reading, name, text, origin)
    disagreeing = check_burst_agreement([(i.name, i.bursts) for i in reading.items])
    reading.findings += disagreeing
    bad = {finding.file for finding in reading.findings}
    items = tuple(replace(item, sound=item.name not in bad) for item in reading.items)
    return EvidenceSet(items, tuple(reading.findings))


def _read(reading: _Reading, name: str, text: str, origin: Origin) -> None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        reading.refuse(name, f"it is not JSON: {error}")
        return
    if not isinstance(document, Mapping):
        reading.refuse(name, "it is no evidence: a JSON object is expected")
        return
    try:
        reading.items.append(_item(name, document, origin))
    except (files.NotAnEvidenceFile, NotObservations) as error:
        reading.refuse(name, str(error))
        return
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration, ArithmeticError) as error:
        reading.refuse(
            name, f"it lacks something or holds what it should not: {type(error).__name__}: {error}"
        )
        return
    item = reading.items[-1]
    reading.findings += check_document(name, document, item.file) if item.file else ()
    if item.observations:
        reading.findings += () if item.file else check_seal(name, document)
        reading.findings += check_observations(name, item.observations)


def _item(name: str, document: Mapping[str, Any], origin: Origin) -> Item:
    inner = document.get("observations")
    schema = document.get("schema")
    observations = observations_from_json(inner) if isinstance(inner, Mapping) else None
    if schema == OBSERVATIONS_SCHEMA:
        return Item(name, origin, _activity_of(name, document), observations=observations_from_json(document))
    if schema != SCHEMA and observations is not None:
        return Item(name, origin, _activity_of(name, document), observations=observations)
    file = files.parse(document)
    return Item(name, origin, file.activity, file, observations)


def _activity_of(name: str, document: Mapping[str, Any]) -> int:
    """Return the activity that a document names, or that its file's name begins with (activity6-...)."""
    if isinstance(document.get("activity"), int):
        return int(document["activity"])
    _, _, rest = name.rpartition("/")[2].partition("activity")
    return int(rest[0]) if rest[:1].isdigit() else 0

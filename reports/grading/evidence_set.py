"""The evidence that answers are held against: what the learner handed in, and what the grader ran itself.

Evidence that does not agree with itself is kept for the assessor and not used for a mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from reports import evidence as files
from reports.grading.integrity import check_burst_agreement, check_document, check_observations, check_seal
from reports.grading.marks import IntegrityFinding
from reports.grading.typed import mistyped
from reports.rca.observations import SCHEMA as OBSERVATIONS_SCHEMA
from reports.rca.observations import NotObservations, Observations, observations_from_json, together
from reports.records import SCHEMA, Burst, Verdict

LARGEST: Final = "largest burst"
SMALLEST: Final = "smallest failure"
SHOWN: Final = 5
"""Values of another type that are told of one file."""


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


def read_evidence(documents: Iterable[tuple[str, str]], origin: Origin) -> EvidenceSet:
    """Return the evidence in named JSON texts, each checked; what cannot be read is a finding.

    Files that tell one execution differently are all unsound, because nothing in them says which is true. One
    that does not agree with itself is no witness against another.
    """
    items: list[Item] = []
    findings: list[IntegrityFinding] = []
    for name, text in documents:
        item, found = _read(name, text, origin)
        items += [item] if item else []
        findings += found
    alone = {finding.file for finding in findings}
    findings += check_burst_agreement([(i.name, i.bursts) for i in items if i.name not in alone])
    bad = {finding.file for finding in findings}
    return EvidenceSet(tuple(replace(i, sound=i.name not in bad) for i in items), tuple(findings))


def _read(name: str, text: str, origin: Origin) -> tuple[Item | None, tuple[IntegrityFinding, ...]]:
    """Return the evidence in a text and what is wrong with it; None where nothing can be told of it."""
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return None, (IntegrityFinding(name, "", f"it is not JSON: {error}"),)
    if not isinstance(document, Mapping):
        return None, (IntegrityFinding(name, "", "it is no evidence: a JSON object is expected"),)
    try:
        item = _item(name, document, origin)
        return item, _findings(item, document)
    except (files.NotAnEvidenceFile, NotObservations) as error:
        return None, (IntegrityFinding(name, "", str(error)),)
    except _Mistyped as error:
        saying, found = "of another type than evidence has; hand in the file as it was written", error.found
        told = tuple(IntegrityFinding(name, place, f"{said}: {saying}") for place, said in found)
    except Exception as error:  # noqa: BLE001 - whatever somebody else's file breaks is a finding on that file
        kind = type(error).__name__
        said = f"it lacks something or holds what it should not: {kind}: {error}"
        told = (IntegrityFinding(name, "", said),)
    return Item(name, origin, _activity_of(name, document), sound=False), told


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _findings(item: Item, document: Mapping[str, Any]) -> tuple[IntegrityFinding, ...]:
    found = check_document(item.name, document, item.file) if item.file else ()
    if item.observations is None:
        return found
    sealed = () if item.file else check_seal(item.name, document)
    return (*found, *sealed, *check_observations(item.name, item.observations))


class _Mistyped(Exception):
    """Values of a document are not of their types: `found` are the first, as (place, sentence)."""

    def __init__(self, found: Sequence[tuple[str, str]]) -> None:
        super().__init__(str(found))
        self.found = tuple(found)


def _typed(*records: files.EvidenceFile | Observations | None) -> None:
    """Raise `_Mistyped` for what cannot be reckoned with."""
    found = [told for record in records if record is not None for told in islice(mistyped(record), SHOWN)]
    if found:
        raise _Mistyped(found[:SHOWN])


def _item(name: str, document: Mapping[str, Any], origin: Origin) -> Item:
    inner = document.get("observations")
    schema = document.get("schema")
    observations = observations_from_json(inner) if isinstance(inner, Mapping) else None
    if schema == OBSERVATIONS_SCHEMA:
        observations = observations_from_json(document)
    _typed(observations)
    if schema != SCHEMA and observations is not None:
        return Item(name, origin, _activity_of(name, document), observations=observations)
    file = files.parse(document)
    _typed(file)
    return Item(name, origin, file.activity, file, observations)


def _activity_of(name: str, document: Mapping[str, Any]) -> int:
    """Return the activity that a document names, or that its file's name begins with (activity6-...)."""
    said = document.get("activity")
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    _, _, rest = name.rpartition("/")[2].partition("activity")
    return int(rest[0]) if rest[:1].isdigit() else 0

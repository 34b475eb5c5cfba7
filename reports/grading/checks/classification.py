"""Classifications and the fishbone's bone, held against the diagnosis of the same incident."""

from __future__ import annotations

import re

from reports.grading.case import Case, Decision, check
from reports.grading.evidence_set import LARGEST
from reports.grading.marks import Part, State
from reports.grading.rubric import Criterion
from reports.grading.text import words
from reports.rca import Bone, Diagnosis, Leaf, diagnose
from reports.rca.evidence import line
from reports.rca.observations import Observations


def incident_of(case: Case, criterion: Criterion) -> Observations | None:
    """Return what is known of the incident that a criterion asks about."""
    return case.evidence.observed(criterion.activity, str(criterion.given.get("incident", LARGEST)))


def diagnosis_of(case: Case, criterion: Criterion) -> Diagnosis | None:
    """Return the diagnosis of a criterion's incident; None where there is nothing to diagnose."""
    seen = incident_of(case, criterion)
    if seen is None or not (seen.bursts or seen.executions or seen.events or seen.metrics or seen.logs):
        return None
    return diagnose(seen)


def same_name(given: str, name: str) -> bool:
    """Tell whether two names are the same but for case, spaces, underscores and what stands in brackets."""
    return _plain(given) == _plain(name)


def _plain(text: str) -> str:
    return re.sub(r"\(.*?\)|[^a-z]", "", text.casefold())


def told(found: Diagnosis) -> tuple[str, ...]:
    """Return a diagnosis and its evidence in lines."""
    return (found.headline, *(line(one) for one in found.evidence[:4]))


@check("classification")
def classification(case: Case, criterion: Criterion) -> Decision:
    """The leaf that was named is that of the diagnosis."""
    place = str(criterion.given["place"])
    given, look = case.answers.text(place), case.answers.where(place)
    found = diagnosis_of(case, criterion)
    expected = "the leaf of the RCA tree that the evidence leads to"
    if not given:
        return Decision(
            (Part(expected, "not answered", State.MISSING, look),), evidence=told(found) if found else ()
        )
    if found is None or found.leaf is None:
        return Decision((_undiagnosed(case, criterion, expected, given, look),), given)
    agrees = same_name(given, found.leaf)
    known = any(same_name(given, leaf) for leaf in Leaf)
    said = f"{given}; diagnosed: {found.leaf}" if known else f"{given!r} is no leaf; diagnosed: {found.leaf}"
    return Decision((Part(expected, said, State.MET if agrees else State.UNMET, look),), given, told(found))


@check("bone")
def bone(case: Case, criterion: Criterion) -> Decision:
    """The bone that was named is that of the diagnosis."""
    place = str(criterion.given["place"])
    given, look = case.answers.text(place), case.answers.where(place)
    found = diagnosis_of(case, criterion)
    expected = "the bone of the fishbone that the evidence leads to"
    if not given:
        return Decision((Part(expected, "not answered", State.MISSING, look),))
    if found is None or found.bone is None:
        return Decision((_undiagnosed(case, criterion, expected, given, look),), given)
    names = {same_name(part, given) for part in (found.bone, *found.bone.split("/"))}
    known = any(same_name(given, name) or same_name(given, name.split("/")[0]) for name in Bone)
    said = f"{given}; diagnosed: {found.bone}" if known else f"{given!r} is no bone; diagnosed: {found.bone}"
    return Decision(
        (Part(expected, said, State.MET if True in names else State.UNMET, look),), given, told(found)
    )


def _undiagnosed(case: Case, criterion: Criterion, expected: str, given: str, look: str) -> Part:
    """Without an incident in the evidence nothing can be held against it; a run of ours may be to blame."""
    if case.ours(criterion.activity):
        return Part(expected, f"{given}; the grader's own incident could not be made", State.BROKEN, look)
    handed_in = case.evidence.of(criterion.activity)
    if handed_in:
        return Part(expected, f"{given}; the evidence does not single out a cause", State.ASSESSOR, look)
    said = f"{given}; no evidence of activity {criterion.activity} to hold it against"
    return Part(expected, said, State.MISSING, f"hand in the evidence of `make activity{criterion.activity}`")


@check("ruled_out")
def ruled_out(case: Case, criterion: Criterion) -> Decision:
    """Each of the other three leaves is ruled out with a reason."""
    place = str(criterion.given["place"])
    fewest = int(criterion.given["words"])
    given = case.answers.table(place)
    look = case.answers.where(place)
    found = diagnosis_of(case, criterion)
    chosen = found.leaf if found and found.leaf else _chosen(case, place)
    parts = []
    for leaf in (leaf for leaf in Leaf if leaf is not chosen):
        reason = next((str(text) for name, text in given.items() if same_name(name, leaf)), "")
        state = State.MISSING if not reason else State.MET if words(reason) >= fewest else State.UNMET
        parts.append(
            Part(f"{leaf} is ruled out, in at least {fewest} words", reason or "not answered", state, look)
        )
    reasons = found.ruled_out if found else ()
    lines = tuple(f"{one.leaf}: {one.reason}" for one in reasons)
    read = State.ASSESSOR if given else State.MISSING
    parts.append(
        Part("the reasons follow from the evidence", "to be read" if given else "not answered", read, look)
    )
    return Decision(tuple(parts), "\n".join(f"{k}: {v}" for k, v in given.items()), lines)


def _chosen(case: Case, place: str) -> Leaf | None:
    answer = case.answers.text(f"{place.rpartition('.')[0]}.classification")
    return next((leaf for leaf in Leaf if same_name(answer, leaf)), None)

"""Criteria that an activity's own experiments decide, and whether the evidence agrees with itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reports.grading.case import Case, Decision, Expected, Experiment, check
from reports.grading.evidence_set import Item, Origin
from reports.grading.marks import Part, State
from reports.grading.rubric import Criterion
from reports.records import Outcome

_STATES = {
    Outcome.CONFIRMED: State.MET,
    Outcome.REFUTED: State.UNMET,
    Outcome.INCONCLUSIVE: State.BROKEN,
}
_WORST: Final = (State.MET, State.MISSING, State.BROKEN, State.UNMET)
"""Of several files of one experiment the worst counts."""
EMBEDDED: Final = "embedded"
"""The one cloud that can do every experiment."""
SHOWN: Final = 6


@check("activity_claims")
def activity_claims(case: Case, criterion: Criterion) -> Decision:
    """Every claim of an activity holds, in the grader's run of the learner's pipeline or in their evidence.

    An own template or handlers are always run here. Otherwise the learner's evidence decides, of which every
    experiment is due once; where nothing at all was handed in, the grader's run does.
    """
    ran = case.run.activity(criterion.activity) if case.run else ()
    if ran and not case.learners_own_decides:
        return Decision(tuple(_of_run(one) for one in ran), evidence=_lines(case, criterion, Origin.GRADER))
    handed_in = [
        item
        for item in case.evidence.items
        if item.origin is Origin.LEARNER and item.activity == criterion.activity and _of_experiment(item)
    ]
    if not handed_in:
        return Decision((_nothing(case, criterion),))
    expected = case.experiments.get(criterion.activity, ())
    parts = tuple(_due(one, expected, handed_in) for one in expected) or tuple(map(_of_file, handed_in))
    to_read = "\n".join(f"{p.expected}: {p.found}" for p in parts if p.state is State.ASSESSOR)
    return Decision(parts, to_read, _lines(case, criterion, Origin.LEARNER))


def _of_experiment(item: Item) -> bool:
    """Observations of an incident are no experiment's evidence; what could not be read may be one's."""
    return item.file is not None or item.observations is None


def _due(one: Expected, expected: Sequence[Expected], handed_in: Sequence[Item]) -> Part:
    """Return what became of one experiment, by what its evidence calls itself and not by the file's name."""
    sound = [item for item in handed_in if item.sound]
    own = [item for item in sound if _title(item) == one.title]
    if own:
        return max(map(_of_file, own), key=lambda part: _WORST.index(part.state))
    named = [item for item in handed_in if _stem(item) == one.file or _title(item) == one.title]
    spoilt = next((item for item in named if not item.sound), None)
    if spoilt is not None:
        return _of_file(spoilt)
    known = {other.title for other in expected}
    foreign = next((item for item in named if _title(item) not in known), None)
    wanted = f"the evidence of every experiment: {one.file}.json"
    if foreign is not None:
        found = (
            f"it calls itself '{_title(foreign)}', which is no experiment of this version; "
            f"in it: {_of_file(foreign).found}"
        )
        return Part(wanted, found, State.ASSESSOR, foreign.name)
    activity = handed_in[0].activity
    look = f"run `make activity{activity}` and hand in all of its evidence"
    if {item.file.environment.cloud for item in sound if item.file} <= {EMBEDDED}:
        return Part(wanted, "not handed in", State.MISSING, look)
    return Part(wanted, "not handed in; not every cloud can do it, so ask why", State.ASSESSOR, look)


def _title(item: Item) -> str:
    return item.file.experiment if item.file else ""


def _stem(item: Item) -> str:
    return item.name.rpartition("/")[2].removesuffix(".json")


def _of_run(one: Experiment) -> Part:
    expected = f"experiment {one.name} is confirmed"
    look = "the grader's own run" + (f": {one.reason}" if one.reason else "")
    if one.outcome == "passed":
        return Part(expected, "confirmed", State.MET)
    if one.outcome == "failed" or (one.outcome == "broken" and one.fault == "learner"):
        return Part(expected, one.reason or one.outcome, State.UNMET, look)
    if one.outcome == "skipped":
        return Part(expected, f"not run here, which is no pass: {one.reason}", State.SKIPPED)
    return Part(expected, f"the harness or the cloud failed: {one.reason or one.outcome}", State.BROKEN, look)


def _of_file(item: Item) -> Part:
    expected = f"every claim in {item.name} is confirmed"
    if not item.sound:
        return Part(expected, "it cannot be used: see the findings on the evidence", State.UNMET, item.name)
    claims = item.claims
    if not claims:
        return Part(
            expected, "it holds no claim: the experiment came to no verdict", State.MISSING, item.name
        )
    outcomes = {claim.outcome for claim in claims}
    worst = next(o for o in (Outcome.REFUTED, Outcome.INCONCLUSIVE, Outcome.CONFIRMED) if o in outcomes)
    found = "; ".join(claim.claim for claim in claims if claim.outcome is worst)
    said = f"{len(claims)} confirmed" if worst is Outcome.CONFIRMED else f"{worst}: {found}"
    return Part(expected, said, _STATES[worst], item.name)


def _nothing(case: Case, criterion: Criterion) -> Part:
    expected = f"evidence of activity {criterion.activity}"
    if case.run is not None and case.run.failed:
        return Part(expected, f"the grader's own run failed: {case.run.failed}", State.BROKEN)
    look = f"run `make activity{criterion.activity}` and hand in reports/out/evidence"
    return Part(expected, "none was handed in", State.MISSING, look)


def _lines(case: Case, criterion: Criterion, origin: Origin) -> tuple[str, ...]:
    items = case.evidence.of(criterion.activity, origin)
    return tuple(f"{c.outcome}: {c.claim} ({i.name})" for i in items for c in i.claims)[:SHOWN]


@check("evidence_is_sound")
def evidence_is_sound(case: Case, _: Criterion) -> Decision:
    """Evidence was handed in, and nothing in it disagrees with the rest."""
    handed_in = [item for item in case.evidence.items if item.origin is Origin.LEARNER]
    findings = case.evidence.findings
    expected = "the evidence handed in agrees with itself: seal, samples, figures, verdicts, metrics, logs"
    if not handed_in and not findings:
        look = "hand in the folder reports/out/evidence as evidence/"
        return Decision((Part(expected, "no evidence was handed in", State.MISSING, look),))
    if not findings:
        return Decision((Part(expected, f"{len(handed_in)} files, all sound", State.MET),))
    told = tuple(f"{f.file} {f.place}: {f.saying}" for f in findings)
    return Decision(
        (
            Part(
                expected,
                f"{len(findings)} disagreements, the first: {told[0]}",
                State.UNMET,
                findings[0].file,
            ),
        ),
        evidence=told[:SHOWN],
    )

"""Criteria that an activity's own experiments decide, and whether the evidence agrees with itself."""

from __future__ import annotations

from collections.abc import Iterator

from reports.grading.case import Case, Decision, Experiment, check
from reports.grading.evidence_set import Item, Origin
from reports.grading.marks import Part, State
from reports.grading.rubric import Criterion
from reports.records import Outcome

_STATES = {
    Outcome.CONFIRMED: State.MET,
    Outcome.REFUTED: State.UNMET,
    Outcome.INCONCLUSIVE: State.BROKEN,
}
SHOWN = 6


@check("activity_claims")
def activity_claims(case: Case, criterion: Criterion) -> Decision:
    """Every claim of an activity holds, in the grader's run of the learner's pipeline or in their evidence.

    An own template or handlers are always run here; the learner's evidence alone decides only when there are
    none, or when the grader ran nothing.
    """
    handed_in = case.evidence.of(criterion.activity, Origin.LEARNER)
    ran = case.run.activity(criterion.activity) if case.run else ()
    if ran and (case.own_pipeline or not handed_in):
        return Decision(tuple(_of_run(one) for one in ran), evidence=_lines(case, criterion, Origin.GRADER))
    if handed_in:
        parts = tuple(_of_file(item) for item in handed_in)
        parts += tuple(_left_out(case, criterion, handed_in))
        return Decision(parts, evidence=_lines(case, criterion, Origin.LEARNER))
    return Decision((_nothing(case, criterion),))


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
    claims = item.claims
    outcomes = {claim.outcome for claim in claims}
    expected = f"every claim in {item.name} is confirmed"
    if not claims:
        return Part(expected, "it holds no claim", State.SKIPPED, item.name)
    worst = next(o for o in (Outcome.REFUTED, Outcome.INCONCLUSIVE, Outcome.CONFIRMED) if o in outcomes)
    found = "; ".join(claim.claim for claim in claims if claim.outcome is worst)
    said = f"{len(claims)} confirmed" if worst is Outcome.CONFIRMED else f"{worst}: {found}"
    return Part(expected, said, _STATES[worst], item.name)


def _left_out(case: Case, criterion: Criterion, handed_in: tuple[Item, ...]) -> Iterator[Part]:
    """Yield the experiments whose evidence is not there: a refuted one cannot be left out of a folder.

    Only the embedded cloud supports all of them; elsewhere one that is not there may not have been possible.
    """
    there = [item.name.rpartition("/")[2].removesuffix(".json") for item in case.evidence.items]
    clouds = {item.file.environment.cloud for item in handed_in if item.file}
    for name in case.experiments.get(criterion.activity, ()):
        if not any(one.startswith(name) for one in there):
            expected = f"the evidence of every experiment: {name}.json"
            look = f"run `make activity{criterion.activity}` and hand in all of its evidence"
            state = State.MISSING if clouds == {"embedded"} else State.SKIPPED
            yield Part(expected, "not handed in", state, look)


def _nothing(case: Case, criterion: Criterion) -> Part:
    expected = f"evidence of activity {criterion.activity}"
    if case.run is not None and case.run.failed:
        return Part(expected, f"the grader's own run failed: {case.run.failed}", State.BROKEN)
    bad = [
        item.name for item in case.evidence.items if not item.sound and item.activity == criterion.activity
    ]
    if bad:
        found = f"{', '.join(bad)} cannot be used: see the findings on the evidence"
        return Part(expected, found, State.UNMET, bad[0])
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

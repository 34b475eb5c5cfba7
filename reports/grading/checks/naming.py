"""The bottleneck, the scaling map and what to scale first: names must be what the measurements say."""

from __future__ import annotations

from collections.abc import Iterator

from reports.bottleneck import Attribution, NothingMeasured, attribute
from reports.grading.case import Case, Decision, check, words_of
from reports.grading.marks import Part, State
from reports.grading.rubric import Criterion
from reports.grading.signals import named, signals_of
from reports.grading.text import words


def measured(case: Case, *activities: int) -> Iterator[tuple[str, Attribution]]:
    """Yield what each burst of some activities says about its bottleneck, with the file's name."""
    for item, burst in case.evidence.bursts(*activities):
        try:
            yield f"{item.name} ({item.origin})", attribute(burst)
        except NothingMeasured:
            continue


@check("step_named")
def step_named(case: Case, criterion: Criterion) -> Decision:
    """The step that was named is the one that the measurements name."""
    place = str(criterion.given["place"])
    activity = int(criterion.given.get("of_activity", criterion.activity))
    return name_of_step(case, place, activity, by=str(criterion.given.get("by", "share")))


def name_of_step(case: Case, place: str, activity: int, *, by: str) -> Decision:
    """Hold a step's name against the largest share of service time, or the most time saved."""
    given, look = case.answers.text(place), case.answers.where(place)
    found = {where: _step(one, by) for where, one in measured(case, activity)}
    lines = tuple(
        f"{where}: {one.model_step} has {one.share:.0%} of the service time, "
        f"utilisation {one.of(one.model_step).utilisation:.0%}"
        for where, one in measured(case, activity)
    )
    expected = "the step that the measurements name"
    if not given:
        return Decision((Part(expected, "not answered", State.MISSING, look),), evidence=lines[:4])
    if not found:
        return Decision((_unmeasured(case, expected, given, activity, look),), given)
    agrees = [where for where, step in found.items() if step.casefold() == given.strip().casefold()]
    steps = ", ".join(sorted(set(found.values())))
    state = State.MET if agrees else State.UNMET
    said = f"{given}; measured: {steps}"
    return Decision((Part(expected, said, state, look),), given, lines[:4])


def _step(found: Attribution, by: str) -> str:
    if by == "share":
        return found.model_step
    return min(found.steps, key=lambda part: part.counterfactual_s).step


def _unmeasured(case: Case, expected: str, given: str, activity: int, look: str) -> Part:
    state = State.BROKEN if case.ours(activity) else State.UNMET
    return Part(expected, f"{given}, and nothing in the evidence measures it", state, look)


@check("why")
def why(case: Case, criterion: Criterion) -> Decision:
    """A reason names a signal that exists and a figure; whether it convinces, an assessor says."""
    place = str(criterion.given["place"])
    text, look = case.answers.text(place), case.answers.where(place)
    fewest = int(criterion.given["words"])
    if not text:
        parts = (
            Part(f"at least {fewest} words", "not answered", State.MISSING, look),
            Part("names a signal that exists", "not answered", State.MISSING, look),
            Part("the reason follows from the evidence", "not answered", State.MISSING, look),
        )
        return Decision(parts)
    cited = signals_of(case.evidence).named(text)
    parts = (
        Part(
            f"at least {fewest} words",
            f"{words(text)} words",
            State.MET if words(text) >= fewest else State.UNMET,
            look,
        ),
        Part("names a signal that exists", cited or "none found", State.MET if cited else State.UNMET, look),
        Part("the reason follows from the evidence", "to be read", State.ASSESSOR, look),
    )
    lines = tuple(
        f"{where}: {part.step} {part.share_of_service:.0%} of service time, "
        f"p95 {part.p95_service_s * 1000:.0f} ms"
        for where, one in measured(case, 3)
        for part in one.steps
    )
    return Decision(parts, text, lines[:6])


@check("scaling_map")
def scaling_map(case: Case, criterion: Criterion) -> Decision:
    """For each step of the pipeline: what it does, a knob that exists, and how it fails under load."""
    steps = _steps(case) or tuple(case.answers.table("scaling_map"))
    given = {name.casefold(): row for name, row in case.answers.table("scaling_map").items()}
    knobs = [str(knob) for knob in criterion.given["knobs"]]
    look = case.answers.where("scaling_map")
    if not steps:
        return Decision((Part("a row for each step", "not answered", State.MISSING, look),))
    parts = [part for step in steps for part in _row(step, given.get(step.casefold()) or {}, knobs, look)]
    text = words_of({step: given.get(step.casefold()) or "no row" for step in steps})
    lines = [
        f"{p.step}: {p.share_of_service:.0%} of service time, utilisation {p.utilisation:.0%}"
        for _, one in measured(case, 3)
        for p in one.steps
    ]
    read = Part("what stands in the rows is right", "to be read", State.ASSESSOR, look, weight=len(parts) / 2)
    return Decision((*parts, read if given else _absent(read)), text, tuple(lines[:6]))


def _absent(part: Part) -> Part:
    return Part(part.expected, "not answered", State.MISSING, part.look_at, part.weight)


def _row(step: str, row: dict[str, str], knobs: list[str], look: str) -> Iterator[Part]:
    for column, least in (("does", 3), ("fails_under_load", 3)):
        text = row.get(column, "")
        state = State.MISSING if not text else State.MET if words(text) >= least else State.UNMET
        yield Part(f"{step}: {column}, at least {least} words", text or "not answered", state, look)
    knob = row.get("knob", "")
    known = named(knob, knobs)
    state = State.MISSING if not knob else State.MET if known else State.UNMET
    yield Part(f"{step}: a knob that exists ({', '.join(knobs)})", knob or "not answered", state, look)


def _steps(case: Case) -> tuple[str, ...]:
    return next((burst.step_order for _, burst in case.evidence.bursts() if burst.step_order), ())

"""Recorded figures held against bursts that really happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from reports.bottleneck import NothingMeasured, attribute
from reports.grading.case import Case, Decision, check, told, unanswered
from reports.grading.evidence_set import Item
from reports.grading.marks import Part, State
from reports.grading.rubric import Criterion
from reports.judging.verdicts import figure
from reports.measuring.concurrency import timeline
from reports.measuring.statistics import percentile, service_times, throughput_per_s
from reports.records import Burst

Witnessed = tuple[Item, Burst]
DURATIONS: Final = "happy_path.durations_ms"
WALL: Final = 3
ACTIVITY_OF: Final[Mapping[str, int]] = {"low": WALL, "high": 4}
"""The activity whose experiments run a side's bursts."""
SMALLEST: Final = {"s": 0.5, "ms": 5.0, "": 0.05, "per_s": 0.1}
"""What rounding may make of a figure, by its unit, when the tolerance in per cent is less."""


def close(recorded: float, measured: float, tolerance: float, unit: str = "") -> bool:
    """Tell whether a recorded figure is the measured one, within a relative tolerance or rounding."""
    return abs(recorded - measured) <= max(tolerance * abs(measured), SMALLEST[unit])


def _model_p95_ms(burst: Burst) -> float:
    return 1000 * percentile(service_times(burst, attribute(burst).model_step), 95)


MEASURES: Final[Mapping[str, tuple[Callable[[Burst], float], str]]] = {
    "makespan_s": (lambda burst: burst.makespan_s, "s"),
    "throughput_per_s": (throughput_per_s, "per_s"),
    "peak_concurrency": (lambda burst: float(timeline(burst).peak), ""),
    "embed_p95_ms": (_model_p95_ms, "ms"),
}


@check("recorded_figure")
def recorded_figure(case: Case, criterion: Criterion) -> Decision:
    """A figure that was recorded of a burst is what a burst in the evidence measured."""
    side, name = str(criterion.given["side"]), str(criterion.given["figure"])
    tolerance = float(criterion.given["tolerance"])
    place = f"figures.{side}.{name}"
    recorded = case.answers.number(place)
    bursts = bursts_of_side(case, side)
    lines = tuple(told(item, burst) for item, burst in bursts)
    measure, unit = MEASURES[name]
    rounding = f" or {SMALLEST[unit]:g} {unit}" if tolerance and unit in {"s", "ms"} else ""
    expected = f"{name} of the {side} burst, within {tolerance:.0%}{rounding} of a burst that happened"
    look = case.answers.where(place)
    if recorded is None:
        return Decision((unanswered(case, expected, place),), evidence=lines)
    answer = f"{name} {figure(recorded)}"
    if not bursts:
        return Decision((no_burst(case, side, expected, answer, look),), answer)
    found = {_measured(measure, burst): (item, burst) for item, burst in bursts}
    nearest = min(found, key=lambda value: abs(value - recorded))
    said = (
        f"{figure(recorded)} recorded; the nearest burst measured {figure(nearest)} ({told(*found[nearest])})"
    )
    state = State.MET if close(recorded, nearest, tolerance, unit) else State.UNMET
    return Decision((Part(expected, said, state, look),), answer, lines)


def _measured(measure: Callable[[Burst], float], burst: Burst) -> float:
    try:
        return measure(burst)
    except NothingMeasured:
        return float("inf")


def bursts_of_side(case: Case, side: str) -> tuple[Witnessed, ...]:
    """Return the measured bursts of one side, as the answers plan it.

    Where they do not say how many at once, the low side is the wall of activity 3, its lowest cap, and the
    high side whatever had more. The single ticket of activity 2 and bursts of other activities are no side.
    """
    wanted = case.answers.number(f"figures.{side}.max_concurrency")
    tickets = case.answers.number(f"figures.{side}.tickets")
    every = tuple((i, b) for i, b in case.evidence.bursts(3, 4, 7) if b.plan.tickets > 1)
    bursts = tuple((i, b) for i, b in every if tickets in {None, b.plan.tickets})
    if wanted is not None:
        return tuple((i, b) for i, b in bursts if b.plan.max_concurrency == wanted)
    wall = _wall(case, every)
    return tuple(
        (i, b) for i, b in bursts if wall is not None and (b.plan.max_concurrency <= wall) is (side == "low")
    )


def _wall(case: Case, bursts: tuple[Witnessed, ...]) -> float | None:
    """Return the low side's cap: as answered, else the lowest of activity 3, else below the high side's."""
    answered = case.answers.number("figures.low.max_concurrency")
    if answered is not None:
        return answered
    high = case.answers.number("figures.high.max_concurrency")
    caps = [
        (i.activity, b.plan.max_concurrency)
        for i, b in bursts
        if high is None or b.plan.max_concurrency < high
    ]
    lowest = [cap for activity, cap in caps if activity == WALL] or [cap for _, cap in caps]
    return min(lowest, default=None)


def no_burst(case: Case, side: str, expected: str, answer: str, look: str) -> Part:
    """Return the part for a figure of which there is no burst at all; that our run broke costs nothing."""
    ours = case.ours(ACTIVITY_OF[side])
    if ours:
        return Part(expected, f"the grader's own burst could not be made: {ours}", State.BROKEN, look)
    return Part(expected, f"{answer}, and there is no burst like it in the evidence", State.UNMET, look)


@check("speed_up")
def speed_up(case: Case, criterion: Criterion) -> Decision:
    """The recorded speed-up is the ratio of two bursts that happened, and of the figures recorded."""
    tolerance = float(criterion.given["tolerance"])
    place = "figures.speed_up"
    recorded, look = case.answers.number(place), case.answers.where(place)
    low, high = bursts_of_side(case, "low"), bursts_of_side(case, "high")
    ratios = {slow.makespan_s / fast.makespan_s: (slow, fast) for _, slow in low for _, fast in high}
    first = f"the speed-up, within {tolerance:.0%} of that of two bursts that happened"
    second = "the speed-up follows from the two makespans recorded"
    if recorded is None:
        return Decision((unanswered(case, first, place), unanswered(case, second, place)))
    answer = f"{figure(recorded)} times"
    if not ratios:
        measured = no_burst(case, "high" if low else "low", first, answer, look)
    else:
        nearest = min(ratios, key=lambda ratio: abs(ratio - recorded))
        state = State.MET if close(recorded, nearest, tolerance) else State.UNMET
        measured = Part(first, f"{answer} recorded, {figure(nearest)} measured", state, look)
    return Decision((measured, _follows(case, second, recorded, tolerance, look)), answer)


def _follows(case: Case, expected: str, recorded: float, tolerance: float, look: str) -> Part:
    places = [f"figures.{side}.makespan_s" for side in ACTIVITY_OF]
    slow, fast = (case.answers.number(place) for place in places)
    if not slow or not fast:
        lacking = places[0] if not slow else places[1]
        found = case.answers.wrong.get(lacking, "one of the makespans is missing")
        return Part(expected, found, State.MISSING, look)
    ratio = slow / fast
    state = State.MET if close(recorded, ratio, tolerance) else State.UNMET
    return Part(expected, f"{figure(slow)} / {figure(fast)} = {figure(ratio)}", state, look)


@check("step_durations")
def step_durations(case: Case, criterion: Criterion) -> Decision:
    """The durations of the single ticket's steps are those of an execution in the evidence."""
    tolerance = float(criterion.given["tolerance"])
    singles = [(i, b) for i, b in case.evidence.bursts(2) if b.tickets]
    table = case.answers.table(DURATIONS)
    given = {name.casefold(): (f"{DURATIONS}.{name}", value) for name, value in table.items()}
    steps = singles[0][1].step_order if singles else ()
    lines = tuple(f"{s}: {_ms(b, s)} ms ({i.name})" for i, b in singles for s in b.step_order)
    look = case.answers.where(DURATIONS)
    if not singles:
        state = State.BROKEN if case.ours(2) else State.UNMET if given else State.MISSING
        return Decision((Part("a duration for each step", "no single ticket in the evidence", state, look),))
    parts = [
        _duration(case, step, given.get(step.casefold(), (DURATIONS, None)), singles, tolerance)
        for step in steps
    ]
    return Decision(
        tuple(parts), "; ".join(f"{name} {_shown(value)}" for name, value in table.items()), lines
    )


def _shown(value: object) -> str:
    return f"{figure(value)} ms" if isinstance(value, float) else str(value)


def _duration(
    case: Case, step: str, answer: tuple[str, object], singles: list[Witnessed], tolerance: float
) -> Part:
    place, recorded = answer
    expected = f"{step}'s duration in ms, within {tolerance:.0%} or 5 ms"
    look = case.answers.where(DURATIONS)
    if not isinstance(recorded, float):
        return unanswered(case, expected, place)
    measured = [value for _, burst in singles for value in service_times(burst, step)]
    if not measured:
        return Part(expected, f"{step} was not measured", State.UNMET, look)
    nearest = min((1000 * value for value in measured), key=lambda value: abs(value - recorded))
    state = State.MET if close(recorded, nearest, tolerance, "ms") else State.UNMET
    return Part(expected, f"{figure(recorded)} recorded, {figure(nearest)} measured", state, look)


def _ms(burst: Burst, step: str) -> str:
    return ", ".join(figure(1000 * value) for value in service_times(burst, step)[:3])

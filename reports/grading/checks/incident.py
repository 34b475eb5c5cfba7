"""Incident reports: evidence that exists, kept apart from hypothesis; a cause on a bone with its signal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reports.grading.case import Case, Decision, check, unanswered, words_of
from reports.grading.checks.classification import diagnosis_of, incident_of, told
from reports.grading.checks.figures import ACTIVITY_OF, bursts_of_side, close
from reports.grading.marks import Part, State
from reports.grading.rubric import Criterion
from reports.grading.signals import Signals, hedge, signals_of
from reports.grading.text import words
from reports.records import Burst

THROTTLING: Final = 7
SIDE_OF: Final[Mapping[str, str]] = {"before": "low", "after": "high"}
"""The bursts of activity 7 are planned like those of the wall and of scaling out, and may be the same."""


@check("incident_report")
def incident_report(case: Case, criterion: Criterion) -> Decision:
    """What happened, evidence that exists, a hypothesis apart from it, one first safe action."""
    place = str(criterion.given["place"])
    report = case.answers.table(place)
    entries = case.answers.texts(f"{place}.evidence")
    signals = signals_of(case.evidence, incident_of(case, criterion))
    parts = (
        _long_enough(case, f"{place}.what_happened", 8),
        *cited(case, f"{place}.evidence", entries, signals),
        _apart(case, place, entries),
        _long_enough(case, f"{place}.first_safe_action", 4),
        _to_read(case, place, "the action is safe, reversible and follows from the evidence"),
    )
    found = diagnosis_of(case, criterion)
    return Decision(parts, words_of(report), told(found) if found else ())


def cited(case: Case, place: str, entries: tuple[str, ...], signals: Signals) -> Iterator[Part]:
    """Yield a part for the entries' being there, and one for each entry's citing something that exists."""
    look = case.answers.where(place)
    if not entries:
        yield Part("evidence that cites a metric or log line", "not answered", State.MISSING, look, weight=2)
        return
    for entry in entries:
        what = signals.cited(entry)
        said = f"{entry!r} cites {what}" if what else f"{entry!r} cites no metric or line that was recorded"
        state = State.MET if what else State.UNMET
        yield Part("evidence that cites a metric or log line", said, state, look, weight=2 / len(entries))


def _apart(case: Case, place: str, entries: tuple[str, ...]) -> Part:
    """Hypothesis and evidence each have their place, and neither stands in the other's."""
    hypothesis = case.answers.text(f"{place}.hypothesis")
    look = case.answers.where(f"{place}.hypothesis")
    expected = "evidence and hypothesis kept apart"
    if not hypothesis or not entries:
        return Part(expected, "one of the two is missing", State.MISSING, look)
    guess = next(((entry, word) for entry in entries if (word := hedge(entry))), None)
    if guess:
        return Part(
            expected, f"evidence says {guess[1]!r}, which is a hypothesis: {guess[0]!r}", State.UNMET, look
        )
    if any(hypothesis.casefold().strip() == entry.casefold().strip() for entry in entries):
        return Part(expected, "the hypothesis repeats a piece of evidence", State.UNMET, look)
    return Part(expected, f"{len(entries)} pieces of evidence, the hypothesis apart", State.MET, look)


def _long_enough(case: Case, place: str, fewest: int) -> Part:
    text, look = case.answers.text(place), case.answers.where(place)
    state = State.MISSING if not text else State.MET if words(text) >= fewest else State.UNMET
    name = place.rpartition(".")[2].replace("_", " ")
    found = f"{words(text)} words" if text else "not answered"
    return Part(f"{name}, at least {fewest} words", found, state, look)


def _to_read(case: Case, place: str, what: str) -> Part:
    answered = bool(case.answers.table(place))
    state = State.ASSESSOR if answered else State.MISSING
    found = "to be read" if answered else "not answered"
    return Part(what, found, state, case.answers.where(place), weight=2)


@check("fishbone_cause")
def fishbone_cause(case: Case, criterion: Criterion) -> Decision:
    """No cause on a bone without a metric or a log line that shows it."""
    place = str(criterion.given["place"])
    entries = case.answers.texts(f"{place}.evidence")
    signals = signals_of(case.evidence, incident_of(case, criterion))
    parts = (_long_enough(case, f"{place}.cause", 4), *cited(case, f"{place}.evidence", entries, signals))
    found = diagnosis_of(case, criterion)
    return Decision(parts, case.answers.text(f"{place}.cause"), told(found) if found else ())


@check("before_and_after")
def before_and_after(case: Case, criterion: Criterion) -> Decision:
    """The makespans before and after the fix are those of bursts that happened, and the second is shorter."""
    tolerance, look = float(criterion.given["tolerance"]), case.answers.where("throttling.fix")
    bursts = [b for _, b in case.evidence.bursts(3, 4, 7) if b.plan.tickets > 1]
    before, after = (case.answers.number(f"throttling.fix.{name}") for name in SIDE_OF)
    parts = [_of_a_burst(case, name, bursts, tolerance) for name in SIDE_OF]
    if before is not None and after is not None:
        state = State.MET if after < before else State.UNMET
        parts.append(Part("it was faster after the fix", f"{before} to {after} s", state, look))
    else:
        parts.append(Part("it was faster after the fix", "not answered", State.MISSING, look))
    return Decision(tuple(parts), f"{before} to {after} s")


def _of_a_burst(case: Case, name: str, bursts: Sequence[Burst], tolerance: float) -> Part:
    """Return whether a makespan is that of a burst; what our own run could not make costs nothing."""
    place, side = f"throttling.fix.{name}", SIDE_OF[name]
    expected = f"makespan {name} the fix, within {tolerance:.0%} of a burst that happened"
    value, look = case.answers.number(place), case.answers.where(place)
    if value is None:
        return unanswered(case, expected, place)
    measured = ", ".join(f"{b.makespan_s:.1f} s at {b.plan.max_concurrency}" for b in bursts[:6])
    said = f"{value}; measured: {measured or 'nothing'}"
    if any(close(value, burst.makespan_s, tolerance, "s") for burst in bursts):
        return Part(expected, said, State.MET, look)
    ours = case.ours(THROTTLING) or case.ours(ACTIVITY_OF[side])
    if ours and not bursts_of_side(case, side):
        return Part(expected, f"{said}; the grader's own could not be made: {ours}", State.BROKEN, look)
    return Part(expected, said, State.UNMET, look)

"""All that the portfolio's page shows, gathered: what each activity came to, the checklist, the KSBs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from reports.grading.answers import Answers
from reports.portfolio.answering import CHECKS, reflection_checks
from reports.portfolio.ledger import Came, Entry, Shown, by_ksb
from reports.portfolio.manifest import Manifest
from reports.portfolio.spine import KSB, Activity
from reports.portfolio.words import Word, words_of
from reports.records import Burst, Outcome, Verdict

PORTFOLIO_ACTIVITY = 8
CHECKLIST = "Checklist: "
FOR_THE_LEARNER = "for the learner: "


class Tick(StrEnum):
    """What became of a point of the checklist. Only `EVIDENCE` is a tick."""

    EVIDENCE = "ticked by evidence"
    NOT_MET = "not met"
    LEARNER = "for the learner"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the checklist, what became of it, and the verdicts or the reason behind it."""

    text: str
    tick: Tick
    verdicts: tuple[Verdict, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The whole of it, from which the page is written. `compared` are the bursts before and after."""

    manifest: Manifest
    folder: Path
    experiments: tuple[Shown, ...]
    answers: Answers
    unused: tuple[Entry, ...] = ()
    compared: tuple[Burst, ...] = ()
    answers_trouble: str = ""

    def of(self, activity: int) -> tuple[Shown, ...]:
        """The experiments of one activity."""
        return tuple(one for one in self.experiments if one.entry.activity == activity)

    def words(self, activity: int) -> tuple[Word, ...]:
        """What the learner said about one activity."""
        return words_of(self.answers, activity)

    @property
    def checklist(self) -> tuple[Point, ...]:
        """The points of the checklist: activity 8's experiments that say they are one."""
        points = (point_of(one) for one in self.of(PORTFOLIO_ACTIVITY) if is_point(one))
        return tuple(self._answered(one) if one.tick is Tick.LEARNER else one for one in points)

    def _answered(self, point: Point) -> Point:
        """Return the reflection's point as the answers have it now: they may be written after the run."""
        text = self.answers.text("reflection")
        if not text:
            return point
        met = reflection_checks(text)
        lacking = [check for check in CHECKS if check not in met]
        said = f"not yet: {', '.join(lacking)}" if lacking else f"checked for {' and '.join(CHECKS)}"
        return replace(point, tick=Tick.LEARNER if lacking else Tick.EVIDENCE, reason=f"{said}; to be read.")

    @property
    def supported(self) -> Mapping[str, tuple[Shown, ...]]:
        """The experiments behind each knowledge, skill and behaviour."""
        found = by_ksb(self.experiments)
        return {code: found.get(code, ()) for code in (*KSB, *sorted(found.keys() - KSB.keys()))}


def is_point(one: Shown) -> bool:
    """Tell whether an experiment is a point of the checklist."""
    return one.entry.title.startswith(CHECKLIST)


def point_of(one: Shown) -> Point:
    """Return an experiment as a point of the checklist."""
    text = one.entry.title.removeprefix(CHECKLIST)
    text = text[:1].upper() + text[1:]
    reason = one.trouble or one.entry.reason
    if one.passed:
        return Point(text, Tick.EVIDENCE, one.verdicts)
    if one.entry.came is Came.SKIPPED:
        tick = Tick.LEARNER if reason.startswith(FOR_THE_LEARNER) else Tick.NOT_TRIED
        return Point(text, tick, (), reason.removeprefix(FOR_THE_LEARNER))
    return Point(text, Tick.NOT_MET, one.verdicts, reason)


def counts(experiments: Iterable[Shown]) -> Counter[Outcome]:
    """Return how many claims came to what."""
    return Counter(verdict.outcome for one in experiments for verdict in one.verdicts)


def standing(activity: Activity, experiments: tuple[Shown, ...]) -> str:
    """Return in a sentence how an activity stands: what it proves, or why that is not said."""
    if not experiments:
        return f"Not shown: activity {activity.number} was not run; `make activity{activity.number}` runs it."
    tried = [one for one in experiments if one.entry.came is not Came.SKIPPED]
    if tried and all(one.passed for one in tried):
        return activity.proves
    failing = [one.entry.title.rstrip(".") for one in tried if not one.passed]
    return f"Not proved: {'; '.join(failing) or 'nothing of it was tried'}."

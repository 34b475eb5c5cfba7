"""All that the portfolio's page shows, gathered: what each activity came to, the checklist, the KSBs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reports.grading.answers import Answers
from reports.portfolio.answering import FOR_THE_LEARNER
from reports.portfolio.ledger import Came, Entry, Shown, by_ksb
from reports.portfolio.manifest import Manifest
from reports.portfolio.spine import KSB, Activity
from reports.portfolio.words import Word, words_of
from reports.records import Burst, Outcome, Verdict

PORTFOLIO_ACTIVITY = 8
CHECKLIST = "Checklist: "


class Tick(StrEnum):
    """What became of a point of the checklist. Only `EVIDENCE` is a tick."""

    EVIDENCE = "ticked by evidence"
    NOT_MET = "not met"
    LEARNER = "for the learner"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the checklist, what became of it, and the verdicts or the reason behind it.

    `name` is the experiment's.
    """

    text: str
    tick: Tick
    verdicts: tuple[Verdict, ...] = ()
    reason: str = ""
    name: str = ""


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
        return tuple(point_of(one) for one in self.of(PORTFOLIO_ACTIVITY) if is_point(one))

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
        return Point(text, Tick.EVIDENCE, one.verdicts, reason, one.entry.name)
    if one.entry.came is Came.NOT_RUN:
        return Point(text, Tick.NOT_TRIED, (), f"not run; `make activity{one.entry.activity}` runs it")
    if one.entry.came is Came.SKIPPED:
        tick = Tick.LEARNER if for_the_learner(one) else Tick.NOT_TRIED
        return Point(text, tick, (), reason.removeprefix(FOR_THE_LEARNER))
    return Point(text, Tick.NOT_MET, one.verdicts, reason, one.entry.name)


def for_the_learner(one: Shown) -> bool:
    """Tell whether an experiment only waits for the learner's own words."""
    return one.entry.came is Came.SKIPPED and one.entry.reason.startswith(FOR_THE_LEARNER)


def counts(experiments: Iterable[Shown]) -> Counter[Outcome]:
    """Return how many claims came to what."""
    return Counter(verdict.outcome for one in experiments for verdict in one.verdicts)


def done(activity: Activity, experiments: tuple[Shown, ...]) -> str:
    """Return what was done in an activity, if it was."""
    ran = any(one.entry.came is not Came.NOT_RUN for one in experiments)
    return activity.done if ran else "Nothing: no run into this folder had a part in it."


def standing(activity: Activity, experiments: tuple[Shown, ...]) -> str:
    """Return how an activity stands: what it proves, said only when all of it passed, or what is lacking.

    What waits for the learner's own words is not counted: it is no part of what the activity proves.
    """
    counted = [one for one in experiments if not for_the_learner(one)]
    if all(one.entry.came is Came.NOT_RUN for one in counted):
        return f"Not shown: activity {activity.number} was not run; `make activity{activity.number}` runs it."
    lacking = [one for one in counted if not one.passed]
    if not lacking:
        return activity.proves
    kinds = {"Not tried": Came.SKIPPED, "Not run": Came.NOT_RUN}
    failing = [one for one in lacking if one.entry.came not in kinds.values()]
    said = [listed("Not proved", failing)] if failing else ["Not proved: not all of it was tried."]
    said += [listed(word, [one for one in lacking if one.entry.came is came]) for word, came in kinds.items()]
    return " ".join(filter(None, said))


def listed(word: str, experiments: Iterable[Shown]) -> str:
    """Return experiments by their titles in one sentence, "" where there are none."""
    titles = "; ".join(one.entry.title.rstrip(".") for one in experiments)
    return f"{word}: {titles}." if titles else ""

"""Marks: for each criterion what was expected, what was found, where to look, and the points.

Three things are kept apart: what the learner missed, what an assessor still has to read, and what could not
be decided because the harness or the cloud failed. Only the first costs points.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from reports.grading.rubric import Criterion

SCHEMA: Final = "scale-or-fail/grade/1"


class State(enum.StrEnum):
    """What a part of a criterion, or all of it, came to."""

    MET = "met"
    UNMET = "not met"
    MISSING = "missing"
    ASSESSOR = "for the assessor"
    BROKEN = "broken"
    SKIPPED = "skipped"
    PARTIAL = "partly met"
    INCOMPLETE = "met, part skipped"


DECIDED: Final = frozenset({State.MET, State.UNMET, State.MISSING})


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a criterion asks for, and what came of it. `weight` shares out the points."""

    expected: str
    found: str
    state: State
    look_at: str = ""
    weight: float = 1.0
    earned: float | None = None

    @property
    def share(self) -> float:
        """How much of its weight was earned, 0..1."""
        if self.earned is not None:
            return self.earned
        return 1.0 if self.state is State.MET else 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A criterion and its parts; `evidence` is what an assessor should read beside the answer."""

    criterion: Criterion
    parts: tuple[Part, ...]
    answer: str = ""
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def earned(self) -> float:
        """Points earned, of those that could be decided here."""
        return self._points(sum(part.weight * part.share for part in self.parts if part.state in DECIDED))

    @property
    def out_of(self) -> float:
        """Points that could be decided here."""
        return self._of(DECIDED)

    @property
    def awaiting(self) -> float:
        """Points that an assessor gives."""
        return self._of({State.ASSESSOR})

    @property
    def undecided(self) -> float:
        """Points that nothing was decided about: broken or skipped. They cost the learner nothing."""
        return self._of({State.BROKEN, State.SKIPPED})

    @property
    def cut_short(self) -> bool:
        """Whether some of it was decided, and some broke or was skipped: what was earned is not the whole."""
        return bool(self.out_of and self.undecided)

    @property
    def state(self) -> State:
        """What the criterion came to, the most urgent first."""
        states = {part.state for part in self.parts}
        for urgent in (State.BROKEN, State.ASSESSOR):
            if urgent in states:
                return urgent
        if states <= {State.SKIPPED}:
            return State.SKIPPED
        if self.earned >= self.out_of:
            return State.INCOMPLETE if State.SKIPPED in states else State.MET
        if self.earned > 0:
            return State.PARTIAL
        return State.MISSING if State.UNMET not in states else State.UNMET

    def _of(self, states: frozenset[State] | set[State]) -> float:
        return self._points(sum(part.weight for part in self.parts if part.state in states))

    def _points(self, weight: float) -> float:
        whole = sum(part.weight for part in self.parts)
        return round(self.criterion.points * weight / whole, 2) if whole else 0.0


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    """Something in the evidence that does not agree with itself: which file, where, and what."""

    file: str
    place: str
    saying: str


@dataclass(frozen=True, slots=True)
class Grade:
    """One submission's marks. `not_gradable` says what the learner has to put right; `trouble` is ours."""

    submission: str
    rubric: str
    marks: tuple[Mark, ...] = ()
    findings: tuple[IntegrityFinding, ...] = ()
    not_gradable: str = ""
    trouble: tuple[str, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    learner: str = ""
    schema: str = field(default=SCHEMA)

    @property
    def earned(self) -> float:
        """Points earned."""
        return _sum(mark.earned for mark in self.marks)

    @property
    def out_of(self) -> float:
        """Points that could be decided without an assessor."""
        return _sum(mark.out_of for mark in self.marks)

    @property
    def awaiting(self) -> float:
        """Points that wait for an assessor."""
        return _sum(mark.awaiting for mark in self.marks)

    @property
    def undecided(self) -> float:
        """Points that could not be decided, through no fault of the learner."""
        return _sum(mark.undecided for mark in self.marks)

    @property
    def score(self) -> float:
        """Earned points over decided ones, 0..1; 0 when none could be decided."""
        return self.earned / self.out_of if self.out_of else 0.0

    @property
    def broken(self) -> bool:
        """Whether the harness or the cloud kept something from being decided."""
        return bool(self.trouble) or any(mark.state is State.BROKEN for mark in self.marks)


def _sum(values: Iterable[float]) -> float:
    return round(sum(values), 2)

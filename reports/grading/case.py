"""What a check is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reports.grading.answers import Answers
from reports.grading.evidence_set import EvidenceSet, Item
from reports.grading.marks import Part
from reports.grading.rubric import Criterion
from reports.records import Burst


@dataclass(frozen=True, slots=True)
class Experiment:
    """How one experiment of the grader's own run ended: passed, failed, broken or skipped.

    `fault` says whose doing it was when it is broken: "learner" when the same experiment works with the
    reference pipeline on this machine, else "harness".
    """

    name: str
    activity: int
    outcome: str
    reason: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """The grader's own run: every experiment that was expected, and how it ended.

    `isolation` says in words how handlers were kept apart; `failed` why nothing could be run at all.
    """

    experiments: tuple[Experiment, ...] = ()
    isolation: str = ""
    failed: str = ""

    def activity(self, number: int) -> tuple[Experiment, ...]:
        """Return the experiments of one activity."""
        return tuple(one for one in self.experiments if one.activity == number)


@dataclass(frozen=True, slots=True)
class Case:
    """One submission, as the checks see it. `run` is None when the grader ran nothing.

    `experiments` names the evidence file that each experiment of an activity leaves, without `.json`.
    """

    answers: Answers
    evidence: EvidenceSet
    run: Run | None = None
    own_pipeline: bool = False
    experiments: Mapping[int, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def ours(self, activity: int) -> str:
        """Return why the grader's own run has no evidence of an activity, "" unless that is our fault."""
        if self.run is None:
            return ""
        broken = (e for e in self.run.activity(activity) if e.outcome == "broken" and e.fault != "learner")
        return self.run.failed or next((e.reason or "it broke" for e in broken), "")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a check found: parts that share the points, the answer as given, evidence for an assessor."""

    parts: tuple[Part, ...]
    answer: str = ""
    evidence: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict, hash=False)


Check = Callable[[Case, Criterion], Decision]
CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    """Register a check under the name that the rubric uses."""

    def register(function: Check) -> Check:
        CHECKS[name] = function
        return function

    return register


def words_of(table: Mapping[str, object]) -> str:
    """Return answers by name, a line each, nested ones on the same line."""
    return "\n".join(f"{name}: {_inline(value)}" for name, value in table.items())


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_inline(inner)}" for name, inner in value.items())
    return " | ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def told(item: Item, burst: Burst) -> str:
    """Return a burst in words, with where it stands."""
    return (
        f"{burst.plan.tickets} tickets at {burst.plan.max_concurrency}: {burst.makespan_s:.2f} s "
        f"({item.origin}, {item.name})"
    )

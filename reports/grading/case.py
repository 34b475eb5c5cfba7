"""What a check is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reports.grading.answers import Answers
from reports.grading.evidence_set import EvidenceSet, Item, Origin
from reports.grading.marks import Part, State
from reports.grading.rubric import Criterion
from reports.records import Burst


@dataclass(frozen=True, slots=True)
class Experiment:
    """How one experiment of the grader's own run ended: passed, failed, broken or skipped.

    `fault` says whose doing it was when it is broken: "learner" when the same experiment passes with the
    reference pipeline on this machine, in the same time, else "harness".
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
class Expected:
    """An experiment whose evidence is due: its file's name without `.json`, and its title inside."""

    file: str
    title: str


@dataclass(frozen=True, slots=True)
class Case:
    """One submission, as the checks see it. `run` is None when the grader ran nothing.

    `experiments` are those of each activity; an activity that is not there is taken as it was handed in.
    """

    answers: Answers
    evidence: EvidenceSet
    run: Run | None = None
    own_pipeline: bool = False
    experiments: Mapping[int, tuple[Expected, ...]] = field(default_factory=dict, hash=False)

    @property
    def learners_own_decides(self) -> bool:
        """Whether the learner's evidence decides about the activities, and not the grader's run.

        It does whenever any was handed in, however bad, unless the pipeline is the learner's own: that is
        always run here. So nothing is gained by leaving out or spoiling some of it.
        """
        handed_in = any(item.origin is Origin.LEARNER for item in self.evidence.items)
        ran = self.run is not None and (self.own_pipeline or not (handed_in or self.evidence.findings))
        return not ran

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


def unanswered(case: Case, expected: str, place: str, weight: float = 1.0) -> Part:
    """Return the part for a figure that is not there: missing, or not met where it cannot be read as one."""
    wrong, look = case.answers.wrong.get(place, ""), case.answers.where(place)
    return Part(expected, wrong or "not answered", State.UNMET if wrong else State.MISSING, look, weight)


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

"""What a diagnosis is made of. No finding can be built without evidence, and no leaf ruled out without."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from reports.rca.evidence import Evidence


class Leaf(enum.StrEnum):
    """The four leaves of the RCA tree."""

    THROTTLED = "THROTTLED"
    EXHAUSTED = "EXHAUSTED"
    TIMED_OUT = "TIMED OUT"
    BAD_INPUT = "BAD INPUT"


class Outside(enum.StrEnum):
    """Causes that evidence shows and that are none of the four leaves."""

    CODE_DEFECT = "CODE DEFECT"
    PERMISSION = "PERMISSION MISSING"
    CONFIGURATION = "NOT SET UP"
    SERVICE = "SERVICE FAILURE"


class Bone(enum.StrEnum):
    """The four bones of the fishbone."""

    LIMITS = "Limits/Throttling"
    RESOURCES = "Resources"
    DEPENDENCIES = "Dependencies"
    DATA = "Data/Input"


class Conclusion(enum.StrEnum):
    """How a diagnosis ended."""

    CLASSIFIED = "classified"
    OUTSIDE = "outside the tree"
    UNDETERMINED = "undetermined"
    HEALTHY = "healthy"


Class = Leaf | Outside


class WithoutEvidence(ValueError):
    """Something was to be claimed without evidence; `claim` says what."""

    def __init__(self, claim: str) -> None:
        super().__init__(f"{claim} has no evidence; cite a metric, a log line, a history event or a setting")
        self.claim = claim


@dataclass(frozen=True, slots=True)
class Action:
    """One safe and reversible action: what to do, how to undo it, and what should then be seen."""

    do: str
    undo: str
    verify: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that fired: the class and bone it stands for, and the evidence it stands on.

    `hypothesis` is what the evidence suggests and does not prove. `step` is None where no one step is meant.
    `at` is when it was first seen (epoch seconds), None where the evidence has no time.
    """

    rule: str
    classified_as: Class
    bone: Bone | None
    evidence: tuple[Evidence, ...]
    summary: str
    hypothesis: str
    action: Action
    step: str | None = None
    at: float | None = None

    def __post_init__(self) -> None:
        if not self.evidence:
            raise WithoutEvidence(f"finding {self.rule}")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A rule that could have fired, but whose evidence speaks against itself: both sides are kept.

    `classified_as` is None, and `rule` "", where records contradict each other whatever the rule.
    """

    rule: str
    classified_as: Class | None
    saying: str
    evidence: tuple[Evidence, ...]

    def __post_init__(self) -> None:
        if not self.evidence:
            raise WithoutEvidence(f"contradiction of {self.rule}")


@dataclass(frozen=True, slots=True)
class RuledOut:
    """One of the other leaves: ruled out with a reason and evidence, or not, and why not."""

    leaf: Leaf
    ruled_out: bool
    reason: str
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        if self.ruled_out and not self.evidence:
            raise WithoutEvidence(f"ruling out {self.leaf}")


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """Which tickets were hit: by `ticket_id` where it is known, else by index ("#3").

    `never_begun` were sent and never started. `complete` is False where the tickets' fates are not all known.
    `statement` says it in one sentence.
    """

    failed: tuple[str, ...]
    succeeded: tuple[str, ...]
    aborted: tuple[str, ...]
    never_begun: int
    complete: bool
    statement: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the observations come to.

    `findings` are in order, the one to act on first. `leaf`, `bone`, `evidence` and `step` are the first
    finding's. `fired`, `silent` and `contradicting` name the rules, which is how it was concluded.
    """

    conclusion: Conclusion
    headline: str
    findings: tuple[Finding, ...]
    ruled_out: tuple[RuledOut, ...]
    blast_radius: BlastRadius
    look_next: tuple[str, ...]
    fired: tuple[str, ...]
    silent: tuple[str, ...]
    contradictions: tuple[Contradiction, ...] = ()
    consequences: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named = self.conclusion in {Conclusion.CLASSIFIED, Conclusion.OUTSIDE}
        if named and not self.findings:
            raise WithoutEvidence(f"conclusion {self.conclusion}")

    @property
    def first(self) -> Finding | None:
        """The finding to act on first; None where nothing was found."""
        return self.findings[0] if self.findings else None

    @property
    def leaf(self) -> Leaf | None:
        """The leaf of the first finding that is on the tree; None where none is."""
        leaves = (finding.classified_as for finding in self.findings)
        return next((leaf for leaf in leaves if isinstance(leaf, Leaf)), None)

    @property
    def bone(self) -> Bone | None:
        """The first finding's bone."""
        return self.first.bone if self.first else None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The evidence of the first finding."""
        return self.first.evidence if self.first else ()

    @property
    def step(self) -> str | None:
        """The step that the first finding is about."""
        return self.first.step if self.first else None

    @property
    def hypothesis(self) -> str:
        """The first finding's hypothesis, "" where there is none."""
        return self.first.hypothesis if self.first else ""

    @property
    def action(self) -> Action | None:
        """The first finding's action."""
        return self.first.action if self.first else None

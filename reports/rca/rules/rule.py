"""What a rule is: data that says what it looks for, and one function that looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from reports.rca.diagnosis import Action, Bone, Class, Contradiction, Finding, WithoutEvidence
from reports.rca.evidence import Evidence
from reports.rca.facts import Facts
from reports.rca.failures import Failure


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a rule saw. `words` fill the rule's texts; `failures` are those it explains.

    `step`, `at`: where, and when first (epoch seconds), None where that is not known.
    """

    evidence: tuple[Evidence, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    step: str | None = None
    at: float | None = None
    failures: tuple[Failure, ...] = ()

    def __post_init__(self) -> None:
        if not self.evidence:
            raise WithoutEvidence("a sighting")


@dataclass(frozen=True, slots=True)
class Rule:
    """One cause that can be told from others by evidence.

    `looks_for` says in a sentence when it fires, `yields` what it then cites. `summary`, `hypothesis` and
    `action` are texts with places for the sighting's words. `loses_tickets` tells causes that make tickets
    fail from those that only slow them down. It gives way to the rules named in `gives_way_to`, whose
    effect its own sighting then is.
    """

    name: str
    classified_as: Class
    bone: Bone | None
    looks_for: str
    yields: str
    summary: str
    hypothesis: str
    action: Action
    look: Callable[[Facts], Sighting | Contradiction | None]
    loses_tickets: bool = True
    gives_way_to: tuple[str, ...] = ()

    def finding(self, seen: Sighting) -> Finding:
        """Return what the rule says of a sighting."""
        step = seen.step or "the step"
        words = {"step": step, "function": f"the function of {step}"} | dict(seen.words)
        action = Action(
            self.action.do.format_map(words),
            self.action.undo.format_map(words),
            self.action.verify.format_map(words),
        )
        return Finding(
            rule=self.name,
            classified_as=self.classified_as,
            bone=self.bone,
            evidence=seen.evidence,
            summary=self.summary.format_map(words),
            hypothesis=self.hypothesis.format_map(words),
            action=action,
            step=seen.step,
            at=seen.at,
        )


def of_failures(
    facts: Facts, failures: tuple[Failure, ...], *more: Evidence, **words: str
) -> Sighting | None:
    """Return the sighting of some failures, None where there are none."""
    if not failures:
        return None
    first = failures[0]
    named = {
        "error": first.what.canonical,
        "message": first.message[:200] or "no message",
        "count": counted_failures(failures),
        "function": facts.function_of(first.step) or f"the function of {first.step or 'the step'}",
    }
    evidence = (*facts.evidence_of(failures), *more)
    return Sighting(evidence, named | words, common_step(failures), first.at, failures)


def common_step(failures: Iterable[Failure]) -> str | None:
    """Return the step where most of the failures happened, the first of several."""
    steps = [failure.step for failure in failures if failure.step]
    return max(dict.fromkeys(steps), key=steps.count, default=None)


def counted_failures(failures: tuple[Failure, ...]) -> str:
    """Return how many failures there are, in words that fit a sentence."""
    return "1 failure" if len(failures) == 1 else f"{len(failures)} failures"

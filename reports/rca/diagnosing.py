"""Observations in, diagnosis out: ask every rule, order what they found, rule the other leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.rca.blast import blast_radius
from reports.rca.diagnosis import (
    Conclusion,
    Contradiction,
    Diagnosis,
    Finding,
    Leaf,
    RuledOut,
)
from reports.rca.evidence import HistoryEvidence
from reports.rca.facts import Facts
from reports.rca.looking import contradictions_between, look_next
from reports.rca.observations import Observations
from reports.rca.rules import RULES, Rule, Sighting
from reports.rca.rules.growing import slower
from reports.rca.ruling_out import ruled_out


@dataclass(frozen=True, slots=True)
class _Asked:
    """A rule and what it said."""

    rule: Rule
    said: Sighting | Contradiction | None


def diagnose(observations: Observations) -> Diagnosis:
    """Return what the observations come to; undetermined where they are too few or contradict each other."""
    facts = Facts(observations)
    asked = [_Asked(rule, rule.look(facts)) for rule in RULES]
    contradictions = (
        *contradictions_between(observations),
        *(a.said for a in asked if isinstance(a.said, Contradiction)),
    )
    seen = [(a.rule, a.said) for a in asked if isinstance(a.said, Sighting)]
    causes, effects = _causes(seen)
    if any(contradiction.rule == "" for contradiction in contradictions):
        causes, effects = [], [*effects, *causes]
    findings = tuple(rule.finding(sighting) for rule, sighting in _ordered(causes))
    explained = {id(f) for _, sighting in seen for f in sighting.failures}
    unexplained = [failure for failure in facts.failures if id(failure) not in explained]
    conclusion = _conclusion(facts, findings, contradictions)
    return Diagnosis(
        conclusion=conclusion,
        headline=_headline(conclusion, findings),
        findings=findings,
        ruled_out=_other_leaves(facts, findings, contradictions, explained=not unexplained),
        blast_radius=blast_radius(facts, _executions(findings)),
        look_next=()
        if conclusion is Conclusion.HEALTHY
        else look_next(facts, findings, contradictions, unexplained),
        fired=tuple(rule.name for rule, _ in seen),
        silent=tuple(a.rule.name for a in asked if a.said is None),
        contradictions=contradictions,
        consequences=tuple(_consequence(rule.finding(sighting)) for rule, sighting in effects),
    )


_Seen = list[tuple[Rule, Sighting]]


def _causes(seen: _Seen) -> tuple[_Seen, _Seen]:
    """Part what was seen into causes and effects of those causes."""
    steps = {rule.name: sighting.step for rule, sighting in seen}
    causes: _Seen = []
    effects: _Seen = []
    for rule, sighting in seen:
        above = [steps[name] for name in rule.gives_way_to if name in steps]
        gives_way = any(step is None or sighting.step is None or step == sighting.step for step in above)
        (effects if gives_way else causes).append((rule, sighting))
    return causes, effects


def _ordered(causes: _Seen) -> _Seen:
    """Put what loses tickets before what only slows them down, and the earlier before the later."""
    place = {rule.name: number for number, rule in enumerate(RULES)}

    def key(cause: tuple[Rule, Sighting]) -> tuple[bool, float, int]:
        rule, sighting = cause
        at = sighting.at if sighting.at is not None else float("inf")
        return not (rule.loses_tickets or sighting.failures), at, place[rule.name]

    return sorted(causes, key=key)


def _conclusion(
    facts: Facts, findings: Sequence[Finding], contradictions: Sequence[Contradiction]
) -> Conclusion:
    if any(isinstance(finding.classified_as, Leaf) for finding in findings):
        return Conclusion.CLASSIFIED
    if findings:
        return Conclusion.OUTSIDE
    return Conclusion.HEALTHY if not contradictions and _is_healthy(facts) else Conclusion.UNDETERMINED


def _is_healthy(facts: Facts) -> bool:
    """Tell whether whole histories show that every ticket succeeded, at once, and in the time allowed."""
    observations = facts.observations
    others = {e.status for e in observations.executions} | {b.status for b in observations.bursts}
    whole = len(facts.whole_bursts) == len(observations.bursts) > 0 and others == {"SUCCEEDED"}
    retried = any(attempt.error is not None for _, attempt in facts.attempts)
    late = any(facts.misses_target(burst) for burst in observations.bursts) or slower(facts) is not None
    refused = any(metric.value > 0 for name in ("Throttles", "Errors") for metric in facts.totals(name))
    return whole and not (retried or late or refused or facts.failures)


def _headline(conclusion: Conclusion, findings: Sequence[Finding]) -> str:
    if findings:
        first = findings[0]
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        where = f" at {first.step}" if first.step else ""
        return f"{first.classified_as}{where}: {first.summary}{more}"
    if conclusion is Conclusion.HEALTHY:
        return "HEALTHY: every ticket succeeded, and nothing that was seen points at an incident"
    return "UNDETERMINED: the evidence does not single out a cause"


def _other_leaves(
    facts: Facts, findings: Sequence[Finding], contradictions: Sequence[Contradiction], *, explained: bool
) -> tuple[RuledOut, ...]:
    named = {finding.classified_as for finding in findings}
    torn = {contradiction.classified_as: contradiction for contradiction in contradictions}
    return tuple(
        RuledOut(leaf, ruled_out=False, reason=f"not ruled out: {torn[leaf].saying}")
        if leaf in torn
        else ruled_out(facts, leaf, explained=explained)
        for leaf in Leaf
        if leaf not in named
    )


def _executions(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return the executions whose history the first finding cites."""
    cited = findings[0].evidence if findings else ()
    return tuple(dict.fromkeys(e.execution for e in cited if isinstance(e, HistoryEvidence)))


def _consequence(finding: Finding) -> str:
    return f"{finding.rule}: {finding.summary}"

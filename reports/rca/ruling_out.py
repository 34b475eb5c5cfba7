"""Ruling the other leaves out: each with a reason and evidence, or with what is missing to do so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reports.rca.diagnosis import Leaf, RuledOut
from reports.rca.error_table import Family
from reports.rca.evidence import Evidence, HistoryEvidence
from reports.rca.facts import Facts, counted, number_in, report_evidence, setting_evidence
from reports.rca.rules.exhausted import FULL
from reports.rca.rules.growing import growth

_REFUSED = (Family.THROTTLE, Family.STATES_THROTTLE, Family.DEPENDENCY_THROTTLE)
_LATE = (Family.FUNCTION_TIMEOUT, Family.TASK_TIMEOUT, Family.DEPENDENCY_TIMEOUT)
_BAD = (Family.VALIDATION, Family.DATA_LIMIT, Family.CODE_OR_DATA)


@dataclass(frozen=True, slots=True)
class _Question:
    """The facts, and whether every failure in them is accounted for."""

    facts: Facts
    explained: bool


def ruled_out(facts: Facts, leaf: Leaf, *, explained: bool) -> RuledOut:
    """Return whether a leaf can be ruled out.

    `explained` says that every failure is accounted for: while one is not, that a kind of error is absent
    proves nothing.
    """
    return _LEAVES[leaf](_Question(facts, explained))


def _throttled(about: _Question) -> RuledOut:
    facts, explained = about.facts, about.explained
    leaf = Leaf.THROTTLED
    if facts.of_family(*_REFUSED):
        return RuledOut(leaf, ruled_out=False, reason="not ruled out: something was refused")
    totals = facts.totals("Throttles")
    if any(metric.value > 0 for metric in totals):
        return RuledOut(leaf, ruled_out=False, reason="not ruled out: the metric Throttles counted refusals")
    evidence: list[Evidence] = [*totals[:1], *_none_of(facts, "was refused", explained=explained)]
    if not evidence:
        return _open(leaf, "no Throttles metric and no whole history was seen")
    return RuledOut(leaf, ruled_out=True, reason="no invocation was refused", evidence=tuple(evidence))


def _exhausted(about: _Question) -> RuledOut:
    facts = about.facts
    leaf, fullest = Leaf.EXHAUSTED, facts.fullest
    if facts.of_family(Family.OUT_OF_MEMORY):
        return RuledOut(leaf, ruled_out=False, reason="not ruled out: a process was killed")
    if fullest is None:
        return _open(leaf, "no REPORT line with memory figures was seen")
    used = f"{fullest.max_memory_mb:g} of {fullest.memory_mb:g} MB"
    if fullest.max_memory_mb >= FULL * fullest.memory_mb:
        return RuledOut(leaf, ruled_out=False, reason=f"not ruled out: an invocation used {used}")
    count = len(facts.observations.reports)
    which = "the one invocation seen" if count == 1 else f"the fullest of {count} invocations"
    reason = f"{which} used {used}, and none was killed"
    return RuledOut(leaf, ruled_out=True, reason=reason, evidence=(report_evidence(fullest),))


def _timed_out(about: _Question) -> RuledOut:
    facts, explained = about.facts, about.explained
    leaf = Leaf.TIMED_OUT
    if facts.of_family(*_LATE):
        return RuledOut(leaf, ruled_out=False, reason="not ruled out: something timed out")
    if growth(facts) is not None:
        return RuledOut(leaf, ruled_out=False, reason="not ruled out: a step's time grew")
    evidence: list[Evidence] = list(_none_of(facts, "timed out", explained=explained))
    evidence += _below_timeout(facts)
    if not evidence:
        return _open(leaf, "no whole history and no Duration beside a Timeout was seen")
    return RuledOut(leaf, ruled_out=True, reason="nothing timed out", evidence=tuple(evidence))


def _below_timeout(facts: Facts) -> list[Evidence]:
    """Cite the longest Duration that is known beside its function's Timeout, where it stayed below."""
    found: list[tuple[float, list[Evidence]]] = []
    for series in facts.series("Duration", "Maximum"):
        function = series.dimensions.get("FunctionName")
        setting, longest = facts.setting(function, "Timeout"), facts.highest("Duration", function)
        limit = number_in(setting)
        if setting and limit and longest and longest.value < limit * 1000:
            found.append((longest.value, [longest, setting_evidence(setting)]))
    return max(found, key=lambda pair: pair[0], default=(0.0, []))[1]


def _bad_input(about: _Question) -> RuledOut:
    facts, explained = about.facts, about.explained
    leaf = Leaf.BAD_INPUT
    suspects = facts.of_family(*_BAD)
    items = [(failure, facts.item_of(failure)) for failure in facts.failures]
    valid = [(failure, item) for failure, item in items if item is not None and item.valid]
    if any(item is not None and item.valid is False for _, item in items):
        return RuledOut(leaf, ruled_out=False, reason="not ruled out: a ticket that failed is not valid")
    if valid and len(valid) == len(items):
        evidence: list[Evidence] = [facts.item_evidence(*valid[0])]
        return RuledOut(
            leaf, ruled_out=True, reason="the tickets that failed are valid", evidence=tuple(evidence)
        )
    if suspects:
        return RuledOut(leaf, ruled_out=False, reason="not ruled out: an error can come from the data")
    evidence = list(_none_of(facts, "refused a ticket's data", explained=explained))
    errors = facts.totals("Errors")
    evidence += [metric for metric in errors[:1] if metric.value == 0]
    if not evidence:
        return _open(leaf, "no whole history and no Errors metric of 0 was seen")
    return RuledOut(leaf, ruled_out=True, reason="no step refused a ticket's data", evidence=tuple(evidence))


def _none_of(facts: Facts, what: str, *, explained: bool) -> tuple[HistoryEvidence, ...]:
    """Cite that none of the attempts did something; nothing while a failure is unexplained."""
    bursts = [burst for burst in facts.observations.bursts if any(ticket.steps for ticket in burst.tickets)]
    if not bursts or not facts.attempts or not explained:
        return ()
    longest = max(attempt.ended - (attempt.started or attempt.scheduled) for _, attempt in facts.attempts)
    note = f"0 of {len(facts.attempts)} attempts {what}; the longest took {longest * 1000:.0f} ms"
    return (counted(bursts[-1], note),)


def _open(leaf: Leaf, missing: str) -> RuledOut:
    return RuledOut(leaf, ruled_out=False, reason=f"not ruled out: {missing}")


_LEAVES: Mapping[Leaf, Callable[[_Question], RuledOut]] = {
    Leaf.THROTTLED: _throttled,
    Leaf.EXHAUSTED: _exhausted,
    Leaf.TIMED_OUT: _timed_out,
    Leaf.BAD_INPUT: _bad_input,
}

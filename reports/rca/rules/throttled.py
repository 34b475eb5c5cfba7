"""THROTTLED: work is refused by a limit, or waits at one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reports.measuring.statistics import slots
from reports.rca.diagnosis import Action, Bone, Contradiction, Leaf
from reports.rca.error_names import (
    ACCOUNT_LIMIT,
    CALLER_RATE,
    FUNCTION_RATE,
    RESERVED_LIMIT,
    RESERVED_RATE,
    SNAPSHOT_RATE,
    reason_in,
)
from reports.rca.error_table import Family
from reports.rca.evidence import Evidence, LogEvidence, MetricEvidence, SettingEvidence
from reports.rca.facts import (
    Facts,
    cap_evidence,
    number_in,
    setting_evidence,
)
from reports.rca.failures import Failure
from reports.rca.rules.rule import Rule, Sighting, common_step, counted_failures


@dataclass(frozen=True, slots=True)
class Refused:
    """Refusals by Lambda: as failures, as metrics, or both. `reasons` are the Reason codes that were seen."""

    failures: tuple[Failure, ...]
    metrics: tuple[MetricEvidence, ...]
    reasons: tuple[str, ...]
    reason_lines: tuple[LogEvidence, ...]
    function: str | None

    @property
    def step(self) -> str | None:
        """Where most refusals happened."""
        return common_step(self.failures)


def refused(facts: Facts) -> Refused | None:
    """Return what Lambda refused, None where nothing shows that it refused anything."""
    failures = facts.of_family(Family.THROTTLE)
    function = facts.function_of(common_step(f for f in failures if not _raised_inside(f)))
    metrics = [metric for metric in facts.totals("Throttles") if metric.value > 0]
    if not failures and not metrics:
        return None
    function = function or next((f for m in metrics if (f := m.dimensions.get("FunctionName"))), None)
    own = [metric for metric in metrics if metric.dimensions.get("FunctionName") == function] or metrics[:1]
    lines = tuple(
        LogEvidence(line.group, line.stream, line.time, line.text)
        for line in facts.observations.logs
        if reason_in(line.text)
    )
    said = [f.what.reason for f in failures if f.what.reason] + [reason_in(line.text) or "" for line in lines]
    return Refused(failures, tuple(own), tuple(dict.fromkeys(said)), lines[:1], function)


def _raised_inside(failure: Failure) -> bool:
    """Tell whether a step's own call was refused, and not its task: then it is another function's limit."""
    return not failure.what.given.startswith("Lambda.")


def contradicts(facts: Facts, seen: Refused) -> Contradiction | None:
    """Return what speaks against a refusal: the history has one, and the metric counted none."""
    counted_none = [metric for metric in facts.totals("Throttles", seen.function) if metric.value == 0]
    if not seen.failures or not seen.function or seen.metrics or not counted_none:
        return None
    saying = (
        f"the history has {counted_failures(seen.failures)} by throttling, and the metric Throttles of "
        f"{seen.function} says 0; metrics can be minutes late: read it again"
    )
    return Contradiction(
        "throttled", Leaf.THROTTLED, saying, (*facts.evidence_of(seen.failures), counted_none[0])
    )


def _sighting(facts: Facts, seen: Refused, *more: Evidence, **words: str) -> Sighting:
    named = {
        "function": seen.function or "the function",
        "refusals": _refusals(seen),
        "reason": ", ".join(seen.reasons) or "no Reason was recorded",
    }
    evidence = (*facts.evidence_of(seen.failures), *seen.metrics, *more)
    at = seen.failures[0].at if seen.failures else None
    step = seen.step or next((s for s, f in facts.functions.items() if f == seen.function), None)
    return Sighting(evidence, named | words, step, at, seen.failures)


def _refusals(seen: Refused) -> str:
    count = seen.metrics[0].value if seen.metrics else len(seen.failures)
    return "1 invocation was refused" if count == 1 else f"{count:.0f} invocations were refused"


def _by_reason(*codes: str) -> Callable[[Facts, Refused], Sighting | None]:
    def look(facts: Facts, seen: Refused) -> Sighting | None:
        found = [code for code in seen.reasons if code in codes]
        return _sighting(facts, seen, *seen.reason_lines, reason=found[0]) if found else None

    return look


def _at_limit(
    look: Callable[[Facts, Refused], Sighting | None],
) -> Callable[[Facts], Sighting | Contradiction | None]:
    """Look only where something was refused, and say so where the metric denies it."""

    def whole(facts: Facts) -> Sighting | Contradiction | None:
        seen = refused(facts)
        if seen is None:
            return None
        found = look(facts, seen)
        return found and (contradicts(facts, seen) or found)

    return whole


def _reserved(facts: Facts, seen: Refused) -> Sighting | None:
    setting = facts.setting(seen.function, "ReservedConcurrentExecutions")
    reserved = number_in(setting)
    by_setting = not seen.reasons and reserved is not None
    if RESERVED_LIMIT not in seen.reasons and not by_setting:
        return None
    more: list[Evidence] = [*seen.reason_lines] if seen.reasons else []
    if setting is not None:
        more.append(setting_evidence(setting))
    highest = facts.highest("ConcurrentExecutions", seen.function)
    more += [highest] if highest else []
    return _sighting(facts, seen, *more, limit=setting.value if setting else "its reservation")


def _account(facts: Facts, seen: Refused) -> Sighting | None:
    setting = facts.account_limit()
    if ACCOUNT_LIMIT in seen.reasons:
        more = [setting_evidence(setting)] if setting else []
        return _sighting(
            facts, seen, *seen.reason_lines, *more, limit=setting.value if setting else "its limit"
        )
    limit = number_in(setting)
    reserved = facts.setting(seen.function, "ReservedConcurrentExecutions")
    if seen.reasons or setting is None or limit is None or number_in(reserved) is not None:
        return None
    shown = _over_account(facts, limit)
    return _sighting(facts, seen, setting_evidence(setting), shown, limit=setting.value) if shown else None


def _over_account(facts: Facts, limit: float) -> Evidence | None:
    """Return what shows that the account's limit was reached, or that more was asked for at once."""
    highest = facts.highest("ConcurrentExecutions", "")
    if highest is not None and highest.value >= limit:
        return highest
    over = next((burst for burst in facts.observations.bursts if slots(burst) > limit), None)
    if over is not None:
        return cap_evidence(over)
    asked = (e for e in facts.observations.executions if (e.max_concurrency or 0) > limit)
    found = next(asked, None)
    return SettingEvidence(found.arn, "max_concurrency", str(found.max_concurrency)) if found else None


_RATES = _by_reason(FUNCTION_RATE, RESERVED_RATE, CALLER_RATE, SNAPSHOT_RATE)


def _unnamed(facts: Facts, seen: Refused) -> Sighting | None:
    named = (_reserved, _account, _RATES)
    return None if any(look(facts, seen) for look in named) else _sighting(facts, seen)


# -- other services


def _dependency(facts: Facts) -> Sighting | None:
    return _refusals_of(facts, Family.DEPENDENCY_THROTTLE)


def _states(facts: Facts) -> Sighting | None:
    return _refusals_of(facts, Family.STATES_THROTTLE)


def _refusals_of(facts: Facts, family: Family) -> Sighting | None:
    failures = facts.of_family(family)
    if not failures:
        return None
    words = {"error": failures[0].what.canonical, "count": counted_failures(failures)}
    return Sighting(facts.evidence_of(failures), words, common_step(failures), failures[0].at, failures)


_RETRY = "a Retry with back-off and jitter on {step} would make refused tickets wait instead of fail"

RULES = (
    Rule(
        "reserved-concurrency",
        Leaf.THROTTLED,
        Bone.LIMITS,
        "an invocation is refused, and the function has a reservation or the Reason names it",
        "the refusals, the Throttles metric, the reservation, the function's highest concurrency",
        "{refusals} by {function}'s reserved concurrency of {limit}",
        "More invocations of {step} were under way at once than {limit}, which is reserved for it; "
        + _RETRY
        + ".",
        Action(
            "Raise the reserved concurrency of {function} above {limit}, at least to the Map's cap.",
            "Set it back to {limit}.",
            "Throttles of {function} stays 0 and every ticket of the same burst succeeds.",
        ),
        _at_limit(_reserved),
    ),
    Rule(
        "account-limit",
        Leaf.THROTTLED,
        Bone.LIMITS,
        "an invocation is refused, and the account's limit was reached or the Reason names it",
        "the refusals, the Throttles metric, the account's limit, what was asked for at once",
        "{refusals} by the account's limit of {limit} concurrent executions",
        "All functions of the account together wanted more than {limit} environments at once.",
        Action(
            "Lower the Map's MaxConcurrency below the account's limit of {limit}.",
            "Set the former cap in the next execution's input.",
            "Throttles stays 0 and every ticket of the same burst succeeds.",
        ),
        _at_limit(_account),
    ),
    Rule(
        "scaling-rate",
        Leaf.THROTTLED,
        Bone.LIMITS,
        "an invocation is refused, and the Reason names a rate",
        "the refusals and where the Reason stands",
        "{refusals} by a rate limit ({reason})",
        "Invocations of {step} began faster than Lambda adds environments or takes requests.",
        Action(
            "Start with a lower MaxConcurrency, so that fewer environments are asked for at once.",
            "Set the former cap in the next execution's input.",
            "Throttles stays 0 and every ticket of the same burst succeeds.",
        ),
        _at_limit(_RATES),
    ),
    Rule(
        "throttled",
        Leaf.THROTTLED,
        Bone.LIMITS,
        "an invocation is refused, and nothing shows which limit refused it",
        "the refusals and the Throttles metric",
        "{refusals}; by which limit is not shown",
        "A limit of {function} or of the account was reached; read the reservation, the account's limit and "
        "the Reason of a refusal.",
        Action(
            "Lower the Map's MaxConcurrency for the next execution.",
            "Set the former cap in the next execution's input.",
            "Throttles stays 0 and every ticket of the same burst succeeds.",
        ),
        _at_limit(_unnamed),
    ),
    Rule(
        "dependency-refuses",
        Leaf.THROTTLED,
        Bone.DEPENDENCIES,
        "a service that a step calls refuses with a throttling error of its own",
        "the refusals",
        "what {step} calls refused it: {error} ({count})",
        "{step}'s dependency takes fewer requests at once than the Map sends it.",
        Action(
            "Lower the Map's MaxConcurrency to what the dependency takes.",
            "Set the former cap in the next execution's input.",
            "No attempt at {step} fails with {error}.",
        ),
        _dependency,
    ),
    Rule(
        "states-refuses",
        Leaf.THROTTLED,
        Bone.LIMITS,
        "Step Functions refuses by a limit of its own",
        "the refusals",
        "Step Functions refused: {error} ({count})",
        "Executions were started, or watched, faster than Step Functions allows.",
        Action(
            "Start fewer executions at once, and poll less often.",
            "Go back to the former rate.",
            "No request fails with {error}.",
        ),
        _states,
    ),
)

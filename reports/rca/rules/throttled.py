"""THROTTLED: work is refused by a limit, or waits at one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reports.measuring.concurrency import Timeline, timeline
from reports.measuring.definition import INLINE_MAP_CEILING
from reports.measuring.statistics import service_times_by_start, slots
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
    counted,
    median_service_s,
    model_step,
    number_in,
    peaked,
    setting_evidence,
)
from reports.rca.failures import Failure
from reports.rca.observations import Execution, MetricSeries
from reports.rca.rules.exhausted import by_size
from reports.rca.rules.growing import GROWS, growth, slower
from reports.rca.rules.rule import Rule, Sighting, common_step, counted_failures
from reports.records import Burst

FLAT = 0.8
"""A plateau is flat when its time average is at least this share of its peak."""
PLATEAU = 0.5
"""It is the burst's shape when it takes at least this share of the Map's stay."""
ROUNDS = 3
"""Metrics alone show waiting when there are at least this many rounds of work."""
FEWEST_PERIODS = 3


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


# -- waiting at the Map's cap


def _map_cap(facts: Facts) -> Sighting | None:
    if facts.failures and not all(failure.whole_execution for failure in facts.failures):
        return None
    if any(metric.value > 0 for name in ("Throttles", "Errors") for metric in facts.totals(name)):
        return None
    if not facts.observations.bursts:
        return _map_cap_by_metrics(facts)
    waiting = [burst for burst in facts.observations.bursts if _waits_at_cap(facts, burst)]
    if not waiting or not _per_item_normal(facts):
        return None
    return _flat(facts, min(waiting, key=lambda burst: (slots(burst), burst.started)))


def _per_item_normal(facts: Facts) -> bool:
    """Tell whether a ticket takes as long as ever: at any load, at any time, with any memory."""
    sizes = (by_size(facts, step) for step in facts.steps)
    by_memory = any(found is not None and found.falls for found in sizes)
    return not by_memory and growth(facts) is None and slower(facts) is None


def _waits_at_cap(facts: Facts, burst: Burst) -> bool:
    """Tell whether work waited: concurrency flat at the cap, and tickets that wait longer than they take."""
    if not burst.tickets or facts.meets_target(burst) or burst.status not in {"SUCCEEDED", "TIMED_OUT"}:
        return False
    line = timeline(burst)
    flat = line.peak == line.cap and line.flatness >= FLAT and line.plateau_share >= PLATEAU
    taken = float(np.median([ticket.ended - ticket.started for ticket in burst.tickets]))
    return flat and float(np.median([ticket.queued_s for ticket in burst.tickets])) >= taken > 0


def _flat(facts: Facts, burst: Burst) -> Sighting:
    line, step = timeline(burst), model_step(burst)
    waits = [ticket.queued_s for ticket in burst.tickets]
    evidence: list[Evidence] = [
        cap_evidence(burst),
        counted(burst, _plateau(line, burst)),
        counted(burst, _nothing_failed(burst)),
    ]
    evidence.append(
        counted(burst, f"a ticket waited {np.median(waits):.2f} s (median), at most {max(waits):.2f} s")
    )
    normal = _per_item(facts, burst, step)
    evidence += [counted(burst, normal)] if normal else []
    highest = (
        facts.highest("ConcurrentExecutions", facts.function_of(step)) if facts.function_of(step) else None
    )
    throttles = facts.total("Throttles", facts.function_of(step)) if facts.function_of(step) else None
    more = [metric for metric in (highest, throttles) if metric is not None]
    cap = _cap_text(burst)
    return Sighting((*evidence, *more), {"cap": cap, "knob": _knob(burst)}, step, burst.map_started)


def _plateau(line: Timeline, burst: Burst) -> str:
    return (
        f"concurrency reached {line.peak}, the cap, and stayed there {line.plateau_share:.0%} of the "
        f"{burst.map_ended - burst.map_started:.2f} s in the Map (time average {line.time_average:.2f})"
    )


def _nothing_failed(burst: Burst) -> str:
    return f"{burst.succeeded} of {burst.plan.tickets} tickets succeeded and no attempt failed"


def _per_item(facts: Facts, burst: Burst, step: str | None) -> str:
    """Say how long a ticket took in the model step, first and last, and at other loads."""
    if step is None:
        return ""
    times = service_times_by_start(burst, step)
    third = max(1, len(times) // 3)
    first, last = (float(np.median(part)) * 1000 for part in (times[:third], times[-third:]))
    others = [other for other in facts.whole_bursts if slots(other) != slots(burst)]
    beside = "".join(
        f", {median_service_s(o, step) * 1000:.0f} ms at concurrency {slots(o)}" for o in others[:2]
    )
    return (
        f"{step} took {first:.0f} ms a ticket in the first third of the burst, {last:.0f} ms in the last"
        f"{beside} (medians)"
    )


def _cap_text(burst: Burst) -> str:
    asked = burst.plan.max_concurrency
    if 0 < asked <= INLINE_MAP_CEILING:
        return str(asked)
    return f"{INLINE_MAP_CEILING}, the most that an inline Map runs at once"


def _knob(burst: Burst) -> str:
    if slots(burst) < INLINE_MAP_CEILING:
        return f"raise {burst.map_state}'s MaxConcurrency above {slots(burst)} for the next execution"
    return f"split the work over several executions, or make {burst.map_state} a distributed Map"


def _map_cap_by_metrics(facts: Facts) -> Sighting | None:
    """Without a history: the metric flat at the cap of an execution that had many rounds of work to do."""
    for execution in facts.observations.executions:
        cap, tickets = execution.max_concurrency or 0, execution.tickets or 0
        if execution.status not in {"SUCCEEDED", "RUNNING"} or cap <= 0 or tickets < ROUNDS * cap:
            continue
        for series in facts.series("ConcurrentExecutions", "Maximum"):
            if series.dimensions and _stays_at(series, cap) and (steady := _steady_duration(facts, series)):
                return _metric_sighting(facts, execution, series, steady)
    return None


def _stays_at(series: MetricSeries, cap: int) -> bool:
    values = [value for _, value in series.values]
    at_cap = sum(value == cap for value in values)
    return len(values) >= FEWEST_PERIODS and max(values) == cap and at_cap >= len(values) * PLATEAU


def _steady_duration(facts: Facts, concurrency: MetricSeries) -> MetricSeries | None:
    """Return the function's Duration where it stayed the same throughout."""
    function = concurrency.dimensions.get("FunctionName", "")
    for series in facts.series("Duration", function=function):
        values = [value for _, value in series.values]
        typical = series.statistic == "Average" or re.fullmatch(r"p\d+", series.statistic)
        if (
            typical
            and len(values) >= FEWEST_PERIODS
            and min(values) > 0
            and max(values) < GROWS * min(values)
        ):
            return series
    return None


def _metric_sighting(
    facts: Facts, execution: Execution, series: MetricSeries, steady: MetricSeries
) -> Sighting:
    cap = str(execution.max_concurrency)
    evidence: list[Evidence] = [
        SettingEvidence(execution.arn, "max_concurrency", cap, f"for {execution.tickets} tickets"),
        peaked(series),
        peaked(steady),
    ]
    throttles = facts.total("Throttles", series.dimensions.get("FunctionName"))
    evidence += [throttles] if throttles else []
    words = {"cap": cap, "knob": f"raise the Map's MaxConcurrency above {cap} for the next execution"}
    step = next((s for s, f in facts.functions.items() if f == series.dimensions.get("FunctionName")), None)
    return Sighting(tuple(evidence), words, step, execution.started)


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
    Rule(
        "map-cap",
        Leaf.THROTTLED,
        Bone.LIMITS,
        "nothing fails, concurrency is flat at the Map's cap, work waits, and a ticket takes as long as ever",
        "the cap, the plateau, the waiting, the time a ticket takes, Throttles",
        "work waited at the Map's cap of {cap}",
        "The cap of {cap} is too low for this burst: tickets wait for a place, not for {step}.",
        Action(
            "With the account's limit in view, {knob}.",
            "Set the former cap in the next execution's input.",
            "The same burst takes less time, {step} takes as long a ticket as before, and Throttles stays 0.",
        ),
        _map_cap,
        loses_tickets=False,
    ),
)

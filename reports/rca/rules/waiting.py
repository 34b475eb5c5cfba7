"""THROTTLED without a refusal: work waits at the Map's cap while nothing fails."""

from __future__ import annotations

import re

import numpy as np

from reports.measuring.concurrency import Timeline, timeline
from reports.measuring.definition import INLINE_MAP_CEILING
from reports.measuring.statistics import service_times_by_start, slots
from reports.rca.diagnosis import Action, Bone, Leaf
from reports.rca.evidence import Evidence, SettingEvidence
from reports.rca.facts import Facts, cap_evidence, counted, median_service_s, model_step, peaked
from reports.rca.observations import Execution, MetricSeries
from reports.rca.rules.exhausted import by_size
from reports.rca.rules.growing import GROWS, growth, slower
from reports.rca.rules.rule import Rule, Sighting
from reports.records import Burst

FLAT = 0.8
"""A plateau is flat when its time average is at least this share of its peak."""
PLATEAU = 0.5
"""It is the burst's shape when it takes at least this share of the Map's stay."""
ROUNDS = 3
"""Metrics alone show waiting when there are at least this many rounds of work."""
FEWEST_PERIODS = 3


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


RULES = (
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

"""TIMED OUT: a step waits for something that is slow, or gives up waiting."""

from __future__ import annotations

import json
import math
import re

from reports.rca.diagnosis import Action, Bone, Contradiction, Leaf
from reports.rca.error_table import Family
from reports.rca.evidence import Evidence, LogEvidence
from reports.rca.facts import (
    Facts,
    counted,
    median_service_s,
    report_evidence,
    setting_evidence,
)
from reports.rca.failures import EXECUTION_TIMED_OUT
from reports.rca.rules.exhausted import by_size
from reports.rca.rules.growing import growth, slower
from reports.rca.rules.rule import Rule, Sighting, counted_failures, of_failures

_SECONDS = re.compile(r"Task timed out after ([\d.]+) seconds")
_DEPENDENCY = re.compile(r"(dependency|upstream|downstream|external|remote)\w*_ms$", re.IGNORECASE)
DOMINATES = 0.5
"""A dependency is what is slow when it takes at least this share of the step's own time ..."""
EVERY = 0.8
"""... in at least this share of its log lines ..."""
FEWEST = 3
"""... of which there are at least so many."""
SHORT_OF = 0.9
"""A REPORT shorter than this share of the time-out contradicts it."""


def _function_timeout(facts: Facts) -> Sighting | Contradiction | None:
    failures = facts.of_family(Family.FUNCTION_TIMEOUT)
    if not failures:
        return None
    limit = next((float(m[1]) for f in failures if (m := _SECONDS.search(f.message))), None)
    setting = facts.setting(facts.function_of(failures[0].step), "Timeout")
    reports = [r for r in facts.reports_of(failures[0].step) if r.status == "timeout"]
    longest = max(reports, key=lambda r: r.duration_ms, default=None)
    if limit is not None and longest is not None and longest.duration_ms < SHORT_OF * limit * 1000:
        saying = (
            f"the error says {limit:g} s, and the longest such invocation took {longest.duration_ms:g} ms"
        )
        evidence = (*facts.evidence_of(failures), report_evidence(longest))
        return Contradiction("function-timeout", Leaf.TIMED_OUT, saying, evidence)
    more: list[Evidence] = [report_evidence(longest)] if longest else []
    more += [setting_evidence(setting)] if setting else []
    text = f"{limit:g} s" if limit is not None else f"{setting.value} s" if setting else "its time-out"
    return of_failures(facts, failures, *more, limit=text)


def _task_timeout(facts: Facts) -> Sighting | None:
    failures = tuple(f for f in facts.of_family(Family.TASK_TIMEOUT) if not f.whole_execution)
    if not failures:
        return None
    setting = facts.setting(failures[0].step, "TimeoutSeconds")
    limit = f"{setting.value} s" if setting else "its TimeoutSeconds"
    return of_failures(facts, failures, *([setting_evidence(setting)] if setting else []), limit=limit)


def _execution_timeout(facts: Facts) -> Sighting | None:
    failures = tuple(f for f in facts.failures if f.what.given == EXECUTION_TIMED_OUT)
    failures += tuple(f for f in facts.of_family(Family.TASK_TIMEOUT) if f.whole_execution)
    burst = next((b for b in facts.observations.bursts if b.status == "TIMED_OUT"), None)
    more = (
        [counted(burst, f"{burst.succeeded} of {burst.plan.tickets} tickets were done by then")]
        if burst
        else []
    )
    return of_failures(facts, failures, *more)


def _no_answer(facts: Facts) -> Sighting | None:
    return of_failures(facts, facts.of_family(Family.DEPENDENCY_TIMEOUT))


# -- slow in every item


def _slow_in_every_item(facts: Facts) -> Sighting | None:
    if growth(facts) is not None:
        return None
    return _every_attempt_timed_out(facts) or _dependency_in_logs(facts) or _slower_and_waits(facts)


def _every_attempt_timed_out(facts: Facts) -> Sighting | None:
    """Several invocations of a step timed out and none succeeded, by the history or by the REPORT lines."""
    failures = facts.of_family(Family.FUNCTION_TIMEOUT, Family.TASK_TIMEOUT, Family.DEPENDENCY_TIMEOUT)
    failures = tuple(f for f in failures if not f.whole_execution and f.step)
    step = failures[0].step if failures else None
    here = tuple(failure for failure in failures if failure.step == step)
    reports = facts.reports_of(step) if step else ()
    late = [report for report in reports if report.status == "timeout"]
    count = max(len(here), len(late))
    some_passed = facts.passed(step) > 0 if facts.attempts else len(late) < len(reports)
    if count < 2 or some_passed:  # noqa: PLR2004 - more than one
        return None
    more = tuple(report_evidence(report) for report in late[:2])
    return of_failures(facts, here, *more, slow=f"all {count} invocations timed out, the first included")


def _dependency_in_logs(facts: Facts) -> Sighting | None:
    """A step's own log lines tell what the dependency took; only where something was slow or failed."""
    if not _has_symptom(facts):
        return None
    lines: dict[str, list[tuple[LogEvidence, float]]] = {}
    for line in facts.observations.logs:
        share = _dependency_share(line.text)
        if share is not None:
            cited = LogEvidence(line.group, line.stream, line.time, line.text)
            lines.setdefault(facts.groups.get(line.group, line.group), []).append((cited, share))
    for step, said in lines.items():
        slow = [cited for cited, share in said if share >= DOMINATES]
        if len(said) >= FEWEST and len(slow) >= EVERY * len(said):
            words = {
                "slow": f"{len(slow)} of {len(said)} log lines name the dependency's time as most of its own"
            }
            return Sighting((slow[0], slow[-1]), words, step, slow[0].time)
    return None


def _has_symptom(facts: Facts) -> bool:
    late = any(facts.misses_target(burst) for burst in facts.observations.bursts)
    timed_out = facts.of_family(Family.FUNCTION_TIMEOUT, Family.TASK_TIMEOUT, Family.DEPENDENCY_TIMEOUT)
    return late or bool(timed_out) or slower(facts) is not None


def _dependency_share(text: str) -> float | None:
    """Return what part of a step's duration its dependency took, by a JSON line of the handler's."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    whole = _number(said.get("duration_ms"))
    parts = [_number(value) for key, value in said.items() if _DEPENDENCY.search(str(key))]
    return max(parts) / whole if parts and whole > 0 else None


def _number(value: object) -> float:
    """Return a finite figure of a log line, 0 where it is none."""
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable and isinstance(value, (int, float)) else 0.0


def _slower_and_waits(facts: Facts) -> Sighting | None:
    """Slower than before at no more load, and more memory does not help: it waits for something."""
    found = slower(facts)
    sizes = by_size(facts, found[2], found[1].started) if found else None
    if found is None or sizes is None or not sizes.stays:
        return None
    before, after, step = found
    times = [median_service_s(burst, step) * 1000 for burst in (before, after)]
    evidence: tuple[Evidence, ...] = (
        counted(before, f"{step} took {times[0]:.0f} ms a ticket (median) before"),
        counted(after, f"{step} took {times[1]:.0f} ms a ticket (median), at no more load"),
        *(report_evidence(r, f"the median invocation at {r.memory_mb:g} MB") for r in sizes.shown),
    )
    words = {"slow": f"{times[0]:.0f} ms became {times[1]:.0f} ms, and more memory changes nothing"}
    return Sighting(evidence, words, step, after.started)


def _slows_with_load(facts: Facts) -> Sighting | None:
    found = growth(facts)
    if found is None:
        return None
    failures = tuple(
        f for f in facts.of_family(Family.FUNCTION_TIMEOUT, Family.TASK_TIMEOUT) if f.step == found.step
    )
    words = {
        "before": f"{found.before_s * 1000:.0f} ms",
        "after": f"{found.after_s * 1000:.0f} ms",
        "how": found.how,
        "timeouts": f", with {counted_failures(failures)} by time-out" if failures else "",
    }
    evidence = (*found.evidence, *facts.evidence_of(failures, 1))
    return Sighting(evidence, words, found.step, found.at, failures)


_FASTER = "Raise nothing blindly: a longer time-out only waits longer. "

RULES = (
    Rule(
        "function-timeout",
        Leaf.TIMED_OUT,
        Bone.DEPENDENCIES,
        "an invocation ended because the function's own time ran out",
        "the failed attempts, the log line, the function's Timeout, the REPORT line",
        "{step} did not answer within the function's time-out of {limit} ({count})",
        "What {step} calls is slower than {limit}; the code itself waits.",
        Action(
            "Raise Timeout of {function} above {limit} for one run, to see how long it really takes.",
            "Set it back to {limit}.",
            "The tickets pass {step}; its Duration then shows what the dependency takes.",
        ),
        _function_timeout,
        gives_way_to=("cpu-bound", "slows-with-load", "slow-in-every-item"),
    ),
    Rule(
        "task-timeout",
        Leaf.TIMED_OUT,
        Bone.DEPENDENCIES,
        "an attempt ended because the task's TimeoutSeconds or HeartbeatSeconds ran out",
        "the time-out events, TimeoutSeconds",
        "{step} did not answer within the task's time-out of {limit} ({count})",
        "What {step} calls is slower than {limit} allows; the function went on after Step Functions gave up.",
        Action(
            "Raise TimeoutSeconds of {step} above {limit} for one run, to see how long it really takes.",
            "Set it back to {limit}.",
            "The tickets pass {step}; its Duration then shows what the dependency takes.",
        ),
        _task_timeout,
        gives_way_to=("cpu-bound", "slows-with-load", "slow-in-every-item"),
    ),
    Rule(
        "dependency-does-not-answer",
        Leaf.TIMED_OUT,
        Bone.DEPENDENCIES,
        "a step's own client gave up waiting for what it called, or could not reach it",
        "the failed attempts, the log line",
        "what {step} calls did not answer: {error} ({count})",
        "The dependency is down, unreachable or slower than the client waits.",
        Action(
            "Lower the Map's MaxConcurrency while the dependency recovers.",
            "Set the former cap in the next execution's input.",
            "No attempt at {step} fails with {error}.",
        ),
        _no_answer,
    ),
    Rule(
        "slows-with-load",
        Leaf.TIMED_OUT,
        Bone.DEPENDENCIES,
        "a step takes longer the more tickets are under way, between bursts or within one",
        "the medians at both loads, time-outs",
        "{step} went from {before} to {after} a ticket {how}{timeouts}",
        "Something that all invocations of {step} share is saturated: environments share nothing else.",
        Action(
            "Lower the Map's MaxConcurrency to the load at which {step} still took {before}.",
            "Set the former cap in the next execution's input.",
            "{step} takes about {before} a ticket again.",
        ),
        _slows_with_load,
        loses_tickets=False,
    ),
    Rule(
        "slow-in-every-item",
        Leaf.TIMED_OUT,
        Bone.DEPENDENCIES,
        "a step is slow in every ticket, the first included, and shows that it waits for a dependency",
        "log lines with the dependency's time, time-outs of every attempt, or durations at two memory sizes",
        "{step} is slow in every ticket: {slow}",
        "What {step} calls is slow for everybody, at any load.",
        Action(
            _FASTER + "Stop sending new bursts until the dependency's own figures have been read.",
            "Send bursts again.",
            "{step} takes as long a ticket as before the incident.",
        ),
        _slow_in_every_item,
        loses_tickets=False,
        gives_way_to=("cpu-bound",),
    ),
    Rule(
        "execution-timeout",
        Leaf.TIMED_OUT,
        Bone.DEPENDENCIES,
        "the whole execution ran out of its time, and nothing else shows why",
        "the execution's end",
        "the execution ran out of its time",
        "The execution's TimeoutSeconds is shorter than this work takes, or a step hung.",
        Action(
            "Send the same tickets in two executions.",
            "Send them in one again.",
            "Both executions end in time.",
        ),
        _execution_timeout,
        gives_way_to=(
            "map-cap", "slows-with-load", "slow-in-every-item", "cpu-bound", "cold-starts", "task-timeout",
            "function-timeout", "reserved-concurrency", "account-limit", "scaling-rate", "throttled",
        ),
    ),
)  # fmt: skip

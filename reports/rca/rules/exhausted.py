"""EXHAUSTED: a step has too little memory or CPU, or spends its time starting."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from reports.measuring.statistics import slots
from reports.rca.diagnosis import Action, Bone, Contradiction, Leaf
from reports.rca.error_table import Family
from reports.rca.evidence import Evidence
from reports.rca.facts import Facts, counted, report_evidence, setting_evidence
from reports.rca.failures import Failure
from reports.rca.observations import ReportFigures, Setting
from reports.rca.rules.growing import GROWS, NOTICEABLE_S
from reports.rca.rules.rule import Rule, Sighting, of_failures
from reports.records import Burst

FULL = 0.95
"""An invocation has used up its memory from this share of it on."""
AMPLE = 0.8
"""Below this share, memory was not what ended it."""
FEWEST_AT_A_SIZE = 3
"""Invocations needed at each of two memory sizes before they are compared."""
COLD_SHARE = 0.3
"""Starting dominates from this share of all time in Lambda on."""
_REQUEST = re.compile(r"RequestId: ([0-9a-fA-F-]{8,})")


def _out_of_memory(facts: Facts) -> Sighting | Contradiction | None:
    killed = facts.of_family(Family.OUT_OF_MEMORY)
    ended = tuple(f for f in facts.of_family(Family.PROCESS_EXIT) if is_full(report_of(facts, f)))
    failures = killed + ended
    if not failures:
        return None
    report = report_of(facts, failures[0])
    if report is not None and not is_full(report) and report.max_memory_mb < AMPLE * report.memory_mb:
        saying = (
            f"the process was killed as when memory runs out, and it had used {report.max_memory_mb:g} of "
            f"{report.memory_mb:g} MB"
        )
        evidence = (*facts.evidence_of(failures), report_evidence(report))
        return Contradiction("out-of-memory", Leaf.EXHAUSTED, saying, evidence)
    return of_failures(
        facts, failures, *_memory_evidence(facts, failures[0], report), size=_size(facts, failures[0], report)
    )


def report_of(facts: Facts, failure: Failure) -> ReportFigures | None:
    """Return the REPORT of the failed invocation; else the fullest of those of its step that failed."""
    request = _REQUEST.search(failure.message)
    reports = facts.reports_of(failure.step)
    own = [r for r in reports if request and r.request_id == request[1]]
    failed = own or [r for r in reports if r.status == "error"]
    return max(failed, key=lambda r: r.max_memory_mb, default=None)


def is_full(report: ReportFigures | None) -> bool:
    """Tell whether an invocation used up its memory."""
    return report is not None and report.memory_mb > 0 and report.max_memory_mb >= FULL * report.memory_mb


def _memory_evidence(facts: Facts, failure: Failure, report: ReportFigures | None) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    if report is not None:
        used = f"used {report.max_memory_mb:g} of {report.memory_mb:g} MB"
        found.append(report_evidence(report, used))
    setting = _memory_setting(facts, failure, report)
    if setting is not None:
        found.append(setting_evidence(setting))
    return tuple(found)


def _memory_setting(facts: Facts, failure: Failure, report: ReportFigures | None) -> Setting | None:
    """Return the MemorySize of the very function that failed: its log group names it."""
    by_group = report.group.rsplit("/", 1)[-1] if report is not None else None
    return facts.setting(by_group or facts.function_of(failure.step), "MemorySize")


def _size(facts: Facts, failure: Failure, report: ReportFigures | None) -> str:
    if report is not None:
        return f"{report.memory_mb:g} MB"
    setting = _memory_setting(facts, failure, None)
    return f"{setting.value} MB" if setting is not None else "its memory size"


# -- CPU: Lambda gives CPU in proportion to memory


@dataclass(frozen=True, slots=True)
class BySize:
    """A step's median duration at the smallest and at the largest memory it ran with, in ms and MB."""

    step: str
    small_mb: float
    small_ms: float
    large_mb: float
    large_ms: float
    shown: tuple[ReportFigures, ReportFigures]

    @property
    def falls(self) -> bool:
        """Whether more memory made it clearly faster."""
        saved = (self.small_ms - self.large_ms) / 1000
        return self.small_ms >= GROWS * self.large_ms and saved >= NOTICEABLE_S

    @property
    def stays(self) -> bool:
        """Whether more memory changed nothing to speak of: it waits, and does not compute."""
        return self.small_ms < 1.2 * self.large_ms and self.large_ms < 1.2 * self.small_ms


def by_size(facts: Facts, step: str, since: float = -math.inf) -> BySize | None:
    """Return a step's durations at two memory sizes since a moment; None where too few are known."""
    sizes: dict[float, list[ReportFigures]] = {}
    for report in facts.reports_of(step):
        if report.status == "" and report.memory_mb > 0 and report.time >= since:
            sizes.setdefault(report.memory_mb, []).append(report)
    usable = sorted(size for size, reports in sizes.items() if len(reports) >= FEWEST_AT_A_SIZE)
    if len(usable) < 2 or usable[-1] < GROWS * usable[0]:  # noqa: PLR2004 - two sizes
        return None
    small, large = _median_report(sizes[usable[0]]), _median_report(sizes[usable[-1]])
    return BySize(step, usable[0], small.duration_ms, usable[-1], large.duration_ms, (small, large))


def _median_report(reports: Iterable[ReportFigures]) -> ReportFigures:
    ordered = sorted(reports, key=lambda report: report.duration_ms)
    return ordered[len(ordered) // 2]


def _cpu_bound(facts: Facts) -> Sighting | None:
    for step in dict.fromkeys([*facts.steps, *facts.groups.values()]):
        found = by_size(facts, step)
        if found is not None and found.falls and not _all_meet(facts):
            notes = (f"{found.small_mb:g} MB", f"{found.large_mb:g} MB")
            evidence: list[Evidence] = [
                report_evidence(report, f"the median invocation at {note}")
                for report, note in zip(found.shown, notes, strict=True)
            ]
            evidence += [counted(burst, _load(burst)) for burst in facts.observations.bursts[:2]]
            words = {
                "small": f"{found.small_ms:.0f} ms at {found.small_mb:g} MB",
                "large": f"{found.large_ms:.0f} ms at {found.large_mb:g} MB",
                "size": f"{found.small_mb:g} MB",
                "better": f"{found.large_mb:g} MB",
            }
            return Sighting(tuple(evidence), words, step, found.shown[0].time)
    return None


def _all_meet(facts: Facts) -> bool:
    bursts = facts.observations.bursts
    return bool(bursts) and all(facts.meets_target(burst) for burst in bursts)


def _load(burst: Burst) -> str:
    return f"at most {slots(burst)} tickets were under way at once"


# -- cold starts


def _cold_starts(facts: Facts) -> Sighting | None:
    burst = _slow_and_cold(facts)
    if burst is None:
        return None
    reports = [r for r in facts.observations.reports if burst.started - 1 <= r.time <= burst.ended + 1]
    cold = [r for r in reports if r.init_ms is not None]
    init = sum(r.init_ms or 0.0 for r in cold)
    whole = init + sum(r.duration_ms for r in reports)
    if len(cold) < FEWEST_AT_A_SIZE or init < COLD_SHARE * whole:
        return None
    longest = max(cold, key=lambda r: r.init_ms or 0.0)
    share = f"{init / whole:.0%}"
    note = f"{len(cold)} of {len(reports)} invocations began with a cold start, {share} of all time in Lambda"
    steps = {facts.groups.get(r.group) for r in cold}
    step = steps.pop() if len(steps) == 1 else None
    evidence = (report_evidence(longest, note), counted(burst, f"it took {burst.makespan_s:.2f} s"))
    return Sighting(evidence, {"share": share, "count": str(len(cold))}, step, burst.started)


def _slow_and_cold(facts: Facts) -> Burst | None:
    """Return a burst that missed its target, or took much longer than the same burst at another time."""
    for burst in facts.observations.bursts:
        same = [other for other in facts.whole_bursts if _same_plan(other, burst)]
        fastest = min((other.makespan_s for other in same), default=0.0)
        if facts.misses_target(burst) or (len(same) > 0 and 0 < fastest * GROWS <= burst.makespan_s):
            return burst
    return None


def _same_plan(one: Burst, other: Burst) -> bool:
    return (
        one.execution_arn != other.execution_arn
        and one.plan.tickets == other.plan.tickets
        and one.plan.max_concurrency == other.plan.max_concurrency
    )


RULES = (
    Rule(
        "out-of-memory",
        Leaf.EXHAUSTED,
        Bone.RESOURCES,
        "the runtime was killed, or ended, with its memory used up",
        "the failed attempts, the REPORT line with Max Memory Used, the memory size",
        "{step} ran out of memory at {size}: {error} ({count})",
        "The model needs more memory than {size}; the kill comes when it is loaded or used, at any load.",
        Action(
            "Double MemorySize of {function}.",
            "Set it back to {size}.",
            "The same tickets pass {step}, and Max Memory Used stays clearly below the new size.",
        ),
        _out_of_memory,
    ),
    Rule(
        "cpu-bound",
        Leaf.EXHAUSTED,
        Bone.RESOURCES,
        "the same step is much faster with more memory, and with it more CPU, at the same load",
        "REPORT lines at two memory sizes, the load",
        "{step} took {small} and {large}",
        "{step} computes rather than waits: its CPU share grows with memory, and at {size} it is too small.",
        Action(
            "Set MemorySize of {step}'s function to that of the faster run, {better}.",
            "Set it back to {size}.",
            "Duration p95 of {step} falls at the same load; compare the cost per ticket.",
        ),
        _cpu_bound,
        loses_tickets=False,
    ),
    Rule(
        "cold-starts",
        Leaf.EXHAUSTED,
        Bone.RESOURCES,
        "a slow burst spent a large part of its time in Lambda on Init Duration",
        "the REPORT line with the longest Init Duration, the share of cold starts",
        "{count} cold starts took {share} of the time in Lambda",
        "The burst met no warm environments: the time went into starting them, not into tickets.",
        Action(
            "Send a small burst first, so that environments are warm (or provision concurrency).",
            "Leave the warm-up out again.",
            "The same burst has few lines with Init Duration and takes less time.",
        ),
        _cold_starts,
        loses_tickets=False,
    ),
)

"""What the rules ask of the observations: failures, metrics, settings, REPORT figures, the bursts' own.

Everything is computed once and tolerates whatever is missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property

import numpy as np

from reports.measuring.statistics import service_times, slots
from reports.rca.error_table import Family
from reports.rca.evidence import (
    Evidence,
    HistoryEvidence,
    LogEvidence,
    MetricEvidence,
    SettingEvidence,
    short,
)
from reports.rca.failures import Failure, failures_of, log_of
from reports.rca.observations import (
    ACCOUNT,
    Item,
    MetricSeries,
    Observations,
    ReportFigures,
    Setting,
)
from reports.records import UNFINISHED, Attempt, Burst

LAMBDA = "AWS/Lambda"


class Facts:
    """Observations, with answers to what the rules ask. Nothing in here decides anything."""

    def __init__(self, observations: Observations) -> None:
        self.observations = observations

    # -- steps and functions

    @cached_property
    def functions(self) -> dict[str, str]:
        """The function's name of each step, as the settings tell it; a step with several has none here."""
        found: dict[str, set[str]] = {}
        for step, function in self._named:
            found.setdefault(step, set()).add(function)
        return {step: names.pop() for step, names in found.items() if len(names) == 1}

    @cached_property
    def _named(self) -> tuple[tuple[str, str], ...]:
        settings = self.observations.settings
        return tuple((s.resource, short(s.value)) for s in settings if s.property == "FunctionName")

    @cached_property
    def groups(self) -> dict[str, str]:
        """The step of each log group; a function that no setting names stands for itself."""
        known = {f"/aws/lambda/{function}": step for step, function in self._named}
        seen = [line.group for line in self.observations.logs]
        seen += [report.group for report in self.observations.reports]
        others = {group: group.rsplit("/", 1)[-1] for group in seen}
        return others | known

    def function_of(self, step: str | None) -> str | None:
        """Return the function behind a step; None where no setting says."""
        return self.functions.get(step) if step else None

    # -- failures

    @cached_property
    def failures(self) -> tuple[Failure, ...]:
        """Every failure, each once, in order of time."""
        found = failures_of(self.observations, self.groups)
        return tuple(sorted(found, key=lambda failure: math.inf if failure.at is None else failure.at))

    def of_family(self, *families: Family) -> tuple[Failure, ...]:
        """Return the failures of some families."""
        return tuple(failure for failure in self.failures if failure.what.family in families)

    def evidence_of(self, failures: Iterable[Failure], most: int = 3) -> tuple[Evidence, ...]:
        """Return the evidence of a few failures, with the log line that tells of the first."""
        some = list(failures)
        found: list[Evidence] = [failure.evidence for failure in some[:most]]
        log = log_of(some[0], self.observations.logs, self.groups) if some else None
        return (*found, log) if log is not None and log not in found else tuple(found)

    def item_of(self, failure: Failure) -> Item | None:
        """Return what is known of the ticket that a failure is about."""
        for execution in self.observations.executions:
            if execution.arn == failure.execution or not failure.execution:
                for item in execution.items:
                    if failure.index == item.index or (failure.ticket and failure.ticket == item.ticket_id):
                        return item
        return None

    def item_evidence(self, failure: Failure, item: Item) -> SettingEvidence:
        """Cite a ticket in its execution's input."""
        said = item.note or ("valid" if item.valid else "not valid")
        return SettingEvidence(failure.execution or "the execution", f"input ticket [{item.index}]", said)

    @cached_property
    def attempts(self) -> tuple[tuple[str, Attempt], ...]:
        """Every finished attempt of every burst, with its step."""
        return tuple(
            (sample.step, attempt)
            for burst in self.observations.bursts
            for ticket in burst.tickets
            for sample in ticket.steps
            for attempt in sample.attempts
            if attempt.error != UNFINISHED
        )

    def passed(self, step: str | None) -> int:
        """Return how many attempts at a step succeeded."""
        return sum(where == step and attempt.error is None for where, attempt in self.attempts)

    # -- metrics

    def series(
        self, name: str, statistic: str | None = None, function: str | None = None
    ) -> list[MetricSeries]:
        """Return a metric's series that have data; `function` "" asks for the account's own."""
        return [
            series
            for series in self.observations.metrics
            if series.name == name
            and series.values
            and (statistic is None or series.statistic == statistic)
            and (function is None or series.dimensions.get("FunctionName", "") == function)
        ]

    def total(self, name: str, function: str | None = None) -> MetricEvidence | None:
        """Return the sum of a metric over its window, None where it was not seen."""
        return next(iter(self.totals(name, function)), None)

    def totals(self, name: str, function: str | None = None) -> list[MetricEvidence]:
        """Return the sum of a metric over its window, for each of its series; the largest first."""
        found = [summed(series) for series in self.series(name, "Sum", function)]
        return sorted(found, key=lambda evidence: -evidence.value)

    def highest(self, name: str, function: str | None = None) -> MetricEvidence | None:
        """Return the largest Maximum of a metric over its window, None where it was not seen."""
        found = [peaked(series) for series in self.series(name, "Maximum", function)]
        return max(found, key=lambda evidence: evidence.value, default=None)

    # -- settings

    def setting(self, resource: str | None, name: str) -> Setting | None:
        """Return a setting by its resource (name or ARN) and property."""
        if resource is None:
            return None
        wanted = short(resource)
        matching = (s for s in self.observations.settings if s.property == name)
        return next((s for s in matching if short(s.resource) == wanted), None)

    def account_limit(self) -> Setting | None:
        """Return the account's limit of concurrent executions, None where it was not read."""
        return self.setting(ACCOUNT, "ConcurrentExecutions")

    # -- REPORT figures

    def reports_of(self, step: str | None) -> tuple[ReportFigures, ...]:
        """Return the REPORT figures of a step's function; of all where the step is None."""
        all_of_them = self.observations.reports
        return tuple(r for r in all_of_them if step is None or self.groups.get(r.group) == step)

    @cached_property
    def fullest(self) -> ReportFigures | None:
        """The invocation that used the largest part of its memory."""
        usable = [r for r in self.observations.reports if r.memory_mb > 0]
        return max(usable, key=lambda r: r.max_memory_mb / r.memory_mb, default=None)

    # -- bursts

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The steps of all bursts, in order, then those that the settings name."""
        names = [step for burst in self.observations.bursts for step in burst.step_order]
        return tuple(dict.fromkeys([*names, *(step for step, _ in self._named)]))

    @cached_property
    def whole_bursts(self) -> tuple[Burst, ...]:
        """The bursts whose every ticket succeeded, in order of time."""
        whole = [
            burst
            for burst in self.observations.bursts
            if burst.status == "SUCCEEDED" and burst.tickets and burst.succeeded == len(burst.tickets)
        ]
        return tuple(sorted(whole, key=lambda burst: burst.started))

    def misses_target(self, burst: Burst) -> bool:
        """Tell whether a burst took longer than it was allowed to; False where nobody said."""
        target = self.observations.target_makespan_s
        return target is not None and burst.makespan_s > target

    def meets_target(self, burst: Burst) -> bool:
        """Tell whether a burst took no longer than it was allowed to; False where nobody said."""
        target = self.observations.target_makespan_s
        return target is not None and burst.makespan_s <= target


def median_service_s(burst: Burst, step: str) -> float:
    """Return the median time in service of a step, seconds; NaN where no ticket passed it."""
    times = service_times(burst, step)
    return float(np.median(times)) if times else math.nan


def model_step(burst: Burst) -> str | None:
    """Return the step with the largest time in service; None where nothing was served."""
    busy = {step: sum(service_times(burst, step)) for step in burst.step_order}
    step = max(busy, key=busy.__getitem__, default=None)
    return step if step is not None and busy[step] > 0 else None


def cap_evidence(burst: Burst) -> SettingEvidence:
    """Cite the Map's cap in an execution's input."""
    return SettingEvidence(
        f"{burst.map_state} in execution {short(burst.execution_arn)}",
        "MaxConcurrency",
        str(burst.plan.max_concurrency),
        f"at most {slots(burst)} tickets at once",
    )


def counted(burst: Burst, note: str) -> HistoryEvidence:
    """Cite a count over a burst's whole history."""
    return HistoryEvidence(burst.execution_arn, None, "whole history", note=note)


def summed(series: MetricSeries) -> MetricEvidence:
    """Return the sum of a series' values as evidence."""
    total = sum(value for _, value in series.values)
    return _cited(series, "Sum", total)


def peaked(series: MetricSeries) -> MetricEvidence:
    """Return the largest of a series' values as evidence."""
    return _cited(series, series.statistic, max(value for _, value in series.values))


def _cited(series: MetricSeries, statistic: str, value: float) -> MetricEvidence:
    return MetricEvidence(series.namespace, series.name, series.dimensions, statistic, series.window, value)


def report_evidence(report: ReportFigures, note: str = "") -> LogEvidence:
    """Cite a REPORT line."""
    return LogEvidence(report.group, report.stream, report.time, report.text, note)


def setting_evidence(setting: Setting, note: str = "") -> SettingEvidence:
    """Cite a setting."""
    return SettingEvidence(setting.resource, setting.property, setting.value, note)


def number_in(setting: Setting | None) -> float | None:
    """Return a setting's value as a number, None where it is not one."""
    try:
        value = float(setting.value) if setting is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None

"""Whether evidence is what was measured: seal, recomputed figures and verdicts, history, metrics and logs.

Every finding names the file, the place and what disagrees; none says why. Whoever reads it may ask.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from reports import seal
from reports.evidence import EvidenceFile, recompute
from reports.grading.consistency import contradictions
from reports.grading.marks import IntegrityFinding
from reports.judging.recompute import CannotRecompute
from reports.judging.verdicts import figure
from reports.measuring.statistics import ideal_s, step_statistics, throughput_per_s
from reports.rca.observations import MetricSeries, Observations
from reports.records import Burst, to_json

SAME: Final = 1e-6
"""Relative difference that two computations of one figure may have."""
LAMBDA, STATES = "AWS/Lambda", "AWS/States"


def check_document(
    name: str, document: Mapping[str, Any], file: EvidenceFile
) -> tuple[IntegrityFinding, ...]:
    """Return what is wrong with an evidence file: its seal, its figures, its verdicts, its bursts."""
    return (
        *check_seal(name, document),
        *_figures(name, document, file.bursts),
        *_verdicts(name, file),
        *_happened(name, file.bursts),
        *_where(name, file),
    )


def check_seal(name: str, document: Mapping[str, Any]) -> tuple[IntegrityFinding, ...]:
    """Return where a document is not what was sealed."""
    return tuple(IntegrityFinding(name, broken.place, broken.saying) for broken in seal.check(document))


def _figures(name: str, document: Mapping[str, Any], bursts: Sequence[Burst]) -> Iterator[IntegrityFinding]:
    """Compare the figures that stand beside the samples with what the samples give."""
    for number, (written, burst) in enumerate(zip(document["bursts"], bursts, strict=True)):
        again = {
            "makespan_s": burst.makespan_s,
            "ideal_s": ideal_s(burst),
            "throughput_per_s": throughput_per_s(burst),
            "steps": to_json(step_statistics(burst)),
        }
        for member, value in again.items():
            if member in written and not same(written[member], value):
                yield IntegrityFinding(
                    name, f"bursts[{number}].{member}", f"it is not what the samples give{_told(value)}"
                )


def _told(value: Any) -> str:
    return f", which is {figure(value)}" if isinstance(value, float) else ""


def _verdicts(name: str, file: EvidenceFile) -> Iterator[IntegrityFinding]:
    try:
        again = recompute(file)
    except CannotRecompute as error:
        yield IntegrityFinding(name, "claims", str(error))
        return
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        kind = type(error).__name__
        yield IntegrityFinding(name, "claims", f"they cannot be computed again: {kind}: {error}")
        return
    for number, (said, found) in enumerate(zip(file.claims, again, strict=True)):
        if said.outcome is not found.outcome:
            yield IntegrityFinding(
                name,
                f"claims[{number}]",
                f"'{said.claim}' is recorded as {said.outcome}; computed again it is {found.outcome}",
            )
        elif not same(said.estimate.value, found.estimate.value):
            was, now = figure(said.estimate.value), figure(found.estimate.value)
            yield IntegrityFinding(
                name, f"claims[{number}]", f"'{said.claim}' is recorded as {was}; computed again it is {now}"
            )


def _happened(name: str, bursts: Sequence[Burst]) -> Iterator[IntegrityFinding]:
    for number, burst in enumerate(bursts):
        for place, saying in contradictions(burst):
            yield IntegrityFinding(name, f"bursts[{number}].{place}", saying)


def _where(name: str, file: EvidenceFile) -> Iterator[IntegrityFinding]:
    """An execution's ARN names the region that the environment should name too."""
    for number, burst in enumerate(file.bursts):
        parts = burst.execution_arn.split(":")
        if len(parts) > 3 and parts[0] == "arn" and parts[3] != file.environment.region:  # noqa: PLR2004 - an ARN's parts
            yield IntegrityFinding(
                name,
                f"bursts[{number}].execution_arn",
                f"it ran in {parts[3]}, and the environment says {file.environment.region}",
            )


def check_burst_agreement(
    files: Iterable[tuple[str, Sequence[Burst]]],
) -> tuple[IntegrityFinding, ...]:
    """Return where one execution is told differently: a finding on every file that tells it."""
    tellings: dict[str, list[tuple[str, Burst]]] = {}
    for name, bursts in files:
        for burst in bursts:
            tellings.setdefault(burst.execution_arn, []).append((name, burst))
    return tuple(found for arn, told in tellings.items() for found in _two_ways(arn, told))


def _two_ways(arn: str, told: Sequence[tuple[str, Burst]]) -> Iterator[IntegrityFinding]:
    """Yield a finding on each file that has another one against it."""
    for name in dict.fromkeys(name for name, _ in told):
        own = [burst for file, burst in told if file == name]
        others = (file for file, burst in told if any(_differ(burst, one) for one in own))
        other = next(others, None)
        if other is not None:
            where = "this file" if other == name else other
            yield IntegrityFinding(name, short(arn), f"{where} has other samples of this execution")


def _differ(one: Burst, other: Burst) -> bool:
    return one.tickets != other.tickets or one.makespan_s != other.makespan_s


def check_observations(name: str, seen: Observations) -> tuple[IntegrityFinding, ...]:
    """Return where the history, the metrics and the logs of one incident contradict one another."""
    history = (
        IntegrityFinding(name, f"bursts[{number}].{place}", saying)
        for number, burst in enumerate(seen.bursts)
        for place, saying in contradictions(burst)
    )
    return (*history, *_statuses(name, seen), *_counts(name, seen), *_logs(name, seen))


def _statuses(name: str, seen: Observations) -> Iterator[IntegrityFinding]:
    bursts = {burst.execution_arn: burst for burst in seen.bursts}
    for number, execution in enumerate(seen.executions):
        burst = bursts.get(execution.arn)
        if burst is not None and burst.status != execution.status:
            yield IntegrityFinding(
                name,
                f"executions[{number}]",
                f"DescribeExecution says {execution.status}, its history {burst.status}",
            )
    for number, event in enumerate(seen.events):
        burst = bursts.get(event.execution)
        failed = event.type in {"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
        if burst is not None and failed and burst.status == "SUCCEEDED":
            yield IntegrityFinding(name, f"events[{number}]", f"{event.type} in an execution that SUCCEEDED")


def _counts(name: str, seen: Observations) -> Iterator[IntegrityFinding]:
    """A function cannot have been invoked less often than a whole history has attempts of its step."""
    functions = {
        setting.resource: setting.value for setting in seen.settings if setting.property == "FunctionName"
    }
    for step, function in functions.items():
        served = sum(
            attempt.started is not None and attempt.error is None
            for burst in seen.bursts
            for ticket in burst.tickets
            for sample in ticket.steps
            if sample.step == step
            for attempt in sample.attempts
        )
        metric = _sum_of(seen.metrics, "Invocations", function)
        if metric is not None and metric[1] < served:
            yield IntegrityFinding(
                name,
                f"metrics[{metric[0]}]",
                f"Invocations of {function} sum to {figure(metric[1])}, and the history has {served} "
                f"invocations of {step} that succeeded",
            )


def _sum_of(metrics: Sequence[MetricSeries], name: str, function: str) -> tuple[int, float] | None:
    for number, series in enumerate(metrics):
        ours = series.namespace == LAMBDA and series.dimensions.get("FunctionName") == function
        if ours and series.name == name and series.statistic == "Sum":
            return number, sum(value for _, value in series.values)
    return None


def _logs(name: str, seen: Observations) -> Iterator[IntegrityFinding]:
    """A handler's own duration cannot be longer than all attempts at its step that the history saw."""
    longest = {
        step.lower(): max((_longest(burst, step) for burst in seen.bursts), default=0.0)
        for burst in seen.bursts
        for step in burst.step_order
    }
    for number, line in enumerate(seen.logs):
        said = _json(line.text)
        step, duration = str(said.get("step", "")).lower(), said.get("duration_ms")
        limit = longest.get(step, 0.0)
        if isinstance(duration, (int, float)) and limit and duration / 1000 > limit + 1.0:
            yield IntegrityFinding(
                name,
                f"logs[{number}]",
                f"{step} logs {figure(float(duration))} ms; the longest attempt in the history took "
                f"{figure(limit * 1000)} ms",
            )


def _longest(burst: Burst, step: str) -> float:
    return max((s.service_s for t in burst.tickets for s in t.steps if s.step == step), default=0.0)


def _json(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are the same but for the last digits of their numbers."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    numbers = isinstance(one, (int, float)) and isinstance(other, (int, float))
    if numbers and not (math.isnan(one) or math.isnan(other)):
        return math.isclose(one, other, rel_tol=SAME, abs_tol=1e-9)
    return (
        bool(one == other) or (numbers and math.isnan(one) and math.isnan(other)) or _both_unknown(one, other)
    )


def _both_unknown(one: Any, other: Any) -> bool:
    """NaN is null in JSON."""
    return all(value is None or (isinstance(value, float) and math.isnan(value)) for value in (one, other))


def short(arn: str) -> str:
    """Return the last part of an ARN."""
    return arn.rsplit(":", 1)[-1]

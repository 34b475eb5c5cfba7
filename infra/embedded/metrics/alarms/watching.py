"""The states of an alarm over time.

An alarm is evaluated at the moment it is put and then at the end of each of its periods, from whole periods
only. Nothing ticks: when somebody asks, the moments since the last evaluation are gone through one by one, so
that states and their history are what they would have been, each with the moment it belongs to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from infra.embedded.metrics import data
from infra.embedded.metrics.alarms.evaluation import INSUFFICIENT_DATA, Decision, decide
from infra.embedded.metrics.alarms.settings import AlarmSettings
from infra.embedded.metrics.data import Answers, QueryError
from infra.embedded.metrics.series import Scope, Span
from infra.embedded.metrics.store import RETENTION_S

Values = Callable[[Span], Mapping[float, float]]
_UNCHECKED = "Unchecked: Initial alarm creation"


@dataclass(frozen=True, slots=True)
class AlarmState:
    """A state since a moment (s since the epoch), with CloudWatch's reason in words and as JSON."""

    value: str
    reason: str
    reason_data: str
    since: float


@dataclass(frozen=True, slots=True)
class Change:
    """A change from one state to the next."""

    old: AlarmState
    new: AlarmState


def initial(now: float) -> AlarmState:
    """The state of an alarm that was just made."""
    return AlarmState(INSUFFICIENT_DATA, _UNCHECKED, "", now)


def moments(period: int, after: float, until: float) -> Iterator[float]:
    """The ends of the periods behind `after`, up to and with `until`."""
    at = (after // period + 1) * period
    while at <= until:
        yield at
        at += period


def changes(
    scope: Scope, settings: AlarmSettings, state: AlarmState, when: Sequence[float]
) -> Iterator[Change]:
    """The changes of state at the moments of evaluation, in order."""
    if not when:
        return
    values = _values(scope, settings, _range(settings, when[0]).start, when[-1])
    samples = _samples(scope, settings)
    for at in when:
        new = _state_at(settings, state, at, values, samples)
        if new.value != state.value:
            yield Change(state, new)
            state = new


def try_out(scope: Scope, settings: AlarmSettings) -> None:
    """Raise QueryError for an expression that can never be calculated."""
    if settings.watched.stat is None:
        _calculated(scope, settings, _range(settings, 0.0))


def oldest_of_interest(now: float) -> float:
    """Before this moment (s) there is no data any more."""
    return now - RETENTION_S


def _range(settings: AlarmSettings, at: float) -> Span:
    """The evaluation range at a moment: whole periods, the last of them ended."""
    end = at // settings.period * settings.period
    return Span(end - settings.rule.retrieved * settings.period, end)


def _state_at(
    settings: AlarmSettings, state: AlarmState, at: float, values: Values, samples: Callable[[Span], float]
) -> AlarmState:
    span = _range(settings, at)
    if settings.low_samples and samples(span) < settings.low_samples:
        return state
    try:
        known = values(span)
    except QueryError as error:
        return AlarmState(INSUFFICIENT_DATA, f"Evaluation Error: {error}", "", at)
    decision = decide(settings.rule, [(start, known.get(start)) for start in span.grid(settings.period)])
    if decision.state is None:
        return state
    return AlarmState(decision.state, decision.reason, _reason_data(settings, decision, span, at), at)


def _values(scope: Scope, settings: AlarmSettings, start: float, end: float) -> Values:
    """Reads a metric once for all evaluations; an expression is calculated for each, over its own range."""
    stat = settings.watched.stat
    if stat is not None:
        known = data.read(scope, Span(start, end // settings.period * settings.period), stat).points
        return lambda _: known
    return lambda span: _calculated(scope, settings, span)


def _calculated(scope: Scope, settings: AlarmSettings, span: Span) -> Mapping[float, float]:
    found = Answers(scope, span, settings.queries).series(settings.watched)
    if len(found) != 1:
        raise QueryError(f"the expression gives {len(found)} time series, and an alarm watches one")
    return found[0].points


def _samples(scope: Scope, settings: AlarmSettings) -> Callable[[Span], float]:
    def count(span: Span) -> float:
        if settings.watched.stat is None:
            return 0.0
        stat = replace(settings.watched.stat, stat="SampleCount")
        return sum(data.read(scope, span, stat).points.values())

    return count


def _reason_data(settings: AlarmSettings, decision: Decision, span: Span, at: float) -> str:
    known: dict[str, object] = {
        "version": "1.0",
        "queryDate": timestamp(at),
        "startDate": timestamp(span.start),
        "period": settings.period,
        "recentDatapoints": [value for _, value in decision.evaluated],
        "threshold": settings.rule.threshold,
        "evaluatedDatapoints": [
            {"timestamp": timestamp(start), "value": value} for start, value in reversed(decision.evaluated)
        ],
    }
    if settings.statistic:
        known["statistic"] = settings.statistic
    return json.dumps(known)


def timestamp(at: float) -> str:
    """A moment as alarms write it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"

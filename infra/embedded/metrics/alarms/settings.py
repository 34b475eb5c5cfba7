"""What a metric alarm watches, read from PutMetricAlarm's parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, ValidationError

from infra.embedded.metrics import requests, statistics
from infra.embedded.metrics.alarms.evaluation import COMPARISONS, Rule
from infra.embedded.metrics.data import DataQuery, MetricStat
from infra.embedded.refusals import NotImplementedHere

_DAY_S = 86400
_SHORTEST_S = 10
_MISSING = ("breaching", "notBreaching", "ignore", "missing")
_ABSENT = ("EvaluationWindow", "WarmUpConfiguration", "EvaluationCriteria", "EvaluationInterval")


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """An alarm: the queries, the one of them that is watched, and the rule that its values are held against.

    `low_samples` is the number of samples in the evaluation range under which the state is kept (0: never).
    """

    name: str
    queries: Sequence[DataQuery]
    watched: DataQuery
    period: int
    rule: Rule
    low_samples: float = 0.0

    @property
    def statistic(self) -> str | None:
        """The statistic watched; None for an expression."""
        return self.watched.stat.stat if self.watched.stat else None


def read(params: Mapping[str, Any]) -> AlarmSettings:
    """The settings. Raises AWS's errors for what does not go together."""
    _refuse_absent(params)
    queries = _queries(params)
    watched = [query for query in queries if query.returned]
    if len(watched) != 1:
        raise ValidationError("Exactly one element of the metrics list should return data.")
    period = _period(queries, watched[0])
    rule = _rule(params, period)
    return AlarmSettings(
        params["AlarmName"], queries, watched[0], period, rule, _low_samples(params, watched[0])
    )


def _refuse_absent(params: Mapping[str, Any]) -> None:
    for name in _ABSENT:
        if params.get(name):
            raise NotImplementedHere(f"cloudwatch: PutMetricAlarm's {name}")
    if params.get("ThresholdMetricId") or params.get("ComparisonOperator") not in COMPARISONS:
        raise ValidationError(
            "Alarms on an anomaly detection band (ThresholdMetricId, "
            "LessThanLowerOrGreaterThanUpperThreshold and the like) are not emulated here: give a Threshold "
            f"and one of {', '.join(COMPARISONS)}."
        )
    if params.get("Threshold") is None:
        raise ValidationError("The parameter Threshold is required.")


def _queries(params: Mapping[str, Any]) -> list[DataQuery]:
    if params.get("Metrics"):
        if params.get("MetricName"):
            raise InvalidParameterCombination("The parameters MetricName and Metrics are mutually exclusive.")
        return requests.data_queries(params["Metrics"], "Metrics")
    if not params.get("MetricName") or not params.get("Namespace"):
        raise ValidationError("Either Metrics, or MetricName and Namespace, are required.")
    named = [params[name] for name in ("Statistic", "ExtendedStatistic") if params.get(name)]
    if len(named) != 1:
        raise InvalidParameterCombination("Exactly one of Statistic and ExtendedStatistic is required.")
    requests.check_statistics(named)
    if params.get("Period") is None:
        raise ValidationError("The parameter Period is required.")
    stat = MetricStat(
        params["Namespace"],
        params["MetricName"],
        requests.pairs(params.get("Dimensions")),
        requests.period(params["Period"]),
        named[0],
        params.get("Unit"),
    )
    return [DataQuery("m1", stat=stat)]


def _period(queries: Sequence[DataQuery], watched: DataQuery) -> int:
    periods = {query.stat.period for query in queries if query.stat}
    if watched.period:
        periods.add(watched.period)
    if len(periods) != 1:
        raise ValidationError(
            f"All metrics of an alarm must have one period, and these have {sorted(periods)}."
        )
    (period,) = periods
    if period < _SHORTEST_S:
        raise ValidationError(f"An alarm's period must be 10, 20, 30 or a multiple of 60, not {period}.")
    return period


def _rule(params: Mapping[str, Any], period: int) -> Rule:
    of = int(params["EvaluationPeriods"])
    needed = int(params.get("DatapointsToAlarm") or of)
    if of < 1 or not 1 <= needed <= of:
        raise ValidationError(
            f"DatapointsToAlarm ({needed}) must be from 1 to EvaluationPeriods ({of}), which is at least 1."
        )
    if of * period > max(_DAY_S, period):
        raise ValidationError(
            f"Metrics cannot be checked across more than a day: EvaluationPeriods * Period is "
            f"{of * period:,} s, the limit {_DAY_S:,} s."
        )
    missing = params.get("TreatMissingData") or "missing"
    if missing not in _MISSING:
        raise ValidationError(
            f"Option {missing} is not supported: TreatMissingData is {', '.join(_MISSING)}."
        )
    return Rule(params["ComparisonOperator"], float(params["Threshold"]), of, needed, missing)


def _low_samples(params: Mapping[str, Any], watched: DataQuery) -> float:
    option = params.get("EvaluateLowSampleCountPercentile") or "evaluate"
    if option not in {"evaluate", "ignore"}:
        raise ValidationError(
            f"Option {option} is not supported. "
            "Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore."
        )
    if option == "evaluate" or watched.stat is None or not watched.stat.stat.startswith("p"):
        return 0.0
    share = statistics.extended(watched.stat.stat).high / 100
    rarest = min(share, 1 - share)
    return 10 / rarest if rarest else math.inf

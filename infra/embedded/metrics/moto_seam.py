"""CloudWatch's metric operations on our store.

moto: every data point is an object in one list that each query walks for each period (100,000 points take
minutes); dimensions of a query match supersets; percentiles are dropped without a word; metric math
returns nothing. AWS: a metric is its exact set of dimensions; extended statistics come back. We:
PutMetricData, GetMetricStatistics, GetMetricData and ListMetrics work on `store`, which also holds what
ran; metric math beyond naming another query is refused until it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from infra.embedded.metrics import queries, statistics, store
from infra.embedded.metrics.queries import Query
from infra.embedded.metrics.statistics import Period, UnknownStatistic
from infra.embedded.metrics.store import MetricKey
from infra.embedded.refusals import NotImplementedHere

_MOST_DATAPOINTS = 1440
_PAGE = 500
_SHORT_PERIODS = frozenset({1, 5, 10, 20, 30})


def install() -> None:
    """Put the four operations in place."""
    CloudWatchBackend.put_metric_data = _put_metric_data
    CloudWatchResponse.get_metric_statistics = _get_metric_statistics
    CloudWatchResponse.get_metric_data = _get_metric_data
    CloudWatchResponse.list_metrics = _list_metrics


def _put_metric_data(self: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
    for number, datum in enumerate(metric_data, 1):
        self._validate_parameters_put_metric_data(datum, number)
    for datum in metric_data:
        at = _seconds(datum["Timestamp"]) if datum.get("Timestamp") else None
        key = MetricKey(
            namespace, datum["MetricName"], _pairs(datum.get("Dimensions")), datum.get("Unit") or "None"
        )
        for total, low, high, count in _samples(datum):
            store.record_set(
                self.account_id,
                self.region_name,
                key,
                total=total,
                low=low,
                high=high,
                count=count,
                timestamp=at,
            )


def _samples(datum: Mapping[str, Any]) -> Iterable[tuple[float, float, float, float]]:
    """Sum, minimum, maximum and count of each sample that the datum carries."""
    if datum.get("StatisticValues"):
        known = datum["StatisticValues"]
        yield tuple(float(known[name]) for name in ("Sum", "Minimum", "Maximum", "SampleCount"))  # type: ignore[misc]
    elif datum.get("Values"):
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        for value, count in zip(map(float, datum["Values"]), map(float, counts), strict=True):
            yield value * count, value, value, count
    else:
        value = float(datum.get("Value", 0))
        yield value, value, value, 1.0


def _get_metric_statistics(self: CloudWatchResponse) -> ActionResult:
    names = [*(self._get_param("Statistics") or []), *(self._get_param("ExtendedStatistics") or [])]
    if not names:
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    _check_statistics(names)
    query = _query(self, self.params, self.params, self.params["Period"])
    if (query.end - query.start) / query.period > _MOST_DATAPOINTS:
        asked = int((query.end - query.start) / query.period)
        raise InvalidParameterCombination(
            f"You have requested up to {asked:,} datapoints, "
            f"which exceeds the limit of {_MOST_DATAPOINTS:,}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    points = [_datapoint(p, unit, names) for unit, periods in queries.by_unit(query).items() for p in periods]
    return ActionResult({"Label": query.name, "Datapoints": points})


def _datapoint(period: Period, unit: str, names: Iterable[str]) -> dict[str, Any]:
    values = {name: statistics.statistic(name, period) for name in names}
    simple = {name: value for name, value in values.items() if name in statistics.SIMPLE}
    extended = {name: value for name, value in values.items() if name not in simple and value is not None}
    shown: dict[str, Any] = {"Timestamp": _datetime(period.start), "Unit": unit, **simple}
    return {**shown, "ExtendedStatistics": extended} if extended else shown


def _get_metric_data(self: CloudWatchResponse) -> ActionResult:
    results: dict[str, dict[str, Any]] = {}
    asked = self.params.get("MetricDataQueries") or []
    for number, each in enumerate(asked, 1):
        if "MetricStat" in each:
            results[each["Id"]] = _stat_result(self, each)
        elif "Expression" not in each:
            raise ValidationError(
                f"The parameter MetricDataQueries.member.{number}.MetricStat is required.\n"
            )
    for each in asked:
        if "Expression" in each:
            results[each["Id"]] = _named_result(each, results)
    shown = [results[each["Id"]] for each in asked if each.get("ReturnData", True)]
    return ActionResult({"MetricDataResults": shown, "Messages": []})


def _stat_result(self: CloudWatchResponse, each: Mapping[str, Any]) -> dict[str, Any]:
    wanted = each["MetricStat"]
    name = wanted["Stat"]
    _check_statistics([name])
    query = _query(self, wanted["Metric"], wanted, wanted["Period"])
    pairs = [(period.start, statistics.statistic(name, period)) for period in queries.merged(query)]
    known = [(start, value) for start, value in pairs if value is not None]
    if (self.params.get("ScanBy") or "TimestampDescending") == "TimestampDescending":
        known.reverse()
    label = each.get("Label") or f"{query.name} {name}"
    return _result(each["Id"], label, [_datetime(start) for start, _ in known], [value for _, value in known])


def _named_result(each: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    source = results.get(each["Expression"])
    if source is None:
        raise NotImplementedHere(f"cloudwatch: the metric math expression {each['Expression']!r}")
    return _result(each["Id"], each.get("Label") or each["Id"], source["Timestamps"], source["Values"])


def _result(name: str, label: str, timestamps: list[datetime], values: list[float]) -> dict[str, Any]:
    return {"Id": name, "Label": label, "Timestamps": timestamps, "Values": values, "StatusCode": "Complete"}


def _list_metrics(self: CloudWatchResponse) -> ActionResult:
    namespace, name = self._get_param("Namespace"), self._get_param("MetricName")
    filters = self._get_param("Dimensions") or []
    held = store.metrics(self.current_account, self.region)
    found = sorted(
        {
            (key.namespace, key.name, key.dimensions)
            for key in held
            if namespace in {None, key.namespace} and name in {None, key.name} and _passes(key, filters)
        }
    )
    start = _token(self._get_param("NextToken"))
    page = [
        {
            "Namespace": space,
            "MetricName": metric,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
        }
        for space, metric, dimensions in found[start : start + _PAGE]
    ]
    more = {"NextToken": str(start + _PAGE)} if len(found) > start + _PAGE else {}
    return ActionResult({"Metrics": page, **more})


def _passes(key: MetricKey, filters: Iterable[Mapping[str, str]]) -> bool:
    held = dict(key.dimensions)
    return all(each["Name"] in held and each.get("Value") in {None, held[each["Name"]]} for each in filters)


def _token(token: str | None) -> int:
    if token and not token.isdecimal():
        raise InvalidParameterValue("Request parameter NextToken is invalid")
    return int(token or 0)


def _query(
    self: CloudWatchResponse, metric: Mapping[str, Any], stat: Mapping[str, Any], period: Any
) -> Query:
    start, end = _seconds(self.params["StartTime"]), _seconds(self.params["EndTime"])
    if start >= end:
        raise ValidationError("The parameter EndTime must be greater than StartTime.")
    seconds = int(period)
    if seconds < 1 or (seconds not in _SHORT_PERIODS and seconds % 60):
        raise InvalidParameterValue(
            "The parameter Period must be a multiple of 60, or one of 1, 5, 10, 20 and 30."
        )
    return Query(
        self.current_account,
        self.region,
        metric["Namespace"],
        metric["MetricName"],
        dict(_pairs(metric.get("Dimensions"))),
        start,
        end,
        seconds,
        stat.get("Unit"),
    )


def _check_statistics(names: Iterable[str]) -> None:
    try:
        for name in names:
            statistics.check(name)
    except UnknownStatistic as error:
        raise InvalidParameterValue(str(error)) from error


def _pairs(dimensions: Iterable[Mapping[str, str]] | None) -> store.Dimensions:
    return tuple(sorted((each["Name"], each["Value"]) for each in dimensions or []))


def _seconds(moment: datetime) -> float:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.timestamp()


def _datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

"""CloudWatch's metric operations on our store.

moto: every data point is an object in one list that each query walks for each period (100,000 points take
minutes); dimensions of a query match supersets; percentiles are dropped without a word; metric math knows the
names of other queries and nothing more; there are no pages. AWS: a metric is its exact set of dimensions;
extended statistics, metric math and pages come back. We: PutMetricData, GetMetricStatistics, GetMetricData
and ListMetrics work on `store`, which also holds what ran.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from infra.embedded.metrics import pages, queries, requests, statistics, store
from infra.embedded.metrics.data import Answers, QueryError
from infra.embedded.metrics.queries import Query
from infra.embedded.metrics.requests import moment
from infra.embedded.metrics.series import Scope, Series
from infra.embedded.metrics.statistics import Period
from infra.embedded.metrics.store import MetricKey

_MOST_DATAPOINTS = 1440
_PAGE_POINTS = 100_800
_PAGE_METRICS = 500
_TWO_HOURS_S = 7200.0
_THREE_HOURS_S = 3 * 3600.0
_TWO_WEEKS_S = 14 * 86400.0


def install() -> None:
    """Put the four operations in place."""
    CloudWatchBackend.put_metric_data = _put_metric_data
    CloudWatchResponse.get_metric_statistics = _get_metric_statistics
    CloudWatchResponse.get_metric_data = _get_metric_data
    CloudWatchResponse.list_metrics = _list_metrics


def _put_metric_data(self: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
    if namespace.startswith("AWS/"):
        raise InvalidParameterValue(
            f"The value {namespace} for parameter Namespace is invalid: AWS/ is AWS's own."
        )
    for number, datum in enumerate(metric_data, 1):
        self._validate_parameters_put_metric_data(datum, number)
        _check_age(datum, number)
        _check_values(datum, number)
    for datum in metric_data:
        at = requests.seconds(datum["Timestamp"]) if datum.get("Timestamp") else None
        dimensions = requests.pairs(datum.get("Dimensions"))
        key = MetricKey(namespace, datum["MetricName"], dimensions, datum.get("Unit") or "None")
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


def _check_age(datum: Mapping[str, Any], number: int) -> None:
    if not datum.get("Timestamp"):
        return
    age = time.time() - requests.seconds(datum["Timestamp"])
    if not -_TWO_HOURS_S <= age <= _TWO_WEEKS_S:
        raise InvalidParameterValue(
            f"The parameter MetricData.member.{number}.Timestamp must specify a time within the past two "
            f"weeks and no more than two hours in the future, not {datum['Timestamp'].isoformat()}."
        )


def _check_values(datum: Mapping[str, Any], number: int) -> None:
    """Raise for values that are not finite, and for sets and counts of no samples."""
    known = datum.get("StatisticValues") or {}
    values = [datum.get("Value", 0.0), *(datum.get("Values") or []), *known.values()]
    if not all(math.isfinite(float(value)) for value in values):
        raise InvalidParameterValue(f"A value of MetricData.member.{number} is not a finite number.")
    counts = [*(datum.get("Counts") or []), known.get("SampleCount", 1.0)]
    if not all(0 < float(count) < math.inf for count in counts):
        raise InvalidParameterValue(f"A count of MetricData.member.{number} is not greater than 0.")


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
    requests.check_statistics(names)
    query = _query(self)
    if (query.end - query.start) / query.period > _MOST_DATAPOINTS:
        asked = int((query.end - query.start) / query.period)
        raise InvalidParameterCombination(
            f"You have requested up to {asked:,} datapoints, "
            f"which exceeds the limit of {_MOST_DATAPOINTS:,}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    points = [_datapoint(p, unit, names) for unit, periods in queries.by_unit(query).items() for p in periods]
    return ActionResult({"Label": query.name, "Datapoints": points})


def _query(self: CloudWatchResponse) -> Query:
    span = requests.span(self.params, InvalidParameterValue)
    return Query(
        self.current_account,
        self.region,
        self.params["Namespace"],
        self.params["MetricName"],
        dict(requests.pairs(self.params.get("Dimensions"))),
        span.start,
        span.end,
        requests.period(self.params["Period"]),
        self.params.get("Unit"),
    )


def _datapoint(period: Period, unit: str, names: Iterable[str]) -> dict[str, Any]:
    values = {name: statistics.statistic(name, period) for name in names}
    simple = {name: value for name, value in values.items() if name in statistics.SIMPLE}
    extended = {name: value for name, value in values.items() if name not in simple and value is not None}
    shown: dict[str, Any] = {"Timestamp": moment(period.start), "Unit": unit, **simple}
    return {**shown, "ExtendedStatistics": extended} if extended else shown


def _get_metric_data(self: CloudWatchResponse) -> ActionResult:
    span = requests.span(self.params)
    asked = requests.data_queries(self.params.get("MetricDataQueries") or [])
    answers = Answers(Scope(self.current_account, self.region), span, asked)
    found = [(query.id, one) for query in asked for one in _series(answers, query) if query.returned]
    limit = int(self.params.get("MaxDatapoints") or _PAGE_POINTS)
    if not 1 <= limit <= _PAGE_POINTS:
        raise InvalidParameterValue(f"The parameter MaxDatapoints must be from 1 to {_PAGE_POINTS:,}.")
    descending = (self.params.get("ScanBy") or "TimestampDescending") == "TimestampDescending"
    page = pages.page(found, requests.token(self.params.get("NextToken")), limit, descending=descending)
    more = {} if page.next is None else {"NextToken": str(page.next)}
    return ActionResult({"MetricDataResults": [_result(part) for part in page.parts], "Messages": [], **more})


def _series(answers: Answers, query: Any) -> tuple[Series, ...]:
    try:
        return answers.series(query)
    except QueryError as error:
        raise ValidationError(str(error)) from error


def _result(part: pages.Part) -> dict[str, Any]:
    return {
        "Id": part.id,
        "Label": part.label,
        "Timestamps": [moment(at) for at, _ in part.points],
        "Values": [value for _, value in part.points],
        "StatusCode": "Complete" if part.complete else "PartialData",
    }


def _list_metrics(self: CloudWatchResponse) -> ActionResult:
    namespace, name = self._get_param("Namespace"), self._get_param("MetricName")
    active = self._get_param("RecentlyActive")
    if active not in {None, "PT3H"}:
        raise InvalidParameterValue("The value for parameter RecentlyActive must be PT3H.")
    filters = self._get_param("Dimensions") or []
    since = time.time() - (_THREE_HOURS_S if active else _TWO_WEEKS_S)
    held = store.metrics(self.current_account, self.region, since)
    found = sorted(
        {
            (key.namespace, key.name, key.dimensions)
            for key in held
            if namespace in {None, key.namespace} and name in {None, key.name} and _passes(key, filters)
        }
    )
    start = requests.token(self._get_param("NextToken"), InvalidParameterValue)
    page = [
        {
            "Namespace": space,
            "MetricName": metric,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
        }
        for space, metric, dimensions in found[start : start + _PAGE_METRICS]
    ]
    more = {"NextToken": str(start + _PAGE_METRICS)} if len(found) > start + _PAGE_METRICS else {}
    return ActionResult({"Metrics": page, **more})


def _passes(key: MetricKey, filters: Iterable[Mapping[str, str]]) -> bool:
    held = dict(key.dimensions)
    return all(each["Name"] in held and each.get("Value") in {None, held[each["Name"]]} for each in filters)

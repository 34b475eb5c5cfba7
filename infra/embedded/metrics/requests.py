"""Reading the parameters of CloudWatch's operations, and refusing what AWS refuses, by its error codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import CloudWatchException, InvalidParameterValue, ValidationError

from infra.embedded.metrics import statistics
from infra.embedded.metrics.data import DataQuery, MetricStat
from infra.embedded.metrics.series import MINUTE_S, Span
from infra.embedded.metrics.statistics import UnknownStatistic
from infra.embedded.metrics.store import Dimensions

MAX_QUERIES = 500
_SHORT_PERIODS = frozenset({1, 5, 10, 20, 30})
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")


class InvalidNextToken(CloudWatchException):  # type: ignore[misc]
    """A NextToken that no answer gave."""

    code = "InvalidNextToken"


def span(params: Mapping[str, Any], wrong: type[CloudWatchException] = ValidationError) -> Span:
    """The window asked for. Raises `wrong` when it ends before it begins."""
    start, end = seconds(params["StartTime"]), seconds(params["EndTime"])
    if start >= end:
        raise wrong(
            "The parameter StartTime must be less than the parameter EndTime: "
            f"{moment(start).isoformat()} is not before {moment(end).isoformat()}."
        )
    return Span(start, end)


def period(value: Any, name: str = "Period") -> int:
    """A period in seconds. Raises InvalidParameterValue."""
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise InvalidParameterValue(f"The value {value!r} for parameter {name} is not a number.") from error
    if number not in _SHORT_PERIODS and (number < 1 or number % MINUTE_S):
        raise InvalidParameterValue(
            f"The value {number} for parameter {name} is invalid: "
            "it must be a multiple of 60, or one of 1, 5, 10, 20 and 30."
        )
    return number


def check_statistics(names: Iterable[str]) -> None:
    """Raise InvalidParameterValue for a name that is no statistic."""
    try:
        for name in names:
            statistics.check(name)
    except UnknownStatistic as error:
        raise InvalidParameterValue(str(error)) from error


def data_queries(asked: Sequence[Mapping[str, Any]], name: str = "MetricDataQueries") -> list[DataQuery]:
    """MetricDataQuery structures. Raises ValidationError or InvalidParameterValue."""
    if not asked or len(asked) > MAX_QUERIES:
        raise ValidationError(
            f"The collection {name} must have from 1 to {MAX_QUERIES} members, and has {len(asked)}."
        )
    read = [_data_query(each, f"{name}.member.{number}") for number, each in enumerate(asked, 1)]
    twice = {query.id for query in read if [other.id for other in read].count(query.id) > 1}
    if twice:
        raise ValidationError(
            f"The values for parameter Id in {name} are not unique: {', '.join(sorted(twice))}."
        )
    return read


def _data_query(each: Mapping[str, Any], where: str) -> DataQuery:
    if not _ID.fullmatch(each.get("Id", "")):
        raise ValidationError(
            f"The value {each.get('Id')!r} for parameter {where}.Id is not matching the expected pattern "
            "^[a-z][a-zA-Z0-9_]*$."
        )
    if ("MetricStat" in each) == ("Expression" in each):
        raise ValidationError(f"Exactly one of {where}.MetricStat and {where}.Expression is required.\n")
    return DataQuery(
        each["Id"],
        each.get("Label") or None,
        metric_stat(each["MetricStat"], where) if "MetricStat" in each else None,
        each.get("Expression"),
        period(each["Period"], f"{where}.Period") if each.get("Period") else None,
        each.get("ReturnData") is not False,
    )


def metric_stat(wanted: Mapping[str, Any], where: str) -> MetricStat:
    """A MetricStat structure."""
    check_statistics([wanted["Stat"]])
    metric = wanted["Metric"]
    if not metric.get("Namespace") or not metric.get("MetricName"):
        raise ValidationError(f"{where}.MetricStat.Metric needs a Namespace and a MetricName.")
    return MetricStat(
        metric["Namespace"],
        metric["MetricName"],
        pairs(metric.get("Dimensions")),
        period(wanted["Period"], f"{where}.MetricStat.Period"),
        wanted["Stat"],
        wanted.get("Unit"),
    )


def token(value: str | None, wrong: type[CloudWatchException] = InvalidNextToken) -> int:
    """The place that a NextToken stands for. Raises `wrong`."""
    if value and not value.isdecimal():
        raise wrong(f"The value {value!r} for parameter NextToken is invalid: no answer gave it.")
    return int(value or 0)


def pairs(dimensions: Iterable[Mapping[str, str]] | None) -> Dimensions:
    """Dimensions as the store keeps them."""
    return tuple(sorted((each["Name"], each["Value"]) for each in dimensions or []))


def seconds(moment_: datetime) -> float:
    """Seconds since the epoch; a moment without a zone is in UTC."""
    aware = moment_ if moment_.tzinfo else moment_.replace(tzinfo=UTC)
    return aware.timestamp()


def moment(at: float) -> datetime:
    """The moment, in UTC."""
    return datetime.fromtimestamp(at, UTC)

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import CloudWatchBackend, Statistics
from moto.cloudwatch.responses import CloudWatchResponse

from infra.embedded.cloudformation.client import Clients
from infra.embedded.metrics import store
from infra.embedded.server import build_application

HERE = ("123456789012", "us-east-1")


@pytest.fixture(scope="module")
def watch():
    return Clients(build_application()).client("cloudwatch", "us-east-1")


@pytest.fixture(autouse=True)
def _empty():
    store.clear()
    yield
    store.clear()


@pytest.fixture
def minute():
    """The start of a minute that is safely in the past, in seconds."""
    start = time.time() // 60 * 60 - 300
    for index, value in enumerate([10.0, 20.0, 30.0, 40.0]):
        store.record(
            *HERE, "AWS/Lambda", "Duration", value, "Milliseconds", {"FunctionName": "f"}, start + index * 20
        )
    return start


def span(start, seconds=240):
    begin = datetime.fromtimestamp(start, UTC)
    return {"StartTime": begin, "EndTime": begin + timedelta(seconds=seconds)}


def stat(name, period=60, **more):
    metric = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Duration",
        "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
    }
    return {"Id": "m", "MetricStat": {"Metric": metric, "Period": period, "Stat": name}, **more}


def test_statistics_and_percentiles_come_back_together(watch, minute):
    """GetMetricStatistics gives simple and extended statistics of each period, with the unit."""
    answer = watch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=[{"Name": "FunctionName", "Value": "f"}],
        Period=60,
        Statistics=["Sum", "SampleCount"],
        **span(minute),
    )
    first, second = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
    assert (first["Sum"], first["SampleCount"], first["Unit"]) == (60.0, 3.0, "Milliseconds")
    assert second["Sum"] == 40.0
    assert first["Timestamp"].timestamp() == minute
    answer = watch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=[{"Name": "FunctionName", "Value": "f"}],
        Period=60,
        ExtendedStatistics=["p50"],
        **span(minute, 60),
    )
    assert answer["Datapoints"][0]["ExtendedStatistics"] == {"p50": 20.0}


def test_metric_data_comes_newest_first_unless_asked_otherwise(watch, minute):
    """GetMetricData's order is ScanBy's."""
    down = watch.get_metric_data(MetricDataQueries=[stat("Maximum")], **span(minute))["MetricDataResults"][0]
    up = watch.get_metric_data(
        MetricDataQueries=[stat("Maximum")], ScanBy="TimestampAscending", **span(minute)
    )["MetricDataResults"][0]
    assert down["Values"] == [40.0, 30.0]
    assert up["Values"] == [30.0, 40.0]
    assert down["Label"] == "Duration Maximum"
    assert down["StatusCode"] == "Complete"


def test_an_expression_may_name_another_query_and_nothing_more(watch, minute):
    """Metric math is refused by name, not answered with nothing."""
    named = {"Id": "e", "Expression": "m"}
    answer = watch.get_metric_data(MetricDataQueries=[stat("Sum", ReturnData=False), named], **span(minute))
    assert [result["Id"] for result in answer["MetricDataResults"]] == ["e"]
    assert answer["MetricDataResults"][0]["Values"] == [40.0, 60.0]
    with pytest.raises(ClientError, match=r"NotImplemented.*m \* 2"):
        watch.get_metric_data(
            MetricDataQueries=[stat("Sum"), {"Id": "e", "Expression": "m * 2"}], **span(minute)
        )


def test_a_metric_is_its_exact_dimensions(watch, minute):
    """Without its dimension the metric has no data."""
    answer = watch.get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="Duration", Period=60, Statistics=["Sum"], **span(minute)
    )
    assert answer["Datapoints"] == []


def test_custom_metrics_are_seen_beside_those_of_what_ran(watch, minute):
    """PutMetricData's values, counts and statistic sets are all counted."""
    at = datetime.fromtimestamp(minute, UTC)
    watch.put_metric_data(
        Namespace="Shop",
        MetricData=[
            {"MetricName": "Sold", "Value": 5.0, "Timestamp": at, "Unit": "Count"},
            {
                "MetricName": "Sold",
                "Values": [1.0, 2.0],
                "Counts": [3.0, 1.0],
                "Timestamp": at,
                "Unit": "Count",
            },
            {
                "MetricName": "Sold",
                "StatisticValues": {"SampleCount": 2, "Sum": 20, "Minimum": 8, "Maximum": 12},
                "Timestamp": at,
                "Unit": "Count",
            },
        ],
    )
    answer = watch.get_metric_statistics(
        Namespace="Shop",
        MetricName="Sold",
        Period=60,
        Statistics=["Sum", "SampleCount", "Maximum"],
        **span(minute),
    )
    (point,) = answer["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["Maximum"]) == (30.0, 7.0, 12.0)
    listed = watch.list_metrics()["Metrics"]
    assert {(metric["Namespace"], metric["MetricName"]) for metric in listed} == {
        ("AWS/Lambda", "Duration"),
        ("Shop", "Sold"),
    }


def test_metrics_are_listed_on_pages_and_by_dimension(watch):
    """ListMetrics gives 500 a page, and can be narrowed."""
    for index in range(501):
        store.record(*HERE, "NS", "M", 1.0, "None", {"F": f"{index:03}"})
    first = watch.list_metrics(Namespace="NS")
    rest = watch.list_metrics(Namespace="NS", NextToken=first["NextToken"])
    assert (len(first["Metrics"]), len(rest["Metrics"]), "NextToken" in rest) == (500, 1, False)
    only = watch.list_metrics(Dimensions=[{"Name": "F", "Value": "007"}])["Metrics"]
    assert [metric["Dimensions"] for metric in only] == [[{"Name": "F", "Value": "007"}]]


@pytest.mark.parametrize(
    ("period", "name", "code"), [(61, "Sum", "InvalidParameterValue"), (60, "mean", "Invalid")]
)
def test_a_wrong_period_or_statistic_is_refused(watch, minute, period, name, code):
    """The error names the parameter."""
    with pytest.raises(ClientError, match=code):
        watch.get_metric_data(MetricDataQueries=[stat(name, period)], **span(minute))


def test_too_many_datapoints_are_refused(watch, minute):
    """GetMetricStatistics gives at most 1,440 data points."""
    with pytest.raises(ClientError, match="exceeds the limit of 1,440"):
        watch.get_metric_statistics(
            Namespace="N", MetricName="M", Period=1, Statistics=["Sum"], **span(minute, 1441)
        )


def test_stock_moto_still_has_what_is_replaced():
    """The four places that are patched exist, and moto still knows no percentile."""
    assert {"get_metric_data", "get_metric_statistics", "list_metrics"} <= set(vars(CloudWatchResponse))
    assert {"put_metric_data", "_validate_parameters_put_metric_data"} <= set(vars(CloudWatchBackend))
    assert Statistics(["p95"], datetime.now(UTC)).get_statistics_for_type("p95") is None

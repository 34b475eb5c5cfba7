from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import CloudWatchBackend, Statistics
from moto.cloudwatch.responses import CloudWatchResponse

from infra.embedded.metrics import store

HERE = ("123456789012", "us-east-1")


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


def math(watch, minute, expression, *more, **asked):
    """The answer to an expression over the Duration of f, as `m`, newest last."""
    queries = [stat("Sum", ReturnData=False), *more, {"Id": "e", "Expression": expression}]
    return watch.get_metric_data(
        MetricDataQueries=queries, ScanBy="TimestampAscending", **{**span(minute), **asked}
    )


def test_an_expression_is_calculated_from_other_queries(watch, minute):
    """Metric math names metrics and other expressions, whatever their order."""
    half = {"Id": "half", "Expression": "m / 2", "ReturnData": False}
    answer = math(watch, minute, "m + half", half)
    assert [result["Id"] for result in answer["MetricDataResults"]] == ["e"]
    assert answer["MetricDataResults"][0]["Values"] == [90.0, 60.0]


def test_an_expression_of_several_series_gives_several_results(watch, minute):
    """Each series of an array comes back under the expression's id with its own label."""
    other = {**stat("Maximum", Label="largest"), "Id": "n"}
    queries = [stat("Sum"), other, {"Id": "e", "Expression": "METRICS()*10", "Label": "ten"}]
    answer = watch.get_metric_data(MetricDataQueries=queries, **span(minute))
    assert [(one["Id"], one["Label"], one["Values"]) for one in answer["MetricDataResults"]] == [
        ("m", "Duration Sum", [40.0, 60.0]),
        ("n", "largest", [40.0, 30.0]),
        ("e", "ten Duration Sum", [400.0, 600.0]),
        ("e", "ten largest", [400.0, 300.0]),
    ]


def test_missing_data_is_missing_until_it_is_filled(watch, minute):
    """A period without samples has no data point; FILL gives it one."""
    assert math(watch, minute, "m")["MetricDataResults"][0]["Values"] == [60.0, 40.0]
    assert math(watch, minute, "FILL(m, 0)")["MetricDataResults"][0]["Values"] == [60.0, 40.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("m +", "does not parse at the end"),
        ("m m", "'m' at column 3"),
        ("x + 1", "no query with the id x"),
        ("e", "refers to itself: e -> e"),
        ("AVG(m)", "a scalar"),
        ("SEARCH('{AWS/Lambda} x', 'Sum', 60)", "SEARCH is not emulated"),
        ("ANOMALY_DETECTION_BAND(m)", "ANOMALY_DETECTION_BAND is not emulated"),
        ('SELECT AVG(Duration) FROM "AWS/Lambda"', "Metrics Insights"),
        ("MEDIAN(m)", "no function MEDIAN"),
        ("m" * 2049, "limit is 2,048"),
    ],
)
def test_an_expression_that_cannot_be_calculated_is_refused_with_its_reason(watch, minute, expression, why):
    """A ValidationError names the expression and what is wrong with it."""
    with pytest.raises(ClientError, match=f"ValidationError.*Error in expression 'e' .*{why}"):
        math(watch, minute, expression)


def test_a_window_is_filled_up_to_a_bound(watch, minute):
    """Filling years of minutes is refused; the data of the same window is not."""
    long_ago = {"StartTime": datetime(2020, 1, 1, tzinfo=UTC)}
    assert math(watch, minute, "m", **long_ago)["MetricDataResults"][0]["Values"][0] == 60.0
    with pytest.raises(ClientError, match=r"ValidationError.*periods, and 100,800 can be filled"):
        math(watch, minute, "FILL(m, 0)", **long_ago)


@pytest.mark.parametrize(
    "datum",
    [
        {"Value": float("inf")},
        {"Values": [1.0], "Counts": [0.0]},
        {"StatisticValues": {"SampleCount": 0.0, "Sum": 0.0, "Minimum": 0.0, "Maximum": 0.0}},
    ],
)
def test_values_that_are_none_are_refused(watch, datum):
    """Infinity, and sets of no samples, would spoil every later answer."""
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*MetricData.member.1"):
        watch.put_metric_data(Namespace="N", MetricData=[{"MetricName": "M", **datum}])


def test_pages_hold_a_bounded_number_of_data_points(watch, minute):
    """NextToken leads to the rest; a result that goes on has the status PartialData."""
    asked = {
        "MetricDataQueries": [stat("Sum", period=20), {**stat("Sum"), "Id": "n"}],
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": 3,
        **span(minute),
    }
    first = watch.get_metric_data(**asked)
    rest = watch.get_metric_data(NextToken=first["NextToken"], **asked)
    assert [(r["Id"], r["Values"], r["StatusCode"]) for r in first["MetricDataResults"]] == [
        ("m", [10.0, 20.0, 30.0], "PartialData")
    ]
    assert [(r["Id"], r["Values"], r["StatusCode"]) for r in rest["MetricDataResults"]] == [
        ("m", [40.0], "Complete"),
        ("n", [60.0, 40.0], "Complete"),
    ]
    assert "NextToken" not in rest
    with pytest.raises(ClientError, match="InvalidNextToken"):
        watch.get_metric_data(NextToken="no", **asked)


@pytest.mark.parametrize("operation", ["get_metric_data", "get_metric_statistics"])
def test_a_window_that_ends_before_it_begins_is_refused(watch, minute, operation):
    """The error says which moment is not before which."""
    asked = (
        {"MetricDataQueries": [stat("Sum")]}
        if operation == "get_metric_data"
        else {"Namespace": "N", "MetricName": "M", "Period": 60, "Statistics": ["Sum"]}
    )
    code = "ValidationError" if operation == "get_metric_data" else "InvalidParameterValue"
    with pytest.raises(ClientError, match=rf"{code}.*is not before"):
        getattr(watch, operation)(**asked, **span(minute, -60))


def test_queries_need_ids_of_their_own(watch, minute):
    """The same id twice, and an id that is no name, are refused."""
    with pytest.raises(ClientError, match="not unique: m"):
        watch.get_metric_data(MetricDataQueries=[stat("Sum"), stat("Sum")], **span(minute))
    with pytest.raises(ClientError, match="expected pattern"):
        watch.get_metric_data(MetricDataQueries=[{**stat("Sum"), "Id": "M1"}], **span(minute))


def test_dynamic_labels_are_filled_in(watch, minute):
    """${MAX} and the like are calculated over the window; an unknown word is refused by name."""
    label = "${LABEL}: ${MIN}..${MAX} of ${PROP('Dim.FunctionName')}, ${SUM} in ${DATAPOINT_COUNT}"
    answer = watch.get_metric_data(MetricDataQueries=[stat("Sum", Label=label)], **span(minute))
    assert answer["MetricDataResults"][0]["Label"] == "Duration Sum: 40..60 of f, 100 in 2"
    with pytest.raises(ClientError, match=r"ValidationError.*MAX_TIME"):
        watch.get_metric_data(MetricDataQueries=[stat("Sum", Label="${MAX_TIME}")], **span(minute))


@pytest.mark.parametrize(
    ("namespace", "age_s", "why"),
    [("AWS/Lambda", 0, "AWS/ is AWS's own"), ("N", -7300, "two hours"), ("N", 15 * 86400, "two weeks")],
)
def test_custom_metrics_that_cannot_be_are_refused(watch, namespace, age_s, why):
    """AWS's own namespaces, and times that are too far away."""
    at = datetime.fromtimestamp(time.time() - age_s, UTC)
    datum = {"MetricName": "M", "Value": 1.0, "Timestamp": at}
    with pytest.raises(ClientError, match=f"InvalidParameterValue.*{why}"):
        watch.put_metric_data(Namespace=namespace, MetricData=[datum])


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


@pytest.mark.parametrize(("age_s", "listed", "active"), [(60, 1, 1), (4 * 3600, 1, 0), (15 * 86_400, 0, 0)])
def test_what_was_accepted_is_listed_and_answered(watch, age_s, listed, active):
    """A metric is listed for two weeks, as recently active for three hours; its data stays in between."""
    at = datetime.now(UTC) - timedelta(seconds=age_s)
    store.record(*HERE, "NS", "M", 7.0, "None", {}, at.timestamp())
    for _ in range(2):
        assert len(watch.list_metrics(RecentlyActive="PT3H")["Metrics"]) == active
        assert len(watch.list_metrics()["Metrics"]) == listed
    answer = watch.get_metric_statistics(
        Namespace="NS",
        MetricName="M",
        StartTime=at - timedelta(minutes=2),
        EndTime=at + timedelta(minutes=2),
        Period=60,
        Statistics=["Sum"],
    )
    assert [point["Sum"] for point in answer["Datapoints"]] == [7.0]


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

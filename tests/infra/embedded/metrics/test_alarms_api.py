from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import Alarm
from moto.cloudwatch.responses import CloudWatchResponse

from infra.embedded.metrics import store
from infra.embedded.metrics.alarms import moto_seam

HERE = ("123456789012", "us-east-1")
START = 1_800_000_000.0  # a whole minute


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = START

    def read(self):
        """The moment, in seconds since the epoch."""
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "time", clock.read)
    return clock


def throttles(minute, count=1):
    """So many throttles in the n-th minute after the start."""
    for index in range(count):
        at = START + minute * 60 + index
        store.record(*HERE, "AWS/Lambda", "Throttles", 1.0, "Count", {"FunctionName": "f"}, at)


def settings(**more):
    return {
        "AlarmName": "throttled",
        "Namespace": "AWS/Lambda",
        "MetricName": "Throttles",
        "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 2.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    } | more


def state(watch, name="throttled"):
    return watch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


def told(watch, **asked):
    """The changes of state in order: minutes after the start, old state, new state."""
    items = watch.describe_alarm_history(HistoryItemType="StateUpdate", ScanBy="TimestampAscending", **asked)[
        "AlarmHistoryItems"
    ]
    changes = [(item["Timestamp"].timestamp(), json.loads(item["HistoryData"])) for item in items]
    return [
        ((at - START) / 60, data["oldState"]["stateValue"], data["newState"]["stateValue"])
        for at, data in changes
    ]


def test_an_alarm_follows_its_data_and_its_history_tells_when(watch, clock):
    """Asked once, long after: each change has the moment of the evaluation that made it."""
    watch.put_metric_alarm(**settings())
    for minute in (1, 2, 3):
        throttles(minute, 3)
    clock.now = START + 8.5 * 60
    assert state(watch) == "OK"
    assert told(watch, AlarmName="throttled") == [
        (0, "INSUFFICIENT_DATA", "OK"),
        (3, "OK", "ALARM"),
        (7, "ALARM", "OK"),  # of the four minutes that are looked at, one has data
    ]


def test_asking_often_or_once_gives_the_same_history(watch, clock):
    """States do not depend on when somebody looks."""
    watch.put_metric_alarm(**settings(AlarmName="once"))
    watch.put_metric_alarm(**settings())
    for tick in range(0, 600, 7):
        clock.now = START + tick
        if tick in {63, 126, 189}:
            throttles(tick // 60, 3)
        watch.describe_alarms(AlarmNames=["throttled"])
    assert told(watch, AlarmName="once") == told(watch, AlarmName="throttled")
    assert len(told(watch, AlarmName="once")) == 3


def test_some_data_points_of_several_are_enough(watch, clock):
    """Two of three breaching data points raise an alarm with DatapointsToAlarm 2."""
    watch.put_metric_alarm(**settings(EvaluationPeriods=3, DatapointsToAlarm=2))
    for minute, count in ((0, 3), (1, 1), (2, 3)):
        throttles(minute, count)
    clock.now = START + 180
    assert state(watch) == "ALARM"
    shown = watch.describe_alarms(StateValue="ALARM")["MetricAlarms"][0]
    assert shown["StateTransitionedTimestamp"] == datetime.fromtimestamp(START + 180, UTC)
    assert json.loads(shown["StateReasonData"])["recentDatapoints"] == [3.0, 1.0, 3.0]


@pytest.mark.parametrize(
    ("missing", "now"),
    [
        ("missing", "INSUFFICIENT_DATA"),
        ("ignore", "INSUFFICIENT_DATA"),
        ("breaching", "ALARM"),
        ("notBreaching", "OK"),
    ],
)
def test_an_alarm_without_data(watch, clock, missing, now):
    """TreatMissingData decides what an alarm on nothing is."""
    watch.put_metric_alarm(**settings(TreatMissingData=missing))
    assert state(watch) == now


def test_a_state_that_is_set_holds_until_the_next_evaluation(watch, clock):
    """SetAlarmState is a test of an alarm, and not the end of it."""
    watch.put_metric_alarm(**settings())
    clock.now = START + 30
    watch.set_alarm_state(AlarmName="throttled", StateValue="ALARM", StateReason="a drill")
    assert state(watch) == "ALARM"
    with pytest.raises(ClientError, match=r"ResourceNotFound.*nobody"):
        watch.set_alarm_state(AlarmName="nobody", StateValue="OK", StateReason="a drill")
    clock.now = START + 60
    assert state(watch) == "OK"
    assert told(watch) == [(0, "INSUFFICIENT_DATA", "OK"), (0.5, "OK", "ALARM"), (1, "ALARM", "OK")]


def test_an_alarm_on_an_expression(watch, clock):
    """The expression that returns data is watched; its inputs are not."""

    def stat(name):
        metric = {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": settings()["Dimensions"]}
        return {"Metric": metric, "Period": 60, "Stat": "Sum"}

    watch.put_metric_alarm(
        AlarmName="rate",
        EvaluationPeriods=1,
        Threshold=0.5,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Metrics=[
            {"Id": "t", "MetricStat": stat("Throttles"), "ReturnData": False},
            {"Id": "i", "MetricStat": stat("Invocations"), "ReturnData": False},
            {"Id": "share", "Expression": "t / (t + i)"},
        ],
    )
    throttles(0, 1)
    store.record(*HERE, "AWS/Lambda", "Invocations", 1.0, "Count", {"FunctionName": "f"}, START + 1)
    clock.now = START + 60
    assert state(watch, "rate") == "ALARM"
    assert told(watch, AlarmName="rate") == [(1, "INSUFFICIENT_DATA", "ALARM")]


def test_an_alarm_on_a_percentile(watch, clock):
    """An extended statistic is watched and shown, and few samples can be ignored."""
    for name, option in (("p90", "evaluate"), ("few", "ignore")):
        more = {"ExtendedStatistic": "p90", "EvaluateLowSampleCountPercentile": option, "AlarmName": name}
        asked = settings(MetricName="Duration", EvaluationPeriods=1, Threshold=100.0, **more)
        del asked["Statistic"]
        watch.put_metric_alarm(**asked)
    for value in (10.0, 20.0, 990.0):
        store.record(*HERE, "AWS/Lambda", "Duration", value, "Milliseconds", {"FunctionName": "f"}, START + 1)
    clock.now = START + 60
    assert state(watch, "p90") == "ALARM"
    assert state(watch, "few") == "INSUFFICIENT_DATA"
    assert watch.describe_alarms(AlarmNames=["p90"])["MetricAlarms"][0]["ExtendedStatistic"] == "p90"


def test_a_changed_alarm_keeps_its_state_until_it_is_evaluated(watch, clock):
    """Putting an alarm again overwrites its settings; its history goes on."""
    watch.put_metric_alarm(**settings(TreatMissingData="breaching"))
    assert state(watch) == "ALARM"
    watch.put_metric_alarm(**settings(TreatMissingData="ignore"))
    assert state(watch) == "ALARM"
    kinds = [item["HistorySummary"] for item in watch.describe_alarm_history()["AlarmHistoryItems"]]
    assert 'Alarm "throttled" created' in kinds
    assert 'Alarm "throttled" updated' in kinds


def test_alarms_are_found_by_metric_and_on_pages(watch, clock):
    """DescribeAlarmsForMetric takes the exact dimensions; DescribeAlarms gives so many at once."""
    for number in range(3):
        watch.put_metric_alarm(**settings(AlarmName=f"a{number}"))
    asked = {"Namespace": "AWS/Lambda", "MetricName": "Throttles"}
    assert watch.describe_alarms_for_metric(**asked)["MetricAlarms"] == []
    found = watch.describe_alarms_for_metric(**asked, Dimensions=settings()["Dimensions"])["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["a0", "a1", "a2"]
    pages = list(watch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["MetricAlarms"]) for page in pages] == [2, 1]


def test_a_deleted_alarm_leaves_its_history(watch, clock):
    """DeleteAlarms deletes all or, where one is unknown, none."""
    watch.put_metric_alarm(**settings())
    with pytest.raises(ClientError, match=r"ResourceNotFound.*nobody"):
        watch.delete_alarms(AlarmNames=["throttled", "nobody"])
    assert state(watch) == "OK"
    watch.delete_alarms(AlarmNames=["throttled"])
    assert watch.describe_alarms()["MetricAlarms"] == []
    latest = watch.describe_alarm_history(MaxRecords=1)["AlarmHistoryItems"][0]
    assert latest["HistorySummary"] == 'Alarm "throttled" deleted'


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"DatapointsToAlarm": 3}, r"ValidationError.*DatapointsToAlarm \(3\)"),
        ({"Period": 7}, r"InvalidParameterValue.*7 for parameter Period"),
        ({"Period": 5}, r"ValidationError.*not 5"),
        ({"EvaluationPeriods": 1441}, r"ValidationError.*more than a day"),
        ({"TreatMissingData": "perhaps"}, r"ValidationError.*Option perhaps"),
        ({"ExtendedStatistic": "p90"}, r"InvalidParameterCombination.*Exactly one"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, r"ValidationError.*not emulated"),
        ({"Metrics": [{"Id": "e", "Expression": "1"}]}, r"InvalidParameterCombination.*mutually exclusive"),
    ],
)
def test_an_alarm_that_cannot_be_is_refused(watch, clock, change, why):
    """The error names the parameter, and no alarm is kept."""
    with pytest.raises(ClientError, match=why):
        watch.put_metric_alarm(**settings(**change))
    assert watch.describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("expression", "why"), [("1 +", "does not parse"), ("[m, m]", "gives 2 time series"), ("x", "id x")]
)
def test_an_alarm_on_what_is_no_expression_is_refused(watch, clock, expression, why):
    """The expression is tried out when the alarm is put."""
    metric = {"Namespace": "N", "MetricName": "M"}
    queries = [
        {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "e", "Expression": expression},
    ]
    with pytest.raises(ClientError, match=f"ValidationError.*{why}"):
        watch.put_metric_alarm(
            AlarmName="wrong",
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
            Metrics=queries,
        )


def test_stock_moto_still_has_what_is_replaced():
    """The operations are there, and moto's alarms still never change by themselves."""
    replaced = {
        "put_metric_alarm",
        "describe_alarms",
        "describe_alarms_for_metric",
        "set_alarm_state",
        "delete_alarms",
    }
    assert replaced <= set(vars(CloudWatchResponse))
    assert moto_seam._stock_put.__module__ == "moto.cloudwatch.responses"
    assert not [name for name in vars(Alarm) if "evaluat" in name]

"""Alarms that are evaluated, behind moto's API.

moto: keeps alarms, calls each of them OK for ever, and keeps a history that no operation shows. AWS: an
alarm starts at INSUFFICIENT_DATA and changes its state with its data; DescribeAlarmHistory tells. We: moto
keeps the alarms and writes them in answers; what they watch and how their state changed is ours. Actions are
kept and shown and **not executed**: there is nothing here that they could call.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, ResourceNotFound, ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from infra.embedded.metrics import requests
from infra.embedded.metrics.alarms import history, settings, watching
from infra.embedded.metrics.alarms.history import HistoryItem
from infra.embedded.metrics.alarms.settings import AlarmSettings
from infra.embedded.metrics.alarms.watching import AlarmState, Change
from infra.embedded.metrics.data import QueryError
from infra.embedded.metrics.requests import moment
from infra.embedded.metrics.series import Scope

_PAGE = 50
_MOST_ON_A_PAGE = 100
_lock = RLock()
_stock_put = CloudWatchResponse.put_metric_alarm


@dataclass(slots=True)
class Watch:
    """What this cloud knows of one of moto's alarms; moments in seconds since the epoch."""

    settings: AlarmSettings
    state: AlarmState
    evaluated: float
    fresh: bool = True


def install() -> None:
    """Put the operations in place."""
    CloudWatchResponse.put_metric_alarm = _put_metric_alarm
    CloudWatchResponse.describe_alarms = _describe_alarms
    CloudWatchResponse.describe_alarms_for_metric = _describe_alarms_for_metric
    CloudWatchResponse.describe_alarm_history = _describe_alarm_history
    CloudWatchResponse.set_alarm_state = _set_alarm_state
    CloudWatchResponse.delete_alarms = _delete_alarms


def _put_metric_alarm(self: CloudWatchResponse) -> ActionResult:
    wanted = settings.read(self.params)
    backend, now = self.cloudwatch_backend, time.time()
    try:
        watching.try_out(Scope(backend.account_id, backend.region_name), wanted)
    except QueryError as error:
        raise ValidationError(str(error)) from error
    with _lock:
        before = backend.alarms.get(wanted.name)
        if before is not None:
            _bring_up_to_date(backend, [before], now)
        _put_in_moto(self)
        alarm = backend.alarms[wanted.name]
        alarm.metric_data_queries = alarm.metric_data_queries or None
        alarm.watch = Watch(wanted, before.watch.state if before else watching.initial(now), now)
        _show_state(alarm)
        what = "updated" if before else "created"
        _items(backend).append(history.configuration_update(wanted.name, now, what, self.params))
    return EmptyResult()


def _put_in_moto(self: CloudWatchResponse) -> None:
    """Let moto keep the alarm; it knows percentiles only, so the extended statistic is put in afterwards."""
    extended = self.params.pop("ExtendedStatistic", None)
    _stock_put(self)
    if extended:
        self.params["ExtendedStatistic"] = extended
        self.cloudwatch_backend.alarms[self.params["AlarmName"]].extended_statistic = extended


def _bring_up_to_date(backend: CloudWatchBackend, alarms: Iterable[Alarm], now: float) -> None:
    for alarm in alarms:
        watch: Watch = alarm.watch
        after = max(watch.evaluated, watching.oldest_of_interest(now))
        when = [
            *([watch.evaluated] if watch.fresh else []),
            *watching.moments(watch.settings.period, after, now),
        ]
        scope = Scope(backend.account_id, backend.region_name)
        for change in watching.changes(scope, watch.settings, watch.state, when):
            watch.state = change.new
            _items(backend).append(history.state_update(watch.settings.name, change))
        watch.evaluated, watch.fresh = now, False
        _show_state(alarm)


def _show_state(alarm: Alarm) -> None:
    state: AlarmState = alarm.watch.state
    alarm.state_value, alarm.state_reason = state.value, state.reason
    alarm.state_reason_data = state.reason_data or None
    alarm.state_updated_timestamp = alarm.state_transitioned_timestamp = moment(state.since)


def _items(backend: CloudWatchBackend) -> list[HistoryItem]:
    kept: list[HistoryItem] = vars(backend).setdefault("alarm_history", [])
    del kept[: -history.KEPT]
    return kept


def _current(self: CloudWatchResponse) -> list[Alarm]:
    """Every alarm, its state brought up to date, by name."""
    backend = self.cloudwatch_backend
    with _lock:
        _bring_up_to_date(backend, backend.alarms.values(), time.time())
        return sorted(backend.alarms.values(), key=lambda alarm: str(alarm.name))


def _describe_alarms(self: CloudWatchResponse) -> ActionResult:
    names, prefix = self._get_param("AlarmNames"), self._get_param("AlarmNamePrefix")
    if names and prefix:
        raise InvalidParameterCombination(
            "The parameters AlarmNames and AlarmNamePrefix are mutually exclusive."
        )
    state, action = self._get_param("StateValue"), self._get_param("ActionPrefix") or ""
    types = self._get_param("AlarmTypes") or ["MetricAlarm"]
    found = [
        alarm
        for alarm in _current(self)
        if "MetricAlarm" in types
        and (not names or alarm.name in names)
        and alarm.name.startswith(prefix or "")
        and state in {None, alarm.state_value}
        and (not action or any(each.startswith(action) for each in alarm.alarm_actions))
    ]
    page, more = _page(self, found)
    return ActionResult({"MetricAlarms": page, "CompositeAlarms": [], **more})


def _describe_alarms_for_metric(self: CloudWatchResponse) -> ActionResult:
    wanted = {
        name: self._get_param(name)
        for name in ("Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "Unit")
    }
    found = [alarm for alarm in _current(self) if _watches(alarm, wanted, self._get_param("Dimensions"))]
    return ActionResult({"MetricAlarms": found})


def _watches(alarm: Alarm, wanted: dict[str, Any], dimensions: Any) -> bool:
    held = {
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric_name,
        "Statistic": alarm.statistic,
        "ExtendedStatistic": alarm.extended_statistic,
        "Period": alarm.period,
        "Unit": alarm.unit,
    }
    own = tuple(sorted((each.name, each.value) for each in alarm.dimensions))
    return own == requests.pairs(dimensions) and all(
        value is None or held[name] == value for name, value in wanted.items()
    )


def _describe_alarm_history(self: CloudWatchResponse) -> ActionResult:
    _current(self)
    name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
    start, end = (self._get_param(each) for each in ("StartDate", "EndDate"))
    types = self._get_param("AlarmTypes") or ["MetricAlarm"]
    with _lock:
        found = [
            item
            for item in _items(self.cloudwatch_backend)
            if "MetricAlarm" in types
            and name in {None, item.alarm}
            and kind in {None, item.kind}
            and (start is None or item.at >= requests.seconds(start))
            and (end is None or item.at <= requests.seconds(end))
        ]
    ascending = self._get_param("ScanBy") == "TimestampAscending"
    found = sorted(found, key=lambda item: item.at)
    page, more = _page(self, found if ascending else found[::-1])
    return ActionResult({"AlarmHistoryItems": [item.shown() for item in page], **more})


def _page(self: CloudWatchResponse, found: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
    most = int(self._get_param("MaxRecords") or _PAGE)
    if not 1 <= most <= _MOST_ON_A_PAGE:
        raise ValidationError(f"The parameter MaxRecords must be from 1 to {_MOST_ON_A_PAGE}, not {most}.")
    start = requests.token(self._get_param("NextToken"))
    more = {"NextToken": str(start + most)} if len(found) > start + most else {}
    return found[start : start + most], more


def _set_alarm_state(self: CloudWatchResponse) -> ActionResult:
    """The state holds until the next evaluation, as on AWS."""
    backend, name = self.cloudwatch_backend, self._get_param("AlarmName")
    reason, reason_data = self._get_param("StateReason"), self._get_param("StateReasonData")
    with _lock:
        if name not in backend.alarms:
            raise ResourceNotFound(f"There is no alarm named {name}.")
        _current(self)
        backend.set_alarm_state(name, reason, reason_data, self._get_param("StateValue"))
        alarm = backend.alarms[name]
        new = AlarmState(alarm.state_value, reason, reason_data or "", time.time())
        if new.value != alarm.watch.state.value:
            _items(backend).append(history.state_update(name, Change(alarm.watch.state, new)))
        alarm.watch.state = new
        _show_state(alarm)
    return EmptyResult()


def _delete_alarms(self: CloudWatchResponse) -> ActionResult:
    names = self._get_param("AlarmNames") or []
    backend = self.cloudwatch_backend
    with _lock:
        unknown = [name for name in names if name not in backend.alarms]
        if unknown:
            raise ResourceNotFound(f"There is no alarm named {', '.join(unknown)}; no alarm was deleted.")
        _current(self)
        backend.delete_alarms(names)
        for name in names:
            _items(backend).append(
                history.configuration_update(name, time.time(), "deleted", {"alarmName": name})
            )
    return EmptyResult()

"""What happened to alarms, as DescribeAlarmHistory tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.embedded.metrics.alarms.watching import AlarmState, Change
from infra.embedded.metrics.requests import moment

KEPT = 10_000


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One event of one alarm; `at` in seconds since the epoch."""

    alarm: str
    at: float
    kind: str
    summary: str
    data: str

    def shown(self) -> dict[str, Any]:
        """In the API's words."""
        return {
            "AlarmName": self.alarm,
            "AlarmType": "MetricAlarm",
            "Timestamp": moment(self.at),
            "HistoryItemType": self.kind,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


def state_update(alarm: str, change: Change) -> HistoryItem:
    """The item of a change of state."""
    known = {"version": "1.0", "oldState": _state(change.old), "newState": _state(change.new)}
    summary = f"Alarm updated from {change.old.value} to {change.new.value}"
    return HistoryItem(alarm, change.new.since, "StateUpdate", summary, json.dumps(known))


def configuration_update(alarm: str, at: float, what: str, settings: Mapping[str, Any]) -> HistoryItem:
    """The item of an alarm that was created, updated or deleted (`what`)."""
    known = {"version": "1.0", "type": what.capitalize()[:-1], f"{what}Alarm": dict(settings)}
    summary = f'Alarm "{alarm}" {what}'
    return HistoryItem(alarm, at, "ConfigurationUpdate", summary, json.dumps(known, default=str))


def _state(state: AlarmState) -> dict[str, Any]:
    shown: dict[str, Any] = {"stateValue": state.value, "stateReason": state.reason}
    if state.reason_data:
        shown["stateReasonData"] = json.loads(state.reason_data)
    return shown

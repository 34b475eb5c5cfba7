"""The AWS/States metrics of executions, dimension StateMachineArn, written as things happen."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from infra.embedded.metrics import store

_NAMESPACE: Final = "AWS/States"
_BY_STATUS: Final = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """The state machine whose executions are counted."""

    account_id: str
    region: str
    arn: str


def started(machine: Machine) -> None:
    """Count an execution that was started."""
    _record(machine, "ExecutionsStarted", 1.0, "Count")


def throttled(machine: Machine) -> None:
    """Count a state transition that had to wait for its token."""
    _record(machine, "ExecutionThrottled", 1.0, "Count")


def ended(machine: Machine, status: str, took: timedelta) -> None:
    """Count an execution that ended, and how long it took in milliseconds."""
    _record(machine, _BY_STATUS[status], 1.0, "Count")
    _record(machine, "ExecutionTime", took / timedelta(milliseconds=1), "Milliseconds")


def _record(machine: Machine, name: str, value: float, unit: str) -> None:
    dimensions = {"StateMachineArn": machine.arn}
    store.record(machine.account_id, machine.region, _NAMESPACE, name, value, unit, dimensions, time.time())

"""The AWS/Lambda metrics of what ran: for the function, and without dimension for the account."""

from __future__ import annotations

from infra.embedded.functions.concurrency import InUse
from infra.embedded.functions.function import Function
from infra.embedded.metrics import store

NAMESPACE = "AWS/Lambda"


def _record(function: Function, name: str, value: float, unit: str) -> None:
    for dimensions in ({"FunctionName": function.name}, {}):
        store.record(function.account_id, function.region, NAMESPACE, name, value, unit, dimensions)


def record_admission(function: Function, in_use: InUse) -> None:
    """Record the concurrency that an admitted invocation brought about."""
    account, region = function.account_id, function.region
    own = {"FunctionName": function.name}
    store.record(account, region, NAMESPACE, "ConcurrentExecutions", in_use.function, "Count", own)
    store.record(account, region, NAMESPACE, "ConcurrentExecutions", in_use.account, "Count", {})


def record_throttle(function: Function) -> None:
    """Record a refused invocation; it counts as nothing else."""
    _record(function, "Throttles", 1, "Count")


def record_invocation(function: Function, duration_ms: float, *, failed: bool) -> None:
    """Record an invocation that ran, whatever came of it."""
    _record(function, "Invocations", 1, "Count")
    _record(function, "Errors", float(failed), "Count")
    _record(function, "Throttles", 0, "Count")
    _record(function, "Duration", duration_ms, "Milliseconds")

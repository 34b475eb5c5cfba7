"""The AWS/Lambda metrics of what ran: for the function, and without dimension for the account.

`at` is when the function was invoked, in seconds since the epoch: whenever an invocation ends, that is the
time of its metrics, as on AWS.
"""

from __future__ import annotations

from functools import lru_cache

from infra.embedded.functions.concurrency import InUse
from infra.embedded.functions.function import Function
from infra.embedded.metrics.store import MetricKey, record_set

NAMESPACE = "AWS/Lambda"


@lru_cache(maxsize=4096)
def _key(name: str, unit: str, function: str | None) -> MetricKey:
    dimensions = () if function is None else (("FunctionName", function),)
    return MetricKey(NAMESPACE, name, dimensions, unit)


def _record(function: Function, key: MetricKey, value: float, at: float) -> None:
    record_set(
        function.account_id,
        function.region,
        key,
        total=value,
        low=value,
        high=value,
        count=1.0,
        timestamp=at,
    )


def _record_both(function: Function, name: str, value: float, at: float, unit: str = "Count") -> None:
    _record(function, _key(name, unit, function.name), value, at)
    _record(function, _key(name, unit, None), value, at)


def record_admission(function: Function, in_use: InUse, at: float) -> None:
    """Record the concurrency that an admitted invocation brought about."""
    _record(function, _key("ConcurrentExecutions", "Count", function.name), in_use.function, at)
    _record(function, _key("ConcurrentExecutions", "Count", None), in_use.account, at)


def record_throttle(function: Function, at: float) -> None:
    """Record a refused invocation; it counts as nothing else."""
    _record_both(function, "Throttles", 1, at)


def record_invocation(function: Function, duration_ms: float, at: float, *, failed: bool) -> None:
    """Record an invocation that ran, whatever came of it."""
    _record_both(function, "Invocations", 1, at)
    _record_both(function, "Errors", float(failed), at)
    _record_both(function, "Throttles", 0, at)
    _record_both(function, "Duration", duration_ms, at, "Milliseconds")

"""What an expression can be made of, and calculating with it.

A value is a scalar, a time series, or an array of time series. Between two series a value that one of them
lacks counts as 0; a point whose result is no number (a division by zero) is dropped.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from infra.embedded.metrics.series import Series

Array = tuple[Series, ...]
Value = float | Series | Array
Operation = Callable[[float, float], float]


class ExpressionError(ValueError):
    """An expression that cannot be calculated; the message says why."""


def combine(operation: Operation, left: Value, right: Value) -> Value:
    """The operation between scalars, series and arrays. Raises ExpressionError."""
    if isinstance(left, tuple) or isinstance(right, tuple):
        return _combine_arrays(operation, left, right)
    if isinstance(left, Series) and isinstance(right, Series):
        times = sorted({*left.points, *right.points})
        pairs = ((time, left.points.get(time, 0.0), right.points.get(time, 0.0)) for time in times)
        return left.having(_calculated(operation, pairs))
    if isinstance(left, Series):
        return left.having(_calculated(operation, ((t, v, right) for t, v in left.points.items())))
    if isinstance(right, Series):
        return right.having(_calculated(operation, ((t, left, v) for t, v in right.points.items())))
    return _scalar(operation, left, right)


def over(change: Callable[[Series], Series], value: Value, name: str) -> Value:
    """A change of one series, made to a series or to each of an array."""
    if isinstance(value, tuple):
        return tuple(change(each) for each in value)
    return change(series(value, name))


def mapped(change: Callable[[float], float], value: Value) -> Value:
    """A change of each number."""
    return combine(lambda left, _: change(left), value, 0.0)


def series(value: Value, name: str) -> Series:
    """The value as one series. Raises ExpressionError naming who needs it."""
    if isinstance(value, tuple) and len(value) == 1:
        return value[0]
    if not isinstance(value, Series):
        kind = "an array of time series" if isinstance(value, tuple) else "a scalar"
        raise ExpressionError(f"{name} takes a time series, not {kind}")
    return value


def array(value: Value, name: str) -> Array:
    """The value as an array. Raises ExpressionError naming who needs it."""
    if isinstance(value, tuple):
        return value
    return (series(value, name),)


def scalar(value: Value, name: str) -> float:
    """The value as a number. Raises ExpressionError naming who needs it."""
    if isinstance(value, Series | tuple):
        raise ExpressionError(f"{name} takes a scalar here, not a time series")
    return value


def _combine_arrays(operation: Operation, left: Value, right: Value) -> Array:
    if isinstance(left, tuple) and isinstance(right, tuple):
        if len(left) != len(right):
            raise ExpressionError(f"arrays of {len(left)} and {len(right)} time series do not go together")
        pairs: list[tuple[Value, Value]] = list(zip(left, right, strict=True))
    elif isinstance(left, tuple):
        pairs = [(each, right) for each in left]
    else:
        pairs = [(left, each) for each in right]  # type: ignore[union-attr]
    found = [combine(operation, one, other) for one, other in pairs]
    kept = left if isinstance(left, tuple) else right
    labels = [each.label for each in kept]  # type: ignore[union-attr]
    return tuple(_labelled(each, label) for each, label in zip(found, labels, strict=True))


def _labelled(value: Value, label: str) -> Series:
    found = series(value, "an array")
    return Series(label, found.period, found.span, found.points)


def _calculated(operation: Operation, pairs: object) -> dict[float, float]:
    found = ((time, _number(operation, left, right)) for time, left, right in pairs)  # type: ignore[attr-defined]
    return {time: value for time, value in found if value is not None}


def _number(operation: Operation, left: float, right: float) -> float | None:
    try:
        value = operation(left, right)
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, float | int) and math.isfinite(value) else None


def _scalar(operation: Operation, left: float, right: float) -> float:
    value = _number(operation, left, right)
    if value is None:
        raise ExpressionError(
            "a scalar of the expression has no value: it divides by zero or is not a number"
        )
    return value

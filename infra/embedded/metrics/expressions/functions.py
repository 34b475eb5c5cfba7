"""The functions of metric math, each by its name in `FUNCTIONS`.

A function takes values and gives one. Over an array SUM and AVG count a missing value as 0, as AWS says; MIN,
MAX and STDDEV look at the values that are there (AWS does not say). STDDEV is that of a population.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from statistics import fmean, pstdev

from infra.embedded.metrics.expressions.values import (
    Array,
    ExpressionError,
    Value,
    array,
    mapped,
    over,
    scalar,
    series,
)
from infra.embedded.metrics.series import Series

Function = Callable[..., Value]
Reduction = Callable[[Sequence[float]], float]


class Word(str):
    """A bare word among the arguments, such as REPEAT or DESC."""

    __slots__ = ()


def _reducing(name: str, reduction: Reduction, *, missing_is_zero: bool = False) -> Function:
    def reduce(value: Value) -> Value:
        if not isinstance(value, tuple):
            return _of_one(reduction, series(value, name), name)
        return _of_many(reduction, value, missing_is_zero=missing_is_zero)

    return reduce


def _of_one(reduction: Reduction, one: Series, name: str) -> float:
    if not one.points and name not in {"SUM", "DATAPOINT_COUNT"}:
        raise NoData(one)
    return float(reduction(list(one.points.values())))


def _of_many(reduction: Reduction, many: Array, *, missing_is_zero: bool) -> Series:
    if not many:
        raise ExpressionError("there is no time series in the array")
    times = sorted({time for each in many for time in each.points})
    rows = ((time, [each.points.get(time) for each in many]) for time in times)
    return many[0].having({time: reduction(_known(row, missing_is_zero)) for time, row in rows})


def _known(row: Iterable[float | None], missing_is_zero: bool) -> list[float]:  # noqa: FBT001 (an inner step)
    if missing_is_zero:
        return [value or 0.0 for value in row]
    return [value for value in row if value is not None]


class NoData(Exception):
    """A scalar was asked of a series without points: the whole expression has no points."""

    def __init__(self, of: Series) -> None:
        super().__init__(of.label)
        self.of = of


def _stepwise(
    step: Callable[[tuple[float, float], tuple[float, float]], float],
) -> Callable[[Series], Series]:
    def change(one: Series) -> Series:
        return one.having({after[0]: step(before, after) for before, after in pairwise(one.points.items())})

    return change


def _running_sum(one: Series) -> Series:
    return one.having(dict(zip(one.points, accumulate(one.points.values()), strict=True)))


def _fill(value: Value, filler: Value | Word) -> Value:
    return over(lambda one: _filled(one, filler), value, "FILL")


def _filled(one: Series, filler: Value | Word) -> Series:
    grid = one.grid()
    if isinstance(filler, Word):
        fillers = {"REPEAT": _repeated, "LINEAR": _linear}
        if filler not in fillers:
            raise ExpressionError(f"FILL takes a number, a time series, REPEAT or LINEAR, not {filler}")
        spare = fillers[filler](one, grid)
    elif isinstance(filler, Series):
        spare = filler.points
    else:
        spare = dict.fromkeys(grid, scalar(filler, "FILL"))
    found = {time: one.points.get(time, spare.get(time)) for time in sorted({*grid, *one.points})}
    return one.having({time: value for time, value in found.items() if value is not None})


def _repeated(one: Series, grid: Sequence[float]) -> Mapping[float, float]:
    found: dict[float, float] = {}
    latest: float | None = None
    for time in grid:
        latest = one.points.get(time, latest)
        if latest is not None:
            found[time] = latest
    return found


def _linear(one: Series, grid: Sequence[float]) -> Mapping[float, float]:
    found: dict[float, float] = {}
    for (begin, low), (end, high) in pairwise(one.points.items()):
        inside = (time for time in grid if begin < time < end)
        found.update({time: low + (high - low) * (time - begin) / (end - begin) for time in inside})
    return found


def _if(condition: Value, positive: Value, negative: Value | None = None) -> Value:
    if not isinstance(condition, Series | tuple):
        chosen = positive if condition else negative
        return series(positive, "IF").having({}) if chosen is None else chosen
    one = series(condition, "IF")
    found = {
        time: _chosen(time, positive, 0.0) if value else _chosen(time, negative, None)
        for time, value in one.points.items()
    }
    return one.having({time: value for time, value in found.items() if value is not None})


def _chosen(time: float, value: Value | None, missing: float | None) -> float | None:
    if value is None:
        return None
    if isinstance(value, Series | tuple):
        return series(value, "IF").points.get(time, missing)
    return value


def _period(value: Value) -> float:
    one = series(value, "PERIOD")
    if not one.metric:
        raise ExpressionError("PERIOD takes a metric, not the result of an expression")
    return float(one.period)


def _calendar(part: Callable[[datetime], float]) -> Function:
    def calendar(value: Value) -> Value:
        one = series(value, "a calendar function")
        return one.having({time: float(part(datetime.fromtimestamp(time, UTC))) for time in one.grid()})

    return calendar


def _sort(value: Value, by: Word, order: Word, limit: Value = math.inf) -> Value:
    if by not in _SORTABLE or order not in {"ASC", "DESC"}:
        raise ExpressionError(f"SORT takes AVG, MIN, MAX or SUM and ASC or DESC, not {by}, {order}")
    known = [each for each in array(value, "SORT") if each.points]
    empty = [each for each in array(value, "SORT") if not each.points]
    known.sort(key=lambda each: _SORTABLE[by](list(each.points.values())), reverse=order == "DESC")
    most = scalar(limit, "SORT")
    return tuple([*known, *empty][: None if math.isinf(most) else int(most)])


def _slice(value: Value, start: Value, end: Value | None = None) -> Value:
    last = None if end is None else int(scalar(end, "SLICE"))
    return array(value, "SLICE")[int(scalar(start, "SLICE")) : last]


def _end_of(place: int, name: str) -> Function:
    def end(value: Value) -> Value:
        held = array(value, name)
        if not held:
            raise ExpressionError(f"{name} of an empty array")
        return held[place]

    return end


_SORTABLE: Mapping[str, Reduction] = {"AVG": fmean, "MIN": min, "MAX": max, "SUM": math.fsum}
_RATE = _stepwise(lambda before, after: (after[1] - before[1]) / (after[0] - before[0]))

FUNCTIONS: Mapping[str, Function] = {
    "ABS": lambda value: mapped(abs, value),
    "AVG": _reducing("AVG", fmean, missing_is_zero=True),
    "CEIL": lambda value: mapped(math.ceil, value),
    "DATAPOINT_COUNT": _reducing("DATAPOINT_COUNT", len),
    "DATE": _calendar(lambda at: at.day),
    "DAY": _calendar(lambda at: at.isoweekday()),
    "DIFF": lambda value: over(_stepwise(lambda before, after: after[1] - before[1]), value, "DIFF"),
    "DIFF_TIME": lambda value: over(
        _stepwise(lambda before, after: after[0] - before[0]), value, "DIFF_TIME"
    ),
    "EPOCH": _calendar(lambda at: at.timestamp()),
    "FILL": _fill,
    "FIRST": _end_of(0, "FIRST"),
    "FLOOR": lambda value: mapped(math.floor, value),
    "HOUR": _calendar(lambda at: at.hour),
    "IF": _if,
    "LAST": _end_of(-1, "LAST"),
    "LOG": lambda value: mapped(math.log, value),
    "LOG10": lambda value: mapped(math.log10, value),
    "MAX": _reducing("MAX", max),
    "METRIC_COUNT": lambda value: float(len(array(value, "METRIC_COUNT"))),
    "MIN": _reducing("MIN", min),
    "MINUTE": _calendar(lambda at: at.minute),
    "MONTH": _calendar(lambda at: at.month),
    "PERIOD": _period,
    "RATE": lambda value: over(_RATE, value, "RATE"),
    "REMOVE_EMPTY": lambda value: tuple(each for each in array(value, "REMOVE_EMPTY") if each.points),
    "RUNNING_SUM": lambda value: over(_running_sum, value, "RUNNING_SUM"),
    "SLICE": _slice,
    "SORT": _sort,
    "STDDEV": _reducing("STDDEV", pstdev),
    "SUM": _reducing("SUM", math.fsum, missing_is_zero=True),
    "YEAR": _calendar(lambda at: at.year),
}
REFUSED = frozenset(
    {"ANOMALY_DETECTION_BAND", "DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA", "SEARCH", "SERVICE_QUOTA"}
)
"""CloudWatch's functions that are not here."""

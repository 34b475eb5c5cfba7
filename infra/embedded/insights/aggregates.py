"""The aggregates of `stats`, each a function of all present values of a group.

Facts: "stats" in AWS's CloudWatch Logs user guide. `pct` and `median` interpolate linearly between the two
nearest values, `stddev` is that of a sample (0 for a single value): AWS documents neither, and approximates
percentiles and distinct counts in large data where these are exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.embedded.insights.functions import computed
from infra.embedded.insights.values import Computed, Value, hashable, number, sort_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate.

    `finish` takes the present values of a group, in the order of the rows, and the parameters.
    `with_instant` asks for (timestamp, value) pairs instead; `parameters` counts numbers after the field.
    """

    finish: Callable[..., Value]
    parameters: int = 0
    with_instant: bool = False
    takes_star: bool = False


def _numbers(values: Sequence[Value]) -> list[int | float]:
    return [found for value in values if (found := number(value)) is not None]


def _sum(values: Sequence[Value]) -> Value:
    numbers = _numbers(values)
    if all(type(value) is int for value in numbers):
        return sum(numbers)
    return computed(math.fsum(numbers))


def _average(values: Sequence[Value]) -> Value:
    numbers = _numbers(values)
    return Computed(math.fsum(numbers) / len(numbers)) if numbers else None


def _extreme(choose: Callable[..., Value]) -> Callable[[Sequence[Value]], Value]:
    def finish(values: Sequence[Value]) -> Value:
        numbers = _numbers(values)
        if numbers and len(numbers) == len(values):
            return choose(values, key=number)
        return choose(values, key=sort_key) if values else None

    return finish


def percentile(values: Sequence[Value], percent: float) -> Value:
    """Return the value below which `percent` % of the numbers among `values` lie."""
    numbers = sorted(_numbers(values))
    if not numbers:
        return None
    position = (len(numbers) - 1) * min(max(percent, 0.0), 100.0) / 100
    below = math.floor(position)
    above = min(below + 1, len(numbers) - 1)
    share = position - below
    return computed(numbers[below] + (numbers[above] - numbers[below]) * share if share else numbers[below])


def _median(values: Sequence[Value]) -> Value:
    return percentile(values, 50.0)


def _standard_deviation(values: Sequence[Value]) -> Value:
    numbers = _numbers(values)
    if not numbers:
        return None
    mean = math.fsum(numbers) / len(numbers)
    squares = math.fsum((value - mean) ** 2 for value in numbers)
    return Computed(math.sqrt(squares / max(len(numbers) - 1, 1)))


def _count_distinct(values: Sequence[Value]) -> Value:
    return len({hashable(value) for value in values})


def _sorts(choose: Callable[..., Value]) -> Callable[[Sequence[Value]], Value]:
    return lambda values: choose(values, key=sort_key) if values else None


def _dated(choose: Callable[..., Value]) -> Callable[[Sequence[Value]], Value]:
    def finish(pairs: Sequence[tuple[int, Value]]) -> Value:
        return choose(pairs, key=lambda pair: pair[0])[1] if pairs else None

    return finish


AGGREGATES: dict[str, Aggregate] = {
    "avg": Aggregate(_average),
    "count": Aggregate(len, takes_star=True),
    "count_distinct": Aggregate(_count_distinct),
    "max": Aggregate(_extreme(max)),
    "min": Aggregate(_extreme(min)),
    "sum": Aggregate(_sum),
    "pct": Aggregate(percentile, parameters=1),
    "median": Aggregate(_median),
    "stddev": Aggregate(_standard_deviation),
    "earliest": Aggregate(_dated(min), with_instant=True),
    "latest": Aggregate(_dated(max), with_instant=True),
    "sortsfirst": Aggregate(_sorts(min)),
    "sortslast": Aggregate(_sorts(max)),
}
"""All aggregates, by name in lower case."""

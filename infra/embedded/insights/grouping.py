"""The `stats` command: rows into groups, values into aggregates."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from infra.embedded.insights import syntax, trees
from infra.embedded.insights.aggregates import AGGREGATES
from infra.embedded.insights.expressions import compile_expression
from infra.embedded.insights.fields import Row
from infra.embedded.insights.values import hashable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from infra.embedded.insights.expressions import Evaluate
    from infra.embedded.insights.values import Value

_SLOT = "\0"
"""Begins the names under which aggregates wait for the expressions around them; no query can write it."""


def stage(stats: syntax.Stats, now: int) -> Callable[[Iterator[Row]], Iterator[Row]]:
    """Return the function from rows to one row a group, in the order in which groups first appear."""
    calls, columns = _lift(stats.columns)
    key_of = _key(stats.by, now)
    values_of = [_value(call, now) for call in calls]
    finish = [_finish(call) for call in calls]
    outer = [(column.name, compile_expression(column.expression, now)) for column in columns]
    by = [column.name for column in stats.by]

    def run(rows: Iterator[Row]) -> Iterator[Row]:
        for key, collected in _collect(rows, key_of, values_of, is_grouped=bool(by)).items():
            row = Row(zip(by, key, strict=True))
            for slot, (aggregate, values) in enumerate(zip(finish, collected, strict=True)):
                row[f"{_SLOT}{slot}"] = aggregate(values)
            for name, evaluate in outer:
                row[name] = evaluate(row)
            yield row

    return run


def _lift(columns: Sequence[syntax.Column]) -> tuple[list[syntax.Call], list[syntax.Column]]:
    """Take the aggregates out of the columns, leaving in their places fields that will hold their results."""
    calls: list[syntax.Call] = []

    def slot(part: syntax.Expression) -> syntax.Expression | None:
        if not isinstance(part, syntax.Call) or not trees.is_aggregate(part):
            return None
        if part not in calls:
            calls.append(part)
        return syntax.Field(f"{_SLOT}{calls.index(part)}", part.span)

    lifted = [
        syntax.Column(trees.rewrite(column.expression, slot), column.name, column.is_alias, column.span)
        for column in columns
    ]
    return calls, lifted


def _key(by: Sequence[syntax.Column], now: int) -> Callable[[Row], tuple[Any, ...]]:
    """Return the function from a row to its group."""
    evaluate = [compile_expression(column.expression, now) for column in by]
    if len(evaluate) == 1:
        (only,) = evaluate
        return lambda row: (only(row),)
    return lambda row: tuple([part(row) for part in evaluate])


def _value(call: syntax.Call, now: int) -> Evaluate:
    if not call.arguments:
        return lambda _row: 1
    evaluate = compile_expression(call.arguments[0], now)
    if not AGGREGATES[call.name].with_instant:
        return evaluate
    instant = itemgetter("@timestamp")

    def dated(row: Row) -> Value:
        value = evaluate(row)
        return None if value is None else (instant(row) or 0, value)

    return dated


def _finish(call: syntax.Call) -> Callable[[list[Value]], Value]:
    aggregate = AGGREGATES[call.name]
    parameters = [argument.value for argument in call.arguments[1:] if isinstance(argument, syntax.Literal)]
    return lambda values: aggregate.finish(values, *parameters)


def _collect(
    rows: Iterator[Row],
    key_of: Callable[[Row], tuple[Any, ...]],
    values_of: Sequence[Evaluate],
    *,
    is_grouped: bool,
) -> dict[tuple[Any, ...], list[list[Value]]]:
    """Return, for each group, the present values of each aggregate.

    Without `by` there is one group, even of nothing.
    """
    groups: dict[tuple[Any, ...], list[list[Value]]] = {}
    if not is_grouped:
        groups[()] = [[] for _ in values_of]
    for row in rows:
        key = key_of(row)
        try:
            group = groups.get(key)
        except TypeError:  # a structure from jsonParse is grouped by its text
            key = tuple(hashable(part) for part in key)
            group = groups.get(key)
        if group is None:
            group = groups[key] = [[] for _ in values_of]
        for evaluate, values in zip(values_of, group):  # noqa: B905  # of equal length; strict costs time here
            value = evaluate(row)
            if value is not None:
                values.append(value)
    return groups

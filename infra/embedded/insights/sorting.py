"""The `sort` command."""

from __future__ import annotations

import operator
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from infra.embedded.insights import syntax
from infra.embedded.insights.expressions import compile_expression
from infra.embedded.insights.values import sort_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from infra.embedded.insights.expressions import Evaluate
    from infra.embedded.insights.fields import Row

    SortedBy = tuple[Any, ...]
    _Keyed = tuple[SortedBy, Row]

_ROWS_BETWEEN_SORTS = 5_000


def rows_needed(following: Sequence[syntax.Command], limit: int) -> int | None:
    """Return how many rows of a sort can reach the result; None where a later command needs all of them."""
    for command in following:
        if isinstance(command, syntax.Limit):
            return command.count
        if not isinstance(command, (syntax.Fields, syntax.Display, syntax.Parse)):
            return None
    return limit


def stage(
    keys: Sequence[syntax.SortKey], now: int, needed: int | None
) -> Callable[[Iterator[Row]], Iterator[Row]]:
    """Return the function that sorts rows.

    Where only `needed` rows can be shown, it drops the others on the way instead of keeping them all.
    """
    evaluate_first, *_ = compiled = [compile_expression(key.expression, now) for key in keys]
    descending = [key.descending for key in keys]
    is_worse = operator.lt if descending[0] else operator.gt

    def run(rows: Iterator[Row]) -> Iterator[Row]:
        kept: list[_Keyed] = []
        worst: SortedBy | None = None
        for row in rows:
            key = sort_key(evaluate_first(row))
            if worst is not None and is_worse(key, worst):
                continue
            kept.append((key, row))
            if needed is not None and len(kept) > 2 * needed + _ROWS_BETWEEN_SORTS:
                _order(kept, compiled, descending)
                del kept[needed:]
                worst = kept[-1][0]
        _order(kept, compiled, descending)
        return (row for _, row in kept)

    return run


def _order(kept: list[_Keyed], evaluate: Sequence[Evaluate], descending: Sequence[bool]) -> None:
    for place in range(len(evaluate) - 1, 0, -1):
        kept.sort(key=_secondary(evaluate[place]), reverse=descending[place])
    kept.sort(key=itemgetter(0), reverse=descending[0])


def _secondary(evaluate: Evaluate) -> Callable[[_Keyed], SortedBy]:
    return lambda keyed: sort_key(evaluate(keyed[1]))

"""Walking and rewriting the tree of an expression."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from infra.embedded.insights import syntax
from infra.embedded.insights.aggregates import AGGREGATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.embedded.insights.syntax import Expression


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct parts of an expression."""
    match expression:
        case syntax.Call(arguments=arguments):
            return arguments
        case syntax.Negative(operand=operand) | syntax.Not(operand=operand) | syntax.Match(operand=operand):
            return (operand,)
        case syntax.Arithmetic(left=left, right=right) | syntax.Comparison(left=left, right=right):
            return (left, right)
        case syntax.Membership(operand=operand, options=options):
            return (operand, *options)
        case syntax.Either(operands=operands) | syntax.Both(operands=operands):
            return operands
    return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all its parts."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def depth(expression: Expression) -> int:
    """Return the number of levels of an expression, without recursion."""
    deepest = 0
    waiting = [(expression, 1)]
    while waiting:
        part, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((child, level + 1) for child in children(part))
    return deepest


def rewrite(  # noqa: PLR0911  # one a kind
    expression: Expression, replace: Callable[[Expression], Expression | None]
) -> Expression:
    """Return the expression with each part for which `replace` gives something replaced by that."""
    replacement = replace(expression)
    if replacement is not None:
        return replacement
    parts = [rewrite(child, replace) for child in children(expression)]
    match expression:
        case syntax.Call():
            return dataclasses.replace(expression, arguments=tuple(parts))
        case syntax.Negative() | syntax.Not() | syntax.Match():
            return dataclasses.replace(expression, operand=parts[0])
        case syntax.Arithmetic() | syntax.Comparison():
            return dataclasses.replace(expression, left=parts[0], right=parts[1])
        case syntax.Membership():
            return dataclasses.replace(expression, operand=parts[0], options=tuple(parts[1:]))
        case syntax.Either() | syntax.Both():
            return dataclasses.replace(expression, operands=tuple(parts))
    return expression


def is_aggregate(expression: Expression) -> bool:
    """Say whether an expression is itself a call of an aggregate."""
    return isinstance(expression, syntax.Call) and expression.name in AGGREGATES


def of_command(command: syntax.Command) -> tuple[Expression, ...]:  # noqa: PLR0911  # one a kind
    """Return the expressions that a command evaluates, in the order written."""
    match command:
        case syntax.Fields(columns=columns) | syntax.Display(columns=columns):
            return tuple(column.expression for column in columns)
        case syntax.Stats(columns=columns, by=by):
            return tuple(column.expression for column in (*columns, *by))
        case syntax.Filter(condition=condition):
            return (condition,)
        case syntax.Parse(operand=operand) | syntax.Unnest(operand=operand):
            return (operand,)
        case syntax.Sort(keys=keys):
            return tuple(key.expression for key in keys)
        case syntax.Dedup(fields=fields):
            return fields
        case syntax.Limit():
            return ()

"""From the tree of an expression to a function of a row.

A function made once a query and called once a row costs a fraction of walking the tree for every row.
"""

from __future__ import annotations

import math
import operator
from operator import itemgetter
from typing import TYPE_CHECKING

from infra.embedded.insights import syntax
from infra.embedded.insights.functions import FUNCTIONS, computed, is_true
from infra.embedded.insights.values import equal, number, order, text

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from infra.embedded.insights.fields import Row
    from infra.embedded.insights.values import Value

    Evaluate = Callable[[Row], Value]

_ORDERINGS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LARGEST_EXPONENT = 1024


def compile_expression(expression: syntax.Expression, now: int) -> Evaluate:  # noqa: PLR0911  # one a kind
    """Return the function of a row that `expression` is; `now` is the time of the query, in milliseconds."""
    match expression:
        case syntax.Field(name=name):
            return itemgetter(name)
        case syntax.Literal() | syntax.Period():
            return _constant(expression)
        case syntax.Star():
            return lambda _row: 1
        case syntax.Call():
            return _call(expression, now)
        case syntax.Negative(operand=operand):
            return _arithmetic("-", lambda _row: 0, compile_expression(operand, now))
        case syntax.Arithmetic(operator=sign, left=left, right=right):
            return _arithmetic(sign, compile_expression(left, now), compile_expression(right, now))
        case _:
            return _condition(expression, now)


def _condition(expression: syntax.Expression, now: int) -> Evaluate:
    match expression:
        case syntax.Comparison(operator=sign, left=left, right=right):
            return _comparison(sign, compile_expression(left, now), compile_expression(right, now))
        case syntax.Match(operand=operand, pattern=pattern, negated=negated):
            return _match(compile_expression(operand, now), pattern, negated=negated)
        case syntax.Membership(operand=operand, options=options, negated=negated):
            compiled = [compile_expression(option, now) for option in options]
            return _membership(compile_expression(operand, now), compiled, negated=negated)
        case syntax.Not(operand=operand):
            inner = compile_expression(operand, now)
            return lambda row: 0 if is_true(inner(row)) else 1
        case syntax.Both(operands=operands):
            every = [compile_expression(part, now) for part in operands]
            return lambda row: 1 if all(is_true(part(row)) for part in every) else 0
        case syntax.Either(operands=operands):
            some = [compile_expression(part, now) for part in operands]
            return lambda row: 1 if any(is_true(part(row)) for part in some) else 0
    raise TypeError(f"{expression!r} is not an expression")


def _constant(expression: syntax.Literal | syntax.Period) -> Evaluate:
    value = expression.value if isinstance(expression, syntax.Literal) else expression
    return lambda _row: value


def _call(call: syntax.Call, now: int) -> Evaluate:
    function = FUNCTIONS[call.name]
    arguments = [compile_expression(argument, now) for argument in call.arguments]
    if function.on_timestamp:
        arguments.insert(0, itemgetter("@timestamp"))
    if function.on_now:
        arguments.insert(0, lambda _row: now)
    apply = function.call
    if len(arguments) == 1:
        (only,) = arguments
        return lambda row: apply(only(row))
    return lambda row: apply(*[argument(row) for argument in arguments])


def _power(base: float, exponent: float) -> complex:
    if abs(exponent) > _LARGEST_EXPONENT:
        base = float(base)
    power: complex = base**exponent  # a negative base may give a complex number
    return power


def _divide(dividend: float, divisor: float) -> float:
    quotient = dividend / divisor
    return int(quotient) if quotient.is_integer() else quotient


_OPERATIONS: dict[str, Callable[[float, float], complex]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": math.fmod,
    "^": _power,
}


def _arithmetic(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    operation = _OPERATIONS[sign]

    def evaluate(row: Row) -> Value:
        first, second = number(left(row)), number(right(row))
        if first is None or second is None:
            return None
        try:
            return computed(operation(first, second))
        except (ZeroDivisionError, OverflowError, ValueError):
            return None

    return evaluate


def _comparison(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    if sign == "=":
        return lambda row: 1 if equal(left(row), right(row)) else 0
    if sign == "!=":
        return lambda row: 0 if equal(left(row), right(row)) else 1
    holds = _ORDERINGS[sign]

    def evaluate(row: Row) -> Value:
        found = order(left(row), right(row))
        return 1 if found is not None and holds(found, 0) else 0

    return evaluate


def _match(operand: Evaluate, pattern: str | re.Pattern[str], *, negated: bool) -> Evaluate:
    """An absent field contains nothing: `like` is false of it and `not like` true."""
    hit, miss = (0, 1) if negated else (1, 0)
    if isinstance(pattern, str):
        return lambda row: hit if (found := text(operand(row))) is not None and pattern in found else miss
    search = pattern.search
    return lambda row: hit if (found := text(operand(row))) is not None and search(found) else miss


def _membership(operand: Evaluate, options: list[Evaluate], *, negated: bool) -> Evaluate:
    def evaluate(row: Row) -> Value:
        value = operand(row)
        return int(any(equal(value, option(row)) for option in options) != negated)

    return evaluate

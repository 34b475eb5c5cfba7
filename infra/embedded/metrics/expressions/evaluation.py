"""From the text of an expression to time series."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree, UnexpectedInput, UnexpectedToken
from lark.visitors import Interpreter

from infra.embedded.metrics.expressions import values
from infra.embedded.metrics.expressions.functions import FUNCTIONS, REFUSED, NoData, Word
from infra.embedded.metrics.expressions.values import Array, ExpressionError, Operation, Value
from infra.embedded.metrics.series import Series, Span

MAX_LENGTH = 2048
_OPERATIONS: Mapping[str, Operation] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression can refer to."""

    named: Callable[[str], Value]
    """The result of the query of this id; raises ExpressionError when there is none."""
    metrics: Callable[[], Mapping[str, Series]]
    """The metrics of the request by id, in its order."""
    span: Span
    period: int
    """Of series that come from no metric, seconds."""


def evaluate(text: str, names: Names, label: str) -> Array:
    """The series that an expression gives. Raises ExpressionError."""
    tree = parse(text)
    try:
        value = _Evaluator(names).visit(tree)
    except NoData as nothing:
        value = nothing.of.having({})
    except RecursionError as error:
        raise ExpressionError("it is nested too deeply") from error
    if isinstance(value, tuple):
        return value
    if not isinstance(value, Series):
        raise ExpressionError("the result must be a time series or an array of them, and this is a scalar")
    return (Series(label, value.period, value.span, value.points),)


@lru_cache(maxsize=256)
def parse(text: str) -> Tree[Token]:
    """The expression as a tree. Raises ExpressionError with the position."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"it has {len(text):,} characters, and the limit is {MAX_LENGTH:,}")
    if text.lstrip()[:6].upper() == "SELECT":
        raise ExpressionError(
            "Metrics Insights queries (SELECT) are not emulated here: name the metrics instead"
        )
    try:
        return _grammar().parse(text)
    except UnexpectedInput as error:
        raise ExpressionError(f"it does not parse at {_place(text, error)}") from error


def _place(text: str, error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return "the end: a bracket is open or an operand is missing"
    what = error.token if isinstance(error, UnexpectedToken) else text[error.pos_in_stream :][:1]
    return f"{str(what)!r} at column {error.column}"


@cache
def _grammar() -> Lark:
    text = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", maybe_placeholders=False)


class _Evaluator(Interpreter[Token, Any]):
    """The value of each kind of tree."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names

    def number(self, tree: Tree[Token]) -> float:
        return float(str(tree.children[0]))

    def string(self, tree: Tree[Token]) -> str:
        return str(tree.children[0])[1:-1]

    def word(self, tree: Tree[Token]) -> Word:
        return Word(tree.children[0])

    def name(self, tree: Tree[Token]) -> Value:
        return self.names.named(str(tree.children[0]))

    def negative(self, tree: Tree[Token]) -> Value:
        return values.mapped(operator.neg, self._operand(self.visit_children(tree)[0]))

    def arithmetic(self, tree: Tree[Token]) -> Value:
        left, sign, right = self.visit_children(tree)
        return values.combine(_OPERATIONS[str(sign)], self._operand(left), self._operand(right))

    comparison = arithmetic

    def both(self, tree: Tree[Token]) -> Value:
        return self._logic(tree, lambda left, right: float(bool(left) and bool(right)))

    def either(self, tree: Tree[Token]) -> Value:
        return self._logic(tree, lambda left, right: float(bool(left) or bool(right)))

    def array(self, tree: Tree[Token]) -> Array:
        held = [self._operand(value) for value in self.visit_children(tree)]
        return reduce(lambda before, value: before + values.array(value, "an array"), held, ())

    def call(self, tree: Tree[Token]) -> Value:
        name, *arguments = self.visit_children(tree)
        if name == "METRICS":
            return self._metrics(arguments)
        if name == "TIME_SERIES":
            return self._time_series(arguments)
        return _called(str(name), arguments)

    def _logic(self, tree: Tree[Token], operation: Operation) -> Value:
        left, right = (self._operand(value) for value in self.visit_children(tree))
        return values.combine(operation, left, right)

    @staticmethod
    def _operand(value: Any) -> Value:
        if isinstance(value, str):
            raise ExpressionError(f"{str(value)!r} is neither a number nor a time series")
        return value  # type: ignore[no-any-return]

    def _metrics(self, arguments: Sequence[Any]) -> Array:
        if len(arguments) > 1 or not all(isinstance(each, str) for each in arguments):
            raise ExpressionError("METRICS takes one string at most, a part of the ids")
        held = self.names.metrics()
        return tuple(one for key, one in held.items() if not arguments or arguments[0] in key)

    def _time_series(self, arguments: Sequence[Any]) -> Series:
        if len(arguments) != 1:
            raise ExpressionError("TIME_SERIES takes one scalar")
        number = values.scalar(self._operand(arguments[0]), "TIME_SERIES")
        grid = self.names.span.grid(self.names.period)
        return Series("TIME_SERIES", self.names.period, self.names.span, dict.fromkeys(grid, number))


def _called(name: str, arguments: Sequence[Any]) -> Value:
    if name in REFUSED:
        raise ExpressionError(f"the function {name} is not emulated here")
    if name not in FUNCTIONS:
        raise ExpressionError(f"there is no function {name}; there are {', '.join(FUNCTIONS)}")
    function = FUNCTIONS[name]
    if name not in {"FILL", "SORT"} and any(isinstance(each, str) for each in arguments):
        raise ExpressionError(f"{name} takes time series and numbers, not words or strings")
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        raise ExpressionError(f"{name} does not take {len(arguments)} arguments") from error
    return function(*arguments)

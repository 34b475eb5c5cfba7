"""From lark's tree to the typed tree of `syntax`, without recursion (a query may nest deeply)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive, v_args

from infra.embedded.insights import patterns, periods, syntax
from infra.embedded.insights.errors import MalformedQuery
from infra.embedded.insights.functions import ROUNDING

if TYPE_CHECKING:
    import re

    from lark import Token, Tree
    from lark.tree import Meta

    from infra.embedded.insights.syntax import Expression, Span


def build(tree: Tree[Token], text: str) -> syntax.Query:
    """Return the query that `tree`, the parse of `text`, stands for."""
    try:
        query: syntax.Query = _Builder(text).transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, MalformedQuery):
            raise error.orig_exc from None
        raise
    return query


def _span(place: Meta | Token) -> Span:
    if hasattr(place, "start_pos") and place.start_pos is not None and place.end_pos is not None:
        return place.start_pos, place.end_pos
    return 0, 0


def _unescape(token: str) -> str:
    body = token[1:-1]
    for quote in "\"'":
        body = body.replace(f"\\{quote}", quote)
    return body.replace("\\\\", "\\")


def _regular_expression(token: Token) -> re.Pattern[str]:
    start, end = _span(token)
    try:
        return patterns.compile_expression(token[1:-1])
    except patterns.InvalidPattern as error:
        sentence = f"The regular expression {token} is not valid: {error}"
        raise MalformedQuery(sentence, start=start, end=end) from None


def _pattern(token: Token) -> str | re.Pattern[str]:
    return _unescape(token) if token.type == "STRING" else _regular_expression(token)


@v_args(inline=True)
class _Builder(Transformer_NonRecursive[Any, Any]):
    """One method a rule of the grammar; lark calls it with the rule's built parts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def query(self, *commands: syntax.Command | syntax.Source) -> syntax.Query:
        source = commands[0] if isinstance(commands[0], syntax.Source) else None
        rest = tuple(command for command in commands[source is not None :])
        for command in rest:
            if isinstance(command, syntax.Source):
                raise MalformedQuery("SOURCE may only be the first command", start=0, end=len(self._text))
        return syntax.Query(rest, source)  # type: ignore[arg-type]  # a Source among them was refused above

    @v_args(meta=True)
    def source(self, meta: Meta, options: list[tuple[str, tuple[str, ...]]]) -> syntax.Source:
        given = dict(options)
        unknown = [name for name in given if name not in ("namePrefix", "class", "accountIdentifiers")]
        if unknown:
            start, end = _span(meta)
            sentence = f"SOURCE logGroups() takes namePrefix, class and accountIdentifiers, not {unknown[0]}"
            raise MalformedQuery(sentence, start=start, end=end)
        return syntax.Source(given.get("namePrefix", ()))

    def source_option(self, name: Token, *values: Token) -> tuple[str, tuple[str, ...]]:
        return str(name), tuple(_unescape(value) for value in values)

    def fields(self, *columns: syntax.Column) -> syntax.Fields:
        return syntax.Fields(columns)

    def display(self, *columns: syntax.Column) -> syntax.Display:
        return syntax.Display(columns)

    def filter(self, condition: Expression) -> syntax.Filter:
        return syntax.Filter(condition)

    @v_args(meta=True)
    def parse(self, meta: Meta, parts: list[Any]) -> syntax.Parse:
        span = _span(meta)
        operand = parts.pop(0) if isinstance(parts[0], syntax.Field) else syntax.Field("@message", span)
        token, aliases = parts[0], tuple(parts[1:])
        try:
            if token.type == "STRING":
                pattern = patterns.compile_glob(_unescape(token))
            else:
                pattern = _regular_expression(token)
            names = patterns.names_of_groups(pattern, aliases)
        except patterns.InvalidPattern as error:
            raise MalformedQuery(str(error), start=span[0], end=span[1]) from None
        return syntax.Parse(operand, pattern, names, span)

    def stats(self, columns: tuple[syntax.Column, ...], by: tuple[syntax.Column, ...] | None) -> syntax.Stats:
        return syntax.Stats(columns, by or ())

    def sort(self, *keys: syntax.SortKey) -> syntax.Sort:
        return syntax.Sort(keys)

    def limit(self, count: Token) -> syntax.Limit:
        return syntax.Limit(int(count), _span(count))

    @v_args(meta=True)
    def dedup(self, meta: Meta, fields: list[syntax.Field]) -> syntax.Dedup:
        return syntax.Dedup(tuple(fields), _span(meta))

    @v_args(meta=True)
    def unnest(self, meta: Meta, parts: list[Any]) -> syntax.Unnest:
        return syntax.Unnest(parts[0], parts[1], _span(meta))

    def columns(self, *columns: syntax.Column) -> tuple[syntax.Column, ...]:
        return columns

    @v_args(meta=True)
    def column(self, meta: Meta, parts: list[Any]) -> syntax.Column:
        expression, alias = parts
        span = _span(meta)
        if alias is not None:
            return syntax.Column(expression, alias, is_alias=True, span=span)
        name = expression.name if isinstance(expression, syntax.Field) else self._text[span[0] : span[1]]
        return syntax.Column(expression, name, is_alias=False, span=span)

    def sort_key(self, expression: Expression, *order: Token | None) -> syntax.SortKey:
        return syntax.SortKey(expression, any(word is not None and word.type == "DESC" for word in order))

    def alias(self, token: Token) -> str:
        return token.replace("`", "")

    def either(self, left: Expression, right: Expression) -> syntax.Either:
        first = left.operands if isinstance(left, syntax.Either) else (left,)
        return syntax.Either((*first, right))

    def both(self, left: Expression, right: Expression) -> syntax.Both:
        first = left.operands if isinstance(left, syntax.Both) else (left,)
        return syntax.Both((*first, right))

    def negate(self, operand: Expression) -> syntax.Not:
        return syntax.Not(operand)

    def compare(self, left: Expression, operator: Token, right: Expression) -> syntax.Comparison:
        return syntax.Comparison(str(operator), left, right)

    def match(self, operand: Expression, negated: Token | None, pattern: Token) -> syntax.Match:
        return syntax.Match(operand, _pattern(pattern), negated is not None)

    def match_tilde(self, operand: Expression, pattern: Token) -> syntax.Match:
        return syntax.Match(operand, _pattern(pattern), negated=False)

    def member(self, operand: Expression, negated: Token | None, *options: Expression) -> syntax.Membership:
        return syntax.Membership(operand, options, negated is not None)

    def arithmetic(self, left: Expression, operator: Token, right: Expression) -> syntax.Arithmetic:
        return syntax.Arithmetic(str(operator), left, right)

    def negative(self, _minus: Token, operand: Expression) -> syntax.Expression:
        if isinstance(operand, syntax.Literal) and not isinstance(operand.value, str):
            return syntax.Literal(-operand.value)
        return syntax.Negative(operand)

    @v_args(meta=True)
    def call(self, meta: Meta, parts: list[Any]) -> syntax.Call:
        name, arguments = parts[0].lower(), parts[1:]
        if name in ROUNDING:
            arguments = [
                periods.capped(part) if isinstance(part, syntax.Period) else part for part in arguments
            ]
        return syntax.Call(name, tuple(arguments), _span(meta))

    def star(self, _token: Token) -> syntax.Star:
        return syntax.Star()

    def number(self, token: Token) -> syntax.Literal:
        return syntax.Literal(int(token) if token.type == "INTEGER" else float(token))

    def string(self, token: Token) -> syntax.Literal:
        return syntax.Literal(_unescape(token))

    def period(self, token: Token) -> syntax.Period:
        return periods.read(token)

    def field(self, token: Token) -> syntax.Field:
        return syntax.Field(token.replace("`", ""), _span(token))

    parsed_field = field

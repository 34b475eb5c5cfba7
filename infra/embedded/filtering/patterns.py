"""From the text of a filter pattern to a test of a message.

Not emulated: patterns for messages of fields between spaces, `[a, b = 1, ...]`.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, VisitError
from lark.visitors import Transformer, v_args

from infra.embedded.filtering import documents, terms
from infra.embedded.filtering.documents import Condition
from infra.embedded.filtering.errors import InvalidPattern
from infra.embedded.filtering.terms import Term, Test
from infra.embedded.refusals import NotImplementedHere

_SYMBOLS = re.compile(r"[^\w\s]+")

MAXIMUM_LENGTH = 1024
"""Characters; botocore's service model."""

MAXIMUM_EXPRESSIONS = 2
MAXIMUM_WILDCARDS = 3
"""Regular expressions, and selectors with a wildcard, in one pattern; AWS's user guide."""


@functools.lru_cache(maxsize=64)
def compile_pattern(pattern: str) -> Test:
    """Return the test that `pattern` stands for.

    Raises InvalidPattern, and NotImplementedHere for a pattern of fields between spaces.
    """
    text = pattern.strip()
    if len(pattern) > MAXIMUM_LENGTH:
        raise InvalidPattern(
            f"1 validation error detected: Value at 'filterPattern' has {len(pattern)} characters; "
            f"Member must have length less than or equal to {MAXIMUM_LENGTH}"
        )
    if not text:
        return lambda _: True
    if text.startswith("["):
        raise NotImplementedHere("logs:FilterLogEvents with a pattern of fields between spaces, [a, b],")
    try:
        return _Builder().transform(_parser("document" if text.startswith("{") else "text").parse(text))  # type: ignore[no-any-return]
    except UnexpectedInput as error:
        raise _explained(error, text) from None
    except VisitError as error:
        raise error.orig_exc from None


@functools.cache
def _parser(start: str) -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", start=start)


def _explained(error: UnexpectedInput, text: str) -> InvalidPattern:
    out_of_place = isinstance(error, UnexpectedCharacters) or not text.startswith("{")
    found = _SYMBOLS.match(text, error.pos_in_stream or 0) if out_of_place else None
    return InvalidPattern(f"Invalid character(s) in term '{found[0]}'" if found else "Invalid filter pattern")


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """One method a rule of the grammar; lark calls it with the rule's built parts."""

    def __init__(self) -> None:
        super().__init__()
        self._expressions = 0
        self._wildcards = 0

    def text(self, first: Token | Term, *others: Term) -> Test:
        if isinstance(first, Token):
            return terms.regular_expression(first)
        return terms.all_of((first, *others))

    def term(self, sign: Token | None, token: Token) -> Term:
        return Term(str(sign or ""), terms.unquoted(token) if token.type == "PHRASE" else str(token))

    def document(self, condition: Condition) -> Test:
        return documents.on_messages(condition)

    def either(self, *conditions: Condition) -> Condition:
        return lambda document: any(condition(document) for condition in conditions)

    def both(self, *conditions: Condition) -> Condition:
        return lambda document: all(condition(document) for condition in conditions)

    def comparison(self, selector: Token, symbol: Token, value: Token) -> Condition:
        steps = self._steps(selector)
        if value.type == "BARE" and documents.NUMBER.fullmatch(value):
            return documents.compares_number(steps, symbol, value)
        return documents.compares_text(steps, symbol, self._test(value))

    def is_value(self, selector: Token, constant: Token) -> Condition:
        return documents.is_constant(self._steps(selector), constant)

    def exists(self, selector: Token) -> Condition:
        return documents.exists(self._steps(selector))

    def not_exists(self, selector: Token) -> Condition:
        met = documents.exists(self._steps(selector))
        return lambda document: not met(document)

    def _steps(self, selector: str) -> tuple[documents.Step, ...]:
        steps = documents.steps_of(selector)
        self._wildcards = self._counted(self._wildcards + steps.count(None), MAXIMUM_WILDCARDS)
        return steps

    def _test(self, value: Token) -> Test:
        if value.type != "REGEX":
            return terms.wildcard(terms.unquoted(value) if value.type == "PHRASE" else value)
        self._expressions = self._counted(self._expressions + 1, MAXIMUM_EXPRESSIONS)
        return terms.regular_expression(value)

    @staticmethod
    def _counted(count: int, most: int) -> int:
        if count > most:
            raise InvalidPattern("Invalid filter pattern")
        return count

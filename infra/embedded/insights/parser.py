"""From the text of a query to its tree.

`parse(text)` raises `MalformedQuery`, with the place, for any text that is not a query, and `NotEmulated` for
what AWS has and we lack. The grammar is compiled at the first call (some tens of milliseconds).
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from infra.embedded.insights import builder, checks, scopes
from infra.embedded.insights.errors import MalformedQuery, NotEmulated

if TYPE_CHECKING:
    from infra.embedded.insights.syntax import Query

MAXIMUM_QUERY_LENGTH = 10_000
"""Characters; botocore's service model of StartQuery."""

COMMANDS = ("fields", "display", "filter", "parse", "stats", "sort", "limit", "dedup", "unnest", "SOURCE")

REFUSED_COMMANDS = frozenset(
    {"pattern", "diff", "anomaly", "unmask", "filterindex", "join", "lookup", "addtotals", "tail", "search"}
)
"""Commands that AWS has (some of them undocumented) and this engine does not."""

_READABLE = {
    "NAME": "a field",
    "QUOTED_NAME": "a field in backticks",
    "STRING": "a string in quotes",
    "REGEX": "a regular expression between slashes",
    "INTEGER": "a whole number",
    "NUMBER": "a number",
    "PERIOD": "a period such as 5m",
    "FUNCTION": "a function",
    "COMPARISON": "a comparison such as =",
    "$END": "the end of the query",
    "_PIPE": "'|'",
    "_MATCHES": "'=~'",
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "COMMA": "','",
    "COLON": "':'",
    "PLUS": "'+'",
    "MINUS": "'-'",
    "TIMES": "'*'",
    "SLASH": "'/'",
    "PERCENT": "'%'",
    "CARET": "'^'",
    "NEGATED": "'not'",
}


def parse(text: str) -> Query:
    """Return the tree of `text`."""
    if len(text) > MAXIMUM_QUERY_LENGTH:
        raise MalformedQuery(
            f"The query has {len(text)} characters; at most {MAXIMUM_QUERY_LENGTH} are allowed",
            start=MAXIMUM_QUERY_LENGTH,
            end=len(text),
        )
    query = builder.build(_tree(text), text)
    checks.check_depth(query, len(text))
    query = scopes.resolve(query)
    checks.check(query)
    return query


@functools.cache
def _grammar() -> Lark:
    text = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer="contextual", start="query", propagate_positions=True)


def _tree(text: str) -> Tree[Token]:
    try:
        return _grammar().parse(text)
    except UnexpectedInput as error:
        raise _explain(error, text) from None


def _explain(error: UnexpectedInput, text: str) -> MalformedQuery | NotEmulated:
    start, end = _place(error, text)
    expected = _expected(error)
    found = text[start:end]
    if "_FIELDS" in expected and found.lower() in REFUSED_COMMANDS:
        return NotEmulated(f"The command '{found}'")
    if "_FIELDS" in expected:
        wanted = f"a command ({', '.join(COMMANDS)})"
    else:
        wanted = _one_of(sorted({_readable(name) for name in expected}))
    what = f"Unexpected '{found}'" if found else "The query ends too early"
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return MalformedQuery(
        f"{what} at line {line}, position {column}: expected {wanted}", start=start, end=end
    )


def _place(error: UnexpectedInput, text: str) -> tuple[int, int]:
    at_end = isinstance(error, UnexpectedEOF) or (
        isinstance(error, UnexpectedToken) and error.token.type == "$END"
    )
    start = len(text) if at_end or error.pos_in_stream is None else error.pos_in_stream
    word = re.compile(r"[\w@.]+|\S|$").match(text, start)
    return start, word.end() if word else start


def _expected(error: UnexpectedInput) -> set[str]:
    if isinstance(error, UnexpectedCharacters):
        return set(error.allowed or ())
    if isinstance(error, UnexpectedToken):
        return set(error.accepts or error.expected)
    return set()


def _readable(terminal: str) -> str:
    return _READABLE.get(terminal, f"'{terminal.strip('_').lower()}'")


def _one_of(wanted: list[str]) -> str:
    if len(wanted) > 1:
        return f"{', '.join(wanted[:-1])} or {wanted[-1]}"
    return wanted[0] if wanted else "something else"

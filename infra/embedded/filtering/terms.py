"""Words, phrases and regular expressions of a filter pattern, as tests of a text."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infra.embedded.filtering.errors import InvalidPattern

Test = Callable[[str], bool]

_PIECE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|[^x]|$)|[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|*+.]")
_ESCAPED = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|[dDsSwW]|[^A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase; `sign` is `-` (must not occur), `?` (one of these must) or empty (must occur)."""

    sign: str
    text: str


def all_of(terms: Sequence[Term]) -> Test:
    """Return the test for terms; beside others, AWS ignores those with a question mark."""
    needed = [term.text for term in terms if not term.sign]
    forbidden = [term.text for term in terms if term.sign == "-"]
    if not needed and not forbidden:
        return lambda text: any(term.text in text for term in terms)
    return lambda text: all(term in text for term in needed) and not any(term in text for term in forbidden)


def regular_expression(token: str) -> Test:
    """Return the test for a `%regular expression%`, of which AWS takes few characters and no groups."""
    body = token[1:-1]
    place = 0
    while place < len(body):
        piece = _PIECE.match(body, place)
        if piece is None or (piece[0][0] == "\\" and not _ESCAPED.fullmatch(piece[0])):
            raise InvalidPattern(
                f"Invalid character(s) in term '{body[place] if piece is None else piece[0]}'"
            )
        place = piece.end()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            search = re.compile(body, re.ASCII).search
    except (re.error, OverflowError):
        raise InvalidPattern("Invalid filter pattern") from None
    return lambda text: search(text) is not None


def wildcard(value: str) -> Test:
    """Return the test for a value in which `*`, at its start or end, stands for any text."""
    core = value.strip("*")
    starts, ends = value.startswith("*"), value.endswith("*")
    if not core:
        return (lambda _: True) if value else (lambda text: not text)
    if starts and ends:
        return lambda text: core in text
    if starts:
        return lambda text: text.endswith(core)
    return (lambda text: text.startswith(core)) if ends else (lambda text: text == value)


def unquoted(token: str) -> str:
    """Return the text of a phrase in double quotes."""
    return re.sub(r"\\([\"\\])", r"\1", token[1:-1])

"""Sees that a template is plain data: what JSON can say, and no more of it than CloudFormation takes.

YAML can say more than JSON (dates, keys that are no text), and a few lines of aliases can stand for
gigabytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.packaging.errors import NotATemplateError

MOST_CHARACTERS = 1_000_000  # a template's body, in a bucket
DEEPEST = 100  # far above what a template needs, far below what Python's recursion allows
WORDS = {
    dict: "a mapping",
    list: "a list",
    str: "a text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
}


def check_plain(path: Path, template: Any) -> None:
    """Raise NotATemplateError at the first value that is not plain, or when there is too much of it."""
    waiting: list[tuple[str, Any, int]] = [("", template, 0)]
    size = 0
    while waiting:
        place, value, depth = waiting.pop()
        problem = _problem(value)
        if problem:
            raise NotATemplateError(path, f"{place.lstrip('.')} {problem}")
        if depth > DEEPEST:
            raise NotATemplateError(
                path, f"{place[:80].lstrip('.')}... is nested more than {DEEPEST} levels deep"
            )
        size += len(value) if isinstance(value, str) else 1
        if size > MOST_CHARACTERS:
            limit = f"more than the {MOST_CHARACTERS:,} characters that CloudFormation takes"
            raise NotATemplateError(path, f"written out without aliases it has {limit}")
        waiting += [(f"{place}{part}", item, depth + 1) for part, item in _inside(path, place, value)]


def called(value: Any) -> str:
    """Return what a value is, in words."""
    return WORDS.get(type(value), f"a {type(value).__name__}")


def _problem(value: Any) -> str:
    """Return what keeps a value out of JSON, empty when nothing does."""
    match value:
        case None | bool() | int() | dict() | list():
            return ""
        case float():
            return "" if math.isfinite(value) else f"is {value}, which JSON cannot say"
        case str():
            return "" if _is_unicode(value) else "has half of a character pair, which UTF-8 cannot say"
        case _:
            return f"is {called(value)}, which JSON cannot say; put it in quotes"


def _inside(path: Path, place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from ((f"[{number}]", item) for number, item in enumerate(value))
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str | int) or isinstance(key, bool):
                told = f"a key of {place.lstrip('.') or 'the template'} is a {type(key).__name__}"
                raise NotATemplateError(path, f"{told}; put it in quotes")
            if not _is_unicode(str(key)):
                raise NotATemplateError(path, f"a key of {place.lstrip('.')} has half of a character pair")
            yield f".{key}", item


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)

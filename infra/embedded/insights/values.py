"""The values of the query language: absent (None), text, numbers, instants, and structures from jsonParse.

AWS's fields have no declared type: a text that reads as a number counts as one wherever a number is asked
for.
A condition is 1 or 0.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

Value = Any
"""None, str, int, float, Timestamp, Computed, list or dict."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNKS = re.compile(r"\d+|\D+")
_DIGITS_AFTER_THE_POINT = 4
_LONGEST_PLAIN_INTEGER = 1e15


class Timestamp(int):
    """An instant in milliseconds since the epoch (UTC); arithmetic on it gives plain numbers."""

    __slots__ = ()


class Computed(float):
    """A number that the query computed: shown with at most four digits after the point, as AWS does."""

    __slots__ = ()


def number(value: Value) -> int | float | None:
    """Return `value` as a number, or None where it is none."""
    kind = type(value)
    if kind is int or kind is float:
        return value  # type: ignore[no-any-return]  # its type was just looked at
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        return _read_number(value)
    return None


def _read_number(written: str) -> int | float | None:
    try:
        return int(written) if written.isdigit() and written.isascii() else _read_float(written)
    except ValueError:
        return None


def _read_float(written: str) -> int | float | None:
    if "_" in written or not (written[-1:].isdigit() or written[-1:] == "."):
        return None
    found = float(written)
    if not math.isfinite(found):
        return None
    is_whole = "." not in written and found.is_integer() and abs(found) < _LONGEST_PLAIN_INTEGER
    return int(found) if is_whole else found


def text(value: Value) -> str | None:
    """Return `value` as the results show it, or None where it is absent."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Timestamp):
        return format_timestamp(value)
    if isinstance(value, Computed):
        return _format_computed(value)
    if isinstance(value, float):
        return _format_float(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(int(value))


def _format_float(value: float) -> str:
    if value.is_integer() and abs(value) < _LONGEST_PLAIN_INTEGER:
        return str(int(value))
    return repr(float(value)).upper().replace("E+", "E")


def _format_computed(value: float) -> str:
    rounded = round(float(value), _DIGITS_AFTER_THE_POINT)
    return _format_float(rounded + 0.0)


def format_timestamp(milliseconds: int) -> str:
    """Return `YYYY-MM-DD HH:MM:SS.mmm`, or the number where no calendar reaches."""
    try:
        moment = _EPOCH + timedelta(milliseconds=int(milliseconds))
    except OverflowError:
        return str(int(milliseconds))
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}".rjust(23, "0")


def equal(left: Value, right: Value) -> bool:
    """Say whether two values are equal: as numbers where both are numbers, else as texts.

    Absent equals nothing.
    """
    if left is None or right is None:
        return False
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    numbers = number(left), number(right)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return text(left) == text(right)


def order(left: Value, right: Value) -> int | None:
    """Return -1, 0 or 1 as `left` is below, equal to or above `right`; None where one of them is absent."""
    if left is None or right is None:
        return None
    first, second = number(left), number(right)
    if first is not None and second is not None:
        return (first > second) - (first < second)
    one, other = text(left) or "", text(right) or ""
    return (one > other) - (one < other)


def sort_key(value: Value) -> tuple[Any, ...]:
    """Return the key of AWS's natural order, ascending: absent, then texts in chunks, then numbers.

    Chunks of digits compare by their length and then by their digits; other chunks by Unicode.
    """
    kind = type(value)
    if kind is float or kind is int:
        return (2, value)
    if value is None:
        return (0,)
    found = number(value)
    if found is not None:
        return (2, found)
    return (1, *(_chunk_key(chunk) for chunk in _CHUNKS.findall(text(value) or "")))


def _chunk_key(chunk: str) -> tuple[int, int, str]:
    """Digits among other characters take the place of '0' in Unicode's order."""
    if chunk.isdigit():
        return (ord("0"), len(chunk), chunk)
    return (ord(chunk[0]), 0, chunk)


def hashable(value: Value) -> Value:
    """Return `value`, or its text where it is a structure, for use as a key of a group."""
    return text(value) if isinstance(value, (dict, list)) else value

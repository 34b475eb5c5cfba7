"""The functions of the query language, by their names in lower case.

Facts: "Boolean, comparison, numeric, datetime, and other functions" in AWS's CloudWatch Logs user guide. A
function of an absent or unfit value is absent, unless its purpose is to ask for that.
"""

from __future__ import annotations

import ipaddress
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.embedded.insights import periods
from infra.embedded.insights.syntax import Period
from infra.embedded.insights.values import Computed, Timestamp, Value, number, sort_key, text

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = 100


@dataclass(frozen=True, slots=True)
class Function:
    """A function: how many arguments it takes, and what it does to their values.

    `on_timestamp` says that the row's @timestamp comes before the written arguments, `on_now` that the
    time of the query does.
    """

    call: Callable[..., Value]
    least: int
    most: int
    on_timestamp: bool = False
    on_now: bool = False


REFUSED = frozenset(
    {
        "case", "jsonstringify", "formatdate", "parsedate", "urldecode", "urlencode", "base64encode",
        "base64decode", "md5", "sha1", "sha256", "split", "rate", "count_over_time", "sum_over_time",
        "histogram",
    }
)  # fmt: skip
"""Functions of AWS's language that are refused by name."""


def _numeric(operation: Callable[..., float]) -> Callable[..., Value]:
    def call(*arguments: Value) -> Value:
        numbers = [number(argument) for argument in arguments]
        if None in numbers:
            return None
        try:
            return computed(operation(*numbers))
        except (ValueError, OverflowError):
            return None

    return call


def computed(value: Any) -> Value:
    """Return a result of arithmetic as a value; absent where it is not a finite real number."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, complex) or not math.isfinite(value):
        return None
    return Computed(value)


def _textual(operation: Callable[..., Value]) -> Callable[..., Value]:
    def call(*arguments: Value) -> Value:
        texts = [text(argument) for argument in arguments]
        return None if None in texts else operation(*texts)

    return call


def _instant(operation: Callable[[int, Period], int]) -> Callable[[Value, Value], Value]:
    def call(value: Value, period: Value) -> Value:
        instant = number(value)
        if instant is None or not isinstance(period, Period):
            return None
        try:
            return Timestamp(operation(int(instant), period))
        except (ValueError, OverflowError):
            return None

    return call


def _trim(method: Callable[..., str]) -> Callable[..., Value]:
    def call(written: str, characters: str | None = None) -> Value:
        return method(written, characters)

    return _textual(call)


def _substring(value: Value, start: Value, length: Value = None) -> Value:
    written, first, count = text(value), number(start), number(length)
    if written is None or first is None:
        return None
    begin = max(int(first), 0)
    return written[begin:] if count is None else written[begin : begin + max(int(count), 0)]


def _extreme(choose: Callable[..., Value]) -> Callable[..., Value]:
    def call(*arguments: Value) -> Value:
        present = [argument for argument in arguments if argument is not None]
        return choose(present, key=sort_key) if present else None

    return call


def _address(value: Value, version: int | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text(value) or "")
    except ValueError:
        return None
    return address if version in (None, address.version) else None


def _is_address(version: int | None) -> Callable[[Value], Value]:
    return lambda value: int(_address(value, version) is not None)


def _in_subnet(version: int | None) -> Callable[[Value, Value], Value]:
    def call(value: Value, subnet: Value) -> Value:
        address = _address(value, version)
        try:
            network = ipaddress.ip_network(text(subnet) or "", strict=False)
        except ValueError:
            return 0
        return int(address is not None and address.version == network.version and address in network)

    return call


def _json_parse(value: Value) -> Value:
    try:
        return json.loads(text(value) or "", strict=False)
    except (ValueError, RecursionError):
        return None


def _ago(now: int, period: Value) -> Value:
    return Timestamp(now - periods.milliseconds(period)) if isinstance(period, Period) else None


def _from_millis(value: Value) -> Value:
    found = number(value)
    return None if found is None else Timestamp(found)


def _to_millis(value: Value) -> Value:
    found = number(value)
    return None if found is None else int(found)


def _if(condition: Value, consequence: Value, alternative: Value) -> Value:
    return consequence if is_true(condition) else alternative


def is_true(value: Value) -> bool:
    """Say whether a value counts as true in a condition: a number that is not 0."""
    if value is None or isinstance(value, str):
        return value == "true" or bool(number(value))
    return bool(value)


FUNCTIONS: dict[str, Function] = {
    "abs": Function(_numeric(abs), 1, 1),
    "ceil": Function(_numeric(math.ceil), 1, 1),
    "floor": Function(_numeric(math.floor), 1, 1),
    "greatest": Function(_extreme(max), 1, MANY),
    "least": Function(_extreme(min), 1, MANY),
    "log": Function(_numeric(math.log), 1, 1),
    "sqrt": Function(_numeric(math.sqrt), 1, 1),
    "bin": Function(_instant(periods.floor), 1, 1, on_timestamp=True),
    "datefloor": Function(_instant(periods.floor), 2, 2),
    "dateceil": Function(_instant(periods.ceil), 2, 2),
    "frommillis": Function(_from_millis, 1, 1),
    "tomillis": Function(_to_millis, 1, 1),
    "now": Function(lambda now: now // 1000, 0, 0, on_now=True),
    "ago": Function(_ago, 1, 1, on_now=True),
    "ispresent": Function(lambda value: int(value is not None), 1, 1),
    "coalesce": Function(lambda *values: next((v for v in values if v is not None), None), 1, MANY),
    "if": Function(_if, 3, 3),
    "isempty": Function(lambda value: int(not text(value)), 1, 1),
    "isblank": Function(lambda value: int(not (text(value) or "").strip()), 1, 1),
    "concat": Function(lambda *values: "".join(text(value) or "" for value in values), 1, MANY),
    "ltrim": Function(_trim(str.lstrip), 1, 2),
    "rtrim": Function(_trim(str.rstrip), 1, 2),
    "trim": Function(_trim(str.strip), 1, 2),
    "strlen": Function(_textual(len), 1, 1),
    "toupper": Function(_textual(str.upper), 1, 1),
    "tolower": Function(_textual(str.lower), 1, 1),
    "substr": Function(_substring, 2, 3),
    "replace": Function(_textual(lambda written, old, new: written.replace(old, new)), 3, 3),
    "strcontains": Function(_textual(lambda written, part: int(part in written)), 2, 2),
    "jsonparse": Function(_json_parse, 1, 1),
    "isvalidip": Function(_is_address(None), 1, 1),
    "isvalidipv4": Function(_is_address(4), 1, 1),
    "isvalidipv6": Function(_is_address(6), 1, 1),
    "isipinsubnet": Function(_in_subnet(None), 2, 2),
    "isipv4insubnet": Function(_in_subnet(4), 2, 2),
    "isipv6insubnet": Function(_in_subnet(6), 2, 2),
}
"""All functions, by name in lower case."""

ROUNDING = frozenset({"bin", "datefloor", "dateceil"})
"""Functions whose periods AWS caps, see `periods.capped`."""

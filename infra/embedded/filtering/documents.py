"""Conditions on a JSON document: selectors, and what a selected value is compared with.

A selector that meets nothing, or an array or an object, fits no comparison, `!=` neither. One with a
wildcard meets several values; the condition holds if it holds for one of them.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from infra.embedded.filtering.errors import InvalidPattern
from infra.embedded.filtering.terms import Test

Condition = Callable[[Any], bool]
Step = str | int | None  # a name, an index, any

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}
_STEP = re.compile(
    r"\.(?P<name>[\w-]+)|\.?\[(?P<index>\d+)\]|\.?\[[\"'](?P<quoted>[^\]]+)[\"']\]|\.?\[\*\]|\.\*"
)


def steps_of(selector: str) -> tuple[Step, ...]:
    """Return a selector's steps; it may have one wildcard."""
    steps = tuple(_step(found) for found in _STEP.finditer(selector, 1))
    if steps.count(None) > 1:
        raise InvalidPattern("Invalid filter pattern")
    return steps


def _step(found: re.Match[str]) -> Step:
    if found["index"] is not None:
        return int(found["index"])
    return found["name"] or found["quoted"]


def values_at(document: Any, steps: Sequence[Step]) -> Iterator[Any]:
    """Yield what a selector meets in a document."""
    if not steps:
        yield document
        return
    for value in _below(document, steps[0]):
        yield from values_at(value, steps[1:])


def _below(value: Any, step: Step) -> Sequence[Any]:
    if isinstance(value, dict):
        if step is None:
            return list(value.values())
        return [value[step]] if step in value else []
    if isinstance(value, list):
        if step is None:
            return value
        return value[step : step + 1] if isinstance(step, int) else []
    return []


def compares_number(steps: Sequence[Step], symbol: str, written: str) -> Condition:
    """Return the condition that a number stands in this relation; a text may equal it as it is written."""
    compare, wanted = OPERATORS[symbol], float(written)

    def fits(value: Any) -> bool:
        if _is_number(value):
            return compare(value, wanted)
        return symbol in {"=", "!="} and isinstance(value, str) and compare(value, written)

    return _some(steps, fits)


def compares_text(steps: Sequence[Step], symbol: str, matches: Test) -> Condition:
    """Return the condition that a text, or a number as text, matches (`=`) or does not (`!=`)."""
    if symbol not in {"=", "!="}:
        raise InvalidPattern("Invalid filter pattern")
    wanted = symbol == "="

    def fits(value: Any) -> bool:
        text = json.dumps(value) if _is_number(value) else value
        return isinstance(text, str) and matches(text) is wanted

    return _some(steps, fits)


def is_constant(steps: Sequence[Step], name: str) -> Condition:
    """Return the condition that a value is true, false or null."""
    wanted = _CONSTANTS[name.upper()]
    return _some(steps, lambda value: value is wanted)


def exists(steps: Sequence[Step]) -> Condition:
    """Return the condition that the selector meets something."""
    return _some(steps, lambda _: True)


def on_messages(condition: Condition) -> Test:
    """Return the test that a message is a JSON document for which the condition holds."""

    def test(message: str) -> bool:
        if not message.lstrip().startswith(("{", "[")):
            return False
        try:
            document = json.loads(message)
        except (ValueError, RecursionError):
            return False
        return condition(document)

    return test


def _some(steps: Sequence[Step], fits: Condition) -> Condition:
    return lambda document: any(fits(value) for value in values_at(document, steps))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

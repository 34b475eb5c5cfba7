"""Whether a record that came out of somebody else's JSON holds what its types say: `"60"` is no number.

Reading back converts little, so that a text may stand where a number belongs. Whoever reckons with it would
break, and somebody else's file is no reason to.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from reports.rca.observations import MetricSeries
from reports.records import Attempt, Burst, StepSample, TicketSample

IN_DOCUMENTS: Final = {(Burst, "tickets"): "samples"}
"""Members that have another name in an evidence file than in the record."""
_MEASURED: Final = (Burst, TicketSample, StepSample, Attempt, MetricSeries)
"""Records whose numbers are all finite; elsewhere NaN says that something could not be computed."""
_WORDS: Final[Mapping[type, str]] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
}
_LONGEST: Final = 40


def mistyped(record: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield (place, sentence) for every value in a record that is not of its type."""
    kind: Any = type(record)
    for field in dataclasses.fields(record):
        name = IN_DOCUMENTS.get((kind, field.name), field.name)
        hint = _hints(kind)[field.name]
        value = getattr(record, field.name)
        inside = f"{place}.{name}".lstrip(".")
        yield from _value(hint, value, inside, finite=isinstance(record, _MEASURED))


def _value(hint: Any, value: Any, place: str, *, finite: bool) -> Iterator[tuple[str, str]]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        if value is not None:
            kind = next(one for one in arguments if one is not type(None))
            yield from _value(kind, value, place, finite=finite)
    elif origin is tuple:
        yield from _members(arguments, value, place, finite=finite)
    elif origin is Mapping:
        for key, item in value.items():
            yield from _value(arguments[0], key, place, finite=finite)
            yield from _value(arguments[1], item, f"{place}.{key}", finite=finite)
    elif dataclasses.is_dataclass(hint):
        yield from mistyped(value, place)
    elif not _fits(hint, value, finite=finite):
        yield place, f"{_shown(value)} stands where {_WORDS.get(hint, 'something else')} belongs"


def _members(
    arguments: tuple[Any, ...], value: Any, place: str, *, finite: bool
) -> Iterator[tuple[str, str]]:
    kinds = arguments if Ellipsis not in arguments else (arguments[0],) * len(value)
    for number, (kind, item) in enumerate(zip(kinds, value, strict=True)):
        yield from _value(kind, item, f"{place}[{number}]", finite=finite)


def _fits(hint: Any, value: Any, *, finite: bool) -> bool:
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, (int, float)) and (math.isfinite(value) or not finite)
    return isinstance(value, hint)


def _shown(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."


@lru_cache(maxsize=64)
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)

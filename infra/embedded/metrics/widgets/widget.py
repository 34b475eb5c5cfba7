"""A metric widget, read from its JSON.

Facts: "GetMetricWidgetImage: Metric Widget Structure and Syntax", AWS's CloudWatch API reference.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from infra.embedded.metrics.data import DataQuery, MetricStat
from infra.embedded.metrics.requests import check_statistics, moment, period, seconds
from infra.embedded.metrics.series import Span

_DURATION = re.compile(
    r"-P(?=.)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")
_VIEWS = ("timeSeries", "singleValue")
_MOST_METRICS = 100
_MOST_PIXELS = 2000


class WidgetError(ValueError):
    """A widget that cannot be drawn; the message names the member and says why."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One y axis; None is for whatever the data needs."""

    label: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the widget: its query and how it is drawn."""

    query: DataQuery
    region: str | None
    right: bool
    colour: str | None
    visible: bool


@dataclass(frozen=True, slots=True)
class Note:
    """An annotation at a value of the left or right y axis, or (`upright`) at a moment (s)."""

    at: float
    to: float | None
    label: str
    colour: str | None
    right: bool = False
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Widget:
    """What is drawn over which stretch of time; sizes in pixels."""

    lines: Sequence[Line]
    span: Span
    title: str = ""
    view: str = "timeSeries"
    stacked: bool = False
    width: int = 600
    height: int = 400
    legend: str = "bottom"
    left: Axis = field(default_factory=Axis)
    right: Axis = field(default_factory=Axis)
    notes: Sequence[Note] = ()
    zone: tzinfo = UTC


def read(text: str, now: float) -> Widget:
    """The widget that the JSON describes; relative times count from `now` (s). Raises WidgetError."""
    spec = _parsed(text)
    view = spec.get("view", "timeSeries")
    if view not in _VIEWS:
        raise WidgetError(f"The view {view!r} is not emulated here: use {' or '.join(_VIEWS)}.")
    axes = _object(spec, "yAxis")
    return Widget(
        lines=tuple(_lines(spec)),
        span=_span(spec, now),
        title=str(spec.get("title") or ""),
        view=view,
        stacked=bool(spec.get("stacked", False)),
        width=_pixels(spec, "width", 600),
        height=_pixels(spec, "height", 400),
        legend=str(_object(spec, "legend").get("position", "bottom")),
        left=_axis(_object(axes, "left")),
        right=_axis(_object(axes, "right")),
        notes=tuple(_notes(_object(spec, "annotations"))),
        zone=_zone(spec.get("timezone")),
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        spec = json.loads(text)
    except ValueError as error:
        raise WidgetError(f"MetricWidget is not JSON: {error}.") from error
    if not isinstance(spec, dict):
        raise WidgetError("MetricWidget is not a JSON object.")
    for member, kind in (("markdown", "text"), ("query", "log"), ("alarms", "alarm")):
        if member in spec or spec.get("type") == kind:
            raise WidgetError(
                f"A {kind} widget has no image: GetMetricWidgetImage draws metric widgets only."
            )
    if not isinstance(spec.get("metrics"), list) or not 1 <= len(spec["metrics"]) <= _MOST_METRICS:
        raise WidgetError(f"The member metrics must be an array of 1 to {_MOST_METRICS} metrics.")
    return spec


def _lines(spec: Mapping[str, Any]) -> Iterator[Line]:
    above: list[str] = []
    for number, row in enumerate(spec["metrics"]):
        if not isinstance(row, list) or not row:
            raise WidgetError(f"metrics[{number}] must be an array, not {row!r}.")
        options = row[-1] if isinstance(row[-1], dict) else {}
        words = [str(word) for word in row if not isinstance(word, dict)]
        if words:
            above = words = _spelled_out(words, above, number)
        yield Line(
            _query(spec, options, words, number),
            options.get("region", spec.get("region")),
            options.get("yAxis") == "right",
            _colour(options.get("color")),
            bool(options.get("visible", True)),
        )


def _spelled_out(words: list[str], above: list[str], number: int) -> list[str]:
    """The row in full: `.` repeats the word above, `...` as many of them as are left out."""
    if "..." in words:
        place = words.index("...")
        behind = words[place + 1 :]
        words = [*words[:place], *above[place : len(above) - len(behind)], *behind]
    if any(word == "." and place >= len(above) for place, word in enumerate(words)):
        raise WidgetError(f"metrics[{number}] repeats a word of the row above, which has none there.")
    return [above[place] if word == "." else word for place, word in enumerate(words)]


def _query(
    spec: Mapping[str, Any], options: Mapping[str, Any], words: Sequence[str], number: int
) -> DataQuery:
    name = str(options.get("id") or f"unnamed{number}")
    label = options.get("label")
    every = period(options.get("period", spec.get("period", 300)), f"metrics[{number}].period")
    if "expression" in options:
        return DataQuery(name, label, expression=str(options["expression"]), period=every)
    if len(words) < 2 or len(words) % 2:  # noqa: PLR2004 (a namespace and a name, then pairs)
        raise WidgetError(
            f"metrics[{number}] must be a namespace, a metric and pairs of dimension and value, not {words}."
        )
    stat = str(options.get("stat", spec.get("stat", "Average")))
    check_statistics([stat])
    namespace, metric, *rest = words
    dimensions = tuple(sorted(zip(rest[::2], rest[1::2], strict=True)))
    return DataQuery(name, label or metric, stat=MetricStat(namespace, metric, dimensions, every, stat))


def _span(spec: Mapping[str, Any], now: float) -> Span:
    span = Span(_moment(spec.get("start", "-PT3H"), now), _moment(spec.get("end", "-PT0H"), now))
    if span.start >= span.end:
        raise WidgetError(f"start ({spec.get('start')}) must be before end ({spec.get('end', 'now')}).")
    return span


def _moment(text: Any, now: float) -> float:
    relative = _DURATION.fullmatch(str(text))
    try:
        if relative is None:
            return seconds(datetime.fromisoformat(str(text)))
        parts = {name: int(value) for name, value in relative.groupdict().items() if value}
        return seconds(moment(now) - timedelta(**parts))
    except (ValueError, OverflowError) as error:
        raise WidgetError(
            f"{text!r} is no moment: use 2026-01-31T12:00:00.000Z or a duration back from now, -PT3H."
        ) from error


def _notes(spec: Mapping[str, Any]) -> Iterator[Note]:
    if spec.get("alarms"):
        raise WidgetError("Annotations of alarms are not emulated here: use a horizontal annotation.")
    for each in _visible(spec.get("horizontal")):
        first, last = (each[0], each[-1]) if isinstance(each, list) else (each, each)
        upper = _number(last["value"], "An annotation's value") if first is not last else None
        lower = _number(first["value"], "An annotation's value")
        right = first.get("yAxis") == "right"
        yield Note(lower, upper, _label(first, last), _colour(first.get("color")), right)
    for each in _visible(spec.get("vertical")):
        first, last = (each[0], each[-1]) if isinstance(each, list) else (each, each)
        upper = _moment(last["value"], 0) if first is not last else None
        colour = _colour(first.get("color"))
        yield Note(_moment(first["value"], 0), upper, _label(first, last), colour, upright=True)


def _visible(notes: Any) -> list[Any]:
    held = [each if isinstance(each, list) else [each] for each in notes or []]
    for note in held:
        if not note or not all(isinstance(part, dict) and "value" in part for part in note):
            raise WidgetError(f"An annotation must be an object with a value, or two of them: {note!r}.")
    return [note if len(note) > 1 else note[0] for note in held if note[0].get("visible", True)]


def _label(first: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    return str(first.get("label") or last.get("label") or "")


def _axis(spec: Mapping[str, Any]) -> Axis:
    low, high = (_number(spec[end], f"yAxis: {end}") if end in spec else None for end in ("min", "max"))
    if low is not None and high is not None and low >= high:
        raise WidgetError(f"yAxis: min ({low}) must be less than max ({high}).")
    return Axis(str(spec.get("label") or ""), low, high)


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise WidgetError(f"{what} must be a number, not {value!r}.")
    return float(value)


def _colour(value: Any) -> str | None:
    if value is not None and not _COLOUR.fullmatch(str(value)):
        raise WidgetError(f"The color must be six hexadecimal digits behind a #, not {value!r}.")
    return None if value is None else str(value)


def _object(spec: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = spec.get(name) or {}
    if not isinstance(value, dict):
        raise WidgetError(f"The member {name} must be an object, not {value!r}.")
    return value


def _pixels(spec: Mapping[str, Any], name: str, default: int) -> int:
    value = spec.get(name, default)
    if not isinstance(value, int) or not 1 <= value <= _MOST_PIXELS:
        raise WidgetError(f"The member {name} must be from 1 to {_MOST_PIXELS} pixels, not {value!r}.")
    return value


def _zone(offset: Any) -> tzinfo:
    if not offset:
        return UTC
    try:
        zone = datetime.strptime(str(offset), "%z").tzinfo
    except ValueError as error:
        raise WidgetError(f"The timezone must be an offset such as +0130, not {offset!r}.") from error
    return zone or UTC

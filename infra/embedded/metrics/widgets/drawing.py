"""Drawing a widget with matplotlib.

Series differ by colour (Okabe and Ito's palette, safe with every common kind of colour blindness), by dash
and by marker. Missing data is a gap; a point that stands alone is marked.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from infra.embedded.metrics.series import Series
from infra.embedded.metrics.widgets.widget import Axis, Line, Note, Widget

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#1a1a1a")
_DASHES = ("-", "--", "-.", ":")
_MARKERS = "os^Dv<>"
_HATCHES = ("", "//", "\\\\", "..", "xx", "++", "oo")
_GREY, _PALE, _INK = "#6b6b6b", "#e4e4e4", "#1a1a1a"
_DPI = 100
_MANY_POINTS = 60
_HOUR_S, _DAY_S = 3600, 86400
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class Drawn:
    """One series and the row of the widget it comes from; `number` picks its colour, dash and marker."""

    series: Series
    line: Line
    number: int

    @property
    def colour(self) -> str:
        """The colour asked for, else the next of the palette."""
        return self.line.colour or COLOURS[self.number % len(COLOURS)]

    @property
    def label(self) -> str:
        """What the legend says; a leading underscore would hide it there."""
        return f" {self.series.label}" if self.series.label.startswith("_") else self.series.label


def png(widget: Widget, drawn: Sequence[Drawn]) -> bytes:
    """The picture; one at a time, because matplotlib is not made for threads."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (40 MB, and slow to load)
    from matplotlib.figure import Figure  # noqa: PLC0415

    with _one_at_a_time, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        sheet = Figure(figsize=(widget.width / _DPI, widget.height / _DPI), dpi=_DPI, facecolor="white")
        FigureCanvasAgg(sheet)
        (_paint_numbers if widget.view == "singleValue" else _paint_chart)(sheet, widget, drawn)
        for text in sheet.findobj(lambda each: hasattr(each, "set_parse_math")):
            text.set_parse_math(False)  # type: ignore[attr-defined]  # a $ in a label is a dollar
        file = io.BytesIO()
        sheet.savefig(file, format="png", dpi=_DPI)
    return file.getvalue()


def _paint_chart(sheet: Figure, widget: Widget, drawn: Sequence[Drawn]) -> None:
    rows = _legend_rows(widget, drawn)
    left = sheet.add_axes(_place(widget, rows, right=any(each.line.right for each in drawn)))
    axes = {False: left}
    if any(each.line.right for each in drawn) or any(note.right for note in widget.notes):
        axes[True] = left.twinx()
    for side, each in axes.items():
        held = [one for one in drawn if one.line.right == side]
        _paint_series(each, widget, held)
        _set_axis(each, widget.right if side else widget.left, held)
        for edge in ("top", "left", "right"):
            each.spines[edge].set_visible(False)
    for note in widget.notes:
        _paint_note(axes[note.right], widget, note)
    _set_time(left, widget)
    _set_frame(left, widget)
    if not any(each.series.points for each in drawn):
        left.text(
            0.5, 0.5, "No data", transform=left.transAxes, ha="center", va="center", color=_GREY, size=13
        )
    if rows:
        _legend(sheet, widget, drawn)


def _place(widget: Widget, rows: int, *, right: bool) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of the chart as shares of the picture."""
    legend_side = 0.28 if widget.legend == "right" else 0.0
    begin = min(66 / widget.width, 0.3)
    end = 1 - legend_side - min((66 if right else 22) / widget.width, 0.3)
    bottom = min((30 + 18 * rows) / widget.height, 0.5)
    top = 1 - min((38 if widget.title else 14) / widget.height, 0.3)
    return begin, bottom, max(end - begin, 0.1), max(top - bottom, 0.1)


def _columns(widget: Widget, drawn: Sequence[Drawn]) -> int:
    longest = max((len(each.label) for each in drawn), default=1)
    return max(1, min(len(drawn), widget.width // (longest * 7 + 66)))


def _legend_rows(widget: Widget, drawn: Sequence[Drawn]) -> int:
    if widget.legend == "hidden" or not drawn:
        return 0
    return 1 if widget.legend == "right" else -(-len(drawn) // _columns(widget, drawn))


def _paint_series(axes: Axes, widget: Widget, drawn: Sequence[Drawn]) -> None:
    if widget.stacked:
        _paint_stack(axes, widget, drawn)
        return
    for each in drawn:
        times, values, alone = _with_gaps(each.series)
        axes.plot(
            _moments(widget, times),
            values,
            color=each.colour,
            linestyle=_DASHES[each.number % len(_DASHES)],
            marker=_MARKERS[each.number % len(_MARKERS)],
            markersize=4.5,
            markevery=alone if len(each.series.points) > _MANY_POINTS else None,
            linewidth=1.6,
            label=each.label,
        )


def _with_gaps(series: Series) -> tuple[list[float], list[float], list[int]]:
    """Times and values with a hole wherever a period is missing; the places of points between two holes."""
    times: list[float] = []
    values: list[float] = []
    for at, value in series.points.items():
        if times and at - times[-1] > series.period * 1.5:
            times.append(times[-1] + series.period)
            values.append(float("nan"))
        times.append(at)
        values.append(value)
    known = [value == value for value in values]  # noqa: PLR0124 (a hole is not equal to itself)
    before, after = [False, *known[:-1]], [*known[1:], False]
    alone = [place for place, here in enumerate(known) if here and not before[place] and not after[place]]
    return times, values, alone


def _paint_stack(axes: Axes, widget: Widget, drawn: Sequence[Drawn]) -> None:
    heights: dict[float, float] = {}
    for each in drawn:
        points = each.series.points
        axes.bar(
            _moments(widget, points),
            list(points.values()),
            width=each.series.period / _DAY_S,
            bottom=[heights.get(at, 0.0) for at in points],
            align="edge",
            color=each.colour,
            alpha=0.75,
            hatch=_HATCHES[each.number % len(_HATCHES)],
            edgecolor="white",
            linewidth=0.4,
            label=each.label,
        )
        heights.update({at: heights.get(at, 0.0) + value for at, value in points.items()})


def _moments(widget: Widget, times: Any) -> list[Any]:
    return [datetime.fromtimestamp(at, widget.zone) for at in times]


def _set_axis(axes: Axes, axis: Axis, drawn: Sequence[Drawn]) -> None:
    axes.tick_params(axis="y", labelsize=9, length=0, colors=_INK)
    axes.set_ylabel(axis.label, fontsize=9, color=_INK)
    has_data = any(each.series.points for each in drawn)
    least, most = (axes.dataLim.y0, axes.dataLim.y1) if has_data else (0.0, 1.0)
    low = axis.low if axis.low is not None else min(0.0, least * 1.05)
    high = axis.high if axis.high is not None else most + (most - low) * 0.06
    axes.set_ylim(bottom=low, top=high if high > low else low + 1.0)
    axes.ticklabel_format(axis="y", useOffset=False, style="plain")


def _paint_note(axes: Axes, widget: Widget, note: Note) -> None:
    colour = note.colour or "#8B0000"
    at: Any = _moments(widget, [note.at])[0] if note.upright else note.at
    if note.to is not None:
        to: Any = _moments(widget, [note.to])[0] if note.upright else note.to
        (axes.axvspan if note.upright else axes.axhspan)(at, to, color=colour, alpha=0.15, linewidth=0)
    (axes.axvline if note.upright else axes.axhline)(at, color=colour, linewidth=1.2, linestyle=(0, (4, 2)))
    if note.upright:
        axes.annotate(
            note.label, (at, 0.98), xycoords=axes.get_xaxis_transform(), size=8, color=colour, va="top"
        )
        return
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, note.at), max(high, (note.to or note.at) * 1.08))
    place = axes.get_yaxis_transform()
    axes.annotate(note.label, (0.01, note.at), xycoords=place, size=8, color=colour, va="bottom")


def _set_time(axes: Axes, widget: Widget) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter  # noqa: PLC0415

    axes.set_xlim(*_moments(widget, [widget.span.start, widget.span.end]))
    length = widget.span.end - widget.span.start
    form = "%H:%M:%S" if length < _HOUR_S / 20 else "%H:%M" if length <= _DAY_S else "%m-%d %H:%M"
    most = max(3, min(10, widget.width // 55))
    axes.xaxis.set_major_locator(AutoDateLocator(tz=widget.zone, minticks=2, maxticks=most))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(DateFormatter(form, tz=widget.zone))  # type: ignore[no-untyped-call]
    axes.tick_params(axis="x", labelsize=9, colors=_INK, length=3)


def _set_frame(axes: Axes, widget: Widget) -> None:
    axes.set_title(widget.title, fontsize=11, loc="left", color=_INK, pad=8)
    axes.grid(axis="y", color=_PALE, linewidth=0.8)
    axes.set_axisbelow(True)


def _legend(sheet: Figure, widget: Widget, drawn: Sequence[Drawn]) -> None:
    found = [axes.get_legend_handles_labels() for axes in sheet.axes]
    handles = [handle for some, _ in found for handle in some]
    labels = [label for _, some in found for label in some]
    right = widget.legend == "right"
    sheet.legend(
        handles,
        labels,
        loc="center right" if right else "lower center",
        ncols=1 if right else _columns(widget, drawn),
        fontsize=8.5,
        frameon=False,
        handlelength=3.2,
        columnspacing=1.4,
        borderaxespad=0.3,
    )


def _paint_numbers(sheet: Figure, widget: Widget, drawn: Sequence[Drawn]) -> None:
    sheet.text(0.03, 0.97, widget.title, fontsize=11, va="top", color=_INK)
    for place, each in enumerate(drawn):
        middle = (place + 0.5) / len(drawn)
        latest = list(each.series.points.values())[-1:]
        shown = _short(latest[0]) if latest else "--"
        size = min(26.0, widget.width / len(drawn) / (len(shown) + 1) * 0.9, widget.height * 0.2)
        sheet.text(middle, 0.5, shown, fontsize=size, ha="center", va="center", color=_INK)
        sheet.text(middle, 0.24, each.label, fontsize=9, ha="center", va="center", color=each.colour)
        if not latest:
            sheet.text(middle, 0.1, "No data", fontsize=8, ha="center", va="center", color=_GREY)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.4g}"

"""The sweep: throughput over concurrency, the law fitted to it, and the curve measured on AWS beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from reports.figures.canvas import BLACK, BLUE, GREY, ORANGE, SKY, SMALL, Figure, draw, label
from reports.scaling import AWS_REFERENCE, ReferenceCurve
from reports.usl import Point, UslFit, describe

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet


def sweep(
    points: Sequence[Point], fit: UslFit, *, reference: ReferenceCurve | None = AWS_REFERENCE
) -> Figure:
    """Return throughput over concurrency with the fitted law, its band, and a labelled reference curve."""
    title = "Throughput over concurrency"
    most = max([point.concurrency for point in (*points, *(reference.points if reference else ()))] or [1])
    highest = max([point.throughput_per_s for point in points] or [1.0])

    def paint(sheet: Sheet) -> None:
        axes = sheet.add_subplot()
        if fit.usable:
            _law(axes, fit, most * 1.1)
        if reference:
            _reference(axes, reference)
        axes.plot(
            [point.concurrency for point in points],
            [point.throughput_per_s for point in points],
            "o", color=BLACK, markersize=6, label="measured here", zorder=5,
        )  # fmt: skip
        axes.set_xlim(0, most * 1.1)
        axes.set_ylim(0, highest * 1.25)
        sheet.legend(loc="outside lower left", ncols=2, labelspacing=0.35, columnspacing=1.2)
        label(axes, "max_concurrency (tickets at once)", "throughput, tickets/s", _subtitle(fit))

    beside = f" Beside it, as a reference: {reference.source}." if reference else ""
    measured = ", ".join(f"{p.throughput_per_s:.1f} tickets/s at {p.concurrency}" for p in points)
    alt = f"{title}. Measured: {measured}. {describe(fit)}{beside}"
    return draw(paint, title=title, alt=alt, height=4.1)


def _law(axes: Axes, fit: UslFit, most: float) -> None:
    at = np.linspace(1, most, 120)
    band = fit.band(list(at))
    axes.fill_between(
        at, [i.low for i in band], [i.high for i in band], color=SKY, alpha=0.35, linewidth=0,
        label="95 % band of the law",
    )  # fmt: skip
    axes.plot(at, [fit.at(c) for c in at], color=BLUE, linewidth=1.6, label="Universal Scalability Law")
    mark = fit.diminishing_at
    if mark is not None and mark <= most:
        axes.axvline(mark, color=GREY, linestyle=":", linewidth=1.4)
        _beside(axes, mark, f"from {mark} on, one more\nslot gains under 5 %", left=mark > 0.45 * most)


def _beside(axes: Axes, mark: int, text: str, *, left: bool) -> None:
    """Write beside a vertical line, where a curve that rises leaves room: above left or below right."""
    axes.annotate(
        text, (mark, 0.97 if left else 0.03), xycoords=("data", "axes fraction"),
        xytext=(-5 if left else 5, 0), textcoords="offset points", fontsize=SMALL, color=GREY,
        ha="right" if left else "left", va="top" if left else "bottom",
    )  # fmt: skip


def _reference(axes: Axes, reference: ReferenceCurve) -> None:
    axes.plot(
        [point.concurrency for point in reference.points],
        [point.throughput_per_s for point in reference.points],
        "s--", color=ORANGE, markersize=4.5, linewidth=1.3,
        label="on AWS, as reported\n(not measured here)",
    )  # fmt: skip


def _subtitle(fit: UslFit) -> str:
    if not fit.usable:
        return "no law fitted: see the text"
    peak = f"peak at {fit.peak:.0f}" if math.isfinite(fit.peak_interval.high) else "no peak seen"
    return f"contention {fit.sigma:.2g}, coherence {fit.kappa:.2g}, {peak}"

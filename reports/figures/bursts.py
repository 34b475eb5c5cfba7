"""Figures of one burst, and of two side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from reports.figures.canvas import (
    BLACK,
    BLUE,
    CYCLE,
    GREY,
    ORANGE,
    PALE,
    RED,
    SKY,
    SMALL,
    Figure,
    draw,
    label,
    milliseconds,
)
from reports.measuring.concurrency import timeline
from reports.measuring.statistics import (
    service_times,
    step_statistics,
    throughput_per_s,
    tickets_by_start,
)
from reports.records import Burst, StepStatistics, TicketSample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

FLOOR_S = 5e-4
"""Where a service time of 0 stands on a logarithmic axis: half the millisecond a history is told in."""


def concurrency_over_time(burst: Burst, step: str | None = None) -> Figure:
    """Return the number of tickets (or attempts at a step) under way over time, with the cap drawn."""
    line = timeline(burst, step)
    what = f"{step} in service" if step else "tickets under way"
    title = f"Concurrency over time: {what}"
    subtitle = f"peak {line.peak}, {line.time_average:.2f} on average over the plateau"

    def paint(sheet: Sheet) -> None:
        axes = sheet.add_subplot()
        times = [at - burst.started for at, _ in line.points]
        counts = [count for _, count in line.points]
        axes.axvspan(line.plateau[0] - burst.started, line.plateau[1] - burst.started, color=PALE, alpha=0.5)
        axes.fill_between(times, counts, step="post", color=SKY, alpha=0.45, linewidth=0)
        axes.step(times, counts, where="post", color=BLUE, linewidth=1.0)
        axes.axhline(line.cap, color=RED, linestyle="--", linewidth=1.4)
        axes.annotate(
            f"cap {line.cap}", (0, line.cap), xytext=(5, 3), textcoords="offset points", color=RED,
            fontsize=SMALL,
        )  # fmt: skip
        axes.set_ylim(0, max(line.cap, line.peak) * 1.2)
        axes.set_xlim(0, max(burst.makespan_s, 1e-9) * 1.02)
        axes.locator_params(axis="y", integer=True)
        unit = f"{step} at once" if step else "tickets at once"
        label(axes, "time since the execution started, s", unit, f"{subtitle} (shaded)")

    alt = (
        f"{title}. {burst.plan.tickets} tickets at a cap of {line.cap}: {subtitle}; "
        f"the plateau takes {line.plateau_share:.0%} of the Map's time."
    )
    return draw(paint, title=title, alt=alt, height=2.9)


def step_durations(burst: Burst) -> Figure:
    """Return each step's service times as dots and a box, with p50 and p95 marked, on a logarithmic axis."""
    figures = [figure for figure in step_statistics(burst) if figure.n]
    title, span = "How long each step works on a ticket", _span(burst, figures)
    zeros = any(min(service_times(burst, figure.step)) < FLOOR_S for figure in figures)
    subtitle = f"{burst.succeeded} tickets" + (" (0 ms drawn at 0.5)" if zeros else "")

    def paint(sheet: Sheet) -> None:
        axes = sheet.add_subplot()
        for row, figure in enumerate(figures):
            _strip(axes, row, figure, service_times(burst, figure.step), span)
        axes.set_yticks(range(len(figures)), [figure.step for figure in figures], fontsize=10)
        axes.set_ylim(len(figures) - 0.4, -0.65)
        axes.set_xlim(span[0] / 1.6, span[1] * 1.6)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.grid(visible=False, axis="y")
        if figures:
            axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderpad=0, handletextpad=0.2)
        label(axes, "service time, ms (logarithmic)", "", subtitle)

    facts = "; ".join(
        f"{figure.step}: median {milliseconds(figure.p50_s)}, p95 {milliseconds(figure.p95_s)}"
        for figure in figures
    )
    return draw(paint, title=title, alt=f"{title}. {facts}.", height=1.3 + 0.75 * max(1, len(figures)))


def _strip(
    axes: Axes, row: int, figure: StepStatistics, times: tuple[float, ...], span: tuple[float, float]
) -> None:
    """Draw one step: every ticket a dot, the middle half a box, p50 and p95 marked and written.

    `span` is the range of the whole figure: it says at which side there is room for the text.
    """
    values = np.maximum(times, FLOOR_S) * 1000
    wobble = np.random.default_rng(row).uniform(-0.16, 0.16, len(values))
    colour = CYCLE[row % len(CYCLE)]
    axes.scatter(values, row + wobble, s=5, color=colour, alpha=0.35, linewidths=0, rasterized=True)
    low, high = np.percentile(values, [25, 75])
    axes.fill_betweenx([row - 0.2, row + 0.2], low, high, color=colour, alpha=0.35, linewidth=0)
    named = row == 0
    p50, p95 = (max(value, FLOOR_S) * 1000 for value in (figure.p50_s, figure.p95_s))
    axes.scatter([p50], [row], marker="o", s=34, color=BLACK, zorder=4, label="p50" if named else None)
    axes.scatter([p95], [row], marker="D", s=34, color=RED, zorder=4, label="p95" if named else None)
    text = f"p50 {milliseconds(figure.p50_s)}, p95 {milliseconds(figure.p95_s)}"
    at, side = (
        (p95, "right") if math.log10(p95) > math.log10(span[0] * span[1]) / 2 else (values.min(), "left")
    )
    axes.annotate(text, (at, row - 0.24), ha=side, va="bottom", fontsize=SMALL)


def _span(burst: Burst, figures: Sequence[StepStatistics]) -> tuple[float, float]:
    """Return the shortest and the longest service time drawn, ms."""
    times = [time for figure in figures for time in service_times(burst, figure.step)] or [FLOOR_S]
    return max(min(times), FLOOR_S) * 1000, max(*times, FLOOR_S) * 1000


def gantt(burst: Burst, *, limit: int = 40) -> Figure:
    """Return the first tickets as bars: waiting for a slot, then each step."""
    shown = tickets_by_start(burst)[:limit]
    part = f"the first {len(shown)} of {burst.plan.tickets}" if len(shown) < burst.plan.tickets else "all"
    title = f"Tickets over time at concurrency {burst.plan.max_concurrency}"

    def paint(sheet: Sheet) -> None:
        axes = sheet.add_subplot()
        for row, ticket in enumerate(shown):
            _bar(axes, row, ticket, burst)
        _gantt_legend(axes, burst.step_order)
        axes.set_ylim(len(shown) - 0.3, -0.7)
        axes.set_xlim(left=0)
        axes.grid(visible=False, axis="y")
        label(axes, "time since the execution started, s", "ticket, in order of start", f"{part} tickets")

    waits = [ticket.queued_s for ticket in shown]
    alt = (
        f"{title}, {part}. Each bar is a ticket: grey while it waits for a slot, then its steps "
        f"{', '.join(burst.step_order)}. The last one shown waited {max(waits, default=0.0):.2f} s."
    )
    return draw(paint, title=title, alt=alt, height=1.6 + 0.09 * len(shown))


def _bar(axes: Axes, row: int, ticket: TicketSample, burst: Burst) -> None:
    start = burst.map_started - burst.started
    axes.broken_barh([(start, ticket.queued_s)], (row - 0.4, 0.8), color=PALE, linewidth=0)
    for sample in ticket.steps:
        span = (sample.entered - burst.started, sample.exited - sample.entered)
        colour = RED if sample.error else _colour(burst, sample.step)
        axes.broken_barh([span], (row - 0.4, 0.8), color=colour, linewidth=0)


def _colour(burst: Burst, step: str) -> str:
    return CYCLE[burst.step_order.index(step) % len(CYCLE)] if step in burst.step_order else GREY


def _gantt_legend(axes: Axes, steps: tuple[str, ...]) -> None:
    """Name the colours above the bars."""
    entries = [("waiting", PALE), *((step, CYCLE[n % len(CYCLE)]) for n, step in enumerate(steps))]
    for name, colour in entries:
        axes.broken_barh([(0, 0)], (0, 0), color=colour, label=name)
    axes.legend(loc="upper right", handlelength=1, labelspacing=0.3, frameon=True, framealpha=0.9)


def side_by_side(slow: Burst, fast: Burst, step: str) -> Figure:
    """Return two bursts beside each other: makespan, throughput, peak concurrency, and a step's p95."""
    pair = (slow, fast)
    names = [f"at {burst.plan.max_concurrency}" for burst in pair]
    panels = (
        ("makespan, s", [burst.makespan_s for burst in pair], "{:.1f}"),
        ("throughput, tickets/s", [throughput_per_s(burst) for burst in pair], "{:.1f}"),
        ("peak concurrency, tickets", [float(timeline(burst).peak) for burst in pair], "{:.0f}"),
        (f"{step} p95, ms", [_p95_ms(burst, step) for burst in pair], "{:.0f}"),
    )
    title = f"The same {slow.plan.tickets} tickets {names[0]} and {names[1]}"

    def paint(sheet: Sheet) -> None:
        for axes, (name, values, form) in zip(sheet.subplots(2, 2).flat, panels, strict=True):
            bars = axes.bar(names, values, color=[ORANGE, BLUE], width=0.6)
            axes.bar_label(bars, [form.format(value) for value in values], padding=2, fontsize=10)
            axes.set_ylim(0, max([1e-9, *(value for value in values if not math.isnan(value))]) * 1.22)
            axes.tick_params(axis="x", length=0, labelsize=10)
            axes.grid(visible=False, axis="x")
            axes.locator_params(axis="y", integer=True)
            label(axes, "max_concurrency", name)
            axes.xaxis.label.set_size(SMALL)
            axes.yaxis.label.set_size(SMALL)

    facts = "; ".join(
        f"{name} {form.format(before)} and {form.format(after)}" for name, (before, after), form in panels
    )
    return draw(paint, title=title, alt=f"{title}. {facts}.", height=4.4)


def _p95_ms(burst: Burst, step: str) -> float:
    return next((f.p95_s * 1000 for f in step_statistics(burst) if f.step == step), math.nan)

"""Where a ticket's time goes, two bursts beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reports.figures.canvas import CYCLE, GREY, PALE, SMALL, Figure, draw, label, milliseconds
from reports.measuring.stays import StayPart, mean_stay_s, stay_parts
from reports.records import Burst

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet


def where_time_goes(bursts: Sequence[Burst]) -> Figure:
    """Return each burst's mean stay of a ticket as a bar: the queue, each step's service, the rest."""
    title = "Where a ticket's time goes, on average"
    names = [f"at {burst.plan.max_concurrency}" for burst in bursts]
    stacks = [_grouped(burst) for burst in bursts]

    def paint(sheet: Sheet) -> None:
        axes = sheet.add_subplot()
        lefts = [0.0] * len(bursts)
        for place, (name, _) in enumerate(stacks[0]):
            widths = [stack[place][1] for stack in stacks]
            colour = PALE if place == 0 else GREY if place == len(stacks[0]) - 1 else CYCLE[place - 1]
            axes.barh(names, widths, left=lefts, color=colour, height=0.55, label=name)
            lefts = [left + width for left, width in zip(lefts, widths, strict=True)]
        for row, burst in enumerate(bursts):
            text = f" {milliseconds(mean_stay_s(burst))}"
            axes.annotate(text, (lefts[row], row), va="center", fontsize=SMALL)
        axes.invert_yaxis()
        axes.set_xlim(0, max([*lefts, 1e-9]) * 1.2)
        axes.grid(visible=False, axis="y")
        sheet.legend(loc="outside lower left", ncols=2, labelspacing=0.35, columnspacing=1.2)
        label(axes, "seconds from the Map's start to the ticket's end", "max_concurrency")

    facts = "; ".join(
        f"{name}: " + ", ".join(f"{part} {milliseconds(seconds)}" for part, seconds in stack)
        for name, stack in zip(names, stacks, strict=True)
    )
    return draw(paint, title=title, alt=f"{title}. {facts}.", height=3.0)


def _grouped(burst: Burst) -> list[tuple[str, float]]:
    """Return the queue, the service of each step, and all overhead together."""
    parts = stay_parts(burst) or (StayPart("no ticket was begun", "queue", "", 0.0),)
    shown = [(part.name, part.mean_s) for part in parts if part.kind != "overhead"]
    overhead = sum(part.mean_s for part in parts if part.kind == "overhead")
    return [*shown, ("all around the steps", overhead)]

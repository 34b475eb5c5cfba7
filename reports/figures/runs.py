"""The same bursts in one run after another, to see whether anything changed from run to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reports.figures.canvas import BLUE, ORANGE, Figure, draw, label

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

MARKERS = ("o", "s", "D", "^")
COLOURS = (BLUE, ORANGE)


def makespans_by_run(when: Sequence[str], makespans: Mapping[str, Sequence[float]]) -> Figure:
    """Return the makespans, in seconds, of bursts that are named alike, over the runs in their order."""
    title = "Makespan from run to run"

    def paint(sheet: Sheet) -> None:
        axes = sheet.add_subplot()
        for number, (name, seconds) in enumerate(makespans.items()):
            axes.plot(
                range(len(when)), seconds, f"-{MARKERS[number % len(MARKERS)]}",
                color=COLOURS[number % len(COLOURS)], markersize=5, linewidth=1.4, label=name,
            )  # fmt: skip
        axes.set_xticks(range(len(when)), when, rotation=35, ha="right")
        axes.set_ylim(bottom=0)
        sheet.legend(loc="outside lower left", ncols=2)
        label(axes, "", "makespan, s", "one point a run, the newest last")

    told = (f"{name}: {', '.join(f'{one:.1f} s' for one in row)}" for name, row in makespans.items())
    return draw(paint, title=title, alt=f"{title}, the newest last. {'. '.join(told)}.", height=3.4)

"""The execution graph: states from top to bottom, the Map a frame around its processor.

Colour is never alone: each state also carries a mark (tick, cross, retry, dash) and its duration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.figures.canvas import BLACK, GREEN, GREY, ORANGE, RED, Figure, draw, milliseconds
from reports.measuring.definition import Definition
from reports.records import UNFINISHED, Burst, StepSample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

TICK, CROSS, AGAIN, DASH = "\N{CHECK MARK}", "\N{BALLOT X}", "\N{CLOCKWISE OPEN CIRCLE ARROW}", "\N{EM DASH}"
_LOOKS = {
    "succeeded": (GREEN, TICK),
    "failed": (RED, CROSS),
    "retried": (ORANGE, AGAIN),
    "cut short": (GREY, DASH),
    "not reached": (GREY, DASH),
}


@dataclass(frozen=True, slots=True)
class Node:
    """One state as drawn: its outcome (a key of the looks) and a line of facts."""

    name: str
    type: str
    outcome: str
    facts: str
    next: tuple[str, ...] = ()


def execution_graph(definition: Definition, burst: Burst) -> Figure:
    """Return the states with their outcome and duration, as the burst's history tells them."""
    nodes = nodes_of(definition, burst)
    done = f"{burst.succeeded} of {burst.plan.tickets}"
    title = f"Execution {burst.status.lower()}: {done} ticket{'s' if burst.plan.tickets > 1 else ''} done"
    height = 2.5 + 0.78 * (len(nodes) + len(definition.before) + len(definition.after))

    def paint(sheet: Sheet) -> None:
        axes = sheet.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, 10)
        axes.set_ylim(height, 0)
        _Painter(axes, definition, burst).all(nodes)

    facts = "; ".join(f"{node.name} {node.outcome}, {node.facts}" for node in nodes)
    return draw(
        paint,
        title=title,
        alt=f"{title}. {definition.map_state} holds: {facts}.",
        height=height,
        arranged=False,
    )


def nodes_of(definition: Definition, burst: Burst) -> tuple[Node, ...]:
    """Return the processor's states in order with what became of them."""
    samples: dict[str, list[StepSample]] = {state.name: [] for state in definition.states}
    for ticket in burst.tickets:
        for sample in ticket.steps:
            samples.setdefault(sample.step, []).append(sample)
    return tuple(
        Node(
            state.name,
            state.type,
            _outcome(state.type, samples[state.name]),
            _facts(samples[state.name]),
            state.next,
        )
        for state in definition.states
    )


def _outcome(kind: str, samples: list[StepSample]) -> str:
    if not samples:
        return "not reached"
    if kind == "Fail" or any(sample.error not in {None, UNFINISHED} for sample in samples):
        return "failed"
    if all(sample.error == UNFINISHED for sample in samples):
        return "cut short"
    return "retried" if any(sample.retries for sample in samples) else "succeeded"


def _facts(samples: list[StepSample]) -> str:
    """Return how long the state took, and how many of several did not succeed."""
    if not samples:
        return "not reached"
    stays = [sample.exited - sample.entered for sample in samples]
    bad = [sample.error for sample in samples if sample.error and sample.error != UNFINISHED]
    failed = (f", {bad[0]}" if len(samples) == 1 else f", {len(bad)} failed") if bad else ""
    if len(samples) == 1:
        return f"{milliseconds(stays[0])}{failed}"
    retries = sum(sample.retries for sample in samples)
    again = f", {retries} retried" if retries else ""
    cut = sum(sample.error == UNFINISHED for sample in samples)
    short = f", {cut} cut short" if cut else ""
    return f"{len(samples)} times, median {milliseconds(float(np.median(stays)))}{failed}{again}{short}"


class _Painter:
    """Puts boxes from top to bottom; one inch of height is one unit."""

    def __init__(self, axes: Axes, definition: Definition, burst: Burst) -> None:
        self.axes, self.definition, self.burst = axes, definition, burst
        self.y = 0.55
        self.centres: dict[str, float] = {}

    def all(self, nodes: tuple[Node, ...]) -> None:
        """Draw start, the states before, the Map with its processor, the states after, and the end."""
        self._terminal("Start", GREY)
        reached = bool(self.burst.tickets)
        for name in self.definition.before:
            self._box(Node(name, "", "succeeded" if reached else "not reached", ""), 0.5)
        self._arrow()
        top = self.y
        self.y += 0.62
        for place, node in enumerate(nodes):
            self._box(node, 0.58, arrow=place > 0 and node.name in nodes[place - 1].next)
        self._jumps(nodes)
        self._frame(top)
        for name in self.definition.after:
            ended = self.burst.status == "SUCCEEDED"
            self._box(Node(name, "", "succeeded" if ended else "not reached", ""), 0.5)
        self._arrow()
        self._terminal("End", GREEN if self.burst.status == "SUCCEEDED" else RED)

    def _box(self, node: Node, tall: float, *, arrow: bool = True) -> None:
        from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415 - matplotlib is imported when drawing

        if arrow:
            self._arrow()
        else:
            self.y += 0.2
        colour, mark = _LOOKS[node.outcome]
        shape = FancyBboxPatch(
            (2.1, self.y), 5.8, tall, boxstyle="round,pad=0,rounding_size=0.12", linewidth=1.8,
            edgecolor=colour, facecolor=_tint(colour), linestyle="--" if mark == DASH else "-",
        )  # fmt: skip
        self.axes.add_patch(shape)
        middle = self.y + tall / 2
        self.centres[node.name] = middle
        self.axes.text(2.55, middle, mark, ha="center", va="center", fontsize=15, color=colour)
        lift = 0.13 if node.facts else 0.0
        self.axes.text(5.2, middle - lift, node.name, ha="center", va="center", fontsize=10.5, color=BLACK)
        self.axes.text(5.2, middle + 0.13, node.facts, ha="center", va="center", fontsize=9, color=BLACK)
        self.y += tall

    def _arrow(self) -> None:
        """Draw an arrow down to the next box."""
        self.axes.annotate(
            "", (5.0, self.y + 0.2), (5.0, self.y),
            arrowprops={"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
        self.y += 0.2

    def _jumps(self, nodes: tuple[Node, ...]) -> None:
        """Draw the ways that do not lead to the next box as arcs at the right."""
        order = [node.name for node in nodes]
        for place, node in enumerate(nodes):
            for target in node.next:
                if target in self.centres and order[place + 1 : place + 2] != [target]:
                    self.axes.annotate(
                        "", (7.9, self.centres[target]), (7.9, self.centres[node.name]),
                        arrowprops={"arrowstyle": "-|>", "color": GREY, "connectionstyle": "arc3,rad=-0.45"},
                    )  # fmt: skip

    def _frame(self, top: float) -> None:
        from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415 - matplotlib is imported when drawing

        self.y += 0.2
        burst = self.burst
        bad = any(ticket.outcome != "succeeded" for ticket in burst.tickets)
        outcome = "not reached" if not burst.tickets else "failed" if bad else "succeeded"
        colour, mark = _LOOKS[outcome]
        frame = FancyBboxPatch(
            (0.5, top), 9.0, self.y - top, boxstyle="round,pad=0,rounding_size=0.15", linewidth=1.6,
            edgecolor=colour, facecolor="none", linestyle=(0, (4, 2)),
        )  # fmt: skip
        self.axes.add_patch(frame)
        took = milliseconds(burst.map_ended - burst.map_started)
        count, sent = len(burst.tickets), burst.plan.tickets
        started = f"{count}" if count == sent else f"{count} of {sent}"
        facts = f"Map, {started} ticket{'' if sent == 1 else 's'} started, {took}"
        self.axes.text(0.8, top + 0.19, f"{mark} {self.definition.map_state}", fontsize=10.5, color=colour,
                       va="center", fontweight="bold")  # fmt: skip
        self.axes.text(0.8, top + 0.42, facts, fontsize=9, color=BLACK, va="center")

    def _terminal(self, text: str, colour: str) -> None:
        from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415 - matplotlib is imported when drawing

        shape = FancyBboxPatch(
            (4.2, self.y), 1.6, 0.32, boxstyle="round,pad=0,rounding_size=0.16", linewidth=1.4,
            edgecolor=colour, facecolor="white",
        )  # fmt: skip
        self.axes.add_patch(shape)
        self.axes.text(5.0, self.y + 0.16, text, ha="center", va="center", fontsize=9.5, color=colour)
        self.y += 0.32


def _tint(colour: str) -> str:
    """Return a colour mixed with much white, for a box to be written on."""
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - part) * 0.13):02x}" for part in parts)

"""Figures: each function takes records and returns a `Figure` with PNG, SVG, a title and an alternative text.

matplotlib is imported when the first figure is drawn, not before. The same data gives the same bytes.
"""

from reports.figures.bursts import concurrency_over_time, gantt, side_by_side, step_durations
from reports.figures.canvas import Figure
from reports.figures.graph import execution_graph
from reports.figures.sweeps import sweep

__all__ = [
    "Figure",
    "concurrency_over_time",
    "execution_graph",
    "gantt",
    "side_by_side",
    "step_durations",
    "sweep",
]

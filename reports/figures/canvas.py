"""What all figures share: size, type, colours, and drawing without pyplot's global state."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

BLACK, ORANGE, SKY, GREEN = "#1a1a1a", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#6b6b6b", "#e4e4e4"
CYCLE = (SKY, BLUE, ORANGE, PURPLE, GREEN, YELLOW, RED)
"""Okabe and Ito's palette, told apart with every common kind of colour blindness."""

WIDTH = 5.2
"""Inches. Narrow on purpose: on a phone, 375 px wide, the text is still about three quarters of its size."""

SMALL = 9.0
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 9.5,
    "axes.titlecolor": GREY,
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "scale-or-fail",
    "svg.fonttype": "path",
    "path.simplify": True,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn figure. `alt` says in words what it shows, for whoever cannot see it."""

    png: bytes
    svg: bytes | None
    alt: str
    title: str


def draw(
    paint: Callable[[Sheet], None], *, title: str, alt: str, height: float, arranged: bool = True
) -> Figure:
    """Let `paint` fill a sheet of the common width and return it as PNG and SVG.

    `arranged` lets matplotlib place axes so that nothing overlaps; a figure that places all itself does not.
    """
    import matplotlib as mpl  # noqa: PLC0415 - slow to import, and most runs' modules draw nothing
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - as above
    from matplotlib.figure import Figure as Paper  # noqa: PLC0415 - as above

    with mpl.rc_context(cast("Any", _STYLE)):
        sheet = Paper(figsize=(WIDTH, height), layout="constrained" if arranged else None)
        FigureCanvasAgg(sheet)
        sheet.suptitle(title, x=0.015, ha="left", fontsize=11, fontweight="bold", color=BLACK)
        paint(sheet)
        png = _saved(sheet, "png", {"Software": None})
        svg = _saved(sheet, "svg", {"Date": None, "Creator": None})
    svg = svg.replace(b"<svg ", f'<svg role="img" aria-label={quoteattr(alt)} '.encode(), 1)
    return Figure(png, svg, alt, title)


def _saved(sheet: Sheet, kind: str, metadata: dict[str, Any]) -> bytes:
    """Return the sheet's bytes; the metadata leaves out what changes from run to run."""
    target = io.BytesIO()
    sheet.savefig(target, format=kind, dpi=200, metadata=metadata)
    return target.getvalue()


def label(axes: Axes, x: str, y: str, subtitle: str = "") -> None:
    """Name both axes, units included, and put a line under the title."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if subtitle:
        axes.set_title(subtitle)


def milliseconds(seconds: float) -> str:
    """Return a duration as a person would write it: 0 ms, 0.4 ms, 252 ms, 1.25 s."""
    value = seconds * 1000
    if value >= 1000:  # noqa: PLR2004 - a second
        return f"{seconds:.2f} s"
    return f"{value:.0f} ms" if value >= 10 or value < 0.05 else f"{value:.1f} ms"  # noqa: PLR2004 - two digits, and no "0.0"

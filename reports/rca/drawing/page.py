"""What both drawings share: a page in inches with the origin at the top left, and text that wraps."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from reports.figures.canvas import BLACK, WIDTH, Figure, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet


LINE_HEIGHT = 1.32
"""Of the type's size."""
_AVERAGE_WIDTH = 0.6
"""Of a letter of the page's type, in its size; generous, so that no line runs out of its box."""


@cache
def _letters() -> frozenset[int]:
    """Return the characters that the drawings' font has."""
    from matplotlib.font_manager import findfont  # noqa: PLC0415 - matplotlib is imported when drawing
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415 - as above

    return frozenset(FT2Font(findfont("DejaVu Sans")).get_charmap())


def drawable(text: str) -> str:
    """Return a text with a box in place of each character that the font does not have."""
    known = _letters() | {ord("\n")}
    return "".join(letter if ord(letter) in known else "\N{WHITE SQUARE}" for letter in text)


class Page:
    """A page to draw on; all lengths are inches."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    def text(self, x: float, y: float, text: str, *, size: float = 8.5, **look: Any) -> None:
        """Write lines of text with their top left corner at a point."""
        shown: dict[str, Any] = {"color": BLACK, "va": "top", "ha": "left", "linespacing": LINE_HEIGHT} | look
        self.axes.text(x, y, drawable(text), fontsize=size, parse_math=False, **shown)

    def box(self, x: float, y: float, wide: float, tall: float, **look: Any) -> None:
        """Draw a box with round corners."""
        from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415 - matplotlib is imported when drawing

        style = "round,pad=0,rounding_size=0.06"
        self.axes.add_patch(FancyBboxPatch((x, y), wide, tall, boxstyle=style, **look))

    def line(self, start: tuple[float, float], end: tuple[float, float], **look: Any) -> None:
        """Draw a straight line."""
        self.axes.plot([start[0], end[0]], [start[1], end[1]], **({"solid_capstyle": "round"} | look))


def wrapped(text: str, width: float, size: float = 8.5) -> str:
    """Return a text in lines of at most `width` inches at a type size in points."""
    letters = max(6, int(width * 72 / (size * _AVERAGE_WIDTH)))
    return "\n".join(textwrap.wrap(text, letters, break_long_words=True)) or ""


def height_of(lines: str, size: float = 8.5) -> float:
    """Return how tall lines of text are, in inches."""
    return (lines.count("\n") + 1) * size * LINE_HEIGHT / 72 if lines else 0.0


def cut(text: str, letters: int) -> str:
    """Return a text of at most so many letters, cut at a word."""
    return (
        text
        if len(text) <= letters
        else textwrap.shorten(text, letters, placeholder=" \N{HORIZONTAL ELLIPSIS}")
    )


def page(paint: Callable[[Page], None], *, title: str, alt: str, height: float) -> Figure:
    """Draw a page of a height in inches under a title, as PNG and SVG."""

    def on(sheet: Sheet) -> None:
        axes = sheet.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(height, 0)
        paint(Page(axes))

    return draw(on, title=title, alt=alt, height=height, arranged=False)

"""The fishbone: four bones and the effect at the head. A cause stands on a bone only with its evidence."""

from __future__ import annotations

from dataclasses import dataclass

from reports.figures.canvas import BLACK, GREY, RED, WIDTH, Figure
from reports.rca.diagnosis import Bone, Diagnosis, Finding
from reports.rca.drawing.page import Page, cut, height_of, page, wrapped

EFFECT = "pipeline slow or failing during a traffic spike"
_HEAD = 4.22
_BONES = (0.14, 2.16)
_SLANT = 0.22
_ROOM = 1.68
_SIZE = 8.0
_EMPTY = "no evidence"


@dataclass(frozen=True, slots=True)
class _Side:
    """A bone as drawn: its name, and the causes on it as wrapped lines ("" where nothing stands)."""

    name: str
    causes: str

    @property
    def lines(self) -> str:
        """What is written beside the bone."""
        return self.causes or _EMPTY

    @property
    def tall(self) -> float:
        """Inches that name and causes take."""
        return height_of(wrapped(self.name, _ROOM, 9), 9) + height_of(self.lines, _SIZE) + 0.12


def fishbone(diagnosis: Diagnosis, effect: str = EFFECT) -> Figure:
    """Return the fishbone of a diagnosis, as PNG and SVG."""
    sides = [_Side(str(bone), _causes(diagnosis, bone)) for bone in Bone]
    above, below = sides[:2], sides[2:]
    up, down = (max(0.9, *(side.tall for side in pair)) + 0.16 for pair in (above, below))
    loose = wrapped(_loose(diagnosis), WIDTH - 0.3, _SIZE)
    middle = 0.42 + up
    height = middle + down + 0.12 + (height_of(loose, _SIZE) + 0.1 if loose else 0)

    def paint(paper: Page) -> None:
        paper.line((0.1, middle), (_HEAD, middle), color=BLACK, linewidth=3)
        _paint_head(paper, effect, middle)
        for x, side in zip(_BONES, above, strict=True):
            _paint_side(paper, side, x, middle - up, middle)
        for x, side in zip(_BONES, below, strict=True):
            _paint_side(paper, side, x, middle + down, middle)
        if loose:
            paper.text(0.14, middle + down + 0.06, loose, size=_SIZE)

    return page(paint, title="Fishbone", alt=_alt(sides, effect, _loose(diagnosis)), height=height)


def _causes(diagnosis: Diagnosis, bone: Bone) -> str:
    found = [finding for finding in diagnosis.findings if finding.bone is bone]
    return "\n".join(wrapped(_cause(finding), _ROOM, _SIZE) for finding in found[:3])


def _cause(finding: Finding) -> str:
    first = finding.evidence[0]
    return f"\N{BULLET} {cut(finding.summary, 90)} \N{RIGHTWARDS ARROW} {cut(first.citation(), 80)}"


def _loose(diagnosis: Diagnosis) -> str:
    """Return causes with evidence that belong on no bone."""
    loose = [f"{f.classified_as}: {cut(f.summary, 120)}" for f in diagnosis.findings if f.bone is None]
    return f"On none of the four bones: {'; '.join(loose)}" if loose else ""


def _paint_head(paper: Page, effect: str, middle: float) -> None:
    lines = wrapped(effect, WIDTH - _HEAD - 0.2, 8.5)
    tall = height_of(lines) + 0.2
    paper.box(
        _HEAD, middle - tall / 2, WIDTH - _HEAD - 0.06, tall, facecolor="white", edgecolor=BLACK, linewidth=2
    )
    paper.text(_HEAD + 0.08, middle - tall / 2 + 0.09, lines, fontweight="bold")


def _paint_side(paper: Page, side: _Side, x: float, end: float, middle: float) -> None:
    """Draw a bone from its end to the spine, with its name at the end and its causes beside it."""
    stands = bool(side.causes)
    look = {"color": RED if stands else GREY, "linewidth": 2.6 if stands else 1.2}
    look |= {} if stands else {"linestyle": (0, (4, 3))}
    paper.line((x, end), (x + _SLANT, middle), **look)
    name = wrapped(side.name, _ROOM, 9)
    above = end < middle
    text_x = x + _SLANT + 0.06
    y = end if above else middle + 0.12
    weight = "bold" if stands else "normal"
    paper.text(text_x, y, name, size=9, fontweight=weight, color=BLACK if stands else GREY)
    style = "normal" if stands else "italic"
    paper.text(text_x, y + height_of(name, 9) + 0.04, side.lines, size=_SIZE, style=style,
               color=BLACK if stands else GREY)  # fmt: skip


def _alt(sides: list[_Side], effect: str, loose: str) -> str:
    said = "; ".join(f"{side.name}: {' '.join(side.lines.split())}" for side in sides)
    return f"Fishbone with the effect '{effect}'. {said}.{f' {loose}.' if loose else ''}"

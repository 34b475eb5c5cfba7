"""The RCA tree: four leaves, the one that the evidence lights, and beside the others why not.

A lit leaf differs by more than colour: it is filled, has a thick frame and a star, and says "evidence".
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.figures.canvas import BLACK, BLUE, GREY, ORANGE, PALE, WIDTH, Figure
from reports.rca.diagnosis import Conclusion, Diagnosis, Finding, Leaf, Outside
from reports.rca.drawing.page import Page, cut, height_of, page, wrapped

_QUESTION = {
    Leaf.THROTTLED: "a limit refuses work, or work waits at one",
    Leaf.EXHAUSTED: "too little memory or CPU, at any load",
    Leaf.TIMED_OUT: "something called is slow or silent",
    Leaf.BAD_INPUT: "a ticket fails at once, at any load",
}
_LIT, _OUT, _OPEN = "\N{BLACK STAR}", "\N{BALLOT X}", "?"
_TRUNK, _BOX, _BOX_WIDE = 0.22, 0.45, 1.5
_TEXT = _BOX + _BOX_WIDE + 0.14
_TEXT_WIDE = WIDTH - _TEXT - 0.12
_GAP = 0.14
_MOST_LETTERS = 190
_LONG_NAME = 12


@dataclass(frozen=True, slots=True)
class _Row:
    """One leaf as drawn: its mark, and what stands beside it."""

    name: str
    under: str
    mark: str
    word: str
    beside: str
    tall: float


def rca_tree(diagnosis: Diagnosis) -> Figure:
    """Return the tree of a diagnosis, as PNG and SVG."""
    rows = _rows(diagnosis)
    head = wrapped(cut(diagnosis.headline, 260), WIDTH - 0.5, 9)
    top = 0.42 + height_of(head, 9) + 0.3
    height = top + sum(row.tall + _GAP for row in rows) + 0.08

    def paint(paper: Page) -> None:
        paper.box(
            _TRUNK - 0.1, 0.36, WIDTH - 0.24, top - 0.52, facecolor="white", edgecolor=BLACK, linewidth=1.2
        )
        paper.text(_TRUNK, 0.43, head, size=9)
        y = top
        for row in rows:
            _paint_row(paper, row, y)
            y += row.tall + _GAP
        last = y - rows[-1].tall - _GAP + 0.26
        paper.line((_TRUNK, top - 0.16), (_TRUNK, last), color=GREY, linewidth=1.4)

    return page(paint, title="RCA tree", alt=_alt(diagnosis, rows), height=height)


def _rows(diagnosis: Diagnosis) -> list[_Row]:
    lit = {finding.classified_as: finding for finding in reversed(diagnosis.findings)}
    others = {other.leaf: other for other in diagnosis.ruled_out}
    rows = []
    for leaf in Leaf:
        if leaf in lit:
            rows.append(_row(str(leaf), _QUESTION[leaf], _LIT, "evidence", _shown(lit[leaf])))
        elif leaf in others:
            mark, word = (_OUT, "ruled out") if others[leaf].ruled_out else (_OPEN, "not ruled out")
            reason = others[leaf].reason.removeprefix("not ruled out: ")
            rows.append(_row(str(leaf), _QUESTION[leaf], mark, word, reason))
    outside = [finding for kind, finding in lit.items() if isinstance(kind, Outside)]
    rows += [
        _row(str(f.classified_as), "none of the four leaves", _LIT, "evidence", _shown(f)) for f in outside
    ]
    return rows


def _shown(finding: Finding) -> str:
    """Return what stands beside a lit leaf: the finding, and its first two evidences with their citations."""
    summary = finding.summary[:1].upper() + finding.summary[1:]
    cited = [f"\N{EN DASH} {cut(e.sentence(), 130)} [{cut(e.citation(), 72)}]" for e in finding.evidence[:2]]
    return "\n".join((f"{cut(summary, 130)}.", *cited))


def _row(name: str, under: str, mark: str, word: str, beside: str) -> _Row:
    kept = _MOST_LETTERS if mark != _LIT else 400
    lines = "\n".join(wrapped(part, _TEXT_WIDE) for part in cut_lines(beside, kept))
    tall = max(0.52 + height_of(wrapped(under, _BOX_WIDE - 0.2, 8), 8) - 0.1, height_of(lines) + 0.24)
    return _Row(name, under, mark, word, lines, tall)


def cut_lines(text: str, letters: int) -> list[str]:
    """Return the paragraphs of a text, each cut where it grows too long."""
    return [cut(part, letters) for part in text.split("\n")]


def _paint_row(paper: Page, row: _Row, y: float) -> None:
    lit, still_open = row.mark == _LIT, row.mark == _OPEN
    colour = BLACK if lit else GREY
    paper.line((_TRUNK, y + 0.26), (_BOX, y + 0.26), color=colour, linewidth=2.4 if lit else 1.4)
    paper.box(
        _BOX, y, _BOX_WIDE, row.tall,
        facecolor=ORANGE if lit else "white", edgecolor=colour, linewidth=2.6 if lit else 1.2,
        linestyle="--" if still_open else "-",
    )  # fmt: skip
    weight, size = "bold" if lit else "normal", 9.5 if len(row.name) <= _LONG_NAME else 7
    under, below = wrapped(row.under, _BOX_WIDE - 0.2, 8), y + row.tall + _GAP / 2
    paper.text(_BOX + 0.1, y + 0.08, f"{row.mark} {row.name}", size=size, fontweight=weight, color=BLACK)
    paper.text(_BOX + 0.1, y + 0.29, under, size=8, color=colour)
    paper.text(_TEXT, y + 0.03, row.word, fontweight="bold", color=BLUE if still_open else colour)
    paper.text(_TEXT, y + 0.2, row.beside)
    paper.line((_TEXT, below), (WIDTH - 0.12, below), color=PALE, linewidth=0.8)


def _alt(diagnosis: Diagnosis, rows: list[_Row]) -> str:
    said = "; ".join(f"{row.name}: {row.word}, {' '.join(row.beside.split())}" for row in rows)
    lit = [row.name for row in rows if row.mark == _LIT]
    which = f"{', '.join(lit)} lit" if lit else "no leaf lit"
    if diagnosis.conclusion is Conclusion.HEALTHY:
        which = "no leaf lit, the pipeline is healthy"
    return f"RCA tree with {which}. {diagnosis.headline}. {said}."

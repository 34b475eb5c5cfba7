"""Small pieces of HTML: escaped text, tables, figures, Markdown. None asks the network for anything."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import chain, repeat
from typing import Any

from reports.judging.verdicts import line
from reports.records import Outcome, Verdict

MARKS = {
    Outcome.CONFIRMED: ("good", "✓ confirmed"),
    Outcome.REFUTED: ("bad", "✗ refuted"),
    Outcome.INCONCLUSIVE: ("open", "? inconclusive"),
}
"""A sign and a word beside the colour: nobody has to tell colours apart."""
MISSING = "○ missing"
_UNIT = re.compile(r"(?<!_per)_(s|ms)$")
_BREAK, _STAND_IN = "<br>", "\N{SYMBOL FOR NEWLINE}"


def mark(kind: str, text: str) -> str:
    """Return a word that stands out; `kind` is good, bad or open."""
    return f'<span class="mark {kind}">{escape(text)}</span>'


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of plain text."""
    named = f' class="{kind}"' if kind else ""
    return f"<p{named}>{escape(text)}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """Return a table of cells that are HTML already; on a phone each row becomes a card."""
    titles = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        "<tr>" + "".join(_cell(name, cell) for name, cell in zip(head, row, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<table class="stack"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(name: str, cell: str) -> str:
    return f'<td data-of="{escape(name)}">{cell}</td>'


def figure(png: bytes, alt: str, caption: str, *, wide: bool = False) -> str:
    """Return a figure with the PNG in it; the alternative text says what it shows."""
    source = base64.b64encode(png).decode("ascii")
    kind = ' class="wide"' if wide else ""
    return (
        f'<figure{kind}><img alt="{escape(alt or caption)}" src="data:image/png;base64,{source}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def verdicts(judged: Iterable[Verdict], numbers: Iterable[str] = ()) -> str:
    """Return verdicts as a list: sign and word, then claim, effect, interval, n, threshold, method.

    `numbers` are what they are called by, where they are.
    """
    called = chain(numbers, repeat(""))
    items = "".join(
        f"<li>{number(name)}{verdict(one)}</li>" for one, name in zip(judged, called, strict=False)
    )
    return f'<ul class="verdicts">{items}</ul>' if items else ""


def verdict(judged: Verdict) -> str:
    """Return one verdict in a line."""
    return f"{outcome(judged.outcome)} {escape(line(judged).partition(': ')[2])}"


def outcome(what: Outcome) -> str:
    """Return an outcome's sign and word."""
    return mark(*MARKS[what])


def number(called: str) -> str:
    """Return the number of a claim, "" where it has none."""
    return f'<span class="number">{escape(called)}</span> ' if called else ""


def folded(summary: str, inside: str, *, bulk: bool = False) -> str:
    """Return what opens with a click or the Enter key; in print it is open, and left out when it is bulk."""
    kind = ' class="bulk"' if bulk else ""
    return f"<details{kind}><summary>{escape(summary)}</summary>{inside}</details>"


def markdown(text: str) -> str:
    """Return Markdown of our own making as HTML; tags in it are shown, not obeyed, but for line breaks."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only the page needs it

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(["image", "link", "autolink"])
    made = str(parser.render(text.replace(_BREAK, _STAND_IN))).replace(_STAND_IN, _BREAK)
    return (
        lowered(made)
        .replace("<table>", '<div class="scroll" tabindex="0"><table>')
        .replace("</table>", "</table></div>")
    )


def lowered(html: str) -> str:
    """Return HTML whose headings are three levels lower, to stand inside a section."""
    for level in (3, 2, 1):
        for sign in ("<h", "</h"):
            html = html.replace(f"{sign}{level}>", f"{sign}{level + 3}>")
    return html


def comma_separated(text: str, caption: str, most: int = 12) -> str:
    """Return comma-separated values as a table of the first rows."""
    rows = list(csv.reader(io.StringIO(text)))
    if not rows:
        return paragraph("The query found nothing.")
    cells = [[escape(cell) for cell in row] for row in rows[1 : most + 1]]
    left = len(rows) - 1 - most
    more = f" The first {most} of {len(rows) - 1} rows." if left > 0 else ""
    return table(rows[0], cells, caption + more)


def spoken(name: str) -> str:
    """Return a name of the answers' file as one says it: `makespan_s` is the makespan in seconds."""
    return _UNIT.sub(r", \1", name).replace("_", " ")


def answer(value: Any) -> str:
    """Return an answer as HTML: a text as it was written, a list, or names with values."""
    if value is None or value == "":
        return mark("open", MISSING)
    if isinstance(value, Mapping):
        items = "".join(
            f"<li>{escape(spoken(str(name)))}: {answer(inner)}</li>" for name, inner in value.items()
        )
        return f"<ul>{items}</ul>"
    if isinstance(value, (list, tuple)):
        return f"<ul>{''.join(f'<li>{answer(one)}</li>' for one in value)}</ul>"
    return escape(f"{value:g}" if isinstance(value, float) else str(value))

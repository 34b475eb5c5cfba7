"""The printable page: one HTML file from which an assessor finds everything, with nothing to fetch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from pathlib import Path

from reports.portfolio import claims, markup, raw, trend
from reports.portfolio.activities import spine_part
from reports.portfolio.closing import ksb_table, record
from reports.portfolio.ledger import Came
from reports.portfolio.manifest import REQUIRED, Artefact, altered
from reports.portfolio.spine import ACTIVITIES, Activity
from reports.portfolio.summary import Point, Portfolio, Tick, counts
from reports.records import Outcome

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
LONGEST_NAME = 26
STYLE = Path(__file__).with_name("style.css")
TICKS = {
    Tick.EVIDENCE: ("good", "✓"),
    Tick.NOT_MET: ("bad", "✗"),
    Tick.LEARNER: ("open", "○"),
    Tick.NOT_TRIED: ("open", "○"),
}


def page(portfolio: Portfolio, runs: Sequence[trend.Run] = ()) -> str:
    """Return the whole page. `runs` are this run and earlier ones, for the trend."""
    earlier = trend.section(portfolio, runs)
    parts = [
        head(portfolio),
        '<body><a class="skip" href="#main">Skip to the portfolio</a>',
        masthead(portfolio, [(trend.TITLE, trend.ANCHOR)] if earlier else []),
        '<main id="main">',
        glance(portfolio),
        trouble(portfolio),
        checklist(portfolio),
        artefacts(portfolio),
        *(spine_part(portfolio, name, list(of)) for name, of in by_part()),
        ksb_table(portfolio),
        earlier,
        record(portfolio),
        raw.section(portfolio),
        claims.section(portfolio),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def by_part() -> list[tuple[str, list[Activity]]]:
    """Return the parts of the spine with their activities, in the order of the exercise."""
    return [(name, list(of)) for name, of in groupby(ACTIVITIES, key=lambda activity: activity.part)]


def head(portfolio: Portfolio) -> str:
    """Return the document's head: the policy forbids every request, the style is inside."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Scale or Fail: portfolio{escape(of_whom(portfolio))}</title>"
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head>"
    )


def of_whom(portfolio: Portfolio) -> str:
    """Return whose portfolio it is, "" when the learner gave no name."""
    name = portfolio.answers.text("learner.name")
    return f" of {name}" if name else ""


def masthead(portfolio: Portfolio, more: Sequence[tuple[str, str]] = ()) -> str:
    """Return the title, whose it is, when and where it was made, and the way to each part, and to `more`."""
    name, number = (portfolio.answers.text(f"learner.{field}") for field in ("name", "id"))
    made = datetime.fromtimestamp(portfolio.manifest.made, UTC).strftime("%Y-%m-%d %H:%M UTC")
    place = portfolio.manifest.environment
    who = f"Learner: {markup.answer(name)}{f' ({escape(number)})' if number else ''}"
    links = [("Checklist", "checklist"), ("Artefacts", "artefacts")]
    links += [(f"{a.number} {a.title}", f"activity-{a.number}") for _, of in by_part() for a in of]
    links += [("Knowledge, skills, behaviours", "ksb"), *more, ("Where and with what", "record")]
    links += [(raw.TITLE, raw.ANCHOR)]
    listed = "".join(f'<li><a href="#{anchor}">{escape(text)}</a></li>' for text, anchor in links)
    return (
        f"<header><h1>Scale or Fail: evidence portfolio</h1><p>{who}<br>"
        f'<span class="soft">Made {made} on the {escape(place.cloud)} cloud, run '
        f"{escape(portfolio.manifest.session)}.</span></p>"
        f'<nav aria-label="Parts of the portfolio"><ul>{listed}</ul></nav></header>'
    )


def glance(portfolio: Portfolio) -> str:
    """Return the figures that a reader in a hurry wants."""
    found = counts(portfolio.experiments)
    total = sum(found.values())
    ticked = sum(point.tick is Tick.EVIDENCE for point in portfolio.checklist)
    changed = altered(portfolio.manifest, portfolio.folder)
    intact = sum(one.required and one.file not in changed for one in portfolio.manifest.artefacts)
    tiles = [
        (f"{found[Outcome.CONFIRMED]} of {total}", "claims confirmed" + beside(portfolio)),
        (f"{intact} of {len(REQUIRED)}", "artefacts of the exercise, as they were made"),
        (f"{ticked} of {len(portfolio.checklist)}", "points ticked by evidence"),
        *burst_tiles(portfolio),
    ]
    items = "".join(f"<li><strong>{escape(big)}</strong>{escape(small)}</li>" for big, small in tiles)
    return f'<h2 id="glance">At a glance</h2><ul class="tiles">{items}</ul>'


def beside(portfolio: Portfolio) -> str:
    """Return what else there is besides confirmed claims, in words."""
    found = counts(portfolio.experiments)
    parts = [f"{found[kind]} {kind.value}" for kind in (Outcome.REFUTED, Outcome.INCONCLUSIVE) if found[kind]]
    came = [one.entry.came for one in portfolio.experiments]
    kinds = [kind for kind in (Came.BROKEN, Came.SKIPPED, Came.NOT_RUN) if kind in came]
    parts += [f"{plural(came.count(kind), 'experiment')} {kind.value}" for kind in kinds]
    return f" ({', '.join(parts)})" if parts else ""


def plural(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count} {noun}{'s' * (count != 1)}"


def burst_tiles(portfolio: Portfolio) -> list[tuple[str, str]]:
    """Return makespan and throughput of the bursts that the before and after compares."""
    return [
        (
            f"{burst.makespan_s:.1f} s",
            f"for {burst.plan.tickets} tickets, {burst.plan.max_concurrency} at a time",
        )
        for burst in portfolio.compared
    ]


def checklist(portfolio: Portfolio) -> str:
    """Return the checklist, each point with what ticks it."""
    numbered = claims.numbers(portfolio.experiments)
    rows = [
        (ticked(point), escape(point.text), behind(point, numbered.get(point.name, ())))
        for point in portfolio.checklist
    ]
    body = markup.table(("tick", "point", "evidence"), rows, "A point is ticked by evidence or not at all.")
    empty = markup.paragraph("Activity 8 was not run: nothing is ticked.")
    return f'<h2 id="checklist">Checklist</h2>{body if rows else empty}'


def trouble(portfolio: Portfolio) -> str:
    """Say that the learner's answers cannot be read, where they cannot."""
    said = portfolio.answers_trouble
    return f"<p>{markup.mark('bad', '! answers not read')} {escape(said)}</p>" if said else ""


def ticked(point: Point) -> str:
    """Return a point's sign and word."""
    kind, sign = TICKS[point.tick]
    return markup.mark(kind, f"{sign} {point.tick}")


def behind(point: Point, numbers: Sequence[str]) -> str:
    """Return the verdicts behind a point, folded, or why there are none; on paper their numbers."""
    said = escape(point.reason)
    if not point.verdicts:
        return said
    summary = f"{plural(len(point.verdicts), 'claim')}: {claims.ranges(numbers)}"
    listed = markup.folded(summary, markup.verdicts(point.verdicts, numbers), bulk=True)
    return f'{said}{listed}<span class="printed">{escape(summary)}</span>'


def artefacts(portfolio: Portfolio) -> str:
    """Return the six artefacts in a table, missing ones by name, and the others in a line."""
    made = portfolio.manifest.artefacts
    there = {one.key: one for one in made}
    changed = altered(portfolio.manifest, portfolio.folder)
    rows = [row(there.get(key), title, changed) for key, title in REQUIRED.items()]
    others = ", ".join(link(one) for one in made if not one.required)
    head_ = ("artefact", "activity", "made from execution", "file")
    caption = "The six of the exercise; each links to where it is shown."
    return (
        f'<h2 id="artefacts">Artefacts</h2>{markup.table(head_, rows, caption)}'
        f"<p>Besides: {others or 'none'}.</p>"
    )


def row(artefact: Artefact | None, title: str, changed: Collection[str] = ()) -> tuple[str, ...]:
    """Return an artefact's row; one that is missing, or not what was made, is said to be so."""
    if artefact is None:
        return escape(title), "", markup.mark("bad", "✗ missing"), ""
    ran = f"<code>{escape(', '.join(map(short, artefact.executions)))}</code>"
    return (
        link(artefact),
        str(artefact.activity),
        markup.mark("bad", "✗ gone or changed") if artefact.file in changed else ran,
        raw.link(f"portfolio/{artefact.file}"),
    )


def link(artefact: Artefact) -> str:
    """Return a link to where an artefact is shown."""
    return f'<a href="#{artefact.key}">{escape(artefact.title)}</a>'


def short(arn: str) -> str:
    """Return an execution's name, cut to what tells it from others."""
    name = arn.rpartition(":")[2]
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"

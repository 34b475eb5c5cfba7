"""The page's end: which claims support which KSB, and where and with what all was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from reports.portfolio import claims, markup
from reports.portfolio.ledger import Shown
from reports.portfolio.spine import KSB
from reports.portfolio.summary import Portfolio

ON_PAPER = (
    "On paper every claim is one line, under Claims by number; what was needed, by which method, and the "
    "files with the raw samples are in the page itself."
)


def ksb_table(portfolio: Portfolio) -> str:
    """Return which claims support which knowledge, skill or behaviour."""
    numbered = claims.numbers(portfolio.experiments)
    rows = [
        (escape(KSB.get(code, code)), supporting(found, numbered))
        for code, found in portfolio.supported.items()
    ]
    body = markup.table(
        ("knowledge, skill or behaviour", "claims that support it"),
        rows,
        "Standard ST1398, Machine Learning Engineer. A claim's number begins with its activity.",
    )
    return f'<h2 id="ksb" class="part">Knowledge, skills and behaviours</h2>{body}'


def supporting(found: tuple[Shown, ...], numbered: Mapping[str, Sequence[str]]) -> str:
    """Return the claims of experiments that passed; the others are counted, since they support nothing."""
    good = [one for one in found if one.passed]
    own = [number for one in good for number in numbered[one.entry.name]]
    rest = sum(not one.passed for one in found)
    more = markup.paragraph(f"{rest} more experiments did not pass or were not tried.") if rest else ""
    if not own:
        return markup.mark("open", "○ nothing yet") + more
    activities = sorted({one.entry.activity for one in good})
    of = f"activit{'y' if len(activities) == 1 else 'ies'} {', '.join(map(str, activities))}"
    count = f"{len(own)} claim{'s' * (len(own) != 1)}"
    told = f"{count} confirmed, of {of}: {claims.ranges(own)}."
    listed = markup.folded(f"The {count} in words", claims.under_titles(good, numbered), bulk=True)
    return markup.paragraph(told) + listed + more


def record(portfolio: Portfolio) -> str:
    """Return where and with what all was measured, the raw evidence, and what was left out."""
    place = portfolio.manifest.environment
    facts = {
        "cloud": place.cloud,
        "region": place.region,
        "commit": place.commit or "not in git",
        "template hash": place.template_hash,
        **place.machine,
        **place.versions,
    }
    listed = "".join(
        f"<dt>{escape(markup.spoken(name))}</dt><dd>{escape(value)}</dd>" for name, value in facts.items()
    )
    sums = [f"portfolio/{one.file}: {one.sha256}" for one in portfolio.manifest.artefacts]
    kept = markup.folded("Checksums of the artefacts (SHA-256)", codes(sums))
    printed = f'<p class="printed">{escape(ON_PAPER)}</p>'
    title = '<h2 id="record">Where and with what</h2>'
    return f'{title}<dl class="facts">{listed}</dl>{printed}{kept}{left_out(portfolio)}'


def codes(texts: Iterable[str]) -> str:
    """Return names as a list."""
    return f"<ul>{''.join(f'<li><code>{escape(text)}</code></li>' for text in texts)}</ul>"


def left_out(portfolio: Portfolio) -> str:
    """Return which experiments of earlier runs were not used, since they speak of another pipeline."""
    if not portfolio.unused:
        return ""
    count = len(portfolio.unused)
    return markup.paragraph(
        f"{count} experiments of earlier runs were of another template or another cloud, and are not used."
    )

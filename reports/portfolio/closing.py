"""The page's end: which experiments support which KSB, and where and with what all was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from reports.portfolio import markup
from reports.portfolio.ledger import Shown
from reports.portfolio.spine import KSB
from reports.portfolio.summary import Portfolio


def ksb_table(portfolio: Portfolio) -> str:
    """Return which experiments support which knowledge, skill or behaviour."""
    rows = [(escape(KSB.get(code, code)), supporting(found)) for code, found in portfolio.supported.items()]
    body = markup.table(
        ("knowledge, skill or behaviour", "shown by"), rows, "Standard ST1398, Machine Learning Engineer."
    )
    return f'<h2 id="ksb" class="part">Knowledge, skills and behaviours</h2>{body}'


def supporting(found: tuple[Shown, ...]) -> str:
    """Return the experiments that passed, in a list; others are counted, since they support nothing."""
    good = [one for one in found if one.passed]
    items = "".join(
        f"<li>Activity {one.entry.activity}: {escape(one.entry.title)} ({claims([one])})</li>" for one in good
    )
    activities = sorted({one.entry.activity for one in good})
    told = f"Activities {', '.join(map(str, activities))}: {len(good)} experiments, {claims(good)}"
    rest = sum(not one.passed for one in found)
    more = f"<p>{rest} more did not pass or were not tried.</p>" if rest else ""
    if not good:
        return markup.mark("open", "○ nothing yet") + more
    return markup.paragraph(told) + markup.folded("Which they are", f"<ul>{items}</ul>", bulk=True) + more


def claims(found: Sequence[Shown]) -> str:
    """Return how many claims some experiments confirmed, in words."""
    count = sum(len(one.verdicts) for one in found)
    return f"{count} claim{'s' * (count != 1)} confirmed"


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
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    files = [f"evidence/{one.entry.evidence}" for one in portfolio.experiments if one.entry.evidence]
    sums = [f"portfolio/{one.file}: {one.sha256}" for one in portfolio.manifest.artefacts]
    raw = markup.folded(f"{len(files)} evidence files with every raw sample", codes(files), bulk=True)
    kept = markup.folded("Checksums of the artefacts (SHA-256)", codes(sums))
    printed = '<p class="printed">On paper the single experiments and files are left out.</p>'
    title = '<h2 id="record">Where and with what</h2>'
    return f'{title}<dl class="facts">{listed}</dl>{printed}{raw}{kept}{left_out(portfolio)}'


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

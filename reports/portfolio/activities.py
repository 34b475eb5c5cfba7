"""The page's sections of activities: done, seen, proved; the figure that shows most; the learner's words."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from reports.portfolio import markup
from reports.portfolio.claims import numbers
from reports.portfolio.ledger import Came, Shown
from reports.portfolio.manifest import Artefact, checksum
from reports.portfolio.markup import MISSING
from reports.portfolio.spine import PORTFOLIO, Activity
from reports.portfolio.summary import Portfolio, done, standing
from reports.portfolio.words import Word
from reports.records import Outcome, Verdict

HEADLINES = 3
PART_TITLES = {PORTFOLIO: "Reflection and clean-up"}
WIDE = ("dashboard-at-the-wall", "dashboard-after-the-fix")
CAME = {
    Came.PASSED: ("good", "✓ passed"),
    Came.REFUTED: ("bad", "✗ refuted"),
    Came.BROKEN: ("bad", "! broken"),
    Came.SKIPPED: ("open", "○ not tried"),
    Came.NOT_RUN: ("open", "○ not run"),
}


def spine_part(portfolio: Portfolio, name: str, activities: list[Activity]) -> str:
    """Return one part of the spine with its activities."""
    sections = "".join(activity_section(portfolio, activity) for activity in activities)
    return f'<h2 class="part">{escape(PART_TITLES.get(name, name))}</h2>{sections}'


def activity_section(portfolio: Portfolio, activity: Activity) -> str:
    """Return an activity: done, seen, proves; key figure; the learner's words; all claims and artefacts."""
    experiments = portfolio.of(activity.number)
    own = [one for one in portfolio.manifest.artefacts if one.activity == activity.number]
    key = [one for one in own if one.key == activity.figure]
    others = [one for one in own if one.key != activity.figure]
    parts = [
        f'<section aria-labelledby="activity-{activity.number}">',
        f'<h3 id="activity-{activity.number}">Activity {activity.number}: {escape(activity.title)}</h3>',
        told("What was done", escape(done(activity, experiments))),
        told("What was seen", markup.verdicts(headlines(experiments)) or "Nothing was measured."),
        told("What it proves", escape(standing(activity, experiments))),
        *(shown(portfolio, one) for one in key),
        learner(portfolio, activity),
        *(shown(portfolio, one) for one in others),
        experiments_folded(experiments, numbers(portfolio.experiments)),
        "</section>",
    ]
    return "".join(parts)


def told(title: str, html: str) -> str:
    """Return a paragraph, or a list, under a run-in title."""
    return f"<h4>{escape(title)}</h4>{html if html.startswith('<ul') else f'<p>{html}</p>'}"


def headlines(experiments: tuple[Shown, ...]) -> list[Verdict]:
    """Return the verdicts that say most: those that are not confirmed, then those that were estimated.

    One of each experiment comes before a second of any: they say different things.
    """
    ranked = [sorted(one.verdicts, key=_weight) for one in experiments]
    firsts = [verdict for own in ranked for verdict in own[:1]]
    others = [verdict for own in ranked for verdict in own[1:]]
    return [*sorted(firsts, key=_weight), *sorted(others, key=_weight)][:HEADLINES]


def _weight(verdict: Verdict) -> tuple[bool, bool, bool]:
    """Return by what verdicts are ordered: what says more is smaller."""
    estimate = verdict.estimate
    return verdict.outcome is Outcome.CONFIRMED, estimate.interval is None, estimate.unit == ""


def shown(portfolio: Portfolio, artefact: Artefact) -> str:
    """Return an artefact in full; one whose file is not what the manifest says is not shown."""
    path = portfolio.folder / artefact.file
    content = path.read_bytes() if path.is_file() else b""
    if checksum(content) != artefact.sha256:
        return markup.paragraph(f"{artefact.file} is gone or is not what was made, so it is not shown.")
    return f'<div id="{artefact.key}">{inside(artefact, content)}</div>'


def inside(artefact: Artefact, content: bytes) -> str:
    """Return an artefact's content as HTML."""
    caption = ". ".join(part for part in (artefact.title, artefact.note) if part)
    if artefact.media == "image/png":
        return markup.figure(content, artefact.alt, caption, wide=artefact.key in WIDE)
    text = content.decode("utf-8")
    if artefact.media == "text/csv":
        query = f"<pre>{escape(artefact.note)}</pre>" if artefact.note else ""
        return f"<h4>{escape(artefact.title)}</h4>{query}{markup.comma_separated(text, 'Its result.')}"
    body = markup.markdown(text)
    if text.startswith("# "):
        return markup.folded(artefact.title, body)
    return f"<h4>{escape(artefact.title)}</h4>{body}"


def learner(portfolio: Portfolio, activity: Activity) -> str:
    """Return what the learner said, beside what was measured; what is missing is shown as missing."""
    words = portfolio.words(activity.number)
    return in_own_words(words, activity.number) if words else ""


def in_own_words(words: tuple[Word, ...], activity: int) -> str:
    """Return questions and answers; where nothing was answered, one line says so."""
    title = f'<h4 id="words-{activity}">In the learner\'s own words</h4>'
    if all(word.answer is None for word in words):
        asked = "; ".join(word.question.rstrip("?") for word in words)
        return (
            f'<aside class="learner" aria-labelledby="words-{activity}">{title}'
            f"<p>{markup.mark('open', MISSING)}: {escape(asked)}.</p></aside>"
        )
    listed = "".join(map(question, words))
    return f'<aside class="learner" aria-labelledby="words-{activity}">{title}<dl>{listed}</dl></aside>'


def question(word: Word) -> str:
    """Return a question with its answer, and what of it cannot be read."""
    kind = ' class="text"' if isinstance(word.answer, str) else ""
    wrong = "".join(f"<dd>{markup.mark('open', '? not read')} {escape(said)}</dd>" for said in word.wrong)
    return f"<dt>{escape(word.question)}</dt><dd{kind}>{markup.answer(word.answer)}</dd>{wrong}"


def experiments_folded(experiments: tuple[Shown, ...], numbered: Mapping[str, tuple[str, ...]]) -> str:
    """Return every experiment of an activity with all its verdicts, by their numbers."""
    if not experiments:
        return ""
    listed = "".join(
        f"<h5>{came(one)} {escape(one.entry.title)}</h5>"
        + markup.verdicts(one.verdicts, numbered[one.entry.name])
        + (markup.paragraph(one.trouble or one.entry.reason) if one.trouble or one.entry.reason else "")
        for one in experiments
    )
    claims = sum(len(one.verdicts) for one in experiments)
    return markup.folded(f"All {len(experiments)} experiments with their {claims} claims", listed, bulk=True)


def came(one: Shown) -> str:
    """Return what an experiment came to, and whether an earlier run made it."""
    kind, word = CAME[one.entry.came] if not one.trouble else ("bad", "✗ evidence changed")
    return markup.mark(kind, word + (" (an earlier run)" if one.earlier else ""))

"""The claims by number: a table, or paper, names a claim by it. `3.4` is the fourth claim of activity 3."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import count

from reports.judging.verdicts import COMPARISON, line, threshold_text
from reports.portfolio import markup
from reports.portfolio.ledger import Shown
from reports.portfolio.summary import Portfolio
from reports.records import Verdict

TITLE, ANCHOR = "Claims by number", "claims"


def numbers(experiments: Iterable[Shown]) -> Mapping[str, tuple[str, ...]]:
    """Return the numbers of each experiment's claims, by its name, counted through each activity."""
    counters: defaultdict[int, count[int]] = defaultdict(lambda: count(1))
    return {
        one.entry.name: tuple(
            f"{one.entry.activity}.{next(counters[one.entry.activity])}" for _ in one.verdicts
        )
        for one in experiments
    }


def ranges(given: Sequence[str]) -> str:
    """Return numbers that follow on one another as ranges: `1.1 to 1.3, 2.5`."""
    runs: list[list[str]] = []
    for number in given:
        if runs and number == _after(runs[-1][-1]):
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _after(number: str) -> str:
    activity, _, place = number.partition(".")
    return f"{activity}.{int(place) + 1}"


def short(verdict: Verdict) -> str:
    """Return a claim with what was found; what was needed and by which method is left to the long form."""
    text = line(verdict).partition(": ")[2]
    needed = text.partition(f", needed {threshold_text(verdict.threshold)}")[0]
    return needed.rpartition(" (by ")[0] or needed if verdict.estimate.method == COMPARISON else needed


def under_titles(experiments: Iterable[Shown], numbered: Mapping[str, Sequence[str]]) -> str:
    """Return the claims of some experiments in short, under each one's title."""
    return "".join(_under_title(one, numbered[one.entry.name]) for one in experiments if one.verdicts)


def _under_title(one: Shown, numbered: Sequence[str]) -> str:
    items = "".join(
        f"<li>{markup.number(number)} {markup.outcome(verdict.outcome)} {escape(short(verdict))}</li>"
        for number, verdict in zip(numbered, one.verdicts, strict=True)
    )
    title = f"Activity {one.entry.activity}: {one.entry.title}"
    return f'<h5>{escape(title)}</h5><ul class="verdicts">{items}</ul>'


def section(portfolio: Portfolio) -> str:
    """Return all claims in short, for paper: on a screen they stand with each activity, in full."""
    body = under_titles(portfolio.experiments, numbers(portfolio.experiments))
    return f'<section class="printed claims"><h2 id="{ANCHOR}">{TITLE}</h2>{body}</section>' if body else ""

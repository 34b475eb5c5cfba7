"""The trend: what the burst before and after came to in this run and in earlier ones into the same folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

from reports.portfolio import markup
from reports.portfolio.summary import Portfolio, counts
from reports.records import Outcome, from_json, to_json

FILE: Final = "trend.jsonl"
TITLE, ANCHOR = "Earlier runs", "trend"
MOST: Final = 12
"""Runs on the page; the file keeps all."""


@dataclass(frozen=True, slots=True)
class Run:
    """One session's figures. Makespans are in seconds; `made` is a time stamp."""

    session: str
    made: float
    cloud: str
    machine: str
    template_hash: str
    tickets: int
    low: int
    high: int
    low_makespan_s: float
    high_makespan_s: float
    confirmed: int
    claims: int

    @property
    def speed_up(self) -> float:
        """How many times sooner the second burst was done."""
        return self.low_makespan_s / self.high_makespan_s

    def like(self, other: Run) -> bool:
        """Tell whether both drove the same load on the same cloud."""
        mine = (self.cloud, self.tickets, self.low, self.high)
        return mine == (other.cloud, other.tickets, other.low, other.high)


def of(portfolio: Portfolio) -> Run | None:
    """Return what a portfolio adds to the trend, None where it has no burst before and after."""
    if len(portfolio.compared) != 2:  # noqa: PLR2004 - before and after
        return None
    before, after = portfolio.compared
    place, found = portfolio.manifest.environment, counts(portfolio.experiments)
    return Run(
        session=portfolio.manifest.session,
        made=portfolio.manifest.made,
        cloud=place.cloud,
        machine=", ".join(place.machine.values()),
        template_hash=place.template_hash,
        tickets=before.plan.tickets,
        low=before.plan.max_concurrency,
        high=after.plan.max_concurrency,
        low_makespan_s=before.makespan_s,
        high_makespan_s=after.makespan_s,
        confirmed=found[Outcome.CONFIRMED],
        claims=sum(found.values()),
    )


def read(out: Path) -> tuple[Run, ...]:
    """Return the runs that a folder remembers, the oldest first; lines of another version are passed over."""
    try:
        lines = (out / FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    return tuple(run for line in lines if (run := _parsed(line)) is not None)


def remember(portfolio: Portfolio, out: Path) -> tuple[Run, ...]:
    """Return the runs with the portfolio's own at the end; one that is new is kept in the folder."""
    kept, now = read(out), of(portfolio)
    if now is None or any(run.session == now.session for run in kept):
        return kept
    with (out / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(to_json(now), ensure_ascii=False) + "\n")
    return (*kept, now)


def section(portfolio: Portfolio, runs: Sequence[Run]) -> str:
    """Return the page's part, "" where no earlier run drove the same load."""
    now = of(portfolio)
    alike = [run for run in runs if now is not None and run.like(now)][-MOST:]
    if now is None or len(alike) < 2:  # noqa: PLR2004 - a trend is of two at least
        return ""
    from reports.figures.runs import makespans_by_run  # noqa: PLC0415 - loads matplotlib; most pages need none

    at = (f"{now.low} at a time", f"{now.high} at a time")
    drawn = makespans_by_run(
        [_when(run) for run in alike],
        {at[0]: [run.low_makespan_s for run in alike], at[1]: [run.high_makespan_s for run in alike]},
    )
    caption = f"Runs of {now.tickets} tickets on the {now.cloud} cloud, the newest last."
    head = ("run", *at, "speed-up", "claims confirmed", "beside this run")
    rows = [_row(run, now) for run in alike]
    told = "One burst a run: a difference between two runs is no verdict. For one there is make regress."
    return (
        f'<h2 id="{ANCHOR}">{TITLE}</h2>'
        + markup.figure(drawn.png, drawn.alt, drawn.title)
        + markup.table(head, rows, caption)
        + markup.paragraph(told)
    )


def _row(run: Run, now: Run) -> tuple[str, ...]:
    cells = (
        _when(run),
        f"{run.low_makespan_s:.1f} s",
        f"{run.high_makespan_s:.1f} s",
        f"{run.speed_up:.2f}",
        f"{run.confirmed} of {run.claims}",
        _beside(run, now),
    )
    return tuple(escape(cell) for cell in cells)


def _beside(run: Run, now: Run) -> str:
    """Say what else was different, so that nobody takes it for a change of the pipeline."""
    if run.session == now.session:
        return "this run"
    other = [
        word
        for word, mine, its in (
            ("another template", now.template_hash, run.template_hash),
            ("another machine", now.machine, run.machine),
        )
        if mine != its
    ]
    return ", ".join(other) or "same template, same machine"


def _when(run: Run) -> str:
    return datetime.fromtimestamp(run.made, UTC).strftime("%m-%d %H:%M")


def _parsed(line: str) -> Run | None:
    try:
        run: Run = from_json(Run, json.loads(line))
    except (ValueError, KeyError, TypeError):
        return None
    return run

"""The trend over runs: what enters it, and what the page makes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reports.figures.runs import makespans_by_run
from reports.grading.answers import parse
from reports.portfolio import trend
from reports.portfolio.manifest import Manifest
from reports.portfolio.page import page
from reports.portfolio.summary import Portfolio
from reports.records import Environment
from tests.reports.synthetic import burst_of

HERE = Environment("embedded", "us-east-1", {"cpu": "abacus"}, {}, "abc", "hash-1")


def portfolio(session: str = "now", place: Environment = HERE, tickets: int = 20) -> Portfolio:
    """Return a portfolio with nothing in it but a burst before and one after."""
    compared = tuple(burst_of([0.25] * tickets, cap) for cap in (2, 10))
    return Portfolio(
        Manifest(session, 1_800_000_000.0, place), Path(), (), parse("", Path()), compared=compared
    )


def test_a_run_enters_the_trend_once(tmp_path):
    """However often a page is written, its run is one line; another run is one more."""
    first = trend.remember(portfolio("one"), tmp_path)
    assert trend.remember(portfolio("one"), tmp_path) == first == trend.read(tmp_path)
    both = trend.remember(portfolio("two"), tmp_path)
    assert [run.session for run in both] == ["one", "two"] == [run.session for run in trend.read(tmp_path)]


def test_the_figures_are_those_of_the_bursts():
    """Makespans, caps and tickets come from the bursts before and after."""
    shown = portfolio()
    run = trend.of(shown)
    assert run is not None
    assert (run.low, run.high, run.tickets) == (2, 10, 20)
    assert run.low_makespan_s == shown.compared[0].makespan_s
    assert run.speed_up == shown.compared[0].makespan_s / shown.compared[1].makespan_s


def test_without_a_before_and_after_nothing_is_remembered(tmp_path):
    """A portfolio whose activity 4 was not run adds nothing and shows no trend."""
    bare = replace(portfolio(), compared=())
    assert trend.remember(bare, tmp_path) == ()
    assert not (tmp_path / trend.FILE).exists()
    assert trend.section(bare, ()) == ""


def test_a_line_of_another_version_is_passed_over(tmp_path):
    """What this version cannot read does not keep it from reading the rest."""
    trend.remember(portfolio("one"), tmp_path)
    with (tmp_path / trend.FILE).open("a", encoding="utf-8") as file:
        file.write('{"session": "old"}\nno json\n17\n')
    assert [run.session for run in trend.read(tmp_path)] == ["one"]


def test_the_first_run_shows_no_trend(tmp_path):
    """One run is no trend: the page has neither the part nor a link to it."""
    shown = portfolio()
    assert trend.ANCHOR not in page(shown, trend.remember(shown, tmp_path))


def test_only_runs_of_the_same_load_are_compared(tmp_path):
    """A run with other tickets is remembered and not shown beside this one."""
    trend.remember(portfolio("small", tickets=10), tmp_path)
    trend.remember(portfolio("before"), tmp_path)
    shown = portfolio("now")
    found = trend.section(shown, trend.remember(shown, tmp_path))
    assert found.count("<tr>") == 3
    assert "Runs of 20 tickets" in found


def test_what_else_was_different_is_said(tmp_path):
    """A run of another template or machine says so, and this run says that it is this one."""
    other = replace(HERE, template_hash="hash-0", machine={"cpu": "slide rule"})
    trend.remember(portfolio("before", other), tmp_path)
    shown = portfolio("now")
    text = page(shown, trend.remember(shown, tmp_path))
    assert "another template, another machine" in text
    assert "this run<" in text
    assert f'href="#{trend.ANCHOR}"' in text


def test_the_figure_says_every_makespan_in_words():
    """Whoever cannot see the curve reads each run's makespan, the newest last."""
    drawn = makespans_by_run(["01-01", "01-02"], {"2 at a time": [64.0, 62.5], "10 at a time": [13.0, 12.9]})
    assert "2 at a time: 64.0 s, 62.5 s" in drawn.alt
    assert drawn.png.startswith(b"\x89PNG")

"""Prints how many of the recorded incidents are diagnosed as expected, after a run that asked them."""

from __future__ import annotations

import pytest

from tests.reports.rca.corpus_reading import summary

ASKED = pytest.StashKey[bool]()


def pytest_collection_finish(session: pytest.Session) -> None:
    session.config.stash[ASKED] = any("test_rca_corpus" in item.nodeid for item in session.items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash.get(ASKED, False):
        terminalreporter.write_line(summary())

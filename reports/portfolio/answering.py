"""What can be checked of a learner's reflection without judging it; the rest is for the assessor."""

from __future__ import annotations

from typing import Final

from reports.grading.text import mentions, sentences

LEAST_SENTENCES: Final = 3
ENOUGH, NAMES = "at least three sentences", "names a metric or a log"
CHECKS: Final = (ENOUGH, NAMES)
SIGNALS: Final = [
    "ConcurrentExecutions",
    "Throttles",
    "Duration",
    "Errors",
    "Invocations",
    "ExecutionsFailed",
    "ExecutionTime",
    "ExecutionThrottled",
    "p95",
    "log",
    "logs",
    "Logs Insights",
    "history",
    "metric",
    "metrics",
]


def reflection_checks(text: str) -> tuple[str, ...]:
    """Return which checks a reflection meets."""
    met = {ENOUGH: sentences(text) >= LEAST_SENTENCES, NAMES: bool(mentions(text, SIGNALS))}
    return tuple(name for name, holds in met.items() if holds)

"""What can be checked of a learner's reflection without judging it; the rest is for the assessor.

The experiment that asks for it and the page, which may be written long after, decide by the same functions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reports.grading.answers import Answers
from reports.grading.text import mentions, sentences
from reports.judging.estimates import exact
from reports.judging.verdicts import judge
from reports.portfolio.ledger import Came, Shown
from reports.records import Estimate, Verdict

REFLECTION: Final = "reflection"
FOR_THE_LEARNER: Final = "for the learner: "
"""How the reason begins when a point waits for the learner: neither a failure nor a pass."""
CLAIM: Final = "what can be checked of it"
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


def still_open(answers: Answers, trouble: str = "") -> str:
    """Return why the reflection still waits for the learner, "" when it meets every check.

    `trouble` says why the answers could not be read, "" when they could.
    """
    path = answers.path
    place = f"`{REFLECTION}` in {path.parent.name}/{path.name}"
    if trouble:
        return f"the answers cannot be read: {trouble}"
    text = answers.text(REFLECTION)
    if not text:
        first = "" if path.is_file() else "`make answers` writes the file with every question in it; then "
        return f"{first}answer {place}"
    met = reflection_checks(text)
    lacking = [check for check in CHECKS if check not in met]
    return f"not yet: {', '.join(lacking)}; write more under {place}" if lacking else ""


def checked(text: str) -> Estimate:
    """Return how many of the checks a reflection meets."""
    return exact(len(reflection_checks(text)), len(CHECKS), "", n_unit="checks")


def verdict_on(text: str) -> Verdict:
    """Return the verdict that the experiment comes to on the same text."""
    return judge(CLAIM, checked(text), equals=len(CHECKS))


def as_answered(one: Shown, answers: Answers, trouble: str = "") -> Shown:
    """Return an experiment as the answers have it now, whatever the run made of the answers it found."""
    if one.entry.answer != REFLECTION:
        return one
    waits = still_open(answers, trouble)
    if waits:
        entry = replace(one.entry, came=Came.SKIPPED, reason=f"{FOR_THE_LEARNER}{waits}")
        return replace(one, entry=entry, verdicts=(), trouble="")
    entry = replace(one.entry, came=Came.PASSED, reason="By the answers as they are now; to be read.")
    return replace(one, entry=entry, verdicts=(verdict_on(answers.text(REFLECTION)),), trouble="")

"""Signals: the metrics, log lines and history events that exist, and whether a text cites one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reports.grading.evidence_set import EvidenceSet
from reports.rca.observations import Observations

METRICS: Final = (
    "Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions",
    "UnreservedConcurrentExecutions",
    "ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted",
    "ExecutionThrottled", "ExecutionTime",
)  # fmt: skip
"""Metrics that CloudWatch has of any such pipeline, in AWS/Lambda and AWS/States, as it spells them."""
SIGNALS: Final = (
    "duration_ms", "ticket_id", "Max Memory Used", "Init Duration", "Billed Duration", "REPORT",
    "TaskFailed", "TaskTimedOut", "TaskScheduled", "TaskSucceeded", "LambdaFunctionFailed", "ExecutionFailed",
    "MapIterationFailed", "ExecutionTimedOut", "ExecutionAborted", "MapStateFailed",
)  # fmt: skip
"""Fields of log lines and events of histories, as they are spelled: a reason may name one, no citation."""
FIGURES: Final = (
    "makespan",
    "throughput",
    "p95",
    "p50",
    "peak concurrency",
    "utilisation",
    "share of service",
)
"""Figures of a burst, in words: a reason may name one, no citation."""
SHORTEST_QUOTE: Final = 12
LONGEST_NAME: Final = 60
"""An error's name is short; what is longer is a message, to be quoted."""
HEDGES: Final = re.compile(
    r"\b(probably|perhaps|maybe|might|possibly|presumably|i think|i guess|i believe|i suspect|suspect(ed)?|"
    r"likely|it seems|seems to|could be|may be|must have been|i assume|assum(e|ing|ption))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Signals:
    """What a citation may name. `quotable` are the log lines, errors and causes that were recorded.

    `metrics` and `errors` count as they are spelled: `Errors` is a metric, and "errors" is a word.
    """

    metrics: frozenset[str]
    quotable: tuple[str, ...]
    errors: frozenset[str]

    def cited(self, text: str) -> str:
        """Return what an entry cites, in words; "" when no metric, recorded line or error is in it."""
        metric = next((name for name in sorted(self.metrics) if _spelled(text, name)), "")
        if metric:
            return f"the metric {metric}"
        quote = self._quoted(text)
        if quote:
            return f"the recorded line '{quote}'"
        error = next((e for e in sorted(self.errors, key=len, reverse=True) if _spelled(text, e)), "")
        return f"the recorded error {error}" if error else ""

    def named(self, text: str) -> str:
        """Return the signal that a reason names: what can be cited, or a field, an event or a figure."""
        signal = next((name for name in SIGNALS if _spelled(text, name)), "")
        figure = next((name for name in FIGURES if _names(text, name)), "")
        return self.cited(text) or signal or figure

    def _quoted(self, text: str) -> str:
        """Return the part of a recorded line that stands in the text, if it is long enough to be meant."""
        flat = _flat(text)
        for line in self.quotable:
            if len(line) >= SHORTEST_QUOTE and line in flat:
                return line[:60]
            for quote in _quotes(text):
                if _flat(quote) in line:
                    return quote[:60]
        return ""


def signals_of(evidence: EvidenceSet, seen: Observations | None = None) -> Signals:
    """Return the signals of a submission's evidence and of one incident."""
    errors = {
        part
        for _, burst in evidence.bursts()
        for part in (burst.error, burst.cause, *(t.error for t in burst.tickets))
        if part
    }
    quotable: list[str] = [_flat(error) for error in errors]
    names = {error for error in errors if len(error) < LONGEST_NAME}
    metrics = set(METRICS)
    for part in [seen, *(item.observations for item in evidence.sound)]:
        if part is not None:
            quotable += [_flat(line.text) for line in part.logs]
            quotable += [_flat(text) for e in part.events for text in (e.error, e.cause) if text]
            names |= {error for event in part.events if (error := event.error) and len(error) < LONGEST_NAME}
            metrics |= {series.name for series in part.metrics if series.name}
    return Signals(frozenset(metrics), tuple(dict.fromkeys(quotable)), frozenset(names))


def named(text: str, of: Iterable[str]) -> tuple[str, ...]:
    """Return which of some names stand in a text, as whole words."""
    return tuple(name for name in of if _names(text, name))


def hedge(text: str) -> str:
    """Return the word by which a text shows itself a hypothesis, "" when there is none."""
    found = HEDGES.search(text)
    return found[0] if found else ""


def _spelled(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _quotes(text: str) -> list[str]:
    found = re.findall(r"[\"'`\N{LEFT DOUBLE QUOTATION MARK}]([^\"'`\N{RIGHT DOUBLE QUOTATION MARK}]+)", text)
    parts = [*found, *re.split(r"[;|\n]", text), *text.split(": ", 1)[1:]]
    return [part for part in parts if len(_flat(part)) >= SHORTEST_QUOTE]


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()

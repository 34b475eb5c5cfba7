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
    "ExecutionThrottled", "ExecutionTime", "ModelLatency", "OverheadLatency",
)  # fmt: skip
"""Metrics of AWS/Lambda, AWS/States and SageMaker endpoints that such a pipeline has, by AWS's names."""
FIELDS: Final = ("duration_ms", "ticket_id", "Max Memory Used", "Init Duration", "Billed Duration", "REPORT")
"""What stands in the pipeline's and in Lambda's own log lines."""
FIGURES: Final = (
    "makespan",
    "throughput",
    "p95",
    "p50",
    "peak concurrency",
    "utilisation",
    "share of service",
)
EVENTS: Final = (
    "TaskFailed", "TaskTimedOut", "TaskScheduled", "TaskSucceeded", "LambdaFunctionFailed", "ExecutionFailed",
    "MapIterationFailed", "ExecutionTimedOut", "ExecutionAborted", "MapStateFailed",
)  # fmt: skip
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
    """What a citation may name. `quotable` are the log lines, errors and causes that were recorded."""

    metrics: frozenset[str]
    quotable: tuple[str, ...]
    names: frozenset[str]

    def cited(self, text: str) -> str:
        """Return what an entry cites, in words; "" when nothing in it exists."""
        metric = next((name for name in sorted(self.metrics) if _names(text, name)), "")
        if metric:
            return f"the metric {metric}"
        quote = self._quoted(text)
        if quote:
            return f"the recorded line '{quote}'"
        name = next((name for name in sorted(self.names, key=len, reverse=True) if _names(text, name)), "")
        return f"{name}" if name else ""

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
    names |= {*FIELDS, *EVENTS, *FIGURES}
    metrics = set(METRICS)
    for part in [seen, *(item.observations for item in evidence.sound)]:
        if part is not None:
            quotable += [_flat(line.text) for line in part.logs]
            quotable += [_flat(text) for e in part.events for text in (e.error, e.cause) if text]
            names |= {error for event in part.events if (error := event.error)}
            metrics |= {series.name for series in part.metrics}
    return Signals(frozenset(metrics), tuple(dict.fromkeys(quotable)), frozenset(names))


def named(text: str, of: Iterable[str]) -> tuple[str, ...]:
    """Return which of some names stand in a text, as whole words."""
    return tuple(name for name in of if _names(text, name))


def hedge(text: str) -> str:
    """Return the word by which a text shows itself a hypothesis, "" when there is none."""
    found = HEDGES.search(text)
    return found[0] if found else ""


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _quotes(text: str) -> list[str]:
    found = re.findall(r"[\"'`\N{LEFT DOUBLE QUOTATION MARK}]([^\"'`\N{RIGHT DOUBLE QUOTATION MARK}]+)", text)
    parts = [*found, *re.split(r"[;|\n]", text), *text.split(": ", 1)[1:]]
    return [part for part in parts if len(_flat(part)) >= SHORTEST_QUOTE]


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()

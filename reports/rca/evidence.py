"""Evidence: what was seen, and where anybody can look it up again.

Four kinds, each with its citation: a metric, a log line, an event of an execution's history, a setting.
`sentence()` says it in plain words, `citation()` says where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from reports.records import from_json, to_json

_LONGEST_QUOTE = 240
_MILLISECONDS = frozenset({"Duration", "ExecutionTime"})


@dataclass(frozen=True, slots=True)
class MetricEvidence:
    """One figure of a metric: `value` is the `statistic` over `window` (start and end, epoch seconds)."""

    kind: ClassVar[str] = "metric"
    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(hash=False)
    statistic: str
    window: tuple[float, float]
    value: float
    note: str = ""

    def sentence(self) -> str:
        """Say what the metric showed."""
        whose = ", ".join(self.dimensions.values()) or "the whole account"
        unit = " ms" if self.name in _MILLISECONDS else ""
        return f"{self.name} of {whose} was {number(self.value)}{unit} ({self.statistic}){_and(self.note)}"

    def citation(self) -> str:
        """Say where the figure stands."""
        dimensions = ", ".join(f"{key}={value}" for key, value in self.dimensions.items()) or "no dimension"
        start, end = self.window
        span = f"{clock(start)} to {clock(end)}"
        return f"metric {self.namespace} {self.name}, {dimensions}, {self.statistic}, {span}"


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """One log line; `time` is epoch seconds."""

    kind: ClassVar[str] = "log"
    group: str
    stream: str
    time: float
    text: str
    note: str = ""

    def sentence(self) -> str:
        """Quote the line."""
        return f"the log says: {quoted(self.text)}{_and(self.note)}"

    def citation(self) -> str:
        """Say where the line stands."""
        return f"log {self.group}, stream {self.stream or 'not known'}, {clock(self.time)}"


@dataclass(frozen=True, slots=True)
class HistoryEvidence:
    """One event of an execution's history, or (`event_id` None) a count over all of it.

    `type` is the event's type ("TaskFailed", ...); `note` adds what the event shows beside its error.
    """

    kind: ClassVar[str] = "history"
    execution: str
    event_id: int | None
    type: str
    error: str = ""
    cause: str = ""
    note: str = ""

    def sentence(self) -> str:
        """Say what the event holds."""
        said = f"{self.error}: {quoted(self.cause)}" if self.cause else self.error
        parts = [self.type if self.event_id is not None else "", said, self.note]
        return ", ".join(part for part in parts if part) or "the execution's history"

    def citation(self) -> str:
        """Say where the event stands."""
        which = "whole history" if self.event_id is None else f"event {self.event_id}"
        return f"execution {short(self.execution)}, {which}"


@dataclass(frozen=True, slots=True)
class SettingEvidence:
    """One setting as it was in force: a property of a resource, and its value as text."""

    kind: ClassVar[str] = "setting"
    resource: str
    property: str
    value: str
    note: str = ""

    def sentence(self) -> str:
        """Say what was set."""
        return f"{self.property} of {short(self.resource)} was {quoted(self.value)}{_and(self.note)}"

    def citation(self) -> str:
        """Say where the setting stands."""
        return f"setting {short(self.resource)} {self.property}"


Evidence = MetricEvidence | LogEvidence | HistoryEvidence | SettingEvidence

_KINDS: Mapping[str, type[Evidence]] = {
    kind.kind: kind for kind in (MetricEvidence, LogEvidence, HistoryEvidence, SettingEvidence)
}


def line(evidence: Evidence) -> str:
    """Return the evidence as one sentence with its citation."""
    return f"{evidence.sentence()} [{evidence.citation()}]"


def evidence_to_json(evidence: Evidence) -> dict[str, Any]:
    """Return the JSON form, with the kind beside the fields."""
    return {"kind": evidence.kind, **to_json(evidence)}


def evidence_from_json(value: Mapping[str, Any]) -> Evidence:
    """Return the evidence of a JSON form; the inverse of `evidence_to_json`."""
    fields = {key: item for key, item in value.items() if key != "kind"}
    found: Evidence = from_json(_KINDS[str(value["kind"])], fields)
    return found


def clock(at: float) -> str:
    """Return a moment as UTC time of day with milliseconds, as an engineer reads it in a log."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
    except (ValueError, OverflowError, OSError):
        return "at no known time"


def number(value: float) -> str:
    """Return a figure without needless digits."""
    return f"{value:.6g}"


def short(name: str) -> str:
    """Return the end of an ARN, which is what tells one resource from another."""
    return name.rsplit(":", 1)[-1] if name.startswith("arn:") else name


def quoted(text: str) -> str:
    """Return a text on one line, cut where it grows too long to read."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_QUOTE else flat[: _LONGEST_QUOTE - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _and(note: str) -> str:
    return f": {note}" if note else ""

"""Observations: what an engineer has at 03:00, as records with a JSON form. Any of it may be missing.

Names are AWS's own: metric names, setting properties (`ReservedConcurrentExecutions`, `MemorySize`,
`Timeout`, `TimeoutSeconds`, `MaxConcurrency`), history event types. Times are epoch seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reports.records import Burst, from_json, to_json

SCHEMA = "scale-or-fail/observations/1"

ACCOUNT = "account"
"""The resource of the account's own settings; its property `ConcurrentExecutions` is the account's limit."""

MISSING = "missing"
"""The value of a role's permission (property `lambda:InvokeFunction`, ...) that no policy grants."""


class NotObservations(ValueError):
    """A document is not observations that this version can read; `found` is its schema."""

    def __init__(self, message: str, found: str = "") -> None:
        super().__init__(message)
        self.found = found


@dataclass(frozen=True, slots=True)
class Item:
    """One ticket of an execution's input.

    `valid` says whether it meets the pipeline's own schema (None: nobody checked); `note` says what is
    remarkable about it ("text of 5100 characters").
    """

    index: int
    ticket_id: str | None = None
    valid: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution as DescribeExecution tells it, with the plan in its input.

    `tickets` and `max_concurrency` are None where the input was not read; `items` need hold only the tickets
    worth a remark.
    """

    arn: str
    status: str
    error: str | None = None
    cause: str | None = None
    started: float | None = None
    ended: float | None = None
    tickets: int | None = None
    max_concurrency: int | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One event worth keeping, with the state and the iteration that it belongs to."""

    execution: str
    id: int
    type: str
    at: float
    state: str | None = None
    index: int | None = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class MetricSeries:
    """One metric's values: `values` are (start of the period, value); periods without data are not there.

    `window` is what was asked for, `period` is in seconds. An empty `values` says that the metric was asked
    for and had no data; a metric that is not among the observations was not asked for.
    """

    namespace: str
    name: str
    statistic: str
    period: float
    window: tuple[float, float]
    values: tuple[tuple[float, float], ...]
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log event."""

    group: str
    stream: str
    time: float
    text: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A property of a resource and its value as text.

    The resource is a function's name, a state's name, a role's ARN, or `ACCOUNT`. A state's `FunctionName`
    ties it to its function; its `Retry` is "present" or "absent".
    """

    resource: str
    property: str
    value: str


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """What a REPORT line of Lambda says, and where it stands. Milliseconds and megabytes."""

    group: str
    stream: str
    time: float
    text: str
    request_id: str
    duration_ms: float
    billed_ms: float
    memory_mb: float
    max_memory_mb: float
    init_ms: float | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class Observations:
    """All that is known of an incident.

    `bursts` may be several: low load and high load, before and after, in order of time.
    `target_makespan_s` is what an execution was allowed to take, None where nobody said.
    """

    executions: tuple[Execution, ...] = ()
    bursts: tuple[Burst, ...] = ()
    events: tuple[HistoryEvent, ...] = ()
    metrics: tuple[MetricSeries, ...] = ()
    logs: tuple[LogLine, ...] = ()
    settings: tuple[Setting, ...] = ()
    reports: tuple[ReportFigures, ...] = ()
    target_makespan_s: float | None = None
    schema: str = SCHEMA

    def without(self, *kinds: str) -> Observations:
        """Return the same observations with some kinds cut away ("logs", "metrics", ...)."""
        cut: dict[str, Any] = dict.fromkeys(kinds, ())
        return replace(self, **cut)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        form: dict[str, Any] = to_json(self)
        return form

    def write(self, path: Path) -> None:
        """Write the JSON form to a file."""
        path.write_text(json.dumps(self.to_json(), ensure_ascii=False) + "\n", encoding="utf-8")


def observations_from_json(value: Mapping[str, Any]) -> Observations:
    """Return the observations of a JSON form; raises `NotObservations` for another schema."""
    found = str(value.get("schema", "")) if isinstance(value, Mapping) else ""
    if found != SCHEMA:
        raise NotObservations(
            f"the document's schema is {found or 'missing'!r}, and this version reads {SCHEMA!r}; "
            "record the observations again",
            found,
        )
    read: Observations = from_json(Observations, value)
    return read


def read_observations(path: Path) -> Observations:
    """Read a file that `Observations.write` made."""
    return observations_from_json(json.loads(path.read_text(encoding="utf-8")))


def together(parts: Sequence[Observations]) -> Observations:
    """Return several sets of observations as one, in their order; the last target that was said counts."""
    fields = ("executions", "bursts", "events", "metrics", "logs", "settings", "reports")
    joined: dict[str, Any] = {
        name: tuple(item for part in parts for item in getattr(part, name)) for name in fields
    }
    targets = [part.target_makespan_s for part in parts if part.target_makespan_s is not None]
    return Observations(**joined, target_makespan_s=targets[-1] if targets else None)

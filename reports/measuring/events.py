"""Execution history events as small typed records.

Shapes are those of `GetExecutionHistory` as boto3 returns them (botocore's service model of `states`);
timestamps may be datetimes, ISO 8601 strings or seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

_ATTEMPT_FAMILIES = ("LambdaFunction", "Activity", "Task")
_FAILURES = frozenset({"Failed", "TimedOut", "ScheduleFailed", "StartFailed", "SubmitFailed"})
EXECUTION_ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"})


class HistoryDoesNotAddUp(ValueError):
    """An execution's history contradicts itself or lacks events; nothing is guessed from it.

    `missing` says what is missing or contradictory, in a few words.
    """

    def __init__(self, execution_arn: str, missing: str) -> None:
        super().__init__(
            f"the history of {execution_arn or 'the execution'} does not add up: {missing}; read all its "
            "pages again (GetExecutionHistory, up to 1,000 events each) once the execution has ended"
        )
        self.execution_arn = execution_arn
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Event:
    """One history event; `phase` is what it means for an attempt at a step, "" when it is none of that."""

    id: int
    previous: int
    kind: str
    at: float
    details: Mapping[str, Any]

    @property
    def name(self) -> str | None:
        """The state the event speaks of, where it says so."""
        return self.details.get("name")

    @property
    def phase(self) -> str:
        """One of scheduled, started, succeeded, failed, entered, exited, aborted, or ""."""
        return _phase(self.kind)


def read_events(events: Sequence[Mapping[str, Any]], execution_arn: str = "") -> tuple[Event, ...]:
    """Return the events in order of their ids, which must be 1, 2, 3 ... without a gap."""
    ordered = sorted(events, key=lambda event: int(event["id"]))
    for expected, raw in enumerate(ordered, start=1):
        found = int(raw["id"])
        if found > expected:
            raise HistoryDoesNotAddUp(execution_arn, f"event {expected} is missing (the next is {found})")
        if found < expected:
            raise HistoryDoesNotAddUp(execution_arn, f"event {found} is there twice")
    if not ordered:
        raise HistoryDoesNotAddUp(execution_arn, "it holds no event")
    return tuple(_event(raw, execution_arn) for raw in ordered)


def seconds(moment: object) -> float:
    """Return a timestamp as seconds since the epoch; a time without a zone is taken as UTC."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(moment, (int, float)):
        return float(moment)
    raise TypeError(f"a timestamp is a datetime, an ISO 8601 string or seconds, not {moment!r}")


def _event(raw: Mapping[str, Any], execution_arn: str) -> Event:
    identity, previous = int(raw["id"]), int(raw.get("previousEventId", 0))
    if previous >= identity:
        raise HistoryDoesNotAddUp(execution_arn, f"event {identity} follows event {previous}, a later one")
    kind = str(raw["type"])
    return Event(identity, previous, kind, seconds(raw["timestamp"]), raw.get(_details_key(kind)) or {})


@lru_cache(maxsize=256)
def _details_key(kind: str) -> str:
    """Return the member that holds an event's details; states of every type share theirs."""
    for shared in ("StateEntered", "StateExited"):
        if kind.endswith(shared):
            return f"{shared[0].lower()}{shared[1:]}EventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


@lru_cache(maxsize=256)
def _phase(kind: str) -> str:
    for suffix, phase in (
        ("StateEntered", "entered"),
        ("StateExited", "exited"),
        ("StateAborted", "aborted"),
    ):
        if kind.endswith(suffix):
            return phase
    family = next((f for f in _ATTEMPT_FAMILIES if kind.startswith(f)), None)
    rest = kind.removeprefix(family) if family else ""
    if rest in _FAILURES:
        return "failed"
    return rest.lower() if rest in {"Scheduled", "Started", "Succeeded"} else ""

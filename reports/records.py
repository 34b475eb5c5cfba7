"""The records that flow through the house: frozen, typed, each with a JSON form.

Times are seconds since the epoch (UTC) as floats; durations are seconds unless the name says `_ms`.
A record read back from its JSON form equals the one written, so a verdict can be computed again from
the evidence file alone.
"""

from __future__ import annotations

import dataclasses
import enum
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

SCHEMA = "scale-or-fail/evidence/1"

UNFINISHED = "unfinished"
"""The error of an attempt that was under way when its ticket or its execution ended."""


class Outcome(enum.StrEnum):
    """What a claim came to. Inconclusive is an honest answer, and never a pass."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval: `low` <= `high`, both in the unit of the effect; `confidence` e.g. 0.95."""

    low: float
    high: float
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """An effect with its uncertainty.

    `n` counts sampling units and `n_unit` names them ("bursts", "pairs of bursts", "batches", "tickets").
    `interval` is None where nothing was sampled (an exact count). `value` is NaN where it could not be
    estimated, and `note` then says why and how many samples it takes. `recipe` names the function and the
    arguments that compute it again from recorded bursts ("" where there is none).
    """

    value: float
    interval: Interval | None
    n: int
    n_unit: str
    unit: str
    method: str
    note: str = ""
    recipe: str = ""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What the effect must reach: `at_least`, `at_most` or `equals` value, or `within` value of `centre`."""

    kind: str
    value: float
    centre: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judged claim."""

    claim: str
    outcome: Outcome
    estimate: Estimate
    threshold: Threshold
    note: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a step: scheduled, started (None when refused before that), ended, and its error."""

    scheduled: float
    started: float | None
    ended: float
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class StepSample:
    """A ticket's passage through one step, all retries included."""

    step: str
    entered: float
    exited: float
    attempts: tuple[Attempt, ...]

    @property
    def service_s(self) -> float:
        """Time in service: started to ended, summed over the attempts."""
        return sum(a.ended - a.started for a in self.attempts if a.started is not None)

    @property
    def waiting_s(self) -> float:
        """Time in the step but not in service (scheduling, back-off between retries)."""
        return max(0.0, (self.exited - self.entered) - self.service_s)

    @property
    def retries(self) -> int:
        """Attempts after the first."""
        return max(0, len(self.attempts) - 1)

    @property
    def error(self) -> str | None:
        """The last attempt's error, None when the step succeeded."""
        return self.attempts[-1].error if self.attempts else None


@dataclass(frozen=True, slots=True)
class TicketSample:
    """One ticket's way through the Map: its iteration index, times and steps.

    `outcome` is "succeeded", "failed", "aborted" or "unfinished" (the execution ended before it did).
    `queued_s` is the wait from the Map's start to this iteration's start.
    """

    index: int
    started: float
    ended: float
    outcome: str
    steps: tuple[StepSample, ...]
    queued_s: float
    ticket_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class BurstPlan:
    """What was asked for: so many tickets at once, with at most so many in the Map at a time."""

    tickets: int
    max_concurrency: int
    label: str = ""
    repetition: int = 0
    warm: bool = False


@dataclass(frozen=True, slots=True)
class Burst:
    """One execution that ran a burst, as its history tells it.

    `started`/`ended` are the execution's; `map_started`/`map_ended` the Map state's (entered and exited).
    """

    plan: BurstPlan
    execution_arn: str
    status: str
    started: float
    ended: float
    map_state: str
    map_started: float
    map_ended: float
    step_order: tuple[str, ...]
    tickets: tuple[TicketSample, ...]
    error: str | None = None
    cause: str | None = None

    @property
    def makespan_s(self) -> float:
        """From the execution's start to its end."""
        return self.ended - self.started

    @property
    def succeeded(self) -> int:
        """How many tickets succeeded."""
        return sum(ticket.outcome == "succeeded" for ticket in self.tickets)

    @property
    def never_started(self) -> int:
        """How many tickets were sent and never started, because the execution ended before."""
        return self.plan.tickets - len(self.tickets)


@dataclass(frozen=True, slots=True)
class StepStatistics:
    """What one step did in one burst; times in seconds."""

    step: str
    n: int
    mean_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    max_s: float
    waiting_mean_s: float
    share_of_service: float
    utilisation: float
    retries: int
    errors: int


@dataclass(frozen=True, slots=True)
class Environment:
    """Where and with what a measurement was taken."""

    cloud: str
    region: str
    machine: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""
    template_hash: str = ""


def to_json(record: Any) -> Any:
    """Return the JSON form of a record (or of a tuple, list or mapping of records).

    JSON knows no NaN and no infinity: NaN becomes null, an infinity the text "Infinity" or "-Infinity".
    """
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {f.name: to_json(getattr(record, f.name)) for f in dataclasses.fields(record)}
    if isinstance(record, Mapping):
        return {str(key): to_json(value) for key, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [to_json(value) for value in record]
    if isinstance(record, float) and not math.isfinite(record):
        return None if math.isnan(record) else ("Infinity" if record > 0 else "-Infinity")
    return record


def from_json(kind: Any, value: Any) -> Any:
    """Return the record (or value) of a type from its JSON form; the inverse of `to_json`.

    A member that is not there takes its default; one that a record does not know is ignored, so that a
    file with more in it can still be read.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {types.UnionType, typing.Union}:
        return None if value is None else from_json(_other_than_none(arguments), value)
    if origin is tuple:
        return _tuple(arguments, value)
    if origin is Mapping:
        return {key: from_json(arguments[1], item) for key, item in value.items()}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: from_json(hint, value[name]) for name, hint in hints.items() if name in value})
    if kind is float:
        return math.nan if value is None else float(value)
    return kind(value) if isinstance(kind, type) and issubclass(kind, enum.Enum) else value


def _tuple(arguments: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    """Return a tuple of one type throughout, or of a type for each place."""
    if len(arguments) == 2 and arguments[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        return tuple(from_json(arguments[0], item) for item in value)
    return tuple(from_json(kind, item) for kind, item in zip(arguments, value, strict=True))


def _other_than_none(arguments: tuple[Any, ...]) -> Any:
    return next(argument for argument in arguments if argument is not type(None))


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)

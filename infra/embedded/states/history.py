"""The history of an execution: how events are numbered, chained, dated and ended.

moto: formats a timestamp for each event, keeps no limit, lets an iteration or a task that was given up
write on, and goes on writing after the event that ends the execution.
AWS: event 25,000 is either ExecutionSucceeded or an ExecutionFailed with States.Runtime that says that
the history is full; nothing follows the last event; what was aborted writes no more.
Here: events are records in a list, dated in milliseconds and never backwards; a closed chain, and a
history that has ended, take no more events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager

from infra.embedded.states import seam

MAX_EVENTS: Final = 25_000
"""Events in the history of one Standard execution (Step Functions quotas)."""

FULL_CAUSE: Final = f"The execution reached the maximum number of history events ({MAX_EVENTS})."

_LAST: Final = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})

_STARTED: Final = frozenset({"TaskStarted", "LambdaFunctionStarted", "ActivityScheduled"})

_ABORTED_AS: Final[Mapping[str, str | None]] = {
    f"{kind}State{what}": f"{kind}StateAborted" if what == "Entered" else None
    for kind in ("Task", "Wait", "Map", "Parallel")
    for what in ("Entered", "Exited", "Failed")
}
"""What is written when a state is aborted after such an event; None where it has ended by itself."""

_SAID_ONCE: Final = "EvaluationFailed"
"""Written where an expression fails, and by moto once more where some kinds of state fail."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its number from 1, the number of the one it follows from, and when it happened."""

    number: int
    previous: int
    kind: str
    at_ms: int
    details: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a chain ends.

    `kind` is its last event, None where it has none of its own. `after` is the event that this one follows
    from, None for the chain's own last one. `aborts`: the state that the chain is in is aborted, which has
    an event of its own after that, without details.
    """

    kind: str | None
    details: Mapping[str, Mapping[str, Any]]
    after: int | None = None
    aborts: bool = False


class Chain(EventHistoryContext):  # type: ignore[misc]  # moto carries no types
    """What happens one after the other in one place: an iteration, a branch, a watched task.

    A chain that is closed, or inside a chain that is closed, takes no more events. `started_at` (monotonic)
    is when a task in it was last written to have started; None before. `aborted_as` is what is written when
    the state that it is in is aborted.
    """

    def __init__(self, previous_event_id: int, inside: EventHistoryContext | None = None) -> None:
        super().__init__(previous_event_id=previous_event_id)
        self.inside = inside
        self.begins_after = previous_event_id
        self.closed = False
        self.started_at: float | None = None
        self.aborted_as: str | None = None

    def takes(self, event_type: str) -> None:
        """Keep what an event that was written says about the state of the chain."""
        if event_type in _STARTED:
            self.started_at = time.monotonic()
        elif event_type in _ABORTED_AS:
            self.aborted_as = _ABORTED_AS[event_type]


class History(EventManager):  # type: ignore[misc]  # moto carries no types
    """The events of one execution; safe to use from many threads."""

    def __init__(self, cloud_watch_logging_session: Any = None) -> None:
        super().__init__(cloud_watch_logging_session)
        self.events: list[Event] = []
        self.ended = False
        self.only_the_last = False
        self.when_full: Callable[[], None] | None = None
        self.when_written: Callable[[Event], None] | None = None

    def add_event(
        self,
        context: EventHistoryContext,
        event_type: str,
        event_details: Mapping[str, Mapping[str, Any]] | None = None,
        timestamp: Any = None,  # noqa: ARG002 (moto's signature; events are dated as they are written)
        update_source_event_id: bool = True,  # noqa: FBT001, FBT002 (moto's signature)
    ) -> int:
        """Write an event; gives its number, or that of the chain's last one where no more may be written."""
        with self._mutex:
            if self._refuses(event_type) or _is_closed(context):
                return int(context.last_published_event_id)
            if event_type == _SAID_ONCE and self._was_last_of(context, event_type):
                return int(context.last_published_event_id)
            if not self._is_full_for(event_type):
                return self._write(context, event_type, event_details or {}, moves_on=update_source_event_id)
        if self.when_full:
            self.when_full()
        return int(context.last_published_event_id)

    def close(self, chain: Chain, ending: Ending) -> bool:
        """Write how a chain ends, and close it.

        False where it is closed already. A chain that has no event yet is closed without one.
        """
        with self._mutex:
            if self._is_over() or _is_closed(chain):
                return False
            if chain.last_published_event_id == chain.begins_after:
                chain.closed = True
                return True
            last = _last_events(chain, ending)
            if len(self.events) + len(last) < MAX_EVENTS:
                for event_type, details in last:
                    self._write(chain, event_type, details, moves_on=False, after=ending.after)
                chain.closed = True
                return True
        if self.when_full:
            self.when_full()
        return False

    def get_event_history(self) -> list[dict[str, Any]]:
        """The events as moto's own readers expect them."""
        return [{**as_response(event), "timestamp": _iso(event.at_ms)} for event in self.events]

    def last_number(self) -> int:
        """The number of the last event, 0 where there is none."""
        return len(self.events)

    def refuse_all_but_the_last(self) -> None:
        """Take from now on nothing but the event that ends the execution."""
        with self._mutex:
            self.only_the_last = True

    def _refuses(self, event_type: str) -> bool:
        return self.ended or (self.only_the_last and event_type not in _LAST)

    def _is_over(self) -> bool:
        return self.ended or self.only_the_last

    def _was_last_of(self, context: EventHistoryContext, event_type: str) -> bool:
        number = int(context.last_published_event_id)
        return 0 < number <= len(self.events) and self.events[number - 1].kind == event_type

    def _is_full_for(self, event_type: str) -> bool:
        return len(self.events) >= MAX_EVENTS - 1 and event_type not in _LAST

    def _write(
        self,
        context: EventHistoryContext,
        event_type: str,
        details: Mapping[str, Mapping[str, Any]],
        *,
        moves_on: bool,
        after: int | None = None,
    ) -> int:
        number = len(self.events) + 1
        previous = context.source_event_id if after is None else after
        kind = getattr(event_type, "value", event_type)
        event = Event(number, previous, kind, self._now_ms(), details)
        self.events.append(event)
        context.last_published_event_id = number
        if isinstance(context, Chain):
            context.takes(kind)
        if moves_on:
            context.source_event_id = number
        self.ended = event_type in _LAST
        if self.when_written is not None:
            self.when_written(event)
        return number

    def _now_ms(self) -> int:
        now = time.time_ns() // 1_000_000
        return max(now, self.events[-1].at_ms) if self.events else now


def as_response(event: Event, *, with_data: bool = True) -> dict[str, Any]:
    """The event as GetExecutionHistory answers it: timestamp in seconds, data left out where not wanted."""
    details = event.details if with_data else _without_data(event.details)
    return {
        "timestamp": event.at_ms / 1000,
        "type": event.kind,
        "id": event.number,
        "previousEventId": event.previous,
        **details,
    }


def of(environment: Environment) -> History:
    """The history that an execution's environment writes to."""
    history: History = environment.event_manager
    return history


def _without_data(details: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        name: {key: value for key, value in (body or {}).items() if key not in {"input", "output"}}
        for name, body in details.items()
    }


def _last_events(chain: Chain, ending: Ending) -> list[tuple[str, Mapping[str, Mapping[str, Any]]]]:
    own = [(ending.kind, ending.details)] if ending.kind else []
    return [*own, (chain.aborted_as, {})] if ending.aborts and chain.aborted_as else own


def _is_closed(context: EventHistoryContext | None) -> bool:
    while isinstance(context, Chain):
        if context.closed:
            return True
        context = context.inside
    return False


def _iso(at_ms: int) -> str:
    return (
        datetime.fromtimestamp(at_ms / 1000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def kinds(events: Sequence[Event]) -> list[str]:
    """The kinds of events in their order."""
    return [event.kind for event in events]


_ADD_EVENT: Final = (
    "self",
    "context",
    "event_type",
    "event_details",
    "timestamp",
    "update_source_event_id",
)


def install() -> None:
    """Let every environment write to a History."""
    seam.expect(EventManager, "add_event", _ADD_EVENT)
    seam.replace_name("EventManager", EventManager, History, at_least=1)

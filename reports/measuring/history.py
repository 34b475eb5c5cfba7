"""Rebuild each ticket's way through the Map from an execution's history.

Events of iterations that run side by side interleave, so each ticket's path is found by following
`previousEventId` back to the iteration it started from, never by the order of events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reports.measuring.definition import Definition
from reports.measuring.events import (
    EXECUTION_ENDS,
    Event,
    HistoryDoesNotAddUp,
    read_events,
)
from reports.records import UNFINISHED, Attempt, Burst, BurstPlan, StepSample, TicketSample

_ITERATION_ENDS = {
    "MapIterationSucceeded": "succeeded",
    "MapIterationFailed": "failed",
    "MapIterationAborted": "aborted",
}
_MAP_ENDS = frozenset({"MapStateExited", "MapStateFailed", "MapStateAborted"})


def read_burst(
    plan: BurstPlan,
    execution: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    definition: Definition,
) -> Burst:
    """Return the burst that an ended execution's whole history tells of.

    `execution` is DescribeExecution's answer, `events` all of GetExecutionHistory's, on any number of pages
    put together. Raises `HistoryDoesNotAddUp` when events or tickets are missing or there twice.
    """
    arn = str(execution.get("executionArn", ""))
    history = read_events(events, arn)
    last = history[-1]
    if last.kind not in EXECUTION_ENDS:
        raise HistoryDoesNotAddUp(arn, f"the last event, {last.id} ({last.kind}), is not the execution's end")
    walk = _Walk(arn, definition)
    for event in history:
        walk.take(event)
    status = _status(last)
    walk.check(plan, status)
    started = walk.map_started if walk.map_started is not None else last.at
    return Burst(
        plan=plan,
        execution_arn=arn,
        status=status,
        started=history[0].at,
        ended=last.at,
        map_state=definition.map_state,
        map_started=started,
        map_ended=walk.map_ended if walk.map_ended is not None else last.at,
        step_order=definition.steps,
        tickets=walk.samples(started, last.at),
        error=last.details.get("error") or execution.get("error"),
        cause=last.details.get("cause") or execution.get("cause"),
    )


def _status(last: Event) -> str:
    return {"ExecutionTimedOut": "TIMED_OUT"}.get(last.kind, last.kind.removeprefix("Execution").upper())


@dataclass(slots=True)
class _Visit:
    """A ticket's stay in a state, while it is being read."""

    step: str
    kind: str
    entered: float
    exited: float | None = None
    attempts: list[Attempt] = field(default_factory=list)
    scheduled: float | None = None
    started: float | None = None

    def end_attempt(self, at: float, error: str | None = None, cause: str | None = None) -> None:
        scheduled = self.scheduled if self.scheduled is not None else at
        self.attempts.append(Attempt(scheduled, self.started, at, error, cause))
        self.scheduled = self.started = None

    def sample(self, end: float) -> StepSample:
        """Close what is open at `end`: an attempt under way then is marked unfinished."""
        if self.scheduled is not None:
            self.end_attempt(end, UNFINISHED)
        exited = self.exited if self.exited is not None else end
        attempts = tuple(self.attempts)
        if self.kind == "Wait":
            attempts = (Attempt(self.entered, self.entered, exited, None if self.exited else UNFINISHED),)
        return StepSample(self.step, self.entered, exited, attempts)


@dataclass(slots=True)
class _Ticket:
    """One iteration, while it is being read."""

    index: int
    started: float
    ended: float | None = None
    outcome: str = "unfinished"
    visits: list[_Visit] = field(default_factory=list)
    ticket_id: str | None = None
    error: str | None = None

    def sample(self, map_started: float, end: float) -> TicketSample:
        ended = self.ended if self.ended is not None else end
        return TicketSample(
            index=self.index,
            started=self.started,
            ended=ended,
            outcome=self.outcome,
            steps=tuple(visit.sample(ended) for visit in self.visits),
            queued_s=self.started - map_started,
            ticket_id=self.ticket_id,
            error=self.error if self.outcome != "succeeded" else None,
        )


class _Walk:
    """Goes through the events once and keeps, for each, the ticket and the visit it belongs to."""

    def __init__(self, arn: str, definition: Definition) -> None:
        self.arn = arn
        self.map_state = definition.map_state
        self.known = frozenset(state.name for state in definition.states) or frozenset(definition.steps)
        self.tickets: dict[int, _Ticket] = {}
        self.map_started: float | None = None
        self.map_ended: float | None = None
        self.map_entered_id: int | None = None
        self.items: int | None = None
        self._place: list[tuple[_Ticket | None, _Visit | None]] = [(None, None)]

    def take(self, event: Event) -> None:
        """Read one event; they come in order of their ids."""
        ticket, visit = self._place[event.previous]
        if event.kind == "MapIterationStarted" and event.name == self.map_state:
            ticket, visit = self._start(event), None
        elif event.kind in _ITERATION_ENDS and event.name == self.map_state:
            self._end(event, ticket)
            ticket = visit = None
        elif ticket is not None:
            visit = self._inside(event, ticket, visit)
        else:
            self._outside(event)
        self._place.append((ticket, visit))

    def _start(self, event: Event) -> _Ticket:
        index = int(event.details["index"])
        if index in self.tickets:
            raise HistoryDoesNotAddUp(self.arn, f"iteration {index} of {self.map_state} started twice")
        self.tickets[index] = ticket = _Ticket(index, event.at)
        return ticket

    def _end(self, event: Event, came_from: _Ticket | None) -> None:
        index = int(event.details["index"])
        ticket = self.tickets.get(index)
        if ticket is None:
            raise HistoryDoesNotAddUp(
                self.arn, f"iteration {index} ended (event {event.id}) but never started"
            )
        if ticket.ended is not None:
            raise HistoryDoesNotAddUp(self.arn, f"iteration {index} ended twice (again at event {event.id})")
        if came_from is not ticket and event.kind == "MapIterationSucceeded":
            raise HistoryDoesNotAddUp(
                self.arn,
                f"event {event.id} ends iteration {index} but follows another's event {event.previous}",
            )
        ticket.ended, ticket.outcome = event.at, _ITERATION_ENDS[event.kind]

    def _inside(self, event: Event, ticket: _Ticket, visit: _Visit | None) -> _Visit | None:
        """Read an event of a ticket; return the visit that the events after it belong to."""
        phase = event.phase
        if phase == "entered":
            return self._enter(event, ticket)
        if phase == "exited":
            visit = _visit_of(ticket, event, visit)
            if visit is None:
                raise HistoryDoesNotAddUp(self.arn, f"event {event.id} leaves {event.name}, never entered")
            visit.exited = event.at
        elif visit is not None:
            _attempt(event, phase, visit)
        if phase == "failed" or event.kind == "EvaluationFailed":
            ticket.error = event.details.get("error") or event.kind
        return visit

    def _enter(self, event: Event, ticket: _Ticket) -> _Visit:
        if not ticket.visits:
            ticket.ticket_id = _ticket_id(event.details.get("input"))
        visit = _Visit(event.name or "", event.kind.removesuffix("StateEntered"), event.at)
        ticket.visits.append(visit)
        return visit

    def _outside(self, event: Event) -> None:
        if event.phase == "entered" and event.name in self.known and event.name != self.map_state:
            raise HistoryDoesNotAddUp(
                self.arn, f"event {event.id} enters {event.name} but does not lead back to an iteration"
            )
        if event.kind == "MapStateEntered" and event.name == self.map_state:
            self.map_started, self.map_entered_id = event.at, event.id
        elif event.kind == "MapStateStarted" and event.previous == self.map_entered_id:
            self.items = event.details.get("length")
        elif (
            event.kind in _MAP_ENDS and event.name in {None, self.map_state} and self.map_started is not None
        ):
            self.map_ended = event.at if self.map_ended is None else self.map_ended

    def check(self, plan: BurstPlan, status: str) -> None:
        """Every ticket of the plan is there, once; an execution that failed may have left some out."""
        if self.items is not None and self.items != plan.tickets:
            raise HistoryDoesNotAddUp(
                self.arn, f"{plan.tickets} tickets were sent, and {self.map_state} took {self.items} items"
            )
        missing = sorted(set(range(plan.tickets)) - self.tickets.keys())
        beyond = sorted(self.tickets.keys() - set(range(plan.tickets)))
        if beyond:
            raise HistoryDoesNotAddUp(self.arn, f"iterations beyond the {plan.tickets} sent: {_some(beyond)}")
        if status == "SUCCEEDED" and missing:
            raise HistoryDoesNotAddUp(
                self.arn, f"{len(missing)} of {plan.tickets} iterations never started: {_some(missing)}"
            )
        open_ones = sorted(i for i, t in self.tickets.items() if t.ended is None)
        if status == "SUCCEEDED" and open_ones:
            raise HistoryDoesNotAddUp(
                self.arn, f"the execution succeeded, and iterations never ended: {_some(open_ones)}"
            )

    def samples(self, map_started: float, end: float) -> tuple[TicketSample, ...]:
        """Return the tickets in order of their index."""
        return tuple(self.tickets[index].sample(map_started, end) for index in sorted(self.tickets))


def _visit_of(ticket: _Ticket, event: Event, visit: _Visit | None) -> _Visit | None:
    """Return the visit that an exit ends; after a nested Map or Parallel it is not the one before it."""
    if visit is not None and visit.step == event.name and visit.exited is None:
        return visit
    return next((v for v in reversed(ticket.visits) if v.step == event.name and v.exited is None), None)


def _attempt(event: Event, phase: str, visit: _Visit) -> None:
    if phase == "scheduled":
        visit.scheduled, visit.started = event.at, None
    elif phase == "started":
        visit.scheduled = event.at if visit.scheduled is None else visit.scheduled
        visit.started = event.at
    elif phase == "succeeded":
        visit.end_attempt(event.at)
    elif phase == "failed":
        visit.end_attempt(event.at, event.details.get("error") or event.kind, event.details.get("cause"))


def _ticket_id(text: str | None) -> str | None:
    """Return the ticket_id in an iteration's input, at its top or one object below."""
    try:
        item = json.loads(text) if text else None
    except json.JSONDecodeError:
        return None
    if not isinstance(item, dict):
        return None
    for place in (item, *(value for value in item.values() if isinstance(value, dict))):
        if isinstance(place.get("ticket_id"), str):
            return str(place["ticket_id"])
    return None


def _some(indices: Sequence[int], limit: int = 8) -> str:
    shown = ", ".join(str(index) for index in indices[:limit])
    return shown if len(indices) <= limit else f"{shown} and {len(indices) - limit} more"

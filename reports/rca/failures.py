"""What failed, put together from every source: history events first, then bursts, executions and logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reports.rca.error_names import Recognised, message_of, recognise
from reports.rca.evidence import Evidence, HistoryEvidence, LogEvidence
from reports.rca.observations import HistoryEvent, LogLine, Observations
from reports.records import UNFINISHED, Burst

_ATTEMPT = re.compile(
    r"^(Task|LambdaFunction|Activity)(Failed|TimedOut|ScheduleFailed|StartFailed|SubmitFailed)$"
)
_RAISED = re.compile(r"\[ERROR\]\s+(?P<error>[\w.]+)(?::\s*(?P<message>.*))?", re.DOTALL)
_TIMED_OUT = re.compile(r"Task timed out after [\d.]+ seconds")
_EXITED = re.compile(r"Error: (?P<message>Runtime exited [^\n]*)")
EXECUTION_TIMED_OUT = "ExecutionTimedOut"


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure: what it is, where and when it happened, and the evidence that shows it.

    `index` and `ticket` are None where the source does not say; `whole_execution` marks a failure of the
    execution that no attempt at a step explains.
    """

    what: Recognised
    message: str
    evidence: Evidence
    execution: str = ""
    step: str | None = None
    index: int | None = None
    ticket: str | None = None
    at: float | None = None
    whole_execution: bool = False


def failures_of(observations: Observations, steps: dict[str, str]) -> tuple[Failure, ...]:
    """Return every failure, each once; `steps` tells the step of a function's log group."""
    found = list(_of_executions(observations))
    seen = {failure.what.canonical for failure in found}
    unseen = (f for f in _of_logs(observations, steps) if f.what.canonical not in seen)
    return (*found, *unseen)


def _of_executions(observations: Observations) -> Iterator[Failure]:
    """Yield failures execution by execution, from the best source that each has."""
    bursts = {burst.execution_arn: burst for burst in observations.bursts}
    arns = dict.fromkeys(
        [event.execution for event in observations.events]
        + list(bursts)
        + [execution.arn for execution in observations.executions]
    )
    for arn in arns:
        events = [event for event in observations.events if event.execution == arn]
        yield from _of_execution(observations, arn, events, bursts.get(arn))


def _of_execution(
    observations: Observations, arn: str, events: list[HistoryEvent], burst: Burst | None
) -> Iterator[Failure]:
    attempts = [_of_event(event, burst) for event in events if _ATTEMPT.match(event.type)]
    attempts = attempts or (list(_of_burst(burst)) if burst else [])
    yield from attempts
    ends = [event for event in events if event.type in {"ExecutionFailed", EXECUTION_TIMED_OUT}]
    whole = [_of_end(event) for event in ends] or list(_of_status(observations, arn, burst))
    seen = {failure.what.canonical for failure in attempts}
    for failure in whole:
        if failure.what.given == EXECUTION_TIMED_OUT or failure.what.canonical not in seen:
            yield failure


def _of_event(event: HistoryEvent, burst: Burst | None) -> Failure:
    what = recognise(
        event.error or ("States.Timeout" if event.type.endswith("TimedOut") else ""), event.cause
    )
    cause = message_of(event.cause)
    ticket = _ticket(burst, event.index)
    return Failure(
        what=what,
        message=cause,
        evidence=HistoryEvidence(
            event.execution, event.id, event.type, what.given, cause, _where(event, ticket)
        ),
        execution=event.execution,
        step=event.state,
        index=event.index,
        ticket=ticket,
        at=event.at,
    )


def _where(event: HistoryEvent, ticket: str | None) -> str:
    item = f"ticket {ticket or f'#{event.index}'}" if event.index is not None or ticket else ""
    state = f"at {event.state}" if event.state else ""
    return ", ".join(part for part in (state, item) if part)


def _ticket(burst: Burst | None, index: int | None) -> str | None:
    if burst is None or index is None:
        return None
    return next((ticket.ticket_id for ticket in burst.tickets if ticket.index == index), None)


def _of_burst(burst: Burst) -> Iterator[Failure]:
    """Yield a burst's failed attempts; they have no event ids."""
    for ticket in burst.tickets:
        for sample in ticket.steps:
            for attempt in sample.attempts:
                if attempt.error is None or attempt.error == UNFINISHED:
                    continue
                what, message = recognise(attempt.error, attempt.cause), message_of(attempt.cause)
                name = ticket.ticket_id or f"#{ticket.index}"
                note = f"an attempt at {sample.step}, ticket {name}"
                yield Failure(
                    what,
                    message,
                    HistoryEvidence(burst.execution_arn, None, "attempt", attempt.error, message, note),
                    burst.execution_arn,
                    sample.step,
                    ticket.index,
                    ticket.ticket_id,
                    attempt.ended,
                )


def _of_end(event: HistoryEvent) -> Failure:
    name = EXECUTION_TIMED_OUT if event.type == EXECUTION_TIMED_OUT else event.error
    what, cause = recognise(name, event.cause), message_of(event.cause)
    evidence = HistoryEvidence(event.execution, event.id, event.type, event.error or "", cause)
    return Failure(
        what,
        cause,
        evidence,
        event.execution,
        step=event.state,
        index=event.index,
        at=event.at,
        whole_execution=True,
    )


def _of_status(observations: Observations, arn: str, burst: Burst | None) -> Iterator[Failure]:
    """Yield the failure that DescribeExecution or the burst tells of, where the events say nothing."""
    for record in (*(e for e in observations.executions if e.arn == arn), *((burst,) if burst else ())):
        if record.status in {"FAILED", "TIMED_OUT"}:
            name = EXECUTION_TIMED_OUT if record.status == "TIMED_OUT" else record.error
            what, cause = recognise(name, record.cause), message_of(record.cause)
            evidence = HistoryEvidence(
                arn, None, record.status, record.error or "", cause, f"it ended {record.status}"
            )
            yield Failure(what, cause, evidence, arn, at=record.ended, whole_execution=True)
            return


def _of_logs(observations: Observations, steps: dict[str, str]) -> Iterator[Failure]:
    for line in observations.logs:
        said = _said(line.text)
        if said is not None:
            error, message = said
            yield Failure(
                recognise(error, message),
                message,
                LogEvidence(line.group, line.stream, line.time, line.text),
                step=steps.get(line.group),
                at=line.time,
            )


def _said(text: str) -> tuple[str, str] | None:
    """Return the error name and message that a log line tells of, in Lambda's own forms."""
    if (timed_out := _TIMED_OUT.search(text)) is not None:
        return "Sandbox.Timedout", timed_out[0]
    if (exited := _EXITED.search(text)) is not None:
        return "Runtime.ExitError", exited["message"]
    raised = _RAISED.search(text)
    return (raised["error"], (raised["message"] or "").split("\nTraceback")[0]) if raised else None


def log_of(failure: Failure, lines: tuple[LogLine, ...], groups: dict[str, str]) -> LogEvidence | None:
    """Return the log line that tells of the same failure, None where there is none."""
    for line in lines:
        said = _said(line.text)
        if said is None or (failure.step and groups.get(line.group, failure.step) != failure.step):
            continue
        if recognise(*said).canonical == failure.what.canonical:
            return LogEvidence(line.group, line.stream, line.time, line.text)
    return None

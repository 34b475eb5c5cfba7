"""The blast radius: which tickets were hit, which not, and which were never begun."""

from __future__ import annotations

from collections.abc import Sequence

from reports.rca.diagnosis import BlastRadius
from reports.rca.facts import Facts
from reports.records import Burst, TicketSample

_MOST_NAMED = 5


def blast_radius(facts: Facts, executions: Sequence[str]) -> BlastRadius:
    """Return what became of the tickets in the executions given; without any, in those that failed."""
    bursts = [b for b in facts.observations.bursts if b.execution_arn in executions]
    bursts = bursts or [b for b in facts.observations.bursts if b not in facts.whole_bursts]
    bursts = bursts or list(facts.observations.bursts)
    return _of_bursts(bursts) if bursts else _of_failures(facts)


def _of_bursts(bursts: Sequence[Burst]) -> BlastRadius:
    tickets = [ticket for burst in bursts for ticket in burst.tickets]
    never = sum(max(0, burst.never_started) for burst in bursts)
    failed, succeeded = _named(tickets, "failed"), _named(tickets, "succeeded")
    aborted = _named(tickets, "aborted") + _named(tickets, "unfinished")
    parts = [_part(failed, "failed"), _part(aborted, "cut off"), f"{never} never begun" if never else ""]
    lost = "; ".join(part for part in parts if part) or "no ticket was lost"
    statement = f"{lost}; {len(succeeded)} of {sum(b.plan.tickets for b in bursts)} succeeded{_lost(bursts)}"
    return BlastRadius(
        failed, succeeded, aborted, never, complete=True, statement=statement + _retried(tickets)
    )


def _named(tickets: Sequence[TicketSample], outcome: str) -> tuple[str, ...]:
    return tuple(ticket.ticket_id or f"#{ticket.index}" for ticket in tickets if ticket.outcome == outcome)


def _part(names: Sequence[str], what: str) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{len(names)} {what} ({', '.join(names[:_MOST_NAMED])}{more})"


def _lost(bursts: Sequence[Burst]) -> str:
    """Say that an execution that fails as a whole returns nothing, also for the tickets that succeeded."""
    gone = sum(burst.succeeded for burst in bursts if burst.status != "SUCCEEDED")
    if all(burst.status == "SUCCEEDED" for burst in bursts):
        return ""
    back = f", so that the results of {gone} that had succeeded were not returned" if gone else ""
    return f"; the whole execution failed{back}"


def _retried(tickets: Sequence[TicketSample]) -> str:
    count = sum(
        any(step.retries for step in ticket.steps) for ticket in tickets if ticket.outcome == "succeeded"
    )
    return f"; {count} of them only after a retry" if count else ""


def _of_failures(facts: Facts) -> BlastRadius:
    """Without a whole history only the tickets that failures name are known."""
    named = (f.ticket or (f"#{f.index}" if f.index is not None else "") for f in facts.failures)
    failed = tuple(dict.fromkeys(name for name in named if name))
    sent = sum(execution.tickets or 0 for execution in facts.observations.executions)
    whole = f"of {sent} sent " if sent else ""
    lost = _part(failed, "failed") or "which tickets were hit is not known"
    statement = f"{lost}; what became of the others {whole}is not known: no whole history was seen"
    return BlastRadius(failed, (), (), 0, complete=False, statement=statement)

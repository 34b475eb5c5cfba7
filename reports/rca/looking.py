"""What to look at next where the evidence falls short, and where records contradict each other outright."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.rca.diagnosis import Contradiction, Finding
from reports.rca.error_table import Family
from reports.rca.evidence import HistoryEvidence, short
from reports.rca.facts import Facts
from reports.rca.failures import Failure
from reports.rca.observations import Observations

_FIRST = {
    Family.CODE_OR_DATA: "check {ticket} against the schema and send one that is known to be good: {error} "
    "comes from the code, or from data that it did not expect",
    Family.VALIDATION: "read the log of {step}: {error} may refuse the data or come from the code itself",
    Family.UNKNOWN: "look up the error {error} at {step} in its log, and what raises it",
    Family.PROCESS_EXIT: "read the REPORT line of {step}: Max Memory Used tells memory from a crash",
}


def contradictions_between(observations: Observations) -> tuple[Contradiction, ...]:
    """Return executions that two records tell differently. They speak against everything (rule "")."""
    found = []
    for burst in observations.bursts:
        for execution in observations.executions:
            if execution.arn == burst.execution_arn and execution.status != burst.status:
                saying = (
                    f"execution {short(execution.arn)} is {execution.status} by DescribeExecution and "
                    f"{burst.status} by its history"
                )
                evidence = HistoryEvidence(execution.arn, None, "status", note=saying)
                found.append(Contradiction("", None, saying, (evidence,)))
    return tuple(found)


def look_next(
    facts: Facts,
    findings: Sequence[Finding],
    contradictions: Sequence[Contradiction],
    unexplained: Sequence[Failure],
) -> tuple[str, ...]:
    """Return what to read or try next; what is missing is asked for only while nothing is found."""
    steps = [f"read both sources again, metrics can be minutes late: {c.saying}" for c in contradictions]
    steps += list(dict.fromkeys(_about(failure) for failure in unexplained))[:3]
    if not findings:
        steps += _slow(facts)
        steps += _missing(facts.observations)
    return tuple(steps) or (() if findings else ("send one ticket alone and read its history step by step",))


def _about(failure: Failure) -> str:
    text = _FIRST.get(failure.what.family, "read the log of {step} around the failure {error}")
    ticket = failure.ticket or (f"#{failure.index}" if failure.index is not None else "")
    return text.format(
        error=failure.what.given or "without a name",
        step=failure.step or "the step that failed",
        ticket=f"ticket {ticket}" if ticket else "the ticket",
    )


def _slow(facts: Facts) -> Iterator[str]:
    if any(facts.misses_target(burst) for burst in facts.observations.bursts) or len(facts.whole_bursts) > 1:
        yield "send the same tickets with twice the memory: a time that falls computes, one that stays waits"
        yield "log how long each call to a dependency takes, beside the step's own duration"


def _missing(observations: Observations) -> Iterator[str]:
    if not observations.executions and not observations.bursts:
        yield "read the execution (DescribeExecution) and its whole history (GetExecutionHistory)"
    if not observations.metrics:
        yield "read the metrics Throttles, Errors, ConcurrentExecutions and Duration p95 of each function"
    if not observations.logs and not observations.reports:
        yield "read the errors and the REPORT lines in the functions' log groups"
    if not observations.settings:
        yield "read the settings: the Map's cap, reserved concurrency, memory, time-outs, the account's limit"

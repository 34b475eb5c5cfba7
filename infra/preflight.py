"""Checks of what was asked for, before anything is deployed. Each failure is one sentence with the way out.

Pure: reads files, talks to no cloud. The limits named here are those of AWS Step Functions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.packaging import PackagedTemplate, PackagingError, StateMachineTemplate, package

HISTORY_LIMIT = 25_000  # events in the history of a Standard execution
INPUT_LIMIT_BYTES = 262_144  # input of an execution, UTF-8
INLINE_MAP_CEILING = 40  # iterations that an inline Map runs at once
EVENTS_AROUND_MAP = 6  # execution started and succeeded; Map entered, started, succeeded, exited
EVENTS_AROUND_ITERATION = 2  # MapIterationStarted, MapIterationSucceeded
EVENTS_OF_TASK = 5  # entered, scheduled, started, succeeded, exited
EVENTS_OF_OTHER_STATE = 2  # entered, exited
LAST_STATES = {"Succeed", "Fail"}


class PreflightError(Exception):
    """What was asked for makes no sense or cannot be done; `option` is the option to change."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


@dataclass(frozen=True, slots=True)
class MapPlan:
    """The Map state that a burst will go through, as far as the template tells.

    `events_per_ticket` counts history events on the shortest way through one iteration. `inline` is False
    for a distributed Map, whose iterations have histories of their own.
    """

    state_machine: str
    map_state: str
    inline: bool
    events_per_ticket: int

    @property
    def most_tickets(self) -> int | None:
        """The most tickets whose events fit in one history; None where there is no such limit."""
        return (HISTORY_LIMIT - EVENTS_AROUND_MAP) // self.events_per_ticket if self.inline else None


@dataclass(frozen=True, slots=True)
class Checked:
    """What passed: the packaged template and its Map, None where only the deployed definition can tell."""

    template: PackagedTemplate
    plan: MapPlan | None


def check(
    template: Path, *, tickets: int, low: int, high: int, account_concurrency: int | None = None
) -> Checked:
    """Make all checks that need no ticket texts; raise PreflightError at the first that fails."""
    check_concurrencies(low, high)
    packaged = check_template(template)
    plan = check_map(template, packaged)
    check_tickets(tickets, plan)
    for option, value in (("--low", low), ("--high", high)):
        check_concurrency(option, value, plan, account_concurrency)
    return Checked(packaged, plan)


def check_template(path: Path) -> PackagedTemplate:
    """Return the packaged template; raise when it is not there, does not parse, or names missing code."""
    try:
        return package(path)
    except PackagingError as error:
        raise PreflightError("--template", str(error)) from error


def check_concurrencies(low: int, high: int) -> None:
    """Raise unless 1 <= low < high."""
    if low < 1:
        raise PreflightError("--low", f"--low is {low}, but a burst needs a concurrency of at least 1.")
    if low >= high:
        advice = "the two are compared, so give a larger --high"
        raise PreflightError("--low", f"--low {low} is not below --high {high}; {advice}.")


def check_concurrency(option: str, value: int, plan: MapPlan | None, account_concurrency: int | None) -> None:
    """Raise when the Map or the account cannot run `value` tickets at once (None: limit not known)."""
    if (plan is None or plan.inline) and value > INLINE_MAP_CEILING:
        why = f"an inline Map runs at most {INLINE_MAP_CEILING} iterations at once"
        raise PreflightError(option, f"{option} is {value}, but {why}; give {INLINE_MAP_CEILING} or less.")
    if account_concurrency is not None and value > account_concurrency:
        why = f"the account allows {account_concurrency} concurrent Lambda executions"
        advice = f"give {account_concurrency} or less, or have the account's limit raised"
        raise PreflightError(option, f"{option} is {value}, but {why}; {advice}.")


def check_tickets(count: int, plan: MapPlan | None) -> None:
    """Raise when there are no tickets, or more than one execution's history can hold."""
    if count < 1:
        raise PreflightError("--tickets", f"--tickets is {count}, but a burst needs at least 1.")
    most = plan.most_tickets if plan is not None else None
    if plan is None or most is None or count <= most:
        return
    cost = f"each costs {plan.events_per_ticket} events of the {HISTORY_LIMIT:,} that a history holds"
    raise PreflightError("--tickets", f"--tickets is {count:,}, but {cost}; give {most:,} or fewer.")


def check_input(tickets: Sequence[Mapping[str, Any]], max_concurrency: int) -> str:
    """Return the execution's input as compact JSON; raise when it is larger than an execution takes."""
    given = {"max_concurrency": max_concurrency, "tickets": list(tickets)}
    text = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > INPUT_LIMIT_BYTES:
        limit = f"an execution takes {INPUT_LIMIT_BYTES:,}"
        what = f"The input with --tickets {len(tickets)} is {size:,} bytes, but {limit}"
        raise PreflightError("--tickets", f"{what}; give fewer or shorter tickets.")
    return text


def check_map(path: Path, packaged: PackagedTemplate) -> MapPlan | None:
    """Return the one Map of the template; raise unless exactly one state machine has one.

    None when no definition shows a Map and at least one cannot be read before it is deployed.
    """
    plans = [plan for machine in packaged.state_machines if (plan := map_plan(machine)) is not None]
    unknown = any(machine.definition is None for machine in packaged.state_machines)
    if len(plans) == 1 or (not plans and unknown):
        return plans[0] if plans else None
    found = ", ".join(machine.logical_id for machine in packaged.state_machines) or "none"
    having = ", ".join(plan.state_machine for plan in plans) or "none"
    needed = f"{path} needs exactly one state machine with a Map state"
    raise PreflightError(
        "--template", f"{needed}; it has these state machines: {found}; with a Map: {having}."
    )


def map_plan(machine: StateMachineTemplate) -> MapPlan | None:
    """Return the first Map state of a state machine, None where there is none to be seen."""
    for name, state in _states(machine.definition or {}).items():
        if state.get("Type") == "Map":
            processor = _mapping(state.get("ItemProcessor") or state.get("Iterator"))
            mode = _mapping(processor.get("ProcessorConfig")).get("Mode", "INLINE")
            events = EVENTS_AROUND_ITERATION + _shortest(processor)
            return MapPlan(machine.logical_id, name, mode != "DISTRIBUTED", events)
    return None


def _shortest(processor: Mapping[str, Any]) -> int:
    """Count the events on the way through a processor that has the fewest, without errors and retries."""
    states = _states(processor)
    reached: dict[str, int] = {}
    ahead = [(0, str(processor.get("StartAt")))]
    while ahead:
        ahead.sort(reverse=True)
        before, name = ahead.pop()
        if name in reached or name not in states:
            continue
        state = states[name]
        reached[name] = before + (EVENTS_OF_TASK if state.get("Type") == "Task" else EVENTS_OF_OTHER_STATE)
        if state.get("End") or str(state.get("Type")) in LAST_STATES:
            return reached[name]
        ahead += [(reached[name], following) for following in _following(state)]
    return 0


def _following(state: Mapping[str, Any]) -> list[str]:
    choices = state.get("Choices")
    rules = [_mapping(choice) for choice in choices] if isinstance(choices, list) else []
    names = [state.get("Next"), state.get("Default"), *(rule.get("Next") for rule in rules)]
    return [name for name in names if isinstance(name, str)]


def _states(block: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the states of a definition or of a processor; what is no state is left out."""
    found = _mapping(block.get("States"))
    return {name: state for name, state in found.items() if isinstance(state, Mapping)}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

"""Whether a definition is a state machine: what moto's grammar does not look at.

moto: checks the syntax only. AWS: refuses at creation a definition whose states, targets or fields do not
fit, with the place of each fault, e.g. "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at
/States/A/Next".
Here: the Amazon States Language specification's rules on structure, checked one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.embedded.states import fields

_SCHEMA: Final = "SCHEMA_VALIDATION_FAILED"
_TARGET: Final = "MISSING_TRANSITION_TARGET"
_NOT_JSON: Final = "INVALID_JSON_DESCRIPTION"
_LONGEST_NAME: Final = 80
_ARN: Final = re.compile(r"arn:[a-z0-9-]+:(states|lambda):[a-z0-9-]*:\d*:.+")

States = Mapping[str, Any]
Found = Iterator["Diagnostic"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault: its code and message as AWS words them, and where in the definition it is."""

    code: str
    message: str
    location: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location}"


def diagnose(definition: str) -> list[Diagnostic]:
    """Every fault of a definition, in the order of the text; empty where there is none."""
    try:
        machine = json.loads(definition)
    except ValueError as error:
        return [Diagnostic(_NOT_JSON, f"Invalid JSON description: {error}", "/")]
    if not isinstance(machine, dict):
        return [Diagnostic(_SCHEMA, "The definition must be an object", "/")]
    return list(_program(machine, "", fields.MACHINE, "JSONPath"))


def _program(program: Any, place: str, allowed: frozenset[str], language: str) -> Found:
    """The faults of a state machine, or of what a Map or a Parallel runs."""
    if not isinstance(program, dict):
        yield Diagnostic(_SCHEMA, "Value must be an object", place or "/")
        return
    yield from _unknown(program, allowed, place)
    language = program.get("QueryLanguage", language)
    states = program.get("States")
    if not isinstance(states, dict) or not states:
        yield Diagnostic(
            _SCHEMA, "The field 'States' is required and must have at least one state", f"{place}/States"
        )
        return
    yield from _start(program, states, place)
    for name, state in states.items():
        yield from _state(name, state, states, f"{place}/States/{name}", language)
    yield from _unreachable(program.get("StartAt"), states, place)


def _start(program: Mapping[str, Any], states: States, place: str) -> Found:
    start = program.get("StartAt")
    if not isinstance(start, str):
        yield Diagnostic(_SCHEMA, "The field 'StartAt' is required and must be a string", f"{place}/StartAt")
    else:
        yield from _exists(start, "StartAt", states, f"{place}/StartAt")


def _state(name: str, state: Any, states: States, place: str, language: str) -> Found:
    if not isinstance(state, dict):
        yield Diagnostic(_SCHEMA, "A state must be an object", place)
        return
    kind = state.get("Type")
    if not isinstance(kind, str) or kind not in fields.BY_TYPE:
        yield Diagnostic(_SCHEMA, f"Value {kind!r} is not one of {sorted(fields.BY_TYPE)}", f"{place}/Type")
        return
    if len(name) > _LONGEST_NAME:
        yield Diagnostic(_SCHEMA, f"A state's name has at most {_LONGEST_NAME} characters", place)
    language = state.get("QueryLanguage", language)
    yield from _unknown(state, fields.allowed(kind, language), place)
    yield from _transition(kind, state, states, place)
    yield from _handlers(state, states, place)
    yield from _both(state, place)
    if (rule := _RULES.get(kind)) is not None:
        yield from rule(state, states, place, language)


def _unknown(found: Mapping[str, Any], allowed: frozenset[str], place: str) -> Found:
    for name in found:
        if name not in allowed:
            yield Diagnostic(_SCHEMA, f"Field '{name}' is not supported", f"{place}/{name}")


def _exists(target: Any, field: str, states: States, place: str) -> Found:
    if not isinstance(target, str) or target not in states:
        yield Diagnostic(_TARGET, f"Missing '{field}' target: {target}", place)


def _transition(kind: str, state: Mapping[str, Any], states: States, place: str) -> Found:
    """A state goes on to another one or ends, but not both; some kinds say it otherwise."""
    if kind in fields.WITHOUT_TRANSITION:
        return
    ends = state.get("End") is True
    if "Next" in state and ends:
        yield Diagnostic(_SCHEMA, "A state must have either 'Next' or 'End', not both", place)
    elif "Next" in state:
        yield from _exists(state["Next"], "Next", states, f"{place}/Next")
    elif not ends:
        yield Diagnostic(_SCHEMA, "A state must have either 'Next' or 'End'", place)


def _handlers(state: Mapping[str, Any], states: States, place: str) -> Found:
    for kind in ("Retry", "Catch"):
        handlers = state.get(kind, [])
        if not isinstance(handlers, list):
            yield Diagnostic(_SCHEMA, f"The field '{kind}' must be an array", f"{place}/{kind}")
            continue
        for index, handler in enumerate(handlers):
            yield from _handler(
                kind, handler, states, f"{place}/{kind}[{index}]", last=index == len(handlers) - 1
            )


def _handler(kind: str, handler: Any, states: States, place: str, *, last: bool) -> Found:
    if not isinstance(handler, dict):
        yield Diagnostic(_SCHEMA, "Value must be an object", place)
        return
    yield from _unknown(handler, fields.HANDLER[kind], place)
    names = handler.get("ErrorEquals")
    if not isinstance(names, list) or not names:
        yield Diagnostic(
            _SCHEMA, "The field 'ErrorEquals' is required and must not be empty", f"{place}/ErrorEquals"
        )
    elif "States.ALL" in names and (len(names) > 1 or not last):
        yield Diagnostic(_SCHEMA, "'States.ALL' must stand alone and last", f"{place}/ErrorEquals")
    if kind == "Catch":
        yield from _exists(handler.get("Next"), "Next", states, f"{place}/Next")
    else:
        yield from _retry_numbers(handler, place)


def _retry_numbers(retrier: Mapping[str, Any], place: str) -> Found:
    for field, least in fields.RETRY_LEAST.items():
        value = retrier.get(field, least)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
            yield Diagnostic(_SCHEMA, f"'{field}' must be a number of at least {least}", f"{place}/{field}")
    if retrier.get("JitterStrategy", "NONE") not in {"FULL", "NONE"}:
        yield Diagnostic(_SCHEMA, "'JitterStrategy' must be FULL or NONE", f"{place}/JitterStrategy")


def _both(state: Mapping[str, Any], place: str) -> Found:
    for field in fields.WITH_PATH:
        if field in state and f"{field}Path" in state:
            yield Diagnostic(_SCHEMA, f"A state must not have both '{field}' and '{field}Path'", place)


def _task(state: Mapping[str, Any], _states: States, place: str, _language: str) -> Found:
    resource = state.get("Resource")
    if resource is None:
        yield Diagnostic(_SCHEMA, "The field 'Resource' is required", f"{place}/Resource")
    elif not isinstance(resource, str) or _ARN.fullmatch(resource) is None:
        yield Diagnostic(_SCHEMA, "Value is not a valid resource ARN", f"{place}/Resource")
    heartbeat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if isinstance(heartbeat, int) and isinstance(timeout, int) and heartbeat >= timeout:
        yield Diagnostic(
            _SCHEMA, "'HeartbeatSeconds' must be less than 'TimeoutSeconds'", f"{place}/HeartbeatSeconds"
        )


def _map(state: Mapping[str, Any], _states: States, place: str, language: str) -> Found:
    present = [field for field in ("ItemProcessor", "Iterator") if field in state]
    if len(present) != 1:
        yield Diagnostic(_SCHEMA, "A Map state must have 'ItemProcessor' (or 'Iterator', not both)", place)
        return
    yield from _program(state[present[0]], f"{place}/{present[0]}", fields.PROCESSOR, language)
    cap = state.get("MaxConcurrency", 0)
    if isinstance(cap, bool) or not (isinstance(cap, str) or (isinstance(cap, int) and cap >= 0)):
        yield Diagnostic(
            _SCHEMA, "'MaxConcurrency' must be a non-negative integer", f"{place}/MaxConcurrency"
        )


def _parallel(state: Mapping[str, Any], _states: States, place: str, language: str) -> Found:
    branches = state.get("Branches")
    if not isinstance(branches, list) or not branches:
        yield Diagnostic(
            _SCHEMA, "The field 'Branches' is required and must not be empty", f"{place}/Branches"
        )
        return
    for index, branch in enumerate(branches):
        yield from _program(branch, f"{place}/Branches[{index}]", fields.BRANCH, language)


def _choice(state: Mapping[str, Any], states: States, place: str, _language: str) -> Found:
    choices = state.get("Choices")
    if not isinstance(choices, list) or not choices:
        yield Diagnostic(_SCHEMA, "The field 'Choices' is required and must not be empty", f"{place}/Choices")
        return
    for index, choice in enumerate(choices):
        target = choice.get("Next") if isinstance(choice, dict) else None
        yield from _exists(target, "Next", states, f"{place}/Choices[{index}]/Next")
    if "Default" in state:
        yield from _exists(state["Default"], "Default", states, f"{place}/Default")


def _wait(state: Mapping[str, Any], _states: States, place: str, _language: str) -> Found:
    present = [field for field in fields.WAITS if field in state]
    if len(present) != 1:
        yield Diagnostic(_SCHEMA, f"A Wait state must have exactly one of {list(fields.WAITS)}", place)


_RULES: Final[Mapping[str, Callable[[Mapping[str, Any], States, str, str], Found]]] = {
    "Task": _task,
    "Map": _map,
    "Parallel": _parallel,
    "Choice": _choice,
    "Wait": _wait,
}


def _unreachable(start: Any, states: States, place: str) -> Found:
    seen: set[str] = set()
    to_see = [start]
    while to_see:
        name = to_see.pop()
        if isinstance(name, str) and name in states and name not in seen:
            seen.add(name)
            to_see.extend(_targets(states[name]))
    for name in states:
        if name not in seen:
            yield Diagnostic(_TARGET, f'State "{name}" is not reachable.', f"{place}/States/{name}")


def _targets(state: Any) -> list[Any]:
    if not isinstance(state, dict):
        return []
    further = [*_objects(state.get("Choices")), *_objects(state.get("Catch"))]
    return [state.get("Next"), state.get("Default"), *(part.get("Next") for part in further)]


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []

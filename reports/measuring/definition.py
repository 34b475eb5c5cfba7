"""Read a state machine's definition (Amazon States Language): its Map state, the knob and the steps.

Nothing here knows a step's name: the steps are found by walking the Map's processor.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

INLINE_MAP_CEILING = 40
"""An inline Map runs at most this many iterations at once, whatever MaxConcurrency says (AWS quota)."""

_WORKING_TYPES = frozenset({"Task", "Wait"})
_PLAIN_PATH = re.compile(r"^\$(?:\$\.Execution\.Input)?((?:\.[A-Za-z_][\w-]*)+)$")
_PLAIN_JSONATA = re.compile(
    r"^\{%\s*\$states\.(?:input|context\.Execution\.Input)((?:\.[A-Za-z_]\w*)+)\s*%\}$"
)


class NoMapState(Exception):
    """The definition has no inline Map state to scale. `found` names each state with its type."""

    def __init__(self, message: str, found: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.found = found


class SeveralMapStates(NoMapState):
    """More than one inline Map state stands side by side; `found` names them."""


class InvalidDefinition(ValueError):
    """The text is not a state machine definition."""


@dataclass(frozen=True, slots=True)
class State:
    """One state of the processor: `resource` is a Task's, `next` holds every state it may lead to."""

    name: str
    type: str
    resource: str | None
    next: tuple[str, ...]
    has_retry: bool = False
    has_catch: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """What a burst needs to know of a state machine.

    Exactly one of `concurrency_path`, `fixed_concurrency` and `concurrency_expression` is set: the cap is
    read from the input by JSONPath, stands in the definition (0 means "no limit"), or is a JSONata
    expression. `steps` are the processor's states that do work (Task, Wait), in order; `states` are all.
    `concurrency_keys` and `items_keys` are the keys in the Map's input where cap and items are read, or
    None where the expression is not a plain path.
    """

    map_state: str
    concurrency_path: str | None
    fixed_concurrency: int | None
    steps: tuple[str, ...]
    states: tuple[State, ...] = ()
    concurrency_expression: str | None = None
    items_path: str | None = None
    concurrency_keys: tuple[str, ...] | None = None
    items_keys: tuple[str, ...] | None = None
    inside: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def concurrency_comes_from_input(self) -> bool:
        """Whether the cap is chosen when an execution starts, and not when the stack is deployed."""
        return self.fixed_concurrency is None


def read_definition(definition_json: str) -> Definition:
    """Return the one inline Map of a definition, with its knob and steps.

    Raises `InvalidDefinition` (not JSON, no States), `NoMapState`, `SeveralMapStates` (all are named).
    """
    machine = _parse(definition_json)
    found = list(_maps(machine, ()))
    inline = [(name, state, inside) for name, state, inside in found if _mode(state) == "INLINE"]
    if not inline:
        raise _no_map(machine, [name for name, _, _ in found])
    if len(inline) > 1:
        names = tuple(name for name, _, _ in inline)
        raise SeveralMapStates(
            f"the definition has {len(names)} inline Map states ({', '.join(names)}), and exactly one is "
            "expected; leave one, or nest the others inside it",
            names,
        )
    name, state, inside = inline[0]
    return _definition(machine, name, state, inside)


def effective_concurrency(requested: int) -> int:
    """Return how many iterations an inline Map runs at once for a MaxConcurrency (0 means no limit)."""
    return min(requested, INLINE_MAP_CEILING) if requested > 0 else INLINE_MAP_CEILING


def _parse(text: str) -> dict[str, Any]:
    try:
        machine = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidDefinition(f"the definition is not JSON: {error}") from error
    if not isinstance(machine, dict) or not isinstance(machine.get("States"), dict):
        raise InvalidDefinition("the definition has no 'States' object at its top")
    return machine


def _no_map(machine: Mapping[str, Any], distributed: list[str]) -> NoMapState:
    found = tuple(f"{name} ({state.get('Type', '?')})" for name, state in machine["States"].items())
    detail = f"; {', '.join(distributed)} is a distributed Map" if distributed else ""
    return NoMapState(
        f"the definition has no inline Map state among {', '.join(found) or 'its states'}{detail}; "
        "a burst needs one, with its items and concurrency read from the input",
        found,
    )


def _maps(
    block: Mapping[str, Any], inside: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...]]]:
    """Yield the outermost Map states, also those in branches of a Parallel state."""
    for name, state in block.get("States", {}).items():
        if state.get("Type") == "Map":
            yield name, state, inside
        for branch in state.get("Branches", ()) if state.get("Type") == "Parallel" else ():
            yield from _maps(branch, (*inside, name))


def _mode(state: Mapping[str, Any]) -> str:
    config = _processor(state).get("ProcessorConfig") or {}
    return str(config.get("Mode", "INLINE")).upper()


def _processor(state: Mapping[str, Any]) -> Mapping[str, Any]:
    processor: Mapping[str, Any] = state.get("ItemProcessor") or state.get("Iterator") or {}
    return processor


def _definition(
    machine: Mapping[str, Any], name: str, state: Mapping[str, Any], inside: tuple[str, ...]
) -> Definition:
    states = tuple(_states_in_order(_processor(state)))
    path, fixed, expression = _knob(name, state)
    items = state.get("ItemsPath") or state.get("Items") or "$"
    top = [s.name for s in _states_in_order(machine, deep=False)]
    here = inside[0] if inside else name
    at = top.index(here) if here in top else len(top)
    prefix = _keys(state.get("InputPath", "$") or "$", ()) or ()
    return Definition(
        map_state=name,
        concurrency_path=path,
        fixed_concurrency=fixed,
        concurrency_expression=expression,
        steps=tuple(s.name for s in states if s.type in _WORKING_TYPES),
        states=states,
        items_path=items if isinstance(items, str) else None,
        concurrency_keys=_keys(path or expression, prefix),
        items_keys=_keys(items, prefix),
        inside=inside,
        before=tuple(top[:at]),
        after=tuple(top[at + 1 :]),
    )


def _knob(name: str, state: Mapping[str, Any]) -> tuple[str | None, int | None, str | None]:
    """Return the cap as (path, fixed value, expression); a Map without one has no limit: 0."""
    if "MaxConcurrencyPath" in state:
        return str(state["MaxConcurrencyPath"]), None, None
    value = state.get("MaxConcurrency", 0)
    if isinstance(value, str):
        return None, None, value
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidDefinition(
            f"{name}: MaxConcurrency is {value!r}; expected a whole number or an expression"
        )
    return None, value, None


def _keys(path: object, prefix: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the keys of a plain path ("$.a.b" -> a, b), None where it is more than that."""
    if not isinstance(path, str):
        return None
    if path == "$":
        return prefix
    match = _PLAIN_PATH.match(path) or _PLAIN_JSONATA.match(path)
    if match is None:
        return None
    keys = tuple(match.group(1).lstrip(".").split("."))
    return keys if path.startswith("$$") or "context" in path else (*prefix, *keys)


def _states_in_order(block: Mapping[str, Any], *, deep: bool = True) -> Iterator[State]:
    """Walk from StartAt along every transition, depth first, each state once; branches where `deep`."""
    states: Mapping[str, Mapping[str, Any]] = block.get("States", {})
    waiting, seen = [block.get("StartAt", "")], set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in states:
            continue
        seen.add(name)
        yield _state(name, states[name])
        if deep:
            for inner in _inner_blocks(states[name]):
                yield from _states_in_order(inner)
        waiting = [*_targets(states[name]), *waiting]


def _inner_blocks(state: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    if state.get("Type") == "Map":
        return (_processor(state),)
    return tuple(state.get("Branches", ()))


def _state(name: str, body: Mapping[str, Any]) -> State:
    return State(
        name=name,
        type=str(body.get("Type", "")),
        resource=body.get("Resource"),
        next=_targets(body),
        has_retry=bool(body.get("Retry")),
        has_catch=bool(body.get("Catch")),
    )


def _targets(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where a state may lead: Next, a Choice's branches and default, then its Catch clauses."""
    rules = [body, *body.get("Choices", ()), {"Next": body.get("Default")}, *body.get("Catch", ())]
    return tuple(dict.fromkeys(rule["Next"] for rule in rules if rule.get("Next")))

import json

import pytest

from reports.measuring.definition import (
    InvalidDefinition,
    NoMapState,
    SeveralMapStates,
    effective_concurrency,
    read_definition,
)
from tests.reports.synthetic import definition_json


def machine(states, start=None):
    return json.dumps({"StartAt": start or next(iter(states)), "States": states})


def a_map(steps=("One",), **more):
    inner = json.loads(definition_json(steps))["States"]["EachTicket"]
    inner.pop("MaxConcurrencyPath")
    return {**inner, **more}


def test_map_steps_and_knob_are_read():
    """The Map, its steps in order, and the path of its cap and items are found."""
    found = read_definition(definition_json())
    assert (found.map_state, found.steps) == ("EachTicket", ("Alpha", "Beta", "Gamma"))
    assert (found.concurrency_path, found.fixed_concurrency) == ("$.max_concurrency", None)
    assert (found.concurrency_keys, found.items_keys) == (("max_concurrency",), ("tickets",))
    assert found.concurrency_comes_from_input


@pytest.mark.parametrize(
    ("knob", "fixed", "keys"),
    [
        ({"MaxConcurrency": 7}, 7, None),
        ({}, 0, None),
        ({"MaxConcurrency": "{% $states.input.cap.high %}"}, None, ("cap", "high")),
        ({"MaxConcurrency": "{% $max([1, 2]) %}"}, None, None),
        ({"MaxConcurrencyPath": "$$.Execution.Input.cap"}, None, ("cap",)),
        ({"MaxConcurrencyPath": "$.cap", "InputPath": "$.burst"}, None, ("burst", "cap")),
    ],
)
def test_every_kind_of_knob(knob, fixed, keys):
    """A cap may be fixed, absent, a path or a JSONata expression; plain ones name the input's keys."""
    found = read_definition(machine({"M": a_map(**knob)}))
    assert (found.fixed_concurrency, found.concurrency_keys) == (fixed, keys)


def test_a_map_inside_a_branch_and_after_a_choice_is_found():
    """A Map nested in a Parallel state that follows a Choice is found, with what stands around it."""
    states = {
        "Check": {"Type": "Choice", "Choices": [{"Next": "Both"}], "Default": "Done"},
        "Both": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "M", "States": {"M": a_map()}}],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
    found = read_definition(machine(states))
    assert (found.map_state, found.inside) == ("M", ("Both",))
    assert (found.before, found.after) == (("Check",), ("Done",))


def test_a_processor_with_choice_is_walked():
    """A Choice inside the processor is followed on all its ways; only working states are steps."""
    states = {
        "Sort": {"Type": "Choice", "Choices": [{"Next": "Big"}], "Default": "Small"},
        "Big": {"Type": "Task", "Resource": "a", "Next": "Last", "Catch": [{"Next": "Sorry"}]},
        "Small": {"Type": "Pass", "Next": "Last"},
        "Last": {"Type": "Wait", "Seconds": 1, "End": True},
        "Sorry": {"Type": "Fail"},
    }
    processor = {"StartAt": "Sort", "States": states}
    found = read_definition(machine({"M": {"Type": "Map", "Iterator": processor, "End": True}}))
    assert [state.name for state in found.states] == ["Sort", "Big", "Last", "Sorry", "Small"]
    assert found.steps == ("Big", "Last")


def test_a_map_in_a_map_is_part_of_its_processor():
    """Of nested Maps the outer one is the burst's; the inner one's steps are its own."""
    outer = a_map()
    outer["ItemProcessor"]["States"]["One"] = a_map(("Deep",))
    found = read_definition(machine({"M": outer}))
    assert (found.map_state, found.steps) == ("M", ("Deep",))


def test_no_map_is_refused_with_what_was_found():
    """A definition without a Map is refused, naming its states."""
    with pytest.raises(NoMapState, match=r"Only \(Pass\)") as refused:
        read_definition(machine({"Only": {"Type": "Pass", "End": True}}))
    assert refused.value.found == ("Only (Pass)",)


def test_a_distributed_map_is_not_an_inline_one():
    """A definition whose only Map is distributed is refused, and says so."""
    state = a_map()
    state["ItemProcessor"]["ProcessorConfig"]["Mode"] = "DISTRIBUTED"
    with pytest.raises(NoMapState, match="M is a distributed Map"):
        read_definition(machine({"M": state}))


def test_several_maps_are_refused_and_named():
    """Two inline Maps side by side are refused, both named."""
    with pytest.raises(SeveralMapStates, match="2 inline Map states \\(M, N\\)"):
        read_definition(machine({"M": a_map(Next="N"), "N": a_map()}))


@pytest.mark.parametrize("text", ["{", "[]", '{"StartAt": "A"}', '{"States": []}'])
def test_what_is_no_definition_is_refused(text):
    """Text that is no state machine definition is refused by name."""
    with pytest.raises(InvalidDefinition):
        read_definition(text)


@pytest.mark.parametrize("value", [True, 2.5, None])
def test_a_cap_that_is_no_number_is_refused(value):
    """A MaxConcurrency that is neither a whole number nor text is refused with the state's name."""
    with pytest.raises(InvalidDefinition, match="M: MaxConcurrency"):
        read_definition(machine({"M": a_map(MaxConcurrency=value)}))


@pytest.mark.parametrize(("asked", "had"), [(2, 2), (40, 40), (41, 40), (0, 40)])
def test_the_inline_ceiling_holds(asked, had):
    """An inline Map runs at most 40 at once; 0 means as many as that."""
    assert effective_concurrency(asked) == had

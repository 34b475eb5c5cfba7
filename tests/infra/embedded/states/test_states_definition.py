"""What is found wrong in a definition."""

from __future__ import annotations

import json

import pytest

from infra.embedded.states.definition import diagnose
from infra.embedded.states.machines import faults
from tests.infra.embedded.states.shapes import each, one, task

PASS = {"Type": "Pass", "End": True}


def places(definition):
    return {fault.location for fault in diagnose(json.dumps(definition))}


@pytest.mark.parametrize(
    "definition",
    [
        one(PASS),
        one(each("a", "b", "c", MaxConcurrencyPath="$.n")),
        one(task(Retry=[{"ErrorEquals": ["X"], "MaxDelaySeconds": 5, "JitterStrategy": "FULL"}])),
        one({"Type": "Fail", "Error": "E", "Cause": "C"}),
        one({"Type": "Succeed"}),
        one({"Type": "Parallel", "Branches": [one(PASS)], "End": True}),
        {
            "StartAt": "W",
            "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "S"}, "S": {"Type": "Succeed"}},
        },
        one({"Type": "Pass", "Output": "{% 1 %}", "End": True}, QueryLanguage="JSONata"),
    ],
)
def test_sound_definitions_pass(definition):
    """A sound definition has no fault, by our rules and by the grammar."""
    assert faults(json.dumps(definition)) == []


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        ([], "/"),
        ({"StartAt": "A"}, "/States"),
        ({"States": {"A": PASS}}, "/StartAt"),
        ({"StartAt": "B", "States": {"A": PASS}}, "/StartAt"),
        ({"StartAt": "S", "States": {"S": PASS}, "Timeout": 1}, "/Timeout"),
        (one({"Type": "Pass"}), "/States/S"),
        (one({"Type": "Pass", "End": True, "Next": "S"}), "/States/S"),
        (one({"Type": "Pass", "Next": "T"}), "/States/S/Next"),
        (one({"Type": "Nap", "End": True}), "/States/S/Type"),
        (one({"Type": "Pass", "End": True, "Reslut": 1}), "/States/S/Reslut"),
        (one({"Type": "Task", "End": True}), "/States/S/Resource"),
        (one({"Type": "Task", "Resource": "echo", "End": True}), "/States/S/Resource"),
        (one({"Type": "Map", "End": True}), "/States/S"),
        (one({**each("a"), "Iterator": one(PASS)}), "/States/S"),
        (one(each("a", MaxConcurrency=-1)), "/States/S/MaxConcurrency"),
        (one(each("a", MaxConcurrency=1, MaxConcurrencyPath="$.n")), "/States/S"),
        (one({"Type": "Choice", "Choices": []}), "/States/S/Choices"),
        (one({"Type": "Choice", "Choices": [{"Next": "X"}], "Default": "Y"}), "/States/S/Choices[0]/Next"),
        (one({"Type": "Wait", "End": True}), "/States/S"),
        (one(task(Catch=[{"ErrorEquals": ["X"], "Next": "Y"}])), "/States/S/Catch[0]/Next"),
        (one(task(Retry=[{"ErrorEquals": []}])), "/States/S/Retry[0]/ErrorEquals"),
        (one(task(Retry=[{"ErrorEquals": ["X"], "BackoffRate": 0.5}])), "/States/S/Retry[0]/BackoffRate"),
        (
            one(task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}])),
            "/States/S/Retry[0]/ErrorEquals",
        ),
        (one(task(TimeoutSeconds=5, HeartbeatSeconds=5)), "/States/S/HeartbeatSeconds"),
        (one({"Type": "Pass", "Output": 1, "End": True}), "/States/S/Output"),
        (one(task(), QueryLanguage="JSONata"), "/States/S/Parameters"),
        ({"StartAt": "S", "States": {"S": PASS, "Island": PASS}}, "/States/Island"),
        (one({"Type": "Parallel", "Branches": [], "End": True}), "/States/S/Branches"),
    ],
)
def test_faults_are_found_at_their_place(definition, place):
    """Each fault is named with the place where it is."""
    assert place in places(definition)


def test_a_fault_inside_a_map_has_the_whole_path():
    """The place of a fault in an iteration leads through the Map."""
    state = each("a", "b")
    state["ItemProcessor"]["States"]["A"]["Next"] = "Gone"
    assert "/States/S/ItemProcessor/States/A/Next" in places(one(state))


def test_text_that_is_not_json():
    """A definition that does not parse is INVALID_JSON_DESCRIPTION."""
    assert [fault.code for fault in diagnose("{")] == ["INVALID_JSON_DESCRIPTION"]


def test_what_only_the_grammar_sees():
    """A fault of syntax that the rules do not look at is still found."""
    assert faults(json.dumps(one({"Type": "Wait", "Seconds": "soon", "End": True}))) != []

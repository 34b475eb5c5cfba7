"""JSONata: expressions, $states, variables."""

from __future__ import annotations

import pytest

from infra.embedded.states.jsonata import JsonataError, evaluate, with_nulls
from tests.infra.embedded.states.shapes import one

INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Arguments": {"FunctionName": "echo", "Payload": "{% $states.input %}"},
    "Output": "{% $states.result.Payload %}",
    "End": True,
}


def jsonata(state, **more):
    return one(state, QueryLanguage="JSONata", **more)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.a", 1),
        ("$states.input.n", None),
        ("null", None),
        ("[1..3]", [1, 2, 3]),
        ("$states.input.list.b", [2, 3]),
        ("$sum($states.input.list.b) / 2", 2.5),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$partition([1,2,3], 2)", [[1, 2], [3]]),
        ("$parse('{\"a\": [null]}')", {"a": [None]}),
        ("$hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("$uppercase($states.input.quote)", 'A "B" \\ €'),
        ("$x + 1", 6),
    ],
)
def test_expressions(expression, value):
    """Expressions give JSON values, with nulls and quotes kept, and variables bound."""
    given = {"a": 1, "n": None, "list": [{"b": 2}, {"b": 3}], "quote": 'a "b" \\ €'}
    assert evaluate(expression, {"states": {"input": with_nulls(given)}, "x": 5}) == value


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("$nothing", "returned nothing"),
        ("'a' + 1", "T2001"),
        ("(", "S0203"),
        ("function($x){$x}", "unsupported result type"),
    ],
)
def test_expressions_that_give_no_value(expression, said):
    """Errors, nothing and functions are refused with the reason."""
    with pytest.raises(JsonataError, match=said):
        evaluate(expression, {})


def test_random_is_the_same_for_the_same_seed():
    """$random takes a seed, and $uuid never repeats."""
    assert evaluate("$random(3)", {}) == evaluate("$random(3)", {})
    assert evaluate("$uuid()", {}) != evaluate("$uuid()", {})


def test_a_task_with_arguments_and_output(cloud):
    """Arguments see $states.input and Output sees $states.result."""
    assert cloud.run(jsonata(INVOKE), {"a": [1, None]}).execution.output == {"a": [1, None]}


def test_a_map_with_items_and_concurrency(cloud):
    """Items and MaxConcurrency are expressions, and the context knows the item."""
    state = {
        "Type": "Map",
        "Items": "{% $states.input.tickets[$ > 1] %}",
        "MaxConcurrency": "{% $states.input.cap %}",
        "ItemSelector": {"value": "{% $states.context.Map.Item.Value %}"},
        "ItemProcessor": one(INVOKE),
        "Output": "{% $sum($states.result.value) %}",
        "End": True,
    }
    ran = cloud.run(jsonata(state), {"tickets": [1, 2, 3], "cap": 1})
    assert (ran.execution.output, cloud.functions.peak) == (5, 1)


def test_assigned_variables_are_seen_later(cloud):
    """Assign keeps a value that a later state reads by name."""
    states = {
        "S": {"Type": "Pass", "Assign": {"kept": "{% $states.input.a * 2 %}"}, "Next": "T"},
        "T": {
            "Type": "Pass",
            "Output": {"it": "{% $kept %}", "c": "{% $states.context.State.Name %}"},
            "End": True,
        },
    }
    ran = cloud.run({"QueryLanguage": "JSONata", "StartAt": "S", "States": states}, {"a": 4})
    assert ran.execution.output == {"it": 8, "c": "T"}
    assert ran.details("PassStateExited")["assignedVariables"] == {"kept": "8"}


def test_variables_in_a_jsonpath_state(cloud):
    """Assign works in JSONPath states too."""
    states = {
        "S": {"Type": "Pass", "Assign": {"kept.$": "$.a"}, "Next": "T"},
        "T": {"Type": "Pass", "Parameters": {"it.$": "$kept"}, "End": True},
    }
    assert cloud.run({"StartAt": "S", "States": states}, {"a": {"b": 1}}).execution.output == {"it": {"b": 1}}


def test_a_choice_by_condition(cloud):
    """A JSONata Choice takes the first condition that is true."""
    states = {
        "S": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.n > 1 %}", "Next": "Big"}],
            "Default": "F",
        },
        "Big": {"Type": "Pass", "Output": "big", "End": True},
        "F": {"Type": "Fail"},
    }
    machine = {"QueryLanguage": "JSONata", "StartAt": "S", "States": states}
    assert cloud.run(machine, {"n": 2}).execution.output == "big"


@pytest.mark.parametrize(
    "state",
    [{**INVOKE, "Output": "{% $states.input.gone %}"}, {"Type": "Pass", "Output": "{% $x %}", "End": True}],
)
def test_a_failed_expression_fails_the_state_once(cloud, state):
    """EvaluationFailed is written once, and the execution fails with States.QueryEvaluationError."""
    ran = cloud.run(jsonata(state))
    assert ran.kinds.count("EvaluationFailed") == 1
    assert ran.execution.error == "States.QueryEvaluationError"
    assert "returned nothing (undefined)" in ran.execution.cause


def test_a_failed_expression_can_be_caught(cloud):
    """Catch sees the error as $states.errorOutput."""
    catcher = {
        "ErrorEquals": ["States.QueryEvaluationError"],
        "Next": "Saved",
        "Output": "{% $states.errorOutput %}",
    }
    states = {
        "S": {**INVOKE, "Arguments": {"FunctionName": "{% $gone %}"}, "Catch": [catcher]},
        "Saved": {"Type": "Succeed"},
    }
    ran = cloud.run({"QueryLanguage": "JSONata", "StartAt": "S", "States": states})
    assert ran.execution.output["Error"] == "States.QueryEvaluationError"

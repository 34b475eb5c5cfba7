"""Definitions that several tests share."""

from __future__ import annotations

from typing import Any


def task(function: str = "echo", **more: Any) -> dict[str, Any]:
    """A task that invokes a function with the state's input; ends unless `Next` is given."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        **more,
    }
    return state if "Next" in state else {**state, "End": True}


def one(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A state machine of one state, S."""
    return {"StartAt": "S", "States": {"S": state}, **more}


def each(*functions: str, **more: Any) -> dict[str, Any]:
    """An inline Map over $.tickets whose iterations run tasks named A, B, C, ... one after the other."""
    names = [chr(ord("A") + index) for index in range(len(functions))]
    following = [*names[1:], None]
    states = {
        name: task(function, **({"Next": after} if after else {}))
        for name, function, after in zip(names, functions, following, strict=True)
    }
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "A", "States": states}
    return {"Type": "Map", "ItemsPath": "$.tickets", "ItemProcessor": processor, "End": True, **more}

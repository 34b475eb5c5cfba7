"""What an execution held is freed with its state machine, without the garbage collector."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from infra.embedded.states import history, pauses
from tests.infra.embedded.states.conftest import PATIENCE_S
from tests.infra.embedded.states.shapes import each, one, task

CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Saved"}]
SAVED = {"Saved": {"Type": "Pass", "End": True}}
NESTED = {
    "Type": "Map",
    "ItemsPath": "$.tickets",
    "ItemProcessor": one({**each("echo"), "ItemsPath": "$.all"}),
    "ItemSelector": {"all": [1, 2]},
    "End": True,
}
FLOWS = {
    "succeeds": one(each("echo", "echo")),
    "fails": one(each("fail", "echo")),
    "caught": {"StartAt": "S", "States": {"S": each("fail", Catch=CATCH), **SAVED}},
    "caught in a task": {"StartAt": "S", "States": {"S": task("fail", Catch=CATCH), **SAVED}},
    "nested": one(NESTED),
    "parallel": one({"Type": "Parallel", "Branches": [one(task()), one(task())], "End": True}),
    "parallel fails": one({"Type": "Parallel", "Branches": [one(task("fail")), one(task())], "End": True}),
    "watched": one(task("echo", TimeoutSeconds=600)),
    "watched fails": one(task("fail", TimeoutSeconds=600)),
    "expression": one({"Type": "Pass", "Parameters": {"a.$": "$.nothing"}, "End": True}),
    "jsonata": one(
        {"Type": "Pass", "Output": "{% $states.input.nothing %}", "End": True}, QueryLanguage="JSONata"
    ),
    "retried": one(task("fail", Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}])),
}


@pytest.fixture
def uncollected(monkeypatch):
    """No garbage collector: only what nothing refers to is freed."""
    monkeypatch.setattr(pauses, "settle", lambda: None)
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def kept(monkeypatch):
    """The histories that are made from here on."""
    found = weakref.WeakSet()
    make = history.History.__init__

    def remember(self, **arguments):
        make(self, **arguments)
        found.add(self)

    monkeypatch.setattr(history.History, "__init__", remember)
    return found


def threads_end():
    for thread in threading.enumerate():
        if thread.name in {"iterations", "execution", "supervisor", "branch", "task"}:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def fail(payload):
    raise ValueError("x" * 100)


@pytest.mark.parametrize("flow", FLOWS)
def test_histories_go_with_their_state_machine(cloud, monkeypatch, uncollected, kept, flow):
    """After DeleteStateMachine no history of it is left, however the execution went."""
    monkeypatch.setattr("infra.embedded.states.environments.pause", lambda *_: None)
    cloud.functions.known["fail"] = fail
    arn = cloud.machine(FLOWS[flow])
    for _ in range(2):
        cloud.start(arn, {"tickets": [1, 2, 3]}).wait()
    threads_end()
    assert len(kept) == 2
    cloud.backend.delete_state_machine(arn)
    assert len(kept) == 0


def test_the_history_of_what_is_stopped_goes_too(cloud, uncollected, kept):
    """An execution that DeleteStateMachine aborts leaves nothing once its functions have ended."""
    gate, entered = threading.Event(), threading.Barrier(3)

    def work(payload):
        entered.wait(PATIENCE_S)
        gate.wait(PATIENCE_S)

    cloud.functions.known["work"] = work
    arn = cloud.machine(one(each("work")))
    cloud.start(arn, {"tickets": [1, 2]})
    entered.wait(PATIENCE_S)
    assert len(kept) == 1
    cloud.backend.delete_state_machine(arn)
    gate.set()
    threads_end()
    assert len(kept) == 0

"""Parallel states."""

from __future__ import annotations

import threading

from tests.infra.embedded.states.conftest import PATIENCE_S
from tests.infra.embedded.states.shapes import one, task


def parallel(*branches, **more):
    return {"Type": "Parallel", "Branches": [one(branch) for branch in branches], "End": True, **more}


def test_branches_run_at_once_and_keep_their_order(cloud):
    """Branches run at the same time, and the output is theirs in order."""
    gate = threading.Barrier(2)

    def meet(payload):
        gate.wait(PATIENCE_S)
        return payload

    cloud.functions.known["meet"] = meet
    ran = cloud.run(one(parallel(task("meet"), {**task("meet"), "OutputPath": "$.StatusCode"})), {"a": 1})
    assert ran.execution.output == [{"a": 1}, 200]


def test_a_failing_branch_fails_the_state_at_once(cloud):
    """One fails, the state fails with its error; both tasks are aborted, and nothing follows that."""
    gate, entered = threading.Event(), threading.Event()

    def slow(payload):
        entered.set()
        return gate.wait(PATIENCE_S)

    def fail(payload):
        entered.wait(PATIENCE_S)
        raise ValueError("no")

    cloud.functions.known.update(slow=slow, fail=fail)
    ran = cloud.run(one(parallel(task("slow"), task("fail"))))
    ended = list(ran.kinds)
    gate.set()
    for thread in threading.enumerate():
        if thread.name == "branch":
            thread.join(PATIENCE_S)
    assert ran.execution.error == "ValueError"
    failed = ended.index("TaskFailed") + 1
    assert ended[failed:] == [
        "TaskStateAborted",
        "TaskStateAborted",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]
    assert [event.previous for event in ran.events[failed:-1]] == [failed] * 3
    assert ran.kinds == ended


def test_a_branch_that_was_given_up_writes_no_more(cloud):
    """After a Catch the execution goes on, and the branch that still ran stays out of the history."""
    gate, entered, late = threading.Event(), threading.Event(), threading.Event()

    def slow(payload):
        entered.set()
        return gate.wait(PATIENCE_S)

    def fail(payload):
        entered.wait(PATIENCE_S)
        raise ValueError("no")

    def open_gate(payload):
        gate.set()
        for thread in threading.enumerate():
            if thread.name == "branch":
                thread.join(PATIENCE_S)
        late.set()

    cloud.functions.known.update(slow=slow, fail=fail, after=open_gate)
    state = parallel(task("slow"), task("fail"), Catch=[{"ErrorEquals": ["States.ALL"], "Next": "After"}])
    ran = cloud.run({"StartAt": "S", "States": {"S": state, "After": task("after")}})
    assert (ran.status, late.is_set()) == ("SUCCEEDED", True)
    assert ran.kinds.count("TaskSucceeded") == 1

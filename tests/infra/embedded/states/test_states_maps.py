"""Inline Maps."""

from __future__ import annotations

import threading
from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.embedded.states import environments, executions, iterations
from infra.embedded.states.iterations import workers_for
from tests.infra.embedded.states.conftest import PATIENCE_S
from tests.infra.embedded.states.shapes import each, one, task

ITERATION_OF_THREE = [
    "MapIterationStarted",
    *["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"] * 3,
    "MapIterationSucceeded",
]


ENDS = ("MapIterationSucceeded", "MapIterationFailed", "MapIterationAborted")


def iteration_of(event, by_number):
    """The number of the MapIterationStarted that an event leads back to; None where it leads to none."""
    while event.kind != "MapIterationStarted":
        if event.previous not in by_number:
            return None
        event = by_number[event.previous]
    return event.number


def index_of(event):
    return next(iter(event.details.values()))["index"]


def test_one_ticket_through_three_tasks_costs_seventeen_events(cloud):
    """An iteration of three Lambda tasks writes the 17 events that AWS writes, in its order."""
    ran = cloud.run(one(each("echo", "echo", "echo")), {"tickets": [1]})
    assert ran.kinds == [
        "ExecutionStarted",
        "MapStateEntered",
        "MapStateStarted",
        *ITERATION_OF_THREE,
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]
    assert len(ITERATION_OF_THREE) == 17


def test_outputs_keep_the_order_of_the_items(cloud):
    """The Map's output is the list of the iterations' outputs in the order of the items."""
    ran = cloud.run(one(each("echo", MaxConcurrency=7)), {"tickets": list(range(100))})
    assert ran.execution.output == list(range(100))


def test_no_items_is_an_empty_output(cloud):
    """A Map over nothing succeeds with an empty list."""
    assert cloud.run(one(each("echo")), {"tickets": []}).execution.output == []


def test_many_items_at_concurrency_one_do_not_hang(cloud):
    """1,400 items at concurrency 1 are worked off; stock moto hangs on them."""
    ran = cloud.run(one(each("echo", MaxConcurrency=1)), {"tickets": [0] * 1400})
    assert ran.status == "SUCCEEDED"
    assert len(cloud.functions.calls) == 1400


@pytest.mark.parametrize(
    ("asked", "items", "workers"),
    [(0, 1000, 40), (1, 1000, 1), (40, 50, 40), (200, 1000, 40), (0, 3, 3), (9, 0, 0)],
)
def test_an_inline_map_runs_at_most_forty_at_once(asked, items, workers):
    """MaxConcurrency 0 and anything over 40 mean 40, and never more workers than items."""
    assert workers_for(asked, items) == workers


@pytest.mark.parametrize(("asked", "reached"), [(3, 3), (0, 40), (100, 40)])
def test_the_cap_is_reached_and_kept(cloud, asked, reached):
    """With items enough, exactly as many iterations run at once as the cap allows."""
    gate = threading.Barrier(reached)
    cloud.functions.known["meet"] = lambda payload: gate.wait(PATIENCE_S)
    ran = cloud.run(one(each("meet", MaxConcurrency=asked)), {"tickets": [0] * (reached * 2)})
    assert ran.status == "SUCCEEDED"
    assert cloud.functions.peak == reached


def test_the_cap_comes_from_the_input(cloud):
    """MaxConcurrencyPath reads the cap from the state's input."""
    gate = threading.Barrier(2)
    cloud.functions.known["meet"] = lambda payload: gate.wait(PATIENCE_S)
    machine = one(each("meet", MaxConcurrencyPath="$.max_concurrency"))
    ran = cloud.run(machine, {"max_concurrency": 2, "tickets": [0] * 6})
    assert (ran.status, cloud.functions.peak) == ("SUCCEEDED", 2)


def test_a_failing_iteration_fails_the_map_at_once(cloud):
    """One failure: what failed and what was under way is ended, nothing begins after, its error goes up."""
    release, entered = threading.Event(), threading.Barrier(3)

    def work(payload):
        entered.wait(PATIENCE_S)
        if payload == 0:
            raise ValueError("no")
        release.wait(PATIENCE_S)
        return payload

    cloud.functions.known["work"] = work
    ran = cloud.run(one(each("work", MaxConcurrency=3)), {"tickets": list(range(9))})
    release.set()
    tail = ran.kinds[ran.kinds.index("TaskFailed") :]
    assert tail == [
        "TaskFailed",
        "MapIterationFailed",
        "TaskStateAborted",
        "MapIterationAborted",
        "TaskStateAborted",
        "MapIterationAborted",
        "TaskStateAborted",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    assert ran.kinds.count("MapIterationStarted") == 3
    failed = ran.kinds.index("TaskFailed") + 1
    assert [event.previous for event in ran.events[failed:-1]] == [failed] * 7
    assert ran.events[-1].previous == ran.events[-1].number - 1
    assert {str(event.details) for event in ran.events if event.kind == "TaskStateAborted"} == {"{}"}
    assert (ran.execution.error, "no" in ran.execution.cause) == ("ValueError", True)


def test_each_iteration_is_aborted_in_the_state_it_is_in(cloud, monkeypatch):
    """A task, a wait, an inner Map and a Parallel are aborted under their own names, in their order."""
    arrived, asleep, release = threading.Barrier(3), threading.Event(), threading.Event()

    def hold(payload):
        arrived.wait(PATIENCE_S)
        release.wait(PATIENCE_S)

    def fail(payload):
        asleep.wait(PATIENCE_S)
        arrived.wait(PATIENCE_S)
        raise ValueError("no")

    def sleep(env, seconds):
        asleep.set()
        release.wait(PATIENCE_S)

    cloud.functions.known.update(hold=hold, fail=fail)
    monkeypatch.setattr(environments, "pause", sleep)
    starts = ("Fails", "Waits", "Maps", "Branches")
    choices = [{"Variable": "$", "StringEquals": start, "Next": start} for start in starts]
    processor = {
        "StartAt": "Which",
        "States": {
            "Which": {"Type": "Choice", "Choices": choices},
            "Fails": task("fail"),
            "Waits": {"Type": "Wait", "Seconds": 3600, "End": True},
            "Maps": {"Type": "Pass", "Result": {"all": [1]}, "Next": "Inner"},
            "Inner": {**each("hold"), "ItemsPath": "$.all"},
            "Branches": {"Type": "Parallel", "Branches": [one(task("hold"))], "End": True},
        },
    }
    state = {"Type": "Map", "ItemsPath": "$.tickets", "ItemProcessor": processor, "End": True}
    ran = cloud.run(one(state), {"tickets": list(starts)})
    release.set()
    tail = ran.kinds[ran.kinds.index("MapIterationFailed") :]
    assert tail == [
        "MapIterationFailed",
        "TaskStateAborted",
        "MapIterationAborted",
        "WaitStateAborted",
        "MapIterationAborted",
        "MapStateAborted",
        "MapIterationAborted",
        "ParallelStateAborted",
        "MapStateFailed",
        "ExecutionFailed",
    ]


def test_an_error_of_the_runtime_aborts_no_state_of_its_own(cloud):
    """An iteration whose expression fails was not in a task that could be aborted."""
    state = each("echo")
    state["ItemProcessor"]["States"]["A"]["Parameters"]["Payload.$"] = "$.nothing"
    ran = cloud.run(one(state), {"tickets": [{}]})
    assert ran.execution.error == "States.Runtime"
    assert "TaskStateAborted" not in ran.kinds


def test_a_map_can_be_caught(cloud):
    """Catch on a Map state names the iteration's own error."""
    cloud.functions.known["fail"] = lambda payload: payload["x"]
    catcher = {"ErrorEquals": ["TypeError"], "Next": "Saved", "ResultPath": "$.error"}
    machine = {
        "StartAt": "S",
        "States": {"S": each("fail", Catch=[catcher]), "Saved": {"Type": "Pass", "End": True}},
    }
    ran = cloud.run(machine, {"tickets": [1, 2]})
    assert ran.status == "SUCCEEDED"
    assert ran.execution.output["error"]["Error"] == "TypeError"


def test_an_exception_of_the_interpreter_fails_the_execution(cloud, monkeypatch):
    """Whatever goes wrong in a worker ends the execution with States.Runtime instead of hanging."""
    monkeypatch.setattr(iterations.MapRun, "_give_input", lambda *_: 1 / 0)
    ran = cloud.run(one(each("echo")), {"tickets": [1, 2]})
    assert (ran.status, ran.execution.error) == ("FAILED", "States.Runtime")


def test_the_item_selector_sees_the_item_and_the_map_input(cloud):
    """ItemSelector combines the context object's item with the Map's own input."""
    selector = {"index.$": "$$.Map.Item.Index", "item.$": "$$.Map.Item.Value", "all.$": "$.name"}
    ran = cloud.run(one(each("echo", ItemSelector=selector)), {"name": "n", "tickets": ["a", "b"]})
    assert ran.execution.output[1] == {"index": 1, "item": "b", "all": "n"}


def test_a_map_in_a_map(cloud):
    """Maps nest, and each inner iteration follows from the inner MapStateStarted."""
    inner = {"StartAt": "I", "States": {"I": {**each("echo"), "ItemsPath": "$"}}}
    outer = {"Type": "Map", "ItemsPath": "$.tickets", "ItemProcessor": inner, "End": True}
    ran = cloud.run(one(outer), {"tickets": [[1, 2], [3]]})
    assert ran.execution.output == [[1, 2], [3]]
    by_number = {event.number: event for event in ran.events}
    starts = [event for event in ran.events if event.kind == "MapIterationStarted"]
    assert {by_number[event.previous].kind for event in starts} == {"MapStateStarted"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    items=st.lists(st.sampled_from(["ok", "retried"]), min_size=1, max_size=12),
    failing=st.booleans(),
    cap=st.integers(0, 5),
)
def test_every_history_is_well_formed(cloud, items, failing, cap):
    """Ids are contiguous, time never runs back, chains lead to their Map, and the cap is never passed."""
    tries = defaultdict(int)

    def work(payload):
        tries[payload["index"]] += 1
        if payload["kind"] == "bad" or (payload["kind"] == "retried" and tries[payload["index"]] == 1):
            raise KeyError("x")
        return payload

    cloud.functions.known["work"] = work
    cloud.functions.peak = 0
    kinds = [*items, "bad"] if failing else items
    retry = [{"ErrorEquals": ["KeyError"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    state = each("work", MaxConcurrency=cap)
    state["ItemProcessor"]["States"]["A"] = task("work", Retry=retry)
    cloud.backend.reset()
    tickets = [{"index": index, "kind": kind} for index, kind in enumerate(kinds)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.embedded.states.environments.pause", lambda *_: None)
        ran = cloud.run(one(state), {"tickets": tickets})
    events = ran.events
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert all(event.previous < event.number for event in events)
    assert [event.at_ms for event in events] == sorted(event.at_ms for event in events)
    assert cloud.functions.peak <= (cap or 40)
    assert ran.status == ("FAILED" if failing else "SUCCEEDED")
    by_number = {event.number: event for event in events}
    started = {index_of(event): event.number for event in events if event.kind == "MapIterationStarted"}
    ended = [event for event in events if event.kind in ENDS]
    assert sorted(started) == sorted(index_of(event) for event in ended)
    for event in ended:
        if event.kind != "MapIterationAborted":
            assert iteration_of(event, by_number) == started[index_of(event)]
    of_iterations = [event for event in events if event.kind.startswith(("Task", "MapIteration"))]
    assert {iteration_of(event, by_number) for event in of_iterations} == set(started.values())
    cut_off = [
        event for event in events if event.kind.endswith(("IterationFailed", "Aborted", "MapStateFailed"))
    ]
    assert len({event.previous for event in cut_off}) == failing


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.integers(1, 8), cap=st.integers(0, 4), after=st.integers(0, 8), fails=st.booleans())
def test_a_stop_at_any_moment_ends_everything(cloud, items, cap, after, fails):
    """Whenever it is stopped, an execution ends once, its history stays as it is, and its threads end."""
    release, reached = threading.Event(), threading.Event()
    calls = iter(range(1000))

    def work(payload):
        if next(calls) >= after:
            reached.set()
            release.wait(PATIENCE_S)
        if fails:
            raise ValueError("late")

    cloud.functions.known["work"] = work
    cloud.backend.reset()
    ran = cloud.start(cloud.machine(one(each("work", MaxConcurrency=cap))), {"tickets": [0] * items})
    done = ran.execution.exec_worker.done
    while not reached.is_set() and not done.is_set():
        done.wait(0.001)
    executions.stop(ran.execution, None, None)
    before = ran.wait().events
    release.set()
    for thread in threading.enumerate():
        if thread.name in {"iterations", "execution"}:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
    last = {"ABORTED": "ExecutionAborted", "SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed"}
    assert ran.events == before
    assert before[-1].kind == last[ran.status]
    assert sum(event.kind in last.values() for event in before) == 1

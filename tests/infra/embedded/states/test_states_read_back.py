"""The measuring of bursts reads what the interpreter writes."""

from __future__ import annotations

import json
import threading

import pytest

from infra.embedded.states import executions
from infra.embedded.states.api import described, history_page
from reports.measuring.definition import read_definition
from reports.measuring.history import read_burst
from reports.records import UNFINISHED, BurstPlan
from tests.infra.embedded.states.conftest import PATIENCE_S
from tests.infra.embedded.states.shapes import each, one

TICKETS = 4


def read(ran, machine):
    """The burst that DescribeExecution and GetExecutionHistory tell of."""
    page = history_page(ran.execution, limit=1000, token=None, newest_first=False, with_data=True)
    definition = read_definition(json.dumps(machine))
    return read_burst(BurstPlan(TICKETS, TICKETS), described(ran.execution), page["events"], definition)


@pytest.fixture
def release():
    """Opened at the end of a test, so that no function runs on."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def arrived(cloud, release):
    """A barrier for every ticket's function: the first ticket's fails there, the others run on."""
    meeting = threading.Barrier(TICKETS)

    def work(payload):
        meeting.wait(PATIENCE_S)
        if payload == 0:
            raise ValueError("no")
        release.wait(PATIENCE_S)

    cloud.functions.known["work"] = work
    return meeting


def test_a_map_that_failed_reads_as_one_failed_ticket_and_aborted_others(cloud, arrived):
    """The failing ticket has its one attempt with its error; each other one is cut off in its first step."""
    machine = one(each("work"))
    burst = read(cloud.run(machine, {"tickets": list(range(TICKETS))}), machine)
    assert burst.status == "FAILED"
    assert [ticket.outcome for ticket in burst.tickets] == ["failed", "aborted", "aborted", "aborted"]
    attempts = [
        [attempt.error for step in ticket.steps for attempt in step.attempts] for ticket in burst.tickets
    ]
    assert attempts == [["ValueError"], *[[UNFINISHED]] * 3]
    assert burst.tickets[0].error == "ValueError"


def test_an_execution_that_is_stopped_has_one_event_for_it(cloud, release):
    """StopExecution writes ExecutionAborted alone, nothing for iterations or states."""
    meeting = threading.Barrier(TICKETS + 1)

    def work(payload):
        meeting.wait(PATIENCE_S)
        release.wait(PATIENCE_S)

    cloud.functions.known["work"] = work
    machine = one(each("work"))
    ran = cloud.start(cloud.machine(machine), {"tickets": list(range(TICKETS))})
    meeting.wait(PATIENCE_S)
    executions.stop(ran.execution, None, None)
    burst = read(ran, machine)
    assert [kind for kind in ran.kinds if "Abort" in kind] == ["ExecutionAborted"]
    assert (burst.status, {ticket.outcome for ticket in burst.tickets}) == ("ABORTED", {"unfinished"})


def test_an_execution_that_times_out_has_one_event_for_it(cloud, release):
    """The state machine's TimeoutSeconds writes ExecutionTimedOut and no event for iterations or states."""
    cloud.functions.known["work"] = lambda payload: release.wait(PATIENCE_S)
    machine = one(each("work"), TimeoutSeconds=1)
    ran = cloud.run(machine, {"tickets": list(range(TICKETS))})
    assert [kind for kind in ran.kinds if "Abort" in kind or "TimedOut" in kind] == ["ExecutionTimedOut"]
    assert read(ran, machine).status == "TIMED_OUT"

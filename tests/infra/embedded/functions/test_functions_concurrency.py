"""Limits: what is admitted, what is throttled and why, and that each environment serves one at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.embedded.functions import api
from infra.embedded.functions.concurrency import (
    InUse,
    Limiter,
    ScalingRate,
    Throttled,
    reservation_fault,
    unreserved_minimum,
)
from infra.embedded.functions.errors import LambdaApiError
from infra.embedded.metrics import store
from tests.infra.embedded.functions.conftest import ACCOUNT, PATIENCE_S, REGION

GATE = """
    import os, pathlib, time
    def handler(event, context):
        gate = pathlib.Path(event["gate"])
        gate.with_suffix(f".{os.getpid()}").touch()
        while not gate.exists():
            time.sleep(0.005)
        return os.getpid()
"""


def moments(metric, name):
    """When the points of a metric of a function lie, in seconds."""
    found = store.points(
        ACCOUNT, REGION, "AWS/Lambda", metric, {"FunctionName": name}, start=0, end=time.time() + 60
    )
    return [at for points in found.values() for at in points.times]


class Held:
    """Invocations that stay inside their handler until `open` is called."""

    def __init__(self, lambdas, folder, name, count):
        self._lambdas = lambdas
        self.gate = folder / f"gate-{name}"
        self._workers = ThreadPoolExecutor(count)
        self.running = [
            self._workers.submit(lambdas.invoke, name, {"gate": str(self.gate)}) for _ in range(count)
        ]
        self.arrived = lambdas.eventually(lambda: len(list(folder.glob(f"gate-{name}.*"))) == count)

    def open(self):
        """Let them end; returns what they answered."""
        self.gate.touch()
        answers = [future.result(timeout=PATIENCE_S) for future in self.running]
        self._workers.shutdown()
        return answers


def throttle(lambdas, name):
    """Return why an invocation is refused."""
    with pytest.raises(LambdaApiError) as caught:
        lambdas.invoke(name, {"gate": "/"})
    assert (caught.value.code, caught.value.status) == ("TooManyRequestsException", 429)
    return caught.value.reason


def test_each_environment_serves_one_invocation_at_a_time(lambdas, tmp_path):
    """Four invocations at once run in four processes; the next one reuses one of them."""
    name = lambdas.create(GATE)
    held = Held(lambdas, tmp_path, name, 4)
    assert held.arrived
    pids = [answer.value for answer in held.open()]
    assert len(set(pids)) == 4
    assert lambdas.invoke(name, {"gate": str(held.gate)}).value in pids
    assert max(lambdas.metric("ConcurrentExecutions", name)) == 4


@pytest.mark.parametrize("account_concurrency", [3])
def test_the_accounts_limit_holds_across_functions(lambdas, tmp_path):
    """With three under way in an account of three, any function's next invocation is throttled."""
    one, other = lambdas.create(GATE), lambdas.create(GATE)
    held = Held(lambdas, tmp_path, one, 3)
    assert held.arrived
    assert throttle(lambdas, other) == "ConcurrentInvocationLimitExceeded"
    held.open()
    assert lambdas.invoke(other, {"gate": str(held.gate)}).error is None


def test_a_reservation_is_a_limit_of_its_function(lambdas, tmp_path):
    """Reserved concurrency 2 admits two and throttles the third with the reserved limit's reason."""
    name = lambdas.create(GATE, ReservedConcurrentExecutions=2)
    held = Held(lambdas, tmp_path, name, 2)
    assert held.arrived
    assert throttle(lambdas, name) == "ReservedFunctionConcurrentInvocationLimitExceeded"
    held.open()
    assert lambdas.metric("Throttles", name) == [0.0, 0.0, 1.0]
    assert lambdas.metric("Invocations", name) == [1.0, 1.0]


def test_metrics_have_the_time_of_the_call(lambdas, tmp_path):
    """An invocation's metrics lie where it was invoked, not where it ended; so do a throttle's."""
    name = lambdas.create(GATE, ReservedConcurrentExecutions=1)
    before = time.time()
    held = Held(lambdas, tmp_path, name, 1)
    assert held.arrived
    under_way = time.time()
    throttle(lambdas, name)
    refused = time.time()
    held.open()
    (invoked,) = moments("Invocations", name)
    assert before <= invoked <= under_way
    for metric in ("Duration", "Errors", "ConcurrentExecutions"):
        assert moments(metric, name) == [invoked], metric
    first, second = moments("Throttles", name)
    assert first == invoked
    assert under_way <= second <= refused


def test_reserved_zero_blocks_every_invocation(lambdas):
    """A function with reserved concurrency 0 never runs."""
    name = lambdas.create(ReservedConcurrentExecutions=0)
    assert throttle(lambdas, name) == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert lambdas.metric("Invocations", name) == []


@pytest.mark.parametrize("account_concurrency", [104])
def test_what_is_reserved_is_taken_from_the_others(lambdas, tmp_path):
    """An account of 104 with 4 reserved leaves 100 to all other functions."""
    limiter = api.service().limiter("123456789012", "us-east-1")
    lambdas.create(FunctionName="keeper", ReservedConcurrentExecutions=4)
    reserved = {"keeper": 4}
    for _ in range(100):
        limiter.enter("other", lambda: reserved)
    with pytest.raises(Throttled, match="ConcurrentInvocationLimitExceeded"):
        limiter.enter("other", lambda: reserved)
    assert limiter.enter("keeper", lambda: reserved) == InUse(function=1, account=101)


def test_a_slot_is_free_again_when_the_answer_is_there(lambdas):
    """A caller who waits for each answer is never throttled in an account of one."""
    api.service().limiter("123456789012", "us-east-1").account_concurrency = 1
    name = lambdas.create("def handler(e, c): raise ValueError")
    for _ in range(20):
        lambdas.invoke(name)


def test_the_scaling_rate_is_1000_at_once_and_100_a_second():
    """A function gets 1,000 new environments at once, then 100 more for each second."""
    now = [0.0]
    rate = ScalingRate(clock=lambda: now[0])
    for _ in range(1000):
        rate.take()
    with pytest.raises(Throttled, match="FunctionInvocationRateLimitExceeded"):
        rate.take()
    now[0] = 0.5
    for _ in range(50):
        rate.take()
    with pytest.raises(Throttled):
        rate.take()


def test_growing_too_fast_is_a_throttle(lambdas, monkeypatch):
    """An invocation that needs an environment beyond the scaling rate is throttled, and is no invocation."""
    monkeypatch.setattr("infra.embedded.functions.concurrency.SCALING_BURST", 0)
    name = lambdas.create()
    assert throttle(lambdas, name) == "FunctionInvocationRateLimitExceeded"
    assert lambdas.metric("Invocations", name) == []
    assert lambdas.metric("Throttles", None) == [1.0]


@pytest.mark.parametrize(
    ("account", "others", "wanted", "refused"),
    [
        (1000, [], 900, False),
        (1000, [], 901, True),
        (1000, [500], 400, False),
        (1000, [500], 401, True),
        (10, [], 0, False),
        (10, [], 1, True),
        (100, [], 1, True),
        (101, [], 1, False),
    ],
)
def test_what_reservations_must_leave(account, others, wanted, refused):
    """A reservation is refused exactly when less than the minimum would stay unreserved."""
    assert (reservation_fault(wanted, others, account) is not None) is refused
    assert unreserved_minimum(account) == min(100, account)


def test_the_limiter_never_admits_more_than_the_account_has():
    """Under many threads the count under way never passes the limit, and returns to nothing."""
    limiter, most = Limiter(5), 0
    lock = threading.Lock()

    def work(_):
        nonlocal most
        try:
            in_use = limiter.enter("f", dict)
        except Throttled:
            return 0
        with lock:
            most = max(most, in_use.account)
        time.sleep(0.0005)
        limiter.leave("f")
        return 1

    with ThreadPoolExecutor(16) as workers:
        admitted = sum(workers.map(work, range(400)))
    assert most <= 5
    assert admitted >= 5
    assert limiter.running("f") == 0

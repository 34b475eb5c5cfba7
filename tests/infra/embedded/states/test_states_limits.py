"""The quotas of an execution: data, events, tokens."""

from __future__ import annotations

import functools
import json

import pytest
from moto.core.exceptions import AWSError

from infra.embedded.states import errors, executions, history, refusals, texts, throttling
from tests.infra.embedded.states.shapes import each, one, task

LOOP = {
    "StartAt": "Loop",
    "States": {
        "Loop": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.stop", "BooleanEquals": True, "Next": "End"}],
            "Default": "Loop",
        },
        "End": {"Type": "Succeed"},
    },
}


def text_of_size(size):
    """A value whose JSON text has this many bytes."""
    return "x" * (size - 2)


def test_the_last_event_of_a_full_history_says_so(cloud, monkeypatch):
    """Event 25,000 is ExecutionFailed with States.Runtime, after the last real one, 24,999."""
    monkeypatch.setattr(throttling, "take_transition", lambda env: None)
    ran = cloud.run(LOOP, {"stop": False})
    last = ran.events[-1]
    assert (last.number, last.previous, last.kind) == (25_000, 24_999, "ExecutionFailed")
    assert ran.details("ExecutionFailed") == {
        "error": "States.Runtime",
        "cause": "The execution reached the maximum number of history events (25000).",
    }
    assert (ran.status, ran.execution.error) == ("FAILED", "States.Runtime")


@pytest.mark.parametrize(("limit", "status"), [(22, "SUCCEEDED"), (21, "FAILED")])
def test_success_may_be_the_last_event(cloud, monkeypatch, limit, status):
    """An execution whose success is the last event allowed succeeds; with one event fewer it fails."""
    monkeypatch.setattr(history, "MAX_EVENTS", limit)
    ran = cloud.run(one(each("echo", "echo", "echo")), {"tickets": [1]})
    assert (ran.status, len(ran.events)) == (status, limit)


def test_a_full_history_in_an_iteration_ends_the_execution(cloud, monkeypatch):
    """The limit counts across iterations, and the workers stop."""
    monkeypatch.setattr(history, "MAX_EVENTS", 200)
    ran = cloud.run(one(each("echo", MaxConcurrency=5)), {"tickets": [0] * 100})
    assert (ran.status, len(ran.events), ran.kinds[-1]) == ("FAILED", 200, "ExecutionFailed")


@pytest.mark.parametrize(
    ("size", "error"), [(texts.MAX_BYTES, None), (texts.MAX_BYTES + 1, errors.DATA_LIMIT)]
)
def test_a_states_output_has_at_most_256_kib(cloud, size, error):
    """262,144 bytes pass, one more fails with States.DataLimitExceeded."""
    cloud.functions.known["big"] = lambda payload: text_of_size(size)
    plain = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:big", "End": True}
    ran = cloud.run(one(plain))
    assert ran.execution.error == error


def test_the_limit_counts_bytes_and_not_characters(cloud):
    """Text that is short in characters and long in UTF-8 is over the limit."""
    cloud.functions.known["big"] = lambda payload: "€" * 100_000
    ran = cloud.run(one(task("big")))
    assert ran.execution.error == errors.DATA_LIMIT
    assert "exceeding the maximum number of bytes service limit" in ran.execution.cause


def test_the_outputs_of_a_map_count_together(cloud):
    """Iterations that fit one by one may be too much together."""
    cloud.functions.known["big"] = lambda payload: text_of_size(3_000)
    ran = cloud.run(one(each("big")), {"tickets": [0] * 100})
    assert ran.execution.error == errors.DATA_LIMIT
    assert "'S' returned a result" in ran.execution.cause


@pytest.mark.parametrize("listed", ["States.ALL", "States.TaskFailed"])
def test_data_limit_is_not_caught_by_a_wildcard(cloud, listed):
    """States.ALL and States.TaskFailed do not catch States.DataLimitExceeded."""
    cloud.functions.known["big"] = lambda payload: text_of_size(texts.MAX_BYTES + 1)
    states = {
        "S": task("big", Catch=[{"ErrorEquals": [listed], "Next": "Saved"}]),
        "Saved": {"Type": "Succeed"},
    }
    assert cloud.run({"StartAt": "S", "States": states}).execution.error == errors.DATA_LIMIT


@pytest.mark.parametrize(
    ("listed", "error", "matched"),
    [
        (["States.ALL"], "ValueError", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.TaskFailed"], "Lambda.TooManyRequestsException", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["A", "B"], "B", True),
        (["A", "B"], "C", False),
        (["A"], None, False),
    ],
)
def test_which_errors_match(listed, error, matched):
    """ErrorEquals matches as the Amazon States Language says."""
    assert errors.matches(listed, error) is matched


def test_input_of_the_largest_size_is_taken():
    """StartExecution takes 262,144 bytes of JSON."""
    executions.check_input(json.dumps(text_of_size(texts.MAX_BYTES)))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (json.dumps(text_of_size(texts.MAX_BYTES + 1)), "ValidationException"),
        ('"' + "€" * 100_000 + '"', "InvalidExecutionInput"),
        ("{", "InvalidExecutionInput"),
        ("", "InvalidExecutionInput"),
        ("NaN", "InvalidExecutionInput"),
    ],
)
def test_input_that_is_refused(text, code):
    """Too large, or not JSON: refused with the code of the service model."""
    with pytest.raises(AWSError, match=code):
        executions.check_input(text)


def test_a_token_bucket_empties_and_refills():
    """A bucket gives what it holds, then what flows in."""
    now = [0.0]
    bucket = throttling.TokenBucket(throttling.Allowance(3, 2.0), clock=lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [bucket.take(), bucket.take()] == [True, False]
    now[0] = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_a_reserved_token_says_how_long_to_wait():
    """State transitions are delayed by the time their token needs to flow in."""
    bucket = throttling.TokenBucket(throttling.Allowance(1, 2.0), clock=lambda: 0.0)
    assert [bucket.reserve() for _ in range(3)] == [0.0, 0.5, 1.0]


@pytest.fixture
def no_time_passes(monkeypatch):
    """Buckets into which nothing flows, however long a test takes."""
    stopped = functools.partial(throttling.TokenBucket, clock=lambda: 0.0)
    monkeypatch.setattr(throttling, "TokenBucket", stopped)
    throttling.reset()
    yield
    throttling.reset()


def _calls_until_throttled(operation):
    for calls in range(10_000):
        try:
            throttling.check("1", "r", operation)
        except refusals.ThrottlingException:
            return calls
    return None


@pytest.mark.parametrize(("operation", "size"), [("DescribeExecution", 300), ("GetExecutionHistory", 400)])
def test_reading_too_fast_is_throttled(no_time_passes, operation, size):
    """The bucket of each reading operation is as large as AWS's, and then answers Rate exceeded."""
    assert _calls_until_throttled(operation) == size
    throttling.check("1", "another-region", operation)


def test_a_transition_without_a_token_waits_and_is_counted(cloud, no_time_passes, monkeypatch):
    """An empty StateTransition bucket delays the state and counts in ExecutionThrottled."""
    counted = []
    monkeypatch.setattr("infra.embedded.states.measuring.throttled", counted.append)
    monkeypatch.setitem(throttling.ALLOWANCES, "StateTransition", throttling.Allowance(2, 100.0))
    ran = cloud.run(one(each("echo", MaxConcurrency=1)), {"tickets": [1, 2, 3]})
    assert ran.status == "SUCCEEDED"
    assert len(counted) == 2
    assert ran.events[-1].at_ms - ran.events[0].at_ms >= 15

"""Diagnoses of hand-made observations: what the corpus cannot hold."""

from __future__ import annotations

import pytest

from reports.rca import Bone, Conclusion, Leaf, Observations, Outside, diagnose
from reports.rca.observations import Execution, NotObservations, Setting, observations_from_json
from tests.reports.rca.incidents import ARN, FUNCTION, adding, event, failed, log, metric, report
from tests.reports.synthetic import fixed, make_burst

THROTTLE = "Lambda.TooManyRequestsException"
KILLED = "RequestId: 12345678-aa Error: Runtime exited with error: signal: killed"
RESERVED_2 = Setting("w-embed", "ReservedConcurrentExecutions", "2")
NONE_RESERVED = Setting("w-embed", "ReservedConcurrentExecutions", "none")
LIMIT_10 = Setting("account", "ConcurrentExecutions", "10")


def rules_of(observations: Observations) -> tuple[str, ...]:
    return tuple(finding.rule for finding in diagnose(observations).findings)


def test_nothing_is_undetermined():
    """Without any observation nothing is concluded, no leaf is ruled out, and the next looks are named."""
    found = diagnose(Observations())
    assert found.conclusion is Conclusion.UNDETERMINED
    assert (found.leaf, found.bone, found.evidence, found.action) == (None, None, (), None)
    assert not any(other.ruled_out for other in found.ruled_out)
    assert len(found.look_next) == 4


@pytest.mark.parametrize(
    ("error", "rule", "leaf", "bone"),
    [
        (THROTTLE, "throttled", Leaf.THROTTLED, Bone.LIMITS),
        ("TooManyRequestsException", "throttled", Leaf.THROTTLED, Bone.LIMITS),
        ("ThrottlingException", "dependency-refuses", Leaf.THROTTLED, Bone.DEPENDENCIES),
        ("ModelNotReadyException", "dependency-refuses", Leaf.THROTTLED, Bone.DEPENDENCIES),
        ("Sfn.ExecutionLimitExceededException", "states-refuses", Leaf.THROTTLED, Bone.LIMITS),
        ("MemoryError", "out-of-memory", Leaf.EXHAUSTED, Bone.RESOURCES),
        ("Sandbox.Timedout", "function-timeout", Leaf.TIMED_OUT, Bone.DEPENDENCIES),
        ("States.Timeout", "task-timeout", Leaf.TIMED_OUT, Bone.DEPENDENCIES),
        ("States.HeartbeatTimeout", "task-timeout", Leaf.TIMED_OUT, Bone.DEPENDENCIES),
        ("States.Http.Socket", "dependency-does-not-answer", Leaf.TIMED_OUT, Bone.DEPENDENCIES),
        ("States.DataLimitExceeded", "too-large", Leaf.BAD_INPUT, Bone.DATA),
        ("Function.ResponseSizeTooLarge", "too-large", Leaf.BAD_INPUT, Bone.DATA),
        ("Runtime.ImportModuleError", "code-defect", Outside.CODE_DEFECT, None),
        ("Runtime.UserCodeSyntaxError", "code-defect", Outside.CODE_DEFECT, None),
        ("States.Permissions", "permission-missing", Outside.PERMISSION, None),
        ("Lambda.ResourceNotFoundException", "not-set-up", Outside.CONFIGURATION, None),
        ("ModelError", "dependency-failed", Outside.SERVICE, Bone.DEPENDENCIES),
        ("Lambda.ServiceException", "service-failed", Outside.SERVICE, Bone.DEPENDENCIES),
    ],
)
def test_error_name_leads_to_its_class(error, rule, leaf, bone):
    """One failed attempt with a known name is enough for its class, its bone and its step."""
    found = diagnose(failed(error))
    assert [finding.rule for finding in found.findings] == [rule]
    assert (found.findings[0].classified_as, found.bone, found.step) == (leaf, bone, "Embed")


@pytest.mark.parametrize(
    "error", ["FluxCapacitorError", "States.TaskFailed", "Exception", "KeyError", "ValueError", ""]
)
def test_a_name_that_says_too_little_is_undetermined(error):
    """A name that is unknown, or can mean several things, leads to no class and to what to look at next."""
    found = diagnose(failed(error))
    assert found.conclusion is Conclusion.UNDETERMINED
    assert found.look_next


def test_the_same_key_error_by_validity_of_the_ticket():
    """A KeyError is bad input on a ticket that is not valid, and a code defect on one that is."""
    assert rules_of(failed("KeyError", valid=False)) == ("unexpected-input",)
    assert rules_of(failed("KeyError", valid=True)) == ("code-defect",)


def test_the_same_error_on_every_ticket_speaks_for_the_code():
    """Three tickets that break alike and none that passed are a code defect, though nobody checked them."""
    three = tuple(event("TypeError", id_=number, index=number) for number in (5, 6, 7))
    assert rules_of(Observations(events=three)) == ("code-defect",)
    assert rules_of(Observations(events=three[:2])) == ()


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ((FUNCTION, RESERVED_2, LIMIT_10), "reserved-concurrency"),
        ((FUNCTION, NONE_RESERVED, LIMIT_10), "account-limit"),
        ((FUNCTION, NONE_RESERVED), "throttled"),
    ],
)
def test_which_limit_refused_is_told_by_the_settings(settings, rule):
    """A reservation of the function refuses first; without one the account's limit, if it was reached."""
    execution = Execution(ARN, "FAILED", THROTTLE, max_concurrency=12, tickets=20)
    observed = Observations(executions=(execution,), events=(event(THROTTLE),), settings=settings)
    assert rules_of(observed) == (rule,)


def test_an_account_limit_that_was_not_reached_is_not_blamed():
    """Where less was asked for at once than the account's limit, that limit is not the cause."""
    settings = (FUNCTION, NONE_RESERVED, Setting("account", "ConcurrentExecutions", "1000"))
    assert rules_of(adding(failed(THROTTLE), settings=settings)) == ("throttled",)


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        ("ReservedFunctionConcurrentInvocationLimitExceeded", "reserved-concurrency"),
        ("ConcurrentInvocationLimitExceeded", "account-limit"),
        ("FunctionInvocationRateLimitExceeded", "scaling-rate"),
        ("ReservedFunctionInvocationRateLimitExceeded", "scaling-rate"),
        ("CallerRateLimitExceeded", "scaling-rate"),
    ],
)
def test_which_limit_refused_is_told_by_the_reason(reason, rule):
    """A Reason code decides, whatever the settings would suggest."""
    refused = failed(THROTTLE, f"Rate Exceeded. Reason: {reason}")
    assert rules_of(adding(refused, settings=(LIMIT_10,))) == (rule,)


def test_metrics_alone_show_a_throttle():
    """Throttles above zero put an incident on THROTTLED without any history."""
    found = diagnose(Observations(metrics=(metric("Throttles", 4.0),), settings=(FUNCTION, RESERVED_2)))
    assert (found.leaf, found.step) == (Leaf.THROTTLED, "Embed")
    assert "4 invocations were refused" in found.headline


def test_throttle_against_its_own_metric():
    """A refusal in the history and a Throttles metric of 0 contradict each other; both are cited."""
    found = diagnose(adding(failed(THROTTLE), metrics=(metric("Throttles", 0.0),)))
    assert found.conclusion is Conclusion.UNDETERMINED
    assert {evidence.kind for evidence in found.contradictions[0].evidence} == {"history", "metric"}
    assert any("read it again" in step for step in found.look_next)


def test_kill_against_the_memory_used():
    """A process killed as when memory runs out, with most of it unused, is a contradiction."""
    killed = adding(failed("Runtime.ExitError", KILLED), reports=(report(request_id="12345678-aa", used=50),))
    assert [c.rule for c in diagnose(killed).contradictions] == ["out-of-memory"]
    full = adding(failed("Runtime.ExitError", KILLED), reports=(report(request_id="12345678-aa", used=128),))
    assert rules_of(full) == ("out-of-memory",)


def test_timeout_against_the_duration():
    """A time-out after 3 s whose invocation took half a second is a contradiction."""
    late = failed("Sandbox.Timedout", "Task timed out after 3.00 seconds")
    assert [
        c.rule for c in diagnose(adding(late, reports=(report(500, status="timeout"),))).contradictions
    ] == ["function-timeout"]
    assert rules_of(adding(late, reports=(report(3000, status="timeout"),))) == ("function-timeout",)


def test_refusal_of_a_valid_ticket():
    """A validation error on a ticket that meets the schema is a contradiction."""
    found = diagnose(failed("ValueError", "PayloadTooLarge: text length 9 > 5", valid=True))
    assert [c.rule for c in found.contradictions] == ["refused-input"]
    assert found.conclusion is Conclusion.UNDETERMINED


def test_two_records_that_tell_an_execution_differently():
    """Where DescribeExecution and the history disagree about an execution's end, nothing is concluded."""
    burst = make_burst(12, 2, fixed(Beta=0.1))
    other = Execution(burst.execution_arn, "FAILED", "ValueError", "TooLong: x")
    found = diagnose(Observations(executions=(other,), bursts=(burst,)))
    assert found.conclusion is Conclusion.UNDETERMINED
    assert found.findings == ()


def test_two_causes_are_reported_in_order_of_time():
    """Two causes that lose tickets are both found, the earlier first."""
    first, second = event("MemoryError", id_=5), event(THROTTLE, id_=9)
    both = Observations(events=(second, first))
    assert set(rules_of(both)) == {"out-of-memory", "throttled"}
    late = Observations(events=(event("MemoryError", id_=5), event("States.Permissions", id_=9)))
    assert rules_of(late) == ("out-of-memory", "permission-missing")


@pytest.mark.parametrize(
    ("tickets", "target", "expected"),
    [(16, None, ("map-cap",)), (2, None, ()), (16, 60.0, ()), (16, 0.2, ("map-cap",))],
)
def test_waiting_at_the_cap(tickets, target, expected):
    """Work that waits at the cap is THROTTLED; few tickets, or a target that is met, are not."""
    burst = make_burst(tickets, 2, fixed(Beta=0.1))
    assert rules_of(Observations(bursts=(burst,), target_makespan_s=target)) == expected


def test_waiting_at_the_cap_while_a_step_slows_down():
    """Where the step slows down as the burst goes on, the cap is not the cause."""
    slowing = make_burst(18, 2, lambda index, step: 0.1 + 0.02 * index if step == "Beta" else 0.0)
    assert rules_of(Observations(bursts=(slowing,))) == ("slows-with-load",)


def test_a_healthy_burst_is_healthy_with_nothing_to_do():
    """As many places as tickets, all succeeded: healthy, no action, nothing to look at next."""
    found = diagnose(Observations(bursts=(make_burst(4, 4, fixed(Beta=0.1)),)))
    assert (found.conclusion, found.action, found.look_next) == (Conclusion.HEALTHY, None, ())


def test_a_retry_that_helped_is_not_healthy():
    """A burst that succeeded only after refusals is THROTTLED, and the blast radius counts the retries."""
    burst = make_burst(4, 4, fixed(Beta=0.1), failures={(1, "Beta"): [THROTTLE]}, retries=2)
    found = diagnose(Observations(bursts=(burst,)))
    assert found.leaf is Leaf.THROTTLED
    assert found.blast_radius.failed == ()
    assert "1 of them only after a retry" in found.blast_radius.statement


def test_blast_radius_of_a_failed_burst():
    """The failed ticket, those cut off with it, those done in vain and those never begun are told apart."""
    burst = make_burst(10, 2, fixed(Beta=0.1), failures={(4, "Beta"): ["ValueError"]})
    radius = diagnose(Observations(bursts=(burst,))).blast_radius
    assert radius.failed == ("T-0004",)
    assert len(radius.succeeded) + len(radius.aborted) + len(radius.failed) + radius.never_begun == 10
    assert "results of" in radius.statement


def test_leaves_are_ruled_out_by_what_was_seen():
    """Throttles of 0 and memory to spare rule leaves out with citations; what was not seen is open."""
    observed = adding(failed("States.Permissions"), metrics=(metric("Throttles", 0.0),), reports=(report(),))
    others = {other.leaf: other for other in diagnose(observed).ruled_out}
    assert others[Leaf.THROTTLED].evidence[0].kind == "metric"
    assert others[Leaf.EXHAUSTED].evidence[0].kind == "log"
    assert not others[Leaf.TIMED_OUT].ruled_out
    assert "no whole history" in others[Leaf.TIMED_OUT].reason


def test_an_unknown_error_leaves_the_leaves_open():
    """While a failure is not understood, that no attempt was refused rules nothing out."""
    burst = make_burst(4, 4, fixed(Beta=0.1), failures={(1, "Beta"): ["FluxCapacitorError"]})
    others = {other.leaf: other for other in diagnose(Observations(bursts=(burst,))).ruled_out}
    assert not others[Leaf.THROTTLED].ruled_out


def test_logs_alone_name_the_cause():
    """A log line of Lambda's own is enough, cited with group, stream and time."""
    found = diagnose(
        Observations(logs=(log("2030 7 Task timed out after 3.00 seconds"),), settings=(FUNCTION,))
    )
    assert (found.leaf, found.step, found.evidence[0].kind) == (Leaf.TIMED_OUT, "Embed", "log")


def test_more_memory_and_less_time_is_cpu():
    """The same function twice as fast with four times the memory is CPU bound; as slow, it is not."""
    small = tuple(report(400, 128, time=100.0 + n) for n in range(3))
    faster = tuple(report(100, 512, time=110.0 + n) for n in range(3))
    alike = tuple(report(395, 512, time=110.0 + n) for n in range(3))
    assert rules_of(Observations(reports=small + faster, settings=(FUNCTION,))) == ("cpu-bound",)
    assert rules_of(Observations(reports=small + alike, settings=(FUNCTION,))) == ()
    assert rules_of(Observations(reports=small + faster[:2], settings=(FUNCTION,))) == ()


def test_other_schema_is_refused():
    """Observations of another schema are refused by name."""
    with pytest.raises(NotObservations, match="something/9"):
        observations_from_json({"schema": "something/9"})

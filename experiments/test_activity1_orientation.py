"""Activity 1, Orientation: what stands after the stack is deployed, before anything has run.

The pipeline is deployed from its template. Each experiment asks the cloud itself, not the template, what is
there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.claims import all_of, same
from fixtures.labels import ksb
from fixtures.tables import parts_table
from reports.judging.estimates import exact

if TYPE_CHECKING:
    from fixtures.claims import Claim
    from fixtures.deployment import Stack
    from fixtures.evidence import Record
    from fixtures.inventory import FirstLook, Inventory
    from reports.measuring.definition import Definition

pytestmark = [pytest.mark.activity1, ksb("K12")]

STEPS = ("Preprocess", "Embed", "Postprocess")
OUTPUTS = ("StateMachineArn", "DashboardName", *(f"{step}FunctionName" for step in STEPS))
PARTS = {
    "AWS::Lambda::Function": 3,
    "AWS::Logs::LogGroup": 3,
    "AWS::IAM::Role": 4,
    "AWS::StepFunctions::StateMachine": 1,
    "AWS::CloudWatch::Dashboard": 1,
}
WATCHED = (
    "Duration",
    "ConcurrentExecutions",
    "ExecutionsSucceeded",
    "ExecutionsFailed",
    "Throttles",
    "Errors",
)


def test_stack_is_complete(stack: Stack, claim: Claim) -> None:
    """Deploying the template gives a stack that is CREATE_COMPLETE."""
    claim("the stack is CREATE_COMPLETE", same(stack.status, "CREATE_COMPLETE"), equals=1)


def test_stack_has_the_fewest_parts_that_teach_the_lesson(stack: Stack, claim: Claim, record: Record) -> None:
    """The stack has the fewest parts that do the job.

    Three functions, each with a log group and a role; one state machine with its role; one dashboard.
    """
    record.say(parts_table(stack))
    for resource_type, count in PARTS.items():
        found = len(stack.of_type(resource_type))
        claim(f"{count} of type {resource_type}", exact(found, count, "", n_unit="resources"), equals=count)
    other = [kind for kind in stack.types if kind not in PARTS]
    claim(
        "resources of any other type",
        exact(len(other), len(stack.resources), "", n_unit="resources"),
        equals=0,
    )


def test_outputs_point_at_things_that_exist(stack: Stack, inventory: Inventory, claim: Claim) -> None:
    """Every output is there, and what it names answers when the cloud is asked for it."""
    claim("the outputs are declared", all_of(tuple(stack.outputs), OUTPUTS, "outputs"), equals=len(OUTPUTS))
    claim("the state machine answers", same(inventory.state_machine_status, "ACTIVE"), equals=1)
    claim("the dashboard answers", same(inventory.dashboard, stack.output("DashboardName")), equals=1)
    expected = [stack.output(f"{step}FunctionName") for step in STEPS]
    claim("the functions answer", all_of(inventory.functions, expected, "functions"), equals=len(STEPS))


def test_map_state_takes_its_concurrency_from_the_input(
    definition: Definition, claim: Claim, record: Record
) -> None:
    """The knob is in the input: how many tickets are worked on at once is chosen with every execution.

    Read from the definition as deployed: the Map state, where its MaxConcurrency comes from, and the steps in
    the order that a ticket takes them.
    """
    record.say(f"Map state `{definition.map_state}`, MaxConcurrencyPath `{definition.concurrency_path}`.")
    found = definition.concurrency_comes_from_input
    claim("the Map's concurrency comes from the input", same(found, True), equals=1)  # noqa: FBT003 - expected value
    claim("the steps, in order", same(definition.steps, STEPS), equals=1)


def test_the_knob_is_the_only_cap(inventory: Inventory, claim: Claim) -> None:
    """Nothing else limits a step: no function has concurrency reserved, so the Map's knob decides alone."""
    reserved = exact(len(inventory.reserved), len(inventory.functions), "", n_unit="functions")
    claim("functions with concurrency reserved", reserved, equals=0)


def test_every_log_is_kept_for_a_time(stack: Stack, inventory: Inventory, claim: Claim) -> None:
    """Every log group has a retention: what the workshop writes is not kept, and paid for, for ever."""
    groups = len(stack.of_type("AWS::Logs::LogGroup"))
    kept = exact(len(inventory.kept_for_ever), groups, "", n_unit="log groups")
    claim("log groups that keep events for ever", kept, equals=0)


def test_nothing_has_run_yet(first_look: FirstLook, claim: Claim) -> None:
    """A stack that was just deployed has executed nothing: whatever is seen later, our bursts caused."""
    claim("executions just after deployment", exact(first_look.executions, 1, "", n_unit="looks"), equals=0)


def test_dashboard_watches_what_matters_and_is_still_empty(
    inventory: Inventory, first_look: FirstLook, claim: Claim, record: Record
) -> None:
    """The dashboard draws duration, concurrency, executions, throttles and errors, and has no data yet."""
    record.say("\n".join(f"- {title}" for title in inventory.widget_titles))
    claim("metrics on the dashboard", all_of(inventory.metrics, WATCHED, "metrics"), equals=len(WATCHED))
    claim(
        "Duration is drawn as p50 and p95",
        all_of(inventory.statistics_of("Duration"), ("p50", "p95"), "statistics"),
        equals=2,
    )
    claim("periods of 60 s", same(inventory.periods, (60,)), equals=1)
    points = exact(first_look.data_points, len(inventory.widget_titles), "", n_unit="widgets")
    claim("data points on the dashboard just after deployment", points, equals=0)


def test_named_roles_need_a_capability(refused_without_capability: str, claim: Claim) -> None:
    """Without CAPABILITY_NAMED_IAM the deployment is refused: nobody makes named roles by accident."""
    answer = same(refused_without_capability, "InsufficientCapabilitiesException")
    claim("CreateStack without the capability is refused", answer, equals=1)

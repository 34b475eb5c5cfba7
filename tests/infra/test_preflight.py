import json
from pathlib import Path

import pytest

from infra.packaging import StateMachineTemplate
from infra.preflight import PreflightError, check, check_concurrency, check_input, check_tickets, map_plan
from infra.tickets import tickets

PIPELINE = Path(__file__).parents[2] / "infra" / "pipeline.yaml"
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
CHAIN = {"StartAt": "A", "States": {"A": {**TASK, "Next": "B"}, "B": {**TASK, "End": True}}}


def machine(processor, name="Machine"):
    states = {"First": {"Type": "Pass", "Next": "Each"}, "Each": {"Type": "Map", "ItemProcessor": processor}}
    return StateMachineTemplate(name, {"StartAt": "First", "States": states})


def template(tmp_path, *definitions):
    bodies = [
        f"  Machine{number}:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
        f"      DefinitionString: {definition}\n"
        for number, definition in enumerate(definitions)
    ]
    path = tmp_path / "template.yaml"
    path.write_text("Resources:\n" + ("".join(bodies) or "  Topic: {Type: 'AWS::SNS::Topic'}\n"))
    return path


MAP = """'{"StartAt": "M", "States": {"M": {"Type": "Map", "Iterator": {"StartAt": "A", "States":
  {"A": {"Type": "Task", "Resource": "x", "End": true}}}}}}'"""
NO_MAP = """'{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}'"""


def refusal(**changes):
    asked = {"template": PIPELINE, "tickets": 500, "low": 2, "high": 10, **changes}
    with pytest.raises(PreflightError) as caught:
        check(asked.pop("template"), **asked)
    return caught.value.option, str(caught.value)


def test_the_defaults_pass():
    """500 tickets at 2 and 10 through our template pass, and the plan tells the Map and its ceiling."""
    checked = check(PIPELINE, tickets=500, low=2, high=10, account_concurrency=10)
    assert (checked.plan.state_machine, checked.plan.map_state) == ("StateMachine", "ProcessTickets")
    assert (checked.plan.events_per_ticket, checked.plan.most_tickets) == (17, 1470)
    assert checked.template.template_hash


@pytest.mark.parametrize(
    ("changes", "option", "message"),
    [
        ({"tickets": 0}, "--tickets", "--tickets is 0, but a burst needs at least 1."),
        (
            {"tickets": 1471},
            "--tickets",
            (
                "--tickets is 1,471, but each costs 17 events of the 25,000 that a history holds; "
                "give 1,470 or fewer."
            ),
        ),
        ({"low": 0}, "--low", "--low is 0, but a burst needs a concurrency of at least 1."),
        (
            {"low": 10},
            "--low",
            "--low 10 is not below --high 10; the two are compared, so give a larger --high.",
        ),
        (
            {"high": 41},
            "--high",
            "--high is 41, but an inline Map runs at most 40 iterations at once; give 40 or less.",
        ),
        (
            {"high": 11, "account_concurrency": 10},
            "--high",
            (
                "--high is 11, but the account allows 10 concurrent Lambda executions; "
                "give 10 or less, or have the account's limit raised."
            ),
        ),
        (
            {"template": Path("/nowhere/t.yaml")},
            "--template",
            "There is no template at /nowhere/t.yaml; give --template the path of a CloudFormation file.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(changes, option, message):
    """Each senseless option is refused by name, with the actual value, the limit and the way out."""
    assert refusal(**changes) == (option, message)


def test_the_edges_pass():
    """The largest values that can work are let through: 1,470 tickets, 40 at once, an account of 40."""
    assert check(PIPELINE, tickets=1470, low=1, high=40, account_concurrency=40).plan is not None
    assert check(PIPELINE, tickets=1, low=1, high=2).plan is not None


@pytest.mark.parametrize(
    ("definitions", "found"),
    [
        ([], "it has these state machines: none; with a Map: none."),
        ([NO_MAP], "it has these state machines: Machine0; with a Map: none."),
        (
            [MAP, NO_MAP, MAP],
            "it has these state machines: Machine0, Machine1, Machine2; with a Map: Machine0, Machine2.",
        ),
    ],
)
def test_a_template_without_exactly_one_map_is_refused_with_what_was_found(tmp_path, definitions, found):
    """None or several state machines with a Map are refused, listing what the template has."""
    path = template(tmp_path, *definitions)
    assert refusal(template=path) == (
        "--template",
        f"{path} needs exactly one state machine with a Map state; {found}",
    )


def test_a_map_beside_other_state_machines_is_found(tmp_path):
    """One state machine with a Map among others is enough."""
    assert check(template(tmp_path, NO_MAP, MAP), tickets=1, low=1, high=2).plan.state_machine == "Machine1"


def test_a_definition_that_only_the_cloud_can_read_is_let_through(tmp_path):
    """A definition kept in S3 cannot be judged before deployment, so it is not refused."""
    path = tmp_path / "template.yaml"
    path.write_text(
        "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
        "      DefinitionS3Location: {Bucket: b, Key: k}\n"
    )
    assert check(path, tickets=10_000, low=1, high=2).plan is None


def test_events_are_counted_on_the_shortest_way():
    """A Choice that skips a task counts the way that skips it: only what cannot fit is refused."""
    choice = {"Type": "Choice", "Choices": [{"Next": "A"}], "Default": "Done"}
    states = {"C": choice, **CHAIN["States"], "Done": {"Type": "Succeed"}}
    assert map_plan(machine(CHAIN)).events_per_ticket == 2 + 2 * 5
    assert map_plan(machine({"StartAt": "C", "States": states})).events_per_ticket == 2 + 2 + 2


def test_a_loop_in_the_processor_does_not_hang():
    """A processor that waits in a loop is counted along its way out."""
    states = {
        "W": {"Type": "Wait", "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Next": "W"}], "Default": "A"},
        "A": {**TASK, "End": True},
    }
    assert map_plan(machine({"StartAt": "W", "States": states})).events_per_ticket == 2 + 2 + 2 + 5


def test_a_distributed_map_has_neither_ceiling():
    """A distributed Map is bound by neither one history nor 40 iterations."""
    plan = map_plan(machine({**CHAIN, "ProcessorConfig": {"Mode": "DISTRIBUTED"}}))
    check_tickets(100_000, plan)
    check_concurrency("--high", 1000, plan, None)
    assert plan.most_tickets is None


def test_the_input_is_what_an_execution_takes():
    """The input has the concurrency and the tickets, as compact JSON with Unicode as it is."""
    text = check_input([{"ticket_id": "T", "text": "é"}], 3)
    assert text == '{"max_concurrency":3,"tickets":[{"ticket_id":"T","text":"é"}]}'


def test_the_input_of_the_largest_burst_fits():
    """1,470 sample tickets stay below 256 KiB."""
    assert len(check_input(tickets(1470), 40).encode()) <= 262_144


def test_an_input_over_256_kib_is_refused_with_its_size():
    """Input that an execution would not take is refused before it is sent; the limit counts UTF-8 bytes."""
    whole = check_input([{"ticket_id": "T", "text": "x" * (262_144 - 61)}], 1)
    assert len(whole) == 262_144
    with pytest.raises(
        PreflightError, match=r"The input with --tickets 1 is 262,146 bytes, but .* takes 262,144; give"
    ):
        check_input([{"ticket_id": "T", "text": "x" * (262_144 - 61 - 1) + "\u20ac"}], 1)


@pytest.mark.parametrize(
    "states",
    [
        [1],
        "M",
        {"M": "text"},
        {"M": {"Type": "Map", "ItemProcessor": "text"}},
        {"M": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": 3, "StartAt": [1], "States": {"A": 1}}}},
        {"M": {"Type": "Map", "Iterator": {"StartAt": "A", "States": {"A": 1}}}},
        {"M": {"Type": "Map", "Iterator": {"StartAt": "A", "States": {"A": {"Next": [1], "Choices": 3}}}}},
        {"M": {"Type": "Map", "Iterator": {"StartAt": "A", "States": {"A": {"Choices": [3, {"Next": 1}]}}}}},
    ],
)
def test_a_definition_that_makes_no_sense_is_no_traceback(tmp_path, states):
    """A definition with something else where a state belongs has a Map or none, and raises nothing else."""
    path = template(tmp_path, f"'{json.dumps({'States': states})}'")
    try:
        assert check(path, tickets=1, low=1, high=2).plan.map_state == "M"
    except PreflightError as refused:
        assert "exactly one state machine with a Map state" in str(refused)  # noqa: PT017 - either is right

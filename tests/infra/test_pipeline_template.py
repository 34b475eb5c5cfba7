"""The pipeline's template, as text and as packaged."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.packaging import package

PIPELINE = Path(__file__).parents[2] / "infra" / "pipeline.yaml"
STEPS = ("Preprocess", "Embed", "Postprocess")


@pytest.fixture(scope="module")
def packaged():
    return package(PIPELINE)


@pytest.fixture(scope="module")
def template(packaged):
    return json.loads(packaged.body)


@pytest.fixture(scope="module")
def resources(template):
    return template["Resources"]


def statements(role):
    return [
        statement
        for policy in role["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_cfn_lint_finds_nothing(packaged, tmp_path):
    """Neither the template as written nor the packaged one has a finding."""
    body = tmp_path / "packaged.json"
    body.write_text(packaged.body)
    lint = [sys.executable, "-c", "from cfnlint.runner import main; main()", str(PIPELINE), str(body)]
    done = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_map_is_inline_and_takes_its_concurrency_from_the_input(packaged):
    """ProcessTickets maps $.tickets with $.max_concurrency at once through three Lambda tasks in a row."""
    state = packaged.state_machines[0].definition["States"]["ProcessTickets"]
    assert (state["ItemsPath"], state["MaxConcurrencyPath"]) == ("$.tickets", "$.max_concurrency")
    assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}
    steps = state["ItemProcessor"]["States"]
    assert tuple(steps) == STEPS
    assert [steps[step].get("Next", "end") for step in STEPS] == ["Embed", "Postprocess", "end"]


def test_no_task_retries(packaged):
    """A retry would hide the throttle that the controlled failure has to show."""
    assert "Retry" not in json.dumps(packaged.state_machines[0].definition)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_may_only_write_its_own_log(resources, step):
    """Each function has a role of its own that can write to its own log group and do nothing else."""
    function = resources[f"{step}Function"]
    assert function["Properties"]["Role"] == {"Fn::GetAtt": [f"{step}Role", "Arn"]}
    assert statements(resources[f"{step}Role"]) == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": [f"{step}LogGroup", "Arn"]},
        }
    ]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_has_a_log_group_with_retention_before_it_runs(resources, step):
    """The log group has the function's name and a retention, and exists before the function."""
    group, function = resources[f"{step}LogGroup"]["Properties"], resources[f"{step}Function"]
    assert (
        group["LogGroupName"]["Fn::Sub"] == "/aws/lambda/" + function["Properties"]["FunctionName"]["Fn::Sub"]
    )
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert function["DependsOn"] == f"{step}LogGroup"


def test_the_state_machine_may_only_invoke_the_three_functions(resources):
    """The execution role allows lambda:InvokeFunction on the three functions and nothing else."""
    (statement,) = statements(resources["StateMachineRole"])
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"] == [{"Fn::GetAtt": [f"{step}Function", "Arn"]} for step in STEPS]


def test_the_longest_names_stay_within_64_characters(template, resources):
    """With the longest workshop name, no role or function name exceeds AWS's 64 characters."""
    longest = "w" * template["Parameters"]["WorkshopName"]["MaxLength"]
    names = [
        resource["Properties"][key]["Fn::Sub"].replace("${WorkshopName}", longest)
        for resource in resources.values()
        for key in ("RoleName", "FunctionName", "StateMachineName")
        if key in resource["Properties"]
    ]
    assert len(names) == 8
    assert max(map(len, names)) <= 64


def test_embed_reserves_concurrency_only_when_asked(template, resources):
    """By default the property is absent (AWS::NoValue); a number other than -1 sets it."""
    reserved = resources["EmbedFunction"]["Properties"]["ReservedConcurrentExecutions"]
    assert reserved == {
        "Fn::If": ["ReserveEmbed", {"Ref": "EmbedReservedConcurrency"}, {"Ref": "AWS::NoValue"}]
    }
    assert template["Parameters"]["EmbedReservedConcurrency"]["Default"] == "-1"
    condition = {"Fn::Not": [{"Fn::Equals": [{"Ref": "EmbedReservedConcurrency"}, "-1"]}]}
    assert template["Conditions"] == {"ReserveEmbed": condition}


def test_the_dashboard_shows_what_the_exercise_reads(resources):
    """Durations p50 and p95 a step, Embed's peak concurrency, executions, throttles, errors; 60 s periods."""
    widgets = json.loads(resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])["widgets"]
    shown = {
        (metric[1], metric[3], metric[-1].get("stat", widget["properties"].get("stat")))
        for widget in widgets
        for metric in widget["properties"]["metrics"]
    }
    functions = [f"${{{step}Function}}" for step in STEPS]
    assert shown == {
        *(("Duration", function, stat) for function in functions for stat in ("p50", "p95")),
        ("ConcurrentExecutions", "${EmbedFunction}", "Maximum"),
        ("ExecutionsSucceeded", "${StateMachine}", "Sum"),
        ("ExecutionsFailed", "${StateMachine}", "Sum"),
        *((name, function, "Sum") for function in functions for name in ("Throttles", "Errors")),
    }
    assert {widget["properties"]["period"] for widget in widgets} == {60}


def test_the_outputs_name_what_a_learner_looks_for(template):
    """State machine, dashboard and the three functions are outputs."""
    expected = {"StateMachineArn", "DashboardName", *(f"{step}FunctionName" for step in STEPS)}
    assert set(template["Outputs"]) == expected

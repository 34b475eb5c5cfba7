"""The static checks of a template: intrinsics at their defaults, and what each check must let pass."""

from __future__ import annotations

import copy
import json

import pytest

from fixtures.options import ROOT
from infra.packaging.template import read_template
from reports.regression.checks import check_template, rows_of
from reports.regression.template import Template

OURS = read_template(ROOT / "infra" / "pipeline.yaml")


@pytest.fixture
def template():
    """Return a copy of the pipeline's template, to be changed."""
    return copy.deepcopy(OURS)


def problems(document, check):
    """Return what one check found, as text."""
    (found,) = [one for one in check_template(document) if one.name == check]
    return [f"{finding.where}: {finding.problem}" for finding in found.findings]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Name"}, "shop"),
        ({"Ref": "Queue"}, "${Queue}"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "${Queue.Arn}"),
        ({"Fn::Sub": "a-${Name}-${Queue.Arn}-${!Name}"}, "a-shop-${Queue.Arn}-${Name}"),
        ({"Fn::Sub": ["${x}/${Name}", {"x": {"Ref": "Name"}}]}, "shop/shop"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}]]}, "a-shop"),
        ({"k": {"Fn::If": ["IsShop", 1, {"Ref": "AWS::NoValue"}]}}, {"k": 1}),
        ({"k": {"Fn::If": ["IsOther", 1, {"Ref": "AWS::NoValue"}]}}, {}),
        ([{"Fn::If": ["IsOther", 1, {"Ref": "AWS::NoValue"}]}, 2], [2]),
        ({"Fn::Select": [0, [{"Ref": "Name"}]]}, {"Fn::Select": [0, ["shop"]]}),
    ],
)
def test_intrinsics_at_their_defaults(value, expected):
    """References, texts and conditions come to what they are with every parameter at its default."""
    document = {
        "Parameters": {"Name": {"Type": "String", "Default": "shop"}},
        "Conditions": {
            "IsShop": {"Fn::Equals": [{"Ref": "Name"}, "shop"]},
            "IsOther": {"Fn::Not": [{"Condition": "IsShop"}]},
        },
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    }
    assert Template(document).resolved(value) == expected


def test_a_jsonata_knob_is_a_knob(template):
    """A cap that is read from the input by JSONata is connected."""
    machine = template["Resources"]["StateMachine"]["Properties"]
    text = machine["DefinitionString"]["Fn::Sub"]
    machine["DefinitionString"]["Fn::Sub"] = text.replace(
        '"MaxConcurrencyPath": "$.max_concurrency"',
        '"QueryLanguage": "JSONata", "MaxConcurrency": "{% $states.input.max_concurrency %}"',
    )
    assert problems(template, "knob") == []


def test_a_definition_without_a_map_has_no_knob(template):
    """A state machine without a Map is told so by the knob's check."""
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    template["Resources"]["StateMachine"]["Properties"]["DefinitionString"] = json.dumps(definition)
    assert "no inline Map state" in problems(template, "knob")[0]


def test_the_basic_managed_policy_passes_and_others_do_not(template):
    """Lambda's policy for writing logs is narrow enough, an administrator's is not."""
    role = template["Resources"]["EmbedRole"]["Properties"]
    role["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
    assert problems(template, "roles") == []
    role["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    assert "AdministratorAccess grants more" in problems(template, "roles")[0]


def test_strangers_may_not_assume_a_role(template):
    """A role that anybody may assume is found."""
    statement = template["Resources"]["EmbedRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    statement[0]["Principal"] = "*"
    assert problems(template, "roles") == [
        "EmbedRole: may be assumed by *; let only the AWS service assume it"
    ]


def test_a_function_that_is_not_a_step_may_not_be_invoked(template):
    """Permission on a function that the definition does not invoke is found."""
    policy = template["Resources"]["StateMachineRole"]["Properties"]["Policies"][0]
    resources = policy["PolicyDocument"]["Statement"][0]["Resource"]
    resources.append("arn:aws:lambda:us-east-1:123456789012:function:payroll")
    assert "function:payroll, which StateMachine does not invoke" in problems(template, "roles")[0]


def test_permissions_may_stand_in_a_policy_of_their_own(template):
    """A policy that is a resource, attached to the role, counts as the role's own."""
    role = template["Resources"]["StateMachineRole"]["Properties"]
    (policy,) = role.pop("Policies")
    assert "does not allow lambda:InvokeFunction" in problems(template, "roles")[0]
    attached = {**policy, "Roles": [{"Ref": "StateMachineRole"}]}
    template["Resources"]["Attached"] = {"Type": "AWS::IAM::Policy", "Properties": attached}
    assert problems(template, "roles") == []


def test_x_ray_may_ask_for_everything(template):
    """An action that knows no resource may be allowed on `*`."""
    policy = template["Resources"]["EmbedRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    policy["Statement"].append({"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"})
    assert problems(template, "roles") == []


def test_a_log_group_may_be_named_after_its_function(template):
    """A log group named by reference to its function is its log group."""
    group = template["Resources"]["EmbedLogGroup"]["Properties"]
    group["LogGroupName"] = {"Fn::Sub": "/aws/lambda/${EmbedFunction}"}
    assert problems(template, "logs") == []


def test_a_function_without_log_group_is_found(template):
    """A function whose log group is not in the template would get one without retention."""
    del template["Resources"]["EmbedLogGroup"]
    assert "EmbedFunction: has no log group" in problems(template, "logs")[0]


def test_no_dashboard_is_found(template):
    """A template without a dashboard is told so."""
    del template["Resources"]["Dashboard"]
    assert len(problems(template, "dashboard")) == 1


def test_dashboard_rows_may_be_abbreviated():
    """Dots in a row stand for what the row above says."""
    rows = [
        ["AWS/Lambda", "Errors", "FunctionName", "a", {"stat": "Sum"}],
        [".", "Throttles", ".", "b"],
        ["...", "c"],
    ]
    body = {"widgets": [{"properties": {"metrics": rows, "stat": "Maximum"}}]}
    assert list(rows_of(body)) == [
        ("Errors", "Sum", frozenset({"a"})),
        ("Throttles", "Maximum", frozenset({"b"})),
        ("Throttles", "Maximum", frozenset({"c"})),
    ]


def test_a_catch_of_one_named_error_hides_nothing(template):
    """Retrying or catching an error that has nothing to do with throttles is nobody's business here."""
    machine = template["Resources"]["StateMachine"]["Properties"]["DefinitionString"]
    rule = '"Retry": [{"ErrorEquals": ["Lambda.ServiceException"]}], "Next": "Embed"'
    machine["Fn::Sub"] = machine["Fn::Sub"].replace('"Next": "Embed"', rule)
    assert problems(template, "errors show") == []

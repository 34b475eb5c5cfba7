"""The static checks of a template: intrinsics at their defaults, and what each check must let pass."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.options import ROOT
from infra.packaging.template import read_template
from reports.regression.checks import CHECKS, check_template, rows_of
from reports.regression.template import Template, definition_text

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


def allow(template, role, actions, resources):
    """Give a role one more statement."""
    policy = template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]
    policy["Statement"].append({"Effect": "Allow", "Action": actions, "Resource": resources})


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        (
            "EmbedRole",
            [
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ],
        ),
        ("EmbedRole", "cloudwatch:putMetricData"),
        (
            "StateMachineRole",
            [
                "logs:CreateLogDelivery",
                "logs:GetLogDelivery",
                "logs:UpdateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:DescribeResourcePolicies",
                "logs:DescribeLogGroups",
            ],
        ),
        (
            "EmbedRole",
            [
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
            ],
        ),
    ],
    ids=["tracing", "metrics", "logging of a state machine", "network"],
)
def test_what_only_everything_will_do_for_may_be_allowed_on_it(template, role, actions):
    """What AWS documents on `*` for tracing, metrics, logging and networks is narrow enough."""
    allow(template, role, actions, "*")
    assert problems(template, "roles") == []


def test_of_a_mixed_statement_the_action_that_knows_resources_is_named(template):
    """Writing to every log group is found also beside actions that only know `*`."""
    allow(template, "StateMachineRole", ["logs:CreateLogDelivery", "logs:PutLogEvents"], "*")
    assert problems(template, "roles") == [
        "StateMachineRole: allows logs:PutLogEvents on *; name the resources"
    ]


LOG_ARN = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group"


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:logs:*:*:*",
        "arn:aws:logs:us-east-1:123456789012:*",
        "arn:aws:logs:us-east-1:123456789012:log-group:*",
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/*",
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/*:*",
        "arn:aws:logs:us-east-?:123456789012:log-group:/aws/lambda/a:*",
        "arn:aws:s3:::bucket/*",
        "arn:aws:s3:::*",
        {"Fn::Sub": LOG_ARN + ":*:log-stream:*"},
    ],
)
def test_a_wildcard_within_a_resource_is_found(template, resource):
    """A resource that stands for many is found, wherever in its name the wildcard is."""
    allow(template, "EmbedRole", "logs:PutLogEvents", resource)
    (problem,) = problems(template, "roles")
    assert problem.startswith("EmbedRole: allows logs:PutLogEvents on arn:")
    assert problem.endswith("; name the resources")


@pytest.mark.parametrize(
    "resource",
    [
        {"Fn::Sub": LOG_ARN + ":/aws/lambda/${WorkshopName}-embed:*"},
        {"Fn::Sub": LOG_ARN + ":/aws/lambda/${WorkshopName}-embed:log-stream:*"},
        {"Fn::Sub": "${EmbedLogGroup.Arn}:*"},
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/a:*",
    ],
)
def test_the_streams_of_one_log_group_are_one_resource(template, resource):
    """A named log group with its streams (`:*`) is named narrowly enough."""
    allow(template, "EmbedRole", "logs:PutLogEvents", resource)
    assert problems(template, "roles") == []


def test_a_function_with_its_versions_is_one_resource(template):
    """Permission on a named function's versions (`:*`) is narrow enough."""
    policy = template["Resources"]["StateMachineRole"]["Properties"]["Policies"][0]
    resources = policy["PolicyDocument"]["Statement"][0]["Resource"]
    resources.append({"Fn::Sub": "${EmbedFunction.Arn}:*"})
    assert problems(template, "roles") == []


@pytest.mark.parametrize(
    "pattern", ["*", "arn:aws:lambda:*:*:function:*", "arn:aws:lambda:*:*:function:scale-*"]
)
def test_a_wildcard_over_functions_is_too_wide_and_nothing_else(template, pattern):
    """A pattern that includes the steps is told as too wide, not as a permission that is missing."""
    policy = template["Resources"]["StateMachineRole"]["Properties"]["Policies"][0]
    policy["PolicyDocument"]["Statement"][0]["Resource"] = pattern
    assert problems(template, "roles") == [
        f"StateMachineRole: allows lambda:InvokeFunction on {pattern}; name the resources"
    ]


def with_substitutions(template, **more):
    """Turn the definition into one whose functions are named by substitutions."""
    machine = template["Resources"]["StateMachine"]["Properties"]
    text = machine["DefinitionString"]["Fn::Sub"].replace("${AWS::Partition}", "aws")
    steps = ("Preprocess", "Embed", "Postprocess")
    for step in steps:
        text = text.replace(f"${{{step}Function.Arn}}", f"${{{step}Arn}}")
    for old, new in more.items():
        text = text.replace(f'"$.{old}"', new)
    machine["DefinitionString"] = text
    machine["DefinitionSubstitutions"] = {
        f"{step}Arn": {"Fn::GetAtt": [f"{step}Function", "Arn"]} for step in steps
    }
    return machine


@pytest.mark.parametrize("as_object", [False, True])
def test_substitutions_are_put_into_the_definition(template, as_object):
    """A definition whose functions are named by DefinitionSubstitutions invokes those functions."""
    machine = with_substitutions(template)
    if as_object:
        machine["Definition"] = json.loads(machine.pop("DefinitionString"))
    assert [found for one in check_template(template) for found in one.findings] == []


def test_substitutions_are_weighed_for_roles(template):
    """A function that a substitution names, and that the role does not allow, is found."""
    machine = with_substitutions(template)
    machine["DefinitionSubstitutions"]["EmbedArn"] = {"Fn::GetAtt": ["PostprocessFunction", "Arn"]}
    assert problems(template, "roles") == [
        (
            "StateMachineRole: allows lambda:InvokeFunction on ${EmbedFunction.Arn}, "
            "which StateMachine does not invoke"
        )
    ]


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        (
            {"DefinitionString": "a ${X} ${Y}", "DefinitionSubstitutions": {"X": "${F.Arn}"}},
            "a ${F.Arn} ${Y}",
        ),
        ({"DefinitionString": "${X}", "DefinitionSubstitutions": {"X": True}}, "true"),
        ({"DefinitionString": '"${X}"', "DefinitionSubstitutions": {"X": 'a "b"'}}, '"a \\"b\\""'),
        ({"Definition": {"a": "${X}"}, "DefinitionSubstitutions": {"X": 5}}, '{"a": "5"}'),
        ({"DefinitionString": "${X}", "DefinitionSubstitutions": {"X": {"Fn::ImportValue": "y"}}}, "${X}"),
        ({"DefinitionString": "${X}", "DefinitionSubstitutions": "text"}, "${X}"),
        ({}, "{}"),
    ],
)
def test_a_definition_is_what_would_be_deployed(properties, text):
    """Substitutions are put in as CloudFormation does; what nobody can know yet stays as it is."""
    assert definition_text(properties) == text


def test_a_number_may_be_a_substitution(template):
    """A cap that a substitution gives, unquoted as a number is, is read as fixed in the definition."""
    machine = with_substitutions(template, max_concurrency="${Cap}")
    machine["DefinitionString"] = machine["DefinitionString"].replace("MaxConcurrencyPath", "MaxConcurrency")
    machine["DefinitionSubstitutions"]["Cap"] = 5
    assert "MaxConcurrency is 5, fixed in the definition" in problems(template, "knob")[0]


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


WORDS = ["a", "Ref", "Fn::If", "Fn::Sub", "*", "Statement", "Effect", "Allow", "Action", "Resource", "States"]
LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS)
JSON_LIKE = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)
PLACES = [
    (name, key)
    for name, one in OURS["Resources"].items()
    for key in (*one["Properties"], "Policies", "Definition")
]


@settings(max_examples=300)
@given(place=st.sampled_from(PLACES), value=JSON_LIKE, conditions=JSON_LIKE)
def test_no_property_of_a_template_breaks_a_check(place, value, conditions):
    """Whatever stands in the place of a property, every check is made and says something or nothing."""
    template = copy.deepcopy(OURS)
    name, key = place
    template["Resources"][name]["Properties"][key] = value
    template["Conditions"] = {"ReserveEmbed": conditions}
    assert [one.name for one in check_template(template)] == list(CHECKS)


def test_what_a_check_cannot_read_is_a_finding(template):
    """A check that meets something else where a mapping belongs says so, and the others are made."""
    template["Resources"]["EmbedRole"]["Properties"]["Policies"] = ["text"]
    (problem,) = problems(template, "roles")
    assert problem.startswith("Resources: this check cannot read the template")
    assert problems(template, "knob") == []

from __future__ import annotations

import pytest
import yaml
from botocore.exceptions import ClientError

from infra.embedded.cloudformation import graph, parameters, template
from infra.embedded.cloudformation.errors import ValidationError
from infra.embedded.cloudformation.intrinsics import Attributes, Scope, resolve
from infra.embedded.cloudformation.parameters import Given
from infra.embedded.cloudformation.resources import TYPES
from infra.embedded.cloudformation.template import Template
from infra.embedded.refusals import NotImplementedHere

GROUP = {"Type": "AWS::Logs::LogGroup"}


def read(data):
    return template.read(yaml.safe_dump(data) if isinstance(data, dict) else data, frozenset(TYPES))


def scope(**sections):
    data = {"Resources": {"A": GROUP}, **sections}
    values = {"AWS::Region": "eu-west-1", "Name": "shop", "Many": ["a", "b"], "Seven": "7"}
    made = {"A": Attributes("group-a", {"Arn": "arn:a"})}
    return Scope(Template("", data), values, {"exported": "x"}, made)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ({"Ref": "Name"}, "shop"),
        ({"Ref": "A"}, "group-a"),
        ({"Fn::GetAtt": ["A", "Arn"]}, "arn:a"),
        ({"Fn::GetAtt": "A.Arn"}, "arn:a"),
        ({"Fn::Sub": "${Name}-${A}-${A.Arn}-${!Name}-${ Name }"}, "shop-group-a-arn:a-${Name}-shop"),
        ({"Fn::Sub": ["${X}/${Name}", {"X": {"Ref": "Seven"}}]}, "7/shop"),
        ({"Fn::Sub": '{"a": "${Name}", "b": {"c": "$.x"}}'}, '{"a": "shop", "b": {"c": "$.x"}}'),
        ({"Fn::Join": [",", {"Ref": "Many"}]}, "a,b"),
        ({"Fn::Join": ["", ["a", 1, True]]}, "a1true"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::Select": ["1", {"Ref": "Many"}]}, "b"),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]}, 1),
        ({"Fn::Base64": "ab"}, "YWI="),
        ({"Fn::ImportValue": "exported"}, "x"),
        ({"Fn::ToJsonString": {"a": {"Ref": "Name"}}}, '{"a":"shop"}'),
        ({"Fn::Length": {"Ref": "Many"}}, 2),
        ({"Fn::If": ["Yes", "then", "else"]}, "then"),
        ({"Fn::If": ["No", "then", "else"]}, "else"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
        ([{"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, 2], [2]),
        ({"Version": "x", "Ref": "not a function here"}, {"Version": "x", "Ref": "not a function here"}),
    ],
)
def test_functions_come_to_their_values(value, result):
    """Each intrinsic function, as AWS documents it."""
    here = scope(
        Mappings={"M": {"eu-west-1": {"k": 1}}},
        Conditions={
            "Yes": {"Fn::Equals": [{"Ref": "Seven"}, 7]},
            "No": {"Fn::And": [{"Condition": "Yes"}, {"Fn::Not": [{"Fn::Or": [{"Condition": "Yes"}]}]}]},
        },
    )
    assert resolve(value, here) == result


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"Ref": "Nobody"}, "Unresolved resource dependencies [Nobody]"),
        ({"Fn::GetAtt": ["Nobody", "Arn"]}, "undefined resource Nobody"),
        ({"Fn::GetAtt": ["A", "Colour"]}, "attribute type Colour"),
        ({"Fn::Select": [5, ["a"]]}, "index 5"),
        ({"Fn::FindInMap": ["M", "x", "y"]}, "M::x::y"),
        ({"Fn::ImportValue": "none"}, "No export named none found."),
        ({"Fn::If": ["Nothing", 1, 2]}, "condition dependency Nothing"),
    ],
)
def test_a_function_that_finds_nothing_says_what_it_looked_for(value, told):
    """Each error names what is missing."""
    with pytest.raises(ValidationError) as error:
        resolve(value, scope())
    assert told in error.value.message


def test_a_function_that_is_not_emulated_is_refused_by_name():
    """Fn::Cidr is AWS's, and not this cloud's."""
    with pytest.raises(NotImplementedHere, match="Fn::Cidr"):
        resolve({"Fn::Cidr": ["10.0.0.0/16", 1, 8]}, scope())


def test_a_type_that_is_not_made_here_is_refused_by_name():
    """A type of AWS's that this cloud does not make is not emulated; a custom resource neither."""
    others = {"A": GROUP, "B": {"Type": "AWS::SQS::Queue"}, "C": {"Type": "Custom::Thing"}}
    with pytest.raises(NotImplementedHere, match="AWS::SQS::Queue, Custom::Thing"):
        read({"Resources": others})


@pytest.mark.parametrize("made_up", ["AWS::SQS::Tail", "aws::sqs::queue", "AWS::SQS", "Queue"])
def test_a_made_up_type_is_unrecognized(made_up):
    """What AWS has not is named as AWS names it, also beside a type that is only not emulated."""
    others = {"A": {"Type": made_up}, "B": {"Type": "AWS::SQS::Queue"}}
    with pytest.raises(ValidationError) as error:
        read({"Resources": others})
    assert error.value.message == f"Template format error: Unrecognized resource types: [{made_up}]"


def test_short_forms_and_dates_are_read_as_cloudformation_reads_them():
    """Tags become functions, a date stays text."""
    body = """
AWSTemplateFormatVersion: 2010-09-09
Conditions: {C: !Not [!Equals [!Ref P, ""]]}
Parameters: {P: {Type: String}}
Resources:
  A:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub "x-${P}", KmsKeyId: !GetAtt B.Arn.Deep, Version: 2012-10-17}
"""
    found = read(body)
    assert found.data["AWSTemplateFormatVersion"] == "2010-09-09"
    assert found.section("Conditions")["C"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "P"}, ""]}]}
    properties = found.resources["A"]["Properties"]
    assert properties["KmsKeyId"] == {"Fn::GetAtt": ["B", "Arn.Deep"]}
    assert properties["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("{", "JSON not well-formed"),
        ("a: [", "YAML not well-formed"),
        ("just text", "unsupported structure"),
        ({"Resources": {}}, "At least one Resources member must be defined."),
        (
            {"Resources": {"A": {"Type": "AWS::Nothing::AtAll"}}},
            "Unrecognized resource types: [AWS::Nothing::AtAll]",
        ),
        (
            {"Resources": {"A": {"Properties": {}}}},
            "[/Resources/A] Every Resources object must contain a Type member",
        ),
        ({"Resources": {"A-B": GROUP}}, "A-B is non alphanumeric"),
        ({"Resources": {"A": GROUP}, "Ressources": {}}, "[Ressources]"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(data, told):
    """AWS's own words for each fault."""
    with pytest.raises(ValidationError) as error:
        read(data)
    assert told in error.value.message


@pytest.mark.parametrize(
    ("rule", "value", "told"),
    [
        ({"Type": "Number"}, "x", "Parameter 'P' must be a number."),
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", "must be one of AllowedValues: [a, b]"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "A", "must match pattern [a-z]+"),
        (
            {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "letters"},
            "A",
            "constraint: letters",
        ),
        ({"Type": "String", "MinLength": 2}, "a", "at least 2 characters"),
        ({"Type": "String", "MaxLength": 2}, "abc", "at most 2 characters"),
        ({"Type": "Number", "MinValue": 1}, "0", "not less than 1"),
        ({"Type": "Number", "MaxValue": 1}, "2", "not greater than 1"),
    ],
)
def test_parameters_keep_their_constraints(rule, value, told):
    """Each constraint is checked, with AWS's message."""
    found = Template("", {"Parameters": {"P": rule}, "Resources": {"A": GROUP}})
    with pytest.raises(ValidationError) as error:
        parameters.resolve(found, [Given("P", value)], {})
    assert told in error.value.message


def test_parameters_have_defaults_and_previous_values():
    """A default is used when nothing is given, the previous value when that is asked for."""
    found = Template("", {"Parameters": {"P": {"Type": "Number", "Default": 5}, "Q": {"Type": "String"}}})
    assert parameters.resolve(found, [Given("Q", None, use_previous=True)], {"P": "9", "Q": "old"}) == {
        "P": "5",
        "Q": "old",
    }
    with pytest.raises(ValidationError, match=r"Parameters: \[Q\] must have values"):
        parameters.resolve(found, [], {})
    with pytest.raises(ValidationError, match=r"Parameters: \[Z\] do not exist in the template"):
        parameters.resolve(found, [Given("Q", "x"), Given("Z", "x")], {})


def test_a_circle_is_named():
    """Resources that wait for each other are refused."""
    circle = {
        "A": {**GROUP, "Properties": {"LogGroupName": {"Ref": "B"}}},
        "B": {**GROUP, "Properties": {"LogGroupName": {"Fn::Sub": "${A}"}}},
    }
    with pytest.raises(ValidationError, match=r"Circular dependency between resources: \[A, B\]"):
        graph.order(Scope(Template("", {"Resources": circle}), {}, {}))


def test_order_follows_references_of_live_branches_only():
    """DependsOn, Ref, Sub and GetAtt count; a branch whose condition is false does not."""
    resources = {
        "C": {**GROUP, "DependsOn": "B"},
        "B": {**GROUP, "Properties": {"LogGroupName": {"Fn::If": ["Off", {"Ref": "C"}, {"Ref": "A"}]}}},
        "A": GROUP,
        "Absent": {**GROUP, "Condition": "Off"},
    }
    data = {"Resources": resources, "Conditions": {"Off": {"Fn::Equals": ["a", "b"]}}}
    assert graph.order(Scope(Template("", data), {}, {})) == ["A", "B", "C"]


def test_a_reference_to_what_is_not_made_is_refused_before_anything_is():
    """No stack comes of a template that refers to nothing, in resources or outputs."""
    with pytest.raises(ValidationError, match=r"\[Nobody\] in the Resources block"):
        graph.order(Scope(Template("", {"Resources": {"A": {**GROUP, "DependsOn": "Nobody"}}}), {}, {}))
    outputs = {"O": {"Value": {"Ref": "Nobody"}}}
    with pytest.raises(ValidationError, match=r"\[Nobody\] in the Outputs block"):
        graph.check_outputs(Scope(Template("", {"Resources": {"A": GROUP}, "Outputs": outputs}), {}, {}))


def test_a_template_over_the_limit_is_refused_with_its_size(cfn, group, text):
    """A body has at most 51,200 bytes."""
    template_body = text(group(A={"LogGroupName": "x" * 52_000}))
    with pytest.raises(ClientError, match="51200") as error:
        cfn.create_stack(StackName="s", TemplateBody=template_body)
    assert str(len(template_body)) in str(error.value)


def test_templates_are_validated_and_summed_up(cfn, text):
    """ValidateTemplate and GetTemplateSummary give parameters and capabilities."""
    body = text(
        {
            "Description": "d",
            "Parameters": {"P": {"Type": "String", "Default": "x", "AllowedValues": ["x", "y"]}},
            "Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}},
        }
    )
    valid = cfn.validate_template(TemplateBody=body)
    assert valid["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    assert valid["Parameters"][0]["DefaultValue"] == "x"
    summary = cfn.get_template_summary(TemplateBody=body)
    assert summary["ResourceTypes"] == ["AWS::IAM::Role"]
    assert summary["Parameters"][0]["ParameterConstraints"] == {"AllowedValues": ["x", "y"]}

from __future__ import annotations

import json

import pytest
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.iam.models import iam_backends

from infra.embedded import permissions

ACCOUNT = "123456789012"
EMBED = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:shop-embed"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@pytest.fixture
def role():
    backend = iam_backends[ACCOUNT]["aws"]
    made = backend.create_role("runner", json.dumps(TRUST), "/", None, "", [], "3600")
    yield made
    for arn in [policy.arn for policy in made.managed_policies.values()]:
        backend.detach_role_policy(arn, "runner")
        backend.delete_policy(arn)
    for name in list(made.policies):
        backend.delete_role_policy("runner", name)
    backend.delete_role("runner")


def inline(role, *statements, name="p"):
    role.policies[name] = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(resource, action="lambda:InvokeFunction", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def may(role, resource=EMBED, action="lambda:InvokeFunction"):
    return permissions.is_allowed(ACCOUNT, role.arn, action, resource)


def test_a_role_that_does_not_exist_may_nothing():
    """No role, no permission."""
    assert not permissions.is_allowed(
        ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/nobody", "lambda:InvokeFunction", EMBED
    )
    assert not permissions.is_allowed(ACCOUNT, "not an arn", "lambda:InvokeFunction", EMBED)


def test_a_role_without_policies_may_nothing(role):
    """What nothing allows is denied."""
    assert not may(role)


@pytest.mark.parametrize(
    ("pattern", "resource", "allowed"),
    [
        (EMBED, EMBED, True),
        (EMBED, EMBED + ":$LATEST", False),
        (EMBED + ":*", EMBED + ":$LATEST", True),
        (EMBED + ":*", EMBED, False),
        (EMBED + "*", EMBED + ":3", True),
        ("*", EMBED, True),
        (EMBED.replace("embed", "emb?d"), EMBED, True),
        (EMBED.replace("shop-embed", "shopXembed").replace("X", "."), EMBED, False),
    ],
)
def test_resources_match_by_wildcard_and_never_as_regular_expressions(role, pattern, resource, allowed):
    """A function's ARN with a version is another resource than the one without."""
    inline(role, allow([pattern]))
    assert may(role, resource) is allowed


def test_actions_are_compared_without_case(role):
    """IAM's action names have no case."""
    inline(role, allow("*", action="Lambda:invokefunction"))
    assert may(role)


def test_an_explicit_deny_wins(role):
    """Deny beats Allow, in whichever policy it stands."""
    inline(role, allow("*"), name="a")
    inline(role, {"Effect": "Deny", "Action": "lambda:*", "Resource": EMBED}, name="b")
    assert not may(role)


def test_not_action_allows_the_rest(role):
    """NotAction names what is left out."""
    inline(role, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    assert may(role)
    assert not may(role, action="iam:PassRole")


def test_not_resource_allows_the_rest(role):
    """NotResource names what is left out."""
    inline(role, {"Effect": "Allow", "Action": "*", "NotResource": EMBED})
    assert not may(role)
    assert may(role, EMBED + "-two")


def test_an_attached_policy_counts_by_its_default_version(role):
    """A managed policy is read in the version that is default now."""
    backend = iam_backends[ACCOUNT]["aws"]
    document = json.dumps({"Version": "2012-10-17", "Statement": allow(EMBED)})
    policy = backend.create_policy("", "/", document, "invoke", [])
    backend.attach_role_policy(policy.arn, "runner")
    assert may(role)
    nothing = json.dumps({"Version": "2012-10-17", "Statement": allow("arn:aws:s3:::x")})
    backend.create_policy_version(policy.arn, nothing, "true")
    assert not may(role)
    backend.create_policy_version(policy.arn, document, "true")
    for version in [v.version_id for v in policy.versions if not v.is_default]:
        backend.delete_policy_version(policy.arn, version)


def test_a_changed_inline_policy_counts_at_once(role):
    """The cache is keyed on the text of the policies."""
    inline(role, allow("*"))
    assert may(role)
    inline(role, allow("arn:aws:s3:::x"))
    assert not may(role)


def test_the_trust_policy_says_who_may_assume(role):
    """Only the named service may assume the role."""
    assert permissions.can_be_assumed_by(ACCOUNT, role.arn, "states.amazonaws.com")
    assert not permissions.can_be_assumed_by(ACCOUNT, role.arn, "lambda.amazonaws.com")


def arn_of(account):
    return f"arn:aws:states:us-east-1:{account}:stateMachine:*"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceAccount": ["999999999999", ACCOUNT]}}, True),
        ({"StringEquals": {"aws:SourceAccount": "999999999999"}}, False),
        ({"ArnLike": {"aws:SourceArn": arn_of(ACCOUNT)}}, True),
        ({"ArnLike": {"aws:SourceArn": arn_of("*")}}, True),
        ({"ArnLike": {"aws:SourceArn": arn_of("999999999999")}}, False),
        (
            {
                "ArnLike": {"aws:SourceArn": arn_of(ACCOUNT)},
                "StringEquals": {"aws:SourceAccount": "999999999999"},
            },
            False,
        ),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"NumericLessThan": {"aws:SourceAccount": ACCOUNT}}, False),
        ("never", False),
    ],
)
def test_a_condition_on_the_source_is_understood(role, condition, expected):
    """A trust policy may be limited to the account's own resources, as AWS advises; other conditions fail."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    role.assume_role_policy_document = json.dumps({"Statement": [statement]})
    assert permissions.can_be_assumed_by(ACCOUNT, role.arn, "states.amazonaws.com") is expected


def test_stock_moto_still_reads_wildcards_as_regular_expressions():
    """If moto's own evaluator learns IAM's wildcards, this module may use it."""
    statement = IAMPolicyStatement({"Effect": "Allow", "Action": "a.b", "Resource": "*"})
    assert statement.is_action_permitted("aXb", "r") is PermissionResult.PERMITTED

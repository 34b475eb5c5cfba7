"""Least privilege: who may assume a role, what it may do, and to what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from reports.regression.findings import Finding
from reports.regression.template import Template, definition_text, listed

CHECK = "roles"
ROLE, FUNCTION = "AWS::IAM::Role", "AWS::Lambda::Function"
MACHINE = "AWS::StepFunctions::StateMachine"
ONLY_ON_EVERYTHING = frozenset(
    action.lower()
    for action in (
        "cloudwatch:PutMetricData",
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ec2:UnassignPrivateIpAddresses",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "xray:GetSamplingRules",
        "xray:GetSamplingStatisticSummaries",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    )
)
"""Actions that AWS documents on `*`, because they know no resource or act on what is not there yet: tracing,
metrics, a state machine's logging, a function's network interfaces. In lower case, as IAM ignores case."""
_STREAMS_OR_VERSIONS = re.compile(
    r"(?:\$\{\w+(?:\.Arn)?\}|arn:[^*?]+:(?:log-group|function):[^*?]+)(?::log-stream)?:\*"
)
"""One log group with its streams, or one function with its versions: narrow, though it ends in `*`."""
OWN_LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
BASIC = "service-role/AWSLambdaBasicExecutionRole"
"""The one managed policy that is let pass: it grants no more than writing logs."""
INVOKE = "lambda:InvokeFunction"


def check_roles(template: Template) -> tuple[Finding, ...]:
    """Find wildcards, strangers who may assume a role, foreign functions, and missing permissions."""
    parts = (
        _policies_are_narrow,
        _only_services_assume,
        _machines_invoke_their_steps,
        _functions_write_their_log,
    )
    return tuple(finding for part in parts for finding in part(template))


def statements_of(template: Template, role: str) -> tuple[Mapping[str, Any], ...]:
    """Return the statements of a role: inline, and of policies in the template that are attached to it."""
    properties = dict(template.resources(ROLE)).get(role, {})
    documents = [policy.get("PolicyDocument") for policy in listed(properties.get("Policies"))]
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"):
        for _, policy in template.resources(kind):
            roles = [*listed(policy.get("Roles")), *listed(policy.get("RoleName"))]
            if f"${{{role}}}" in roles or properties.get("RoleName") in roles:
                documents.append(policy.get("PolicyDocument"))
    return tuple(one for document in documents if document for one in listed(document.get("Statement")))


def _policies_are_narrow(template: Template) -> Iterator[Finding]:
    for role, properties in template.resources(ROLE):
        for statement in statements_of(template, role):
            yield from (Finding(CHECK, role, problem) for problem in _too_wide(statement))
        for managed in listed(properties.get("ManagedPolicyArns")):
            if str(managed).startswith("arn:") and not str(managed).endswith(BASIC):
                problem = (
                    f"the managed policy {managed} grants more than the pipeline needs; name the actions"
                )
                yield Finding(CHECK, role, problem)


def _too_wide(statement: Mapping[str, Any]) -> Iterator[str]:
    if statement.get("Effect") != "Allow":
        return
    for turned in ("NotAction", "NotResource"):
        if turned in statement:
            yield f"allows by {turned}, which is everything else; name what is needed"
    actions = [str(action) for action in listed(statement.get("Action"))]
    for action in actions:
        if _is_pattern(action):
            yield f"allows the action {action}; name the actions that are needed"
    for resource in listed(statement.get("Resource")):
        if isinstance(resource, str) and _is_wide(resource):
            fitting = [one for one in actions if resource != "*" or one.lower() not in ONLY_ON_EVERYTHING]
            if fitting:
                yield f"allows {', '.join(fitting)} on {resource}; name the resources"


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _is_wide(resource: str) -> bool:
    """Tell whether a resource stands for more than one thing with its parts."""
    return _is_pattern(resource) and not _STREAMS_OR_VERSIONS.fullmatch(resource)


def _only_services_assume(template: Template) -> Iterator[Finding]:
    for role, properties in template.resources(ROLE):
        document = properties.get("AssumeRolePolicyDocument") or {}
        for statement in listed(document.get("Statement")):
            principal = statement.get("Principal")
            if not isinstance(principal, Mapping) or set(principal) != {"Service"}:
                yield Finding(
                    CHECK, role, f"may be assumed by {principal}; let only the AWS service assume it"
                )


def _machines_invoke_their_steps(template: Template) -> Iterator[Finding]:
    functions = [name for name, _ in template.resources(FUNCTION)]
    for machine, properties in template.resources(MACHINE):
        role = _role_of(properties)
        definition = definition_text(properties)
        if role is None:
            continue
        granted = _granted(template, role, INVOKE)
        invoked = [name for name in functions if _names(template, name) & _quoted(definition)]
        for name in invoked:
            if not any(_covers(template, resource, name) for resource in granted):
                problem = f"{machine} invokes {name}, and the role does not allow {INVOKE} on it"
                yield Finding(CHECK, role, problem)
        for resource in granted:
            if not _is_wide(resource) and not any(_covers(template, resource, name) for name in invoked):
                yield Finding(CHECK, role, f"allows {INVOKE} on {resource}, which {machine} does not invoke")


def _functions_write_their_log(template: Template) -> Iterator[Finding]:
    for function, properties in template.resources(FUNCTION):
        role = _role_of(properties)
        if role is None or _has_basic(template, role):
            continue
        for action in OWN_LOG:
            if not _granted(template, role, action):
                yield Finding(
                    CHECK, role, f"{function} cannot write its log: the role does not allow {action}"
                )


def _has_basic(template: Template, role: str) -> bool:
    managed = listed(dict(template.resources(ROLE)).get(role, {}).get("ManagedPolicyArns"))
    return any(str(arn).endswith(BASIC) for arn in managed)


def _role_of(properties: Mapping[str, Any]) -> str | None:
    """Return the logical id of a resource's role, None where it is not in the template."""
    text = str(properties.get("Role") or properties.get("RoleArn") or "")
    return text[2:-5] if text.startswith("${") and text.endswith(".Arn}") else None


def _granted(template: Template, role: str, action: str) -> list[str]:
    """Return the resources on which a role allows an action."""
    allowed = [one for one in statements_of(template, role) if one.get("Effect") == "Allow"]
    fitting = [one for one in allowed if _includes(listed(one.get("Action")), action)]
    return [str(resource) for one in fitting for resource in listed(one.get("Resource"))]


def _includes(actions: list[Any], wanted: str) -> bool:
    return any(fnmatchcase(wanted.lower(), str(action).lower()) for action in actions)


def _names(template: Template, function: str) -> frozenset[str]:
    """Return what a definition may call a function by."""
    name = template.name_of(function, "FunctionName")
    return frozenset({f"${{{function}.Arn}}", f"${{{function}}}", name})


def _quoted(definition: str) -> frozenset[str]:
    """Return every quoted text in a definition, and every placeholder."""
    parts = definition.replace("'", '"').split('"')
    return frozenset(parts)


def _covers(template: Template, resource: str, function: str) -> bool:
    name = template.name_of(function, "FunctionName")
    bare = resource.removesuffix(":*")
    if bare in {f"${{{function}.Arn}}", f"${{{function}}}"} or bare.endswith(f":function:{name}"):
        return True
    if not _is_wide(resource):
        return False
    _, has_name, pattern = bare.partition(":function:")
    return fnmatchcase(name, pattern) if has_name else resource.endswith("*")

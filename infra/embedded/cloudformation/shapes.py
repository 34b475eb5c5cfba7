"""Stacks, events and change sets in the shapes of CloudFormation's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.embedded.cloudformation import parameters
from infra.embedded.cloudformation.stacks import ChangeSet, Event, Plan, Stack, StackResource
from infra.embedded.cloudformation.template import Template


def stack(made: Stack) -> dict[str, Any]:
    """DescribeStacks' Stack."""
    shown: dict[str, Any] = {
        "StackId": made.stack_id,
        "StackName": made.name,
        "Description": made.plan.template.data.get("Description"),
        "Parameters": _parameters(made.plan),
        "CreationTime": made.created,
        "DeletionTime": made.deleted,
        "LastUpdatedTime": made.updated,
        "StackStatus": made.status,
        "StackStatusReason": made.reason,
        "DisableRollback": made.disable_rollback,
        "NotificationARNs": list(made.plan.notification_arns),
        "TimeoutInMinutes": made.timeout_minutes,
        "Capabilities": list(made.plan.capabilities),
        "Outputs": made.outputs,
        "RoleARN": made.plan.role_arn,
        "Tags": _tags(made.plan),
        "EnableTerminationProtection": made.termination_protection,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    return _without_none(shown)


def summary(made: Stack) -> dict[str, Any]:
    """ListStacks' StackSummary."""
    return _without_none(
        {
            "StackId": made.stack_id,
            "StackName": made.name,
            "TemplateDescription": made.plan.template.data.get("Description"),
            "CreationTime": made.created,
            "LastUpdatedTime": made.updated,
            "DeletionTime": made.deleted,
            "StackStatus": made.status,
            "StackStatusReason": made.reason,
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        }
    )


def event(made: Stack, happened: Event) -> dict[str, Any]:
    """DescribeStackEvents' StackEvent."""
    return _without_none(
        {
            "StackId": made.stack_id,
            "EventId": happened.event_id,
            "StackName": made.name,
            "LogicalResourceId": happened.logical_id,
            "PhysicalResourceId": happened.physical_id,
            "ResourceType": happened.type,
            "Timestamp": happened.at,
            "ResourceStatus": happened.status,
            "ResourceStatusReason": happened.reason,
            "ResourceProperties": happened.properties,
            "ClientRequestToken": happened.token,
        }
    )


def resource(made: Stack, part: StackResource) -> dict[str, Any]:
    """DescribeStackResources' StackResource."""
    return _without_none(
        {
            "StackName": made.name,
            "StackId": made.stack_id,
            "LogicalResourceId": part.logical_id,
            "PhysicalResourceId": part.physical_id,
            "ResourceType": part.type,
            "Timestamp": part.at,
            "ResourceStatus": part.status,
            "ResourceStatusReason": part.reason,
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        }
    )


def resource_detail(made: Stack, part: StackResource) -> dict[str, Any]:
    """DescribeStackResource's StackResourceDetail."""
    shown = {**resource(made, part), "LastUpdatedTimestamp": part.at}
    del shown["Timestamp"]
    return shown


def resource_summary(part: StackResource) -> dict[str, Any]:
    """ListStackResources' StackResourceSummary."""
    return _without_none(
        {
            "LogicalResourceId": part.logical_id,
            "PhysicalResourceId": part.physical_id,
            "ResourceType": part.type,
            "LastUpdatedTimestamp": part.at,
            "ResourceStatus": part.status,
            "ResourceStatusReason": part.reason,
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        }
    )


def change_set(made: ChangeSet) -> dict[str, Any]:
    """DescribeChangeSet's answer."""
    return {
        **change_set_summary(made),
        "Parameters": _parameters(made.plan),
        "NotificationARNs": list(made.plan.notification_arns),
        "Capabilities": list(made.plan.capabilities),
        "Tags": _tags(made.plan),
        "Changes": made.changes,
    }


def change_set_summary(made: ChangeSet) -> dict[str, Any]:
    """ListChangeSets' ChangeSetSummary."""
    return _without_none(
        {
            "ChangeSetId": made.change_set_id,
            "ChangeSetName": made.name,
            "StackId": made.stack.stack_id,
            "StackName": made.stack.name,
            "Description": made.description,
            "CreationTime": made.created,
            "Status": made.status,
            "StatusReason": made.reason,
            "ExecutionStatus": made.execution_status,
            "IncludeNestedStacks": False,
        }
    )


def validation(read: Template) -> dict[str, Any]:
    """ValidateTemplate's answer."""
    declared = [
        _without_none(
            {
                "ParameterKey": name,
                "DefaultValue": _text_or_none(rule.get("Default")),
                "NoEcho": bool(rule.get("NoEcho", False)),
                "Description": rule.get("Description"),
            }
        )
        for name, rule in read.section("Parameters").items()
    ]
    shown = {"Parameters": declared, "Description": read.data.get("Description"), **_capabilities(read)}
    return _without_none(shown)


def template_summary(read: Template) -> dict[str, Any]:
    """GetTemplateSummary's answer."""
    declared = [_declaration(name, rule) for name, rule in read.section("Parameters").items()]
    shown = {
        "Parameters": declared,
        "Description": read.data.get("Description"),
        "ResourceTypes": sorted({made["Type"] for made in read.resources.values()}),
        "Version": read.data.get("AWSTemplateFormatVersion"),
        **_capabilities(read),
    }
    return _without_none(shown)


def _declaration(name: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    allowed = [str(value) for value in rule.get("AllowedValues") or []]
    shown = {
        "ParameterKey": name,
        "DefaultValue": _text_or_none(rule.get("Default")),
        "ParameterType": rule.get("Type", "String"),
        "NoEcho": bool(rule.get("NoEcho", False)),
        "Description": rule.get("Description"),
        "ParameterConstraints": {"AllowedValues": allowed} if allowed else {},
    }
    return _without_none(shown)


def _capabilities(read: Template) -> dict[str, Any]:
    needed = read.capabilities
    if not needed:
        return {}
    made = sorted({each["Type"] for each in read.resources.values() if each["Type"].startswith("AWS::IAM::")})
    reason = f"The following resource(s) require capabilities: [{', '.join(made)}]"
    return {"Capabilities": needed, "CapabilitiesReason": reason}


def _parameters(plan: Plan) -> list[dict[str, str]]:
    shown = parameters.shown(plan.template, plan.parameters)
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in shown.items()]


def _tags(plan: Plan) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in plan.tags.items()]


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _without_none(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if value is not None}

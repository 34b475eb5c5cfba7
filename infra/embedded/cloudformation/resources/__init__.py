"""The resource types this cloud's CloudFormation makes, each through the public API of its service."""

from __future__ import annotations

from collections.abc import Mapping

from infra.embedded.cloudformation.resources.alarms import Alarm, Dashboard
from infra.embedded.cloudformation.resources.base import ResourceType
from infra.embedded.cloudformation.resources.buckets import Bucket
from infra.embedded.cloudformation.resources.functions import Function, Permission
from infra.embedded.cloudformation.resources.groups import LogGroup
from infra.embedded.cloudformation.resources.machines import StateMachine
from infra.embedded.cloudformation.resources.nothing import WaitConditionHandle
from infra.embedded.cloudformation.resources.roles import InlinePolicy, ManagedPolicy, Role

TYPES: Mapping[str, ResourceType] = {
    "AWS::CloudFormation::WaitConditionHandle": WaitConditionHandle(),
    "AWS::CloudWatch::Alarm": Alarm(),
    "AWS::CloudWatch::Dashboard": Dashboard(),
    "AWS::IAM::ManagedPolicy": ManagedPolicy(),
    "AWS::IAM::Policy": InlinePolicy(),
    "AWS::IAM::Role": Role(),
    "AWS::Lambda::Function": Function(),
    "AWS::Lambda::Permission": Permission(),
    "AWS::Logs::LogGroup": LogGroup(),
    "AWS::S3::Bucket": Bucket(),
    "AWS::StepFunctions::StateMachine": StateMachine(),
}

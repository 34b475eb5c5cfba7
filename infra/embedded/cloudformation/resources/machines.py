"""AWS::StepFunctions::StateMachine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from infra.embedded.cloudformation.errors import ResourceFailed
from infra.embedded.cloudformation.resources.base import (
    Made,
    Wanted,
    lower_first,
    refuse_unknown,
    request,
    required,
)

_CHANGEABLE = ("EncryptionConfiguration", "LoggingConfiguration", "TracingConfiguration")
_PROPERTIES = frozenset(
    {
        "Definition",
        "DefinitionS3Location",
        "DefinitionString",
        "DefinitionSubstitutions",
        "RoleArn",
        "StateMachineName",
        "StateMachineType",
        "Tags",
        *_CHANGEABLE,
    }
)
_PLACEHOLDER = re.compile(r"\$\{([a-zA-Z0-9_]+)\}")


class StateMachine:
    """A state machine, its definition given as text, as an object or in a bucket."""

    replaced_by: ClassVar[frozenset[str]] = frozenset({"StateMachineName", "StateMachineType"})
    name_property: ClassVar[str | None] = "StateMachineName"

    def create(self, wanted: Wanted) -> Made:
        """Create it; a definition that does not validate fails the resource."""
        refuse_unknown(wanted, _PROPERTIES)
        required(wanted, "RoleArn")
        states, name = wanted.api("stepfunctions"), wanted.name("StateMachineName", 80)
        members = {**self._members(wanted), "name": name}
        if "StateMachineType" in wanted.properties:
            members["type"] = wanted.properties["StateMachineType"]
        members["tags"] = lower_first(wanted.tag_list())
        arn = states.create_state_machine(**request(states, "CreateStateMachine", wanted, members))[
            "stateMachineArn"
        ]
        return _made(states, arn)

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Change definition, role and configuration."""
        del old
        refuse_unknown(wanted, _PROPERTIES)
        required(wanted, "RoleArn")
        states = wanted.api("stepfunctions")
        members = {**self._members(wanted), "stateMachineArn": physical_id}
        states.update_state_machine(**request(states, "UpdateStateMachine", wanted, members))
        if wanted.tag_list():
            states.tag_resource(resourceArn=physical_id, tags=lower_first(wanted.tag_list()))
        return _made(states, physical_id)

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Delete it; one that is gone is no error in this API."""
        wanted.api("stepfunctions").delete_state_machine(stateMachineArn=physical_id)

    def _members(self, wanted: Wanted) -> dict[str, Any]:
        members = {"definition": _definition(wanted), "roleArn": wanted.properties["RoleArn"]}
        for name in _CHANGEABLE:
            if name in wanted.properties:
                members[name[0].lower() + name[1:]] = lower_first(wanted.properties[name])
        return members


def _made(states: Any, arn: str) -> Made:
    described = states.describe_state_machine(stateMachineArn=arn)
    revision = described.get("revisionId") or "INITIAL"
    return Made(arn, {"Arn": arn, "Name": described["name"], "StateMachineRevisionId": revision})


def _definition(wanted: Wanted) -> str:
    given = [
        name
        for name in ("DefinitionString", "Definition", "DefinitionS3Location")
        if name in wanted.properties
    ]
    if len(given) != 1:
        raise ResourceFailed(
            f"{wanted.logical_id}: give exactly one of DefinitionString, Definition and DefinitionS3Location"
        )
    substitutions = wanted.properties.get("DefinitionSubstitutions") or {}
    if given[0] == "Definition":
        return _substitute_in(json.dumps(wanted.properties["Definition"]), substitutions)
    if given[0] == "DefinitionString":
        return _substitute_in(str(wanted.properties["DefinitionString"]), substitutions)
    return _substitute_in(_from_bucket(wanted, wanted.properties["DefinitionS3Location"]), substitutions)


def _from_bucket(wanted: Wanted, place: Mapping[str, Any]) -> str:
    answer = wanted.api("s3").get_object(Bucket=place["Bucket"], Key=place["Key"])
    return str(answer["Body"].read().decode())


def _substitute_in(definition: str, substitutions: Mapping[str, Any]) -> str:
    """Put in each `${name}` that a substitution is given for; others stay, as on AWS."""

    def replace(match: re.Match[str]) -> str:
        value = substitutions.get(match.group(1))
        if value is None:
            return match.group(0)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return json.dumps(text)[1:-1]

    return _PLACEHOLDER.sub(replace, definition)

"""AWS::IAM::Role, AWS::IAM::Policy and AWS::IAM::ManagedPolicy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from infra.embedded.cloudformation.resources.base import Made, Wanted, refuse_unknown, request, required

_ROLE = frozenset(
    {
        "AssumeRolePolicyDocument",
        "Description",
        "ManagedPolicyArns",
        "MaxSessionDuration",
        "Path",
        "PermissionsBoundary",
        "Policies",
        "RoleName",
        "Tags",
    }
)
_POLICY = frozenset({"PolicyName", "PolicyDocument", "Roles"})
_MANAGED = frozenset({"ManagedPolicyName", "Description", "Path", "PolicyDocument", "Roles"})


def document(value: Any) -> str:
    """A policy document as the text that IAM's API takes."""
    return value if isinstance(value, str) else json.dumps(value)


class Role:
    """A role with its inline policies and the managed ones attached to it."""

    replaced_by: ClassVar[frozenset[str]] = frozenset({"RoleName", "Path"})
    name_property: ClassVar[str | None] = "RoleName"

    def create(self, wanted: Wanted) -> Made:
        """Create the role, put its inline policies and attach the managed ones."""
        refuse_unknown(wanted, _ROLE)
        required(wanted, "AssumeRolePolicyDocument")
        iam, name = wanted.api("iam"), wanted.name("RoleName", 64)
        members = {
            "RoleName": name,
            "AssumeRolePolicyDocument": self._trust(wanted),
            "Tags": wanted.tag_list(),
        }
        for member in ("Description", "MaxSessionDuration", "Path", "PermissionsBoundary"):
            if member in wanted.properties:
                members[member] = wanted.properties[member]
        role = iam.create_role(**request(iam, "CreateRole", wanted, members))["Role"]
        try:
            self._grant(wanted, name)
        except Exception:
            self.delete(wanted, name)
            raise
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Change trust, description, policies and tags."""
        del old
        refuse_unknown(wanted, _ROLE)
        iam = wanted.api("iam")
        iam.update_assume_role_policy(RoleName=physical_id, PolicyDocument=self._trust(wanted))
        changes = {"RoleName": physical_id, "Description": wanted.properties.get("Description", "")}
        if "MaxSessionDuration" in wanted.properties:
            changes["MaxSessionDuration"] = wanted.properties["MaxSessionDuration"]
        iam.update_role(**request(iam, "UpdateRole", wanted, changes))
        self._grant(wanted, physical_id)
        if wanted.tag_list():
            iam.tag_role(RoleName=physical_id, Tags=wanted.tag_list())
        role = iam.get_role(RoleName=physical_id)["Role"]
        return Made(physical_id, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Detach, delete the inline policies, delete the role."""
        iam = wanted.api("iam")
        try:
            self._revoke(iam, physical_id, set(), set())
            iam.delete_role(RoleName=physical_id)
        except iam.exceptions.NoSuchEntityException:
            return

    def _trust(self, wanted: Wanted) -> str:
        return document(wanted.properties["AssumeRolePolicyDocument"])

    def _grant(self, wanted: Wanted, name: str) -> None:
        iam = wanted.api("iam")
        inline = {str(policy["PolicyName"]): policy for policy in wanted.properties.get("Policies") or []}
        managed = [str(arn) for arn in wanted.properties.get("ManagedPolicyArns") or []]
        for policy_name, policy in inline.items():
            text = document(policy["PolicyDocument"])
            iam.put_role_policy(RoleName=name, PolicyName=policy_name, PolicyDocument=text)
        for arn in managed:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        self._revoke(iam, name, set(inline), set(managed))

    def _revoke(self, iam: Any, name: str, inline: set[str], managed: set[str]) -> None:
        """Take away what is not in these sets."""
        for policy_name in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            if policy_name not in inline:
                iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            if policy["PolicyArn"] not in managed:
                iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])


class InlinePolicy:
    """AWS::IAM::Policy: one document, put into each of the named roles."""

    replaced_by: ClassVar[frozenset[str]] = frozenset({"PolicyName"})
    name_property: ClassVar[str | None] = None

    def create(self, wanted: Wanted) -> Made:
        """Put the policy into its roles."""
        refuse_unknown(wanted, _POLICY)
        required(wanted, "PolicyName", "PolicyDocument", "Roles")
        self._put(wanted)
        return Made(wanted.name("", 128))

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Put the policy into its roles, and take it from those no longer named."""
        refuse_unknown(wanted, _POLICY)
        self._put(wanted)
        gone = set(old.get("Roles") or []) - set(wanted.properties["Roles"])
        self._remove(wanted, str(old["PolicyName"]), gone)
        return Made(physical_id)

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Take the policy from its roles."""
        del physical_id
        self._remove(wanted, str(wanted.properties["PolicyName"]), set(wanted.properties["Roles"]))

    def _put(self, wanted: Wanted) -> None:
        text = document(wanted.properties["PolicyDocument"])
        for role in wanted.properties["Roles"]:
            wanted.api("iam").put_role_policy(
                RoleName=role, PolicyName=wanted.properties["PolicyName"], PolicyDocument=text
            )

    def _remove(self, wanted: Wanted, name: str, roles: set[str]) -> None:
        iam = wanted.api("iam")
        for role in roles:
            try:
                iam.delete_role_policy(RoleName=role, PolicyName=name)
            except iam.exceptions.NoSuchEntityException:
                continue


class ManagedPolicy:
    """A customer managed policy, attached to the named roles."""

    replaced_by: ClassVar[frozenset[str]] = frozenset({"ManagedPolicyName", "Path", "Description"})
    name_property: ClassVar[str | None] = "ManagedPolicyName"

    def create(self, wanted: Wanted) -> Made:
        """Create the policy and attach it."""
        refuse_unknown(wanted, _MANAGED)
        required(wanted, "PolicyDocument")
        iam = wanted.api("iam")
        members = {
            "PolicyName": wanted.name("ManagedPolicyName", 128),
            "PolicyDocument": document(wanted.properties["PolicyDocument"]),
            **{
                member: wanted.properties[member]
                for member in ("Description", "Path")
                if member in wanted.properties
            },
        }
        arn = iam.create_policy(**request(iam, "CreatePolicy", wanted, members))["Policy"]["Arn"]
        try:
            self._attach(wanted, arn)
        except Exception:
            self.delete(wanted, arn)
            raise
        return Made(arn, {"PolicyArn": arn})

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Make the new document the default version, and attach as the template now says."""
        del old
        refuse_unknown(wanted, _MANAGED)
        iam, text = wanted.api("iam"), document(wanted.properties["PolicyDocument"])
        self._delete_old_versions(iam, physical_id)
        iam.create_policy_version(PolicyArn=physical_id, PolicyDocument=text, SetAsDefault=True)
        self._attach(wanted, physical_id)
        return Made(physical_id, {"PolicyArn": physical_id})

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Detach the policy everywhere and delete it."""
        iam = wanted.api("iam")
        try:
            self._detach(iam, physical_id, set())
            self._delete_old_versions(iam, physical_id)
            iam.delete_policy(PolicyArn=physical_id)
        except iam.exceptions.NoSuchEntityException:
            return

    def _attach(self, wanted: Wanted, arn: str) -> None:
        iam, roles = wanted.api("iam"), wanted.properties.get("Roles") or []
        for role in roles:
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        self._detach(iam, arn, set(roles))

    def _detach(self, iam: Any, arn: str, keep: set[str]) -> None:
        for role in iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]:
            if role["RoleName"] not in keep:
                iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)

    def _delete_old_versions(self, iam: Any, arn: str) -> None:
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])

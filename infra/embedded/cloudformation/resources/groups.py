"""AWS::Logs::LogGroup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from infra.embedded.cloudformation.resources.base import Made, Wanted, invalid, refuse_unknown, request

_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
_PROPERTIES = frozenset({"LogGroupName", "RetentionInDays", "KmsKeyId", "Tags", "LogGroupClass"})


class LogGroup:
    """A log group with its retention."""

    replaced_by: ClassVar[frozenset[str]] = frozenset({"LogGroupName", "LogGroupClass"})
    name_property: ClassVar[str | None] = "LogGroupName"

    def create(self, wanted: Wanted) -> Made:
        """Create the group, then set its retention."""
        _check(wanted)
        logs, name = wanted.api("logs"), wanted.name("LogGroupName", 512)
        members: dict[str, Any] = {"logGroupName": name, "tags": wanted.all_tags()}
        for member, key in (("KmsKeyId", "kmsKeyId"), ("LogGroupClass", "logGroupClass")):
            if member in wanted.properties:
                members[key] = wanted.properties[member]
        logs.create_log_group(**request(logs, "CreateLogGroup", wanted, members))
        try:
            self._retain(wanted, name)
        except Exception:
            logs.delete_log_group(logGroupName=name)
            raise
        return self._made(wanted, name)

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Change retention and tags."""
        del old
        _check(wanted)
        self._retain(wanted, physical_id)
        if wanted.all_tags():
            wanted.api("logs").tag_log_group(logGroupName=physical_id, tags=wanted.all_tags())
        return self._made(wanted, physical_id)

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Delete the group and its streams."""
        logs = wanted.api("logs")
        try:
            logs.delete_log_group(logGroupName=physical_id)
        except logs.exceptions.ResourceNotFoundException:
            return

    def _retain(self, wanted: Wanted, name: str) -> None:
        logs, days = wanted.api("logs"), wanted.properties.get("RetentionInDays")
        if days is None:
            logs.delete_retention_policy(logGroupName=name)
            return
        members = {"logGroupName": name, "retentionInDays": days}
        logs.put_retention_policy(**request(logs, "PutRetentionPolicy", wanted, members))

    def _made(self, wanted: Wanted, name: str) -> Made:
        arn = f"arn:aws:logs:{wanted.region}:{wanted.account_id}:log-group:{name}:*"
        return Made(name, {"Arn": arn})


def _check(wanted: Wanted) -> None:
    refuse_unknown(wanted, _PROPERTIES)
    days = wanted.properties.get("RetentionInDays")
    if days is not None and str(days) not in set(map(str, _DAYS)):
        raise invalid(wanted.logical_id, f"#/RetentionInDays: {days} is not a valid enum value")

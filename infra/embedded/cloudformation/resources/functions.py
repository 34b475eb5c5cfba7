"""AWS::Lambda::Function and AWS::Lambda::Permission."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, ClassVar

from infra.embedded.cloudformation.errors import ResourceFailed
from infra.embedded.cloudformation.resources.base import Made, Wanted, request, required

_OWN = frozenset({"Code", "ReservedConcurrentExecutions", "Tags"})
_NOT_IN_CONFIGURATION = frozenset({"Architectures", "FunctionName", "PackageType"})
_INLINE_LIMIT = 4 * 1024 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Function:
    """A function: its code, its configuration, its reserved concurrency and its tags."""

    replaced_by: ClassVar[frozenset[str]] = frozenset({"FunctionName", "PackageType"})
    name_property: ClassVar[str | None] = "FunctionName"

    def create(self, wanted: Wanted) -> Made:
        """Create the function, then reserve its concurrency.

        A refused reservation takes the function back.
        """
        required(wanted, "Code", "Role")
        api, name = wanted.api("lambda"), wanted.name("FunctionName", 64)
        members = {**_plain(wanted), "FunctionName": name, "Code": _code(wanted), "Tags": wanted.all_tags()}
        made = api.create_function(**request(api, "CreateFunction", wanted, members))
        try:
            self._reserve(wanted, name)
        except Exception:
            api.delete_function(FunctionName=name)
            raise
        return Made(name, {"Arn": made["FunctionArn"]})

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Change what differs: code, configuration, reservation, tags."""
        required(wanted, "Code", "Role")
        api = wanted.api("lambda")
        if wanted.properties["Code"] != old["Code"]:
            api.update_function_code(FunctionName=physical_id, **_code(wanted))
        if _configuration(wanted.properties) != _configuration(old):
            self._configure(wanted, old, physical_id)
        if wanted.properties.get("ReservedConcurrentExecutions") != old.get("ReservedConcurrentExecutions"):
            self._reserve(wanted, physical_id)
        arn = api.get_function_configuration(FunctionName=physical_id)["FunctionArn"]
        self._tag(wanted, arn)
        return Made(physical_id, {"Arn": arn})

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Delete the function."""
        api = wanted.api("lambda")
        try:
            api.delete_function(FunctionName=physical_id)
        except api.exceptions.ResourceNotFoundException:
            return

    def _configure(self, wanted: Wanted, old: Mapping[str, Any], name: str) -> None:
        api, members = wanted.api("lambda"), _configuration(wanted.properties)
        members = {**_emptied(old, members), **members, "FunctionName": name}
        api.update_function_configuration(**request(api, "UpdateFunctionConfiguration", wanted, members))

    def _reserve(self, wanted: Wanted, name: str) -> None:
        api, reserved = wanted.api("lambda"), wanted.properties.get("ReservedConcurrentExecutions")
        if reserved is None:
            api.delete_function_concurrency(FunctionName=name)
            return
        members = {"FunctionName": name, "ReservedConcurrentExecutions": reserved}
        api.put_function_concurrency(**request(api, "PutFunctionConcurrency", wanted, members))

    def _tag(self, wanted: Wanted, arn: str) -> None:
        api, tags = wanted.api("lambda"), wanted.all_tags()
        gone = sorted(set(api.list_tags(Resource=arn).get("Tags") or {}) - set(tags))
        if gone:
            api.untag_resource(Resource=arn, TagKeys=gone)
        if tags:
            api.tag_resource(Resource=arn, Tags=tags)


class Permission:
    """A statement in a function's own policy."""

    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {
            "Action",
            "EventSourceToken",
            "FunctionName",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        }
    )
    name_property: ClassVar[str | None] = None

    def create(self, wanted: Wanted) -> Made:
        """Add the statement."""
        required(wanted, "Action", "FunctionName", "Principal")
        api, statement = wanted.api("lambda"), wanted.name("", 100)
        members = {**wanted.properties, "StatementId": statement}
        api.add_permission(**request(api, "AddPermission", wanted, members))
        return Made(statement, {"Id": statement})

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Never called: every property replaces the statement."""
        del wanted, old
        return Made(physical_id, {"Id": physical_id})

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Remove the statement."""
        api = wanted.api("lambda")
        try:
            api.remove_permission(FunctionName=wanted.properties["FunctionName"], StatementId=physical_id)
        except api.exceptions.ResourceNotFoundException:
            return


def _plain(wanted: Wanted) -> dict[str, Any]:
    """The properties that the API takes under the same name."""
    return {name: value for name, value in wanted.properties.items() if name not in _OWN}


def _configuration(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that UpdateFunctionConfiguration takes."""
    return {name: value for name, value in properties.items() if name not in _OWN | _NOT_IN_CONFIGURATION}


def _emptied(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What must be set back to its default because the template no longer has it."""
    defaults: dict[str, Any] = {
        "Description": "",
        "Environment": {"Variables": {}},
        "LoggingConfig": {"LogFormat": "Text"},
        "MemorySize": 128,
        "Timeout": 3,
    }
    return {name: value for name, value in defaults.items() if name in old and name not in new}


def _code(wanted: Wanted) -> dict[str, Any]:
    code = wanted.properties["Code"]
    if not isinstance(code, Mapping):
        raise ResourceFailed(
            f"{wanted.logical_id}: Code must be an object with ZipFile, or S3Bucket and S3Key"
        )
    if "ZipFile" not in code:
        return dict(code)
    return {"ZipFile": _inline(str(code["ZipFile"]), str(wanted.properties.get("Runtime", "")))}


def _inline(source: str, runtime: str) -> bytes:
    """Inline code as the zip that CloudFormation makes of it: one file `index` in the runtime's language."""
    if len(source) > _INLINE_LIMIT:
        raise ResourceFailed(
            f"inline code has {len(source)} characters, over the limit of {_INLINE_LIMIT}: use a bucket"
        )
    name = "index.js" if runtime.startswith("nodejs") else "index.py"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name, _EPOCH)
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, source)
    return packed.getvalue()

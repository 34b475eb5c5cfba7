"""What a resource type is, and what all of them need.

Names, tags, and properties in the types their API wants.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from botocore.model import ListShape, MapShape, Shape, StructureShape

from infra.embedded.cloudformation.client import Clients
from infra.embedded.cloudformation.errors import ResourceFailed

_SUFFIX = string.ascii_letters + string.digits
_SUFFIX_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that exists.

    Its physical ID (what `Ref` gives) and its attributes (what `Fn::GetAtt` gives).
    """

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A resource as the template wants it, with its properties resolved."""

    clients: Clients
    region: str
    account_id: str
    stack_name: str
    logical_id: str
    properties: Mapping[str, Any]
    tags: Mapping[str, str]

    def api(self, service: str) -> Any:
        """The boto3 client of a service in the stack's region."""
        return self.clients.client(service, self.region)

    def name(self, member: str, limit: int, *, lower: bool = False) -> str:
        """The name the template gives.

        Or one made of the stack's name, the logical ID and a random suffix.
        """
        given = self.properties.get(member)
        if given:
            return str(given)
        suffix = "".join(secrets.choice(_SUFFIX) for _ in range(_SUFFIX_LENGTH))
        stem = f"{self.stack_name}-{self.logical_id}"[: limit - _SUFFIX_LENGTH - 1]
        made = f"{stem}-{suffix}"
        return made.lower() if lower else made

    def all_tags(self) -> dict[str, str]:
        """The stack's tags, and over them the resource's own."""
        own = {str(tag["Key"]): str(tag["Value"]) for tag in self.properties.get("Tags") or []}
        return {**self.tags, **own}

    def tag_list(self) -> list[dict[str, str]]:
        """The same as a list of Key and Value."""
        return [{"Key": key, "Value": value} for key, value in self.all_tags().items()]


class ResourceType(Protocol):
    """How resources of one type are made, changed and removed.

    Each raises ResourceFailed or botocore's ClientError, and leaves nothing of its own behind when
    `create` fails.
    """

    replaced_by: ClassVar[frozenset[str]]
    name_property: ClassVar[str | None]

    def create(self, wanted: Wanted) -> Made:
        """Make it."""
        ...

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Change it in place from the `old` properties to the wanted ones."""
        ...

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Remove it; one that is gone already is no error. `wanted.properties` are those it was made with."""
        ...


def request(client: Any, operation: str, wanted: Wanted, members: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an API operation: `members` brought to the types of its model.

    A template may write 128 as text; a member that the operation does not have fails the resource by name.
    """
    shape = client.meta.service_model.operation_model(operation).input_shape
    converted = _convert(members, shape, "#", wanted.logical_id)
    assert isinstance(converted, dict)
    return converted


def refuse_unknown(wanted: Wanted, known: frozenset[str]) -> None:
    """Fail the resource when it has a property outside `known`."""
    unknown = sorted(set(wanted.properties) - known)
    if unknown:
        raise invalid(wanted.logical_id, f"#: extraneous key [{', '.join(unknown)}] is not permitted")


def lower_first(value: Any) -> Any:
    """The value with the first letter of every key in lower case.

    As Step Functions' API spells its members.
    """
    if isinstance(value, list):
        return [lower_first(item) for item in value]
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: lower_first(item) for key, item in value.items()}
    return value


def required(wanted: Wanted, *names: str) -> None:
    """Fail the resource unless it has these properties."""
    for name in names:
        if wanted.properties.get(name) is None:
            raise invalid(wanted.logical_id, f"#: required key [{name}] not found")


def _convert(value: Any, shape: Shape, path: str, logical_id: str) -> Any:
    if isinstance(shape, StructureShape):
        return _convert_structure(value, shape, path, logical_id)
    if isinstance(shape, ListShape):
        _expect(value, list, "Array", path, logical_id)
        return [
            _convert(item, shape.member, f"{path}/{index}", logical_id) for index, item in enumerate(value)
        ]
    if isinstance(shape, MapShape):
        _expect(value, Mapping, "Object", path, logical_id)
        return {
            str(key): _convert(item, shape.value, f"{path}/{key}", logical_id) for key, item in value.items()
        }
    return _convert_scalar(value, shape.type_name, path, logical_id)


def _convert_structure(value: Any, shape: StructureShape, path: str, logical_id: str) -> dict[str, Any]:
    _expect(value, Mapping, "Object", path, logical_id)
    unknown = sorted(set(value) - set(shape.members))
    if unknown:
        raise invalid(logical_id, f"{path}: extraneous key [{', '.join(unknown)}] is not permitted")
    return {
        key: _convert(item, shape.members[key], f"{path}/{key}", logical_id) for key, item in value.items()
    }


def _convert_scalar(value: Any, type_name: str, path: str, logical_id: str) -> Any:
    if isinstance(value, (list, Mapping)):
        raise _wrong_type(logical_id, path, type_name.capitalize(), value)
    try:
        if type_name in {"integer", "long"}:
            return int(str(value))
        if type_name in {"double", "float"}:
            return float(str(value))
    except ValueError:
        raise _wrong_type(logical_id, path, "Number", value) from None
    if type_name == "boolean":
        return _boolean(value, path, logical_id)
    if type_name == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _boolean(value: Any, path: str, logical_id: str) -> bool:
    if str(value).lower() not in {"true", "false"}:
        raise _wrong_type(logical_id, path, "Boolean", value)
    return str(value).lower() == "true"


def _expect(value: Any, kind: type, name: str, path: str, logical_id: str) -> None:
    if not isinstance(value, kind):
        raise _wrong_type(logical_id, path, name, value)


def _wrong_type(logical_id: str, path: str, expected: str, value: Any) -> ResourceFailed:
    return invalid(logical_id, f"{path}: expected type: {expected}, found: {type(value).__name__} {value!r}")


def invalid(logical_id: str, problem: str) -> ResourceFailed:
    """The failure of a property, in CloudFormation's words; `problem` starts with its place."""
    return ResourceFailed(f"Properties validation failed for resource {logical_id} with message:\n{problem}")

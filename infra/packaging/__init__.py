"""Packaging: a template whose functions name local code becomes one that CloudFormation takes.

`Code: ../handlers/embed.py` names a file or folder beside the template. A short Python file becomes inline
code (`ZipFile`, a file `index.py`); anything else becomes a zip for a bucket. Packaging the same files
gives the same bytes, wherever and whenever.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.packaging.code import CodeObject, LocalCode
from infra.packaging.definitions import StateMachineTemplate, state_machines
from infra.packaging.errors import (
    CodeError,
    NotATemplateError,
    PackagingError,
    TemplateNotFoundError,
    UnreadableTemplateError,
)
from infra.packaging.template import read_template

__all__ = [
    "CodeError",
    "CodeObject",
    "NotATemplateError",
    "PackagedTemplate",
    "PackagingError",
    "StateMachineTemplate",
    "TemplateNotFoundError",
    "UnreadableTemplateError",
    "package",
]

BODY_LIMIT_BYTES = 51_200  # CreateStack's TemplateBody; a larger one goes by TemplateURL, up to 1 MB
ANY_BUCKET = "scale-or-fail-packages"
FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True, slots=True)
class PackagedTemplate:
    """A template ready for CreateStack, and what must be in the bucket before.

    `body` is JSON. `objects` go into `bucket` first. `template_hash` is the SHA-256 of the template and all
    of its code, whatever the bucket. `parameters` maps each parameter to its default (None: none given),
    `resources` each logical id to its type.
    """

    body: str = field(repr=False)
    objects: tuple[CodeObject, ...]
    bucket: str
    template_hash: str
    parameters: Mapping[str, str | None]
    resources: Mapping[str, str]
    state_machines: tuple[StateMachineTemplate, ...] = field(repr=False)

    @property
    def body_is_too_large(self) -> bool:
        """Say whether the body is over TemplateBody's limit: put it in the bucket under `body_key`."""
        return len(self.body.encode()) > BODY_LIMIT_BYTES

    @property
    def body_key(self) -> str:
        """The key for a body that goes by TemplateURL."""
        return f"templates/{self.template_hash}.json"

    @property
    def needs_bucket(self) -> bool:
        """Say whether anything has to be uploaded before the stack is created."""
        return bool(self.objects) or self.body_is_too_large


def package(path: Path, *, bucket: str = ANY_BUCKET) -> PackagedTemplate:
    """Package the template at `path`; code that does not fit inline is to be uploaded to `bucket`.

    Raises a PackagingError when the template is not there, does not parse or is not a template, and when the
    code is not there or does not define its handler.
    """
    template = read_template(path)
    objects: dict[str, CodeObject] = {}
    for function, resource in template["Resources"].items():
        properties = resource.get("Properties") or {}
        if resource["Type"] == FUNCTION and isinstance(properties.get("Code"), str):
            objects |= {item.key: item for item in _packed(path, function, properties, bucket)}
    return PackagedTemplate(
        body=_body(template),
        objects=tuple(objects[key] for key in sorted(objects)),
        bucket=bucket,
        template_hash=_hash(template, bucket),
        parameters=_parameters(template),
        resources={name: resource["Type"] for name, resource in template["Resources"].items()},
        state_machines=state_machines(template),
    )


def _packed(path: Path, function: str, properties: dict[str, Any], bucket: str) -> tuple[CodeObject, ...]:
    try:
        return _put_code_in(properties, _local_code(path, function, properties), bucket)
    except (OSError, RuntimeError, ValueError) as error:
        raise CodeError(path, function, f"its Code is no path that can be read: {error}") from error


def _local_code(path: Path, function: str, properties: Mapping[str, Any]) -> LocalCode:
    handler, runtime = properties.get("Handler"), properties.get("Runtime")
    return LocalCode(
        function=function,
        path=(path.parent / properties["Code"]).resolve(),
        handler=handler if isinstance(handler, str) else None,
        is_python=isinstance(runtime, str) and runtime.startswith("python"),
    )


def _put_code_in(properties: dict[str, Any], code: LocalCode, bucket: str) -> tuple[CodeObject, ...]:
    """Replace the local path in a function's properties; return what has to be uploaded for it."""
    code.check()
    if code.can_be_inline():
        properties["Code"] = {"ZipFile": code.source()}
        properties["Handler"] = code.inline_handler()
        return ()
    zipped = code.zipped()
    properties["Code"] = {"S3Bucket": bucket, "S3Key": zipped.key}
    return (zipped,)


def _body(template: Mapping[str, Any]) -> str:
    return json.dumps(template, indent=1, ensure_ascii=False) + "\n"


def _hash(template: Mapping[str, Any], bucket: str) -> str:
    """Hash the packaged template; the keys in it hash the code that is not inline."""
    body = _body(template).replace(json.dumps(bucket), '""')
    return hashlib.sha256(body.encode()).hexdigest()


def _parameters(template: Mapping[str, Any]) -> dict[str, str | None]:
    given = template.get("Parameters") or {}
    return {name: str(value["Default"]) if "Default" in value else None for name, value in given.items()}

"""AWS::Lambda::Function in a template.

- Creating. moto drops layers, tags, architectures, ephemeral storage, tracing and the log group; AWS applies
  them. So do we.
- Updating. moto reads inline code as a zip, and keeps what the template no longer says; AWS packs it as
  index.py, and returns to the defaults. So do we.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from moto.awslambda.models import LambdaFunction

from infra.embedded.functions import registry
from infra.embedded.functions.logging_config import keep_logging
from infra.embedded.functions.reservations import checked_reservation

DEFAULTS: dict[str, Any] = {
    "Description": "",
    "MemorySize": 128,
    "Timeout": 3,
    "Environment": {"Variables": {}},
    "Layers": [],
}
Create = Callable[..., LambdaFunction]


def install() -> None:
    """Put both ways of a template in moto's place."""
    stock = LambdaFunction.create_from_cloudformation_json.__func__
    LambdaFunction.create_from_cloudformation_json = classmethod(_creating(stock))
    LambdaFunction.update_from_cloudformation_json = classmethod(_update)


def _creating(create: Create) -> Create:
    def create_from_cloudformation_json(
        cls: type[LambdaFunction],
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **rest: Any,
    ) -> LambdaFunction:
        function = create(cls, resource_name, cloudformation_json, account_id, region_name, **rest)
        _apply_the_rest(function, cloudformation_json["Properties"])
        return function

    return create_from_cloudformation_json


def _apply_the_rest(function: LambdaFunction, properties: Mapping[str, Any]) -> None:
    """Set what moto leaves out."""
    function.layers = function._get_layers_data(properties.get("Layers", []))
    function.tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    function.architectures = properties.get("Architectures", ["x86_64"])
    function.ephemeral_storage = int(properties.get("EphemeralStorage", {}).get("Size", 512))
    keep_logging(function, {"LoggingConfig": properties.get("LoggingConfig")})
    function.tracing_config = properties.get("TracingConfig", {"Mode": "PassThrough"})


def _update(  # noqa: PLR0917 - the signature is moto's
    cls: type[LambdaFunction],
    original_resource: LambdaFunction,
    new_resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> LambdaFunction:
    """Apply a changed template."""
    del new_resource_name
    function = original_resource
    properties = DEFAULTS | cloudformation_json["Properties"]
    reserved = properties.pop("ReservedConcurrentExecutions", None)
    if reserved is not None:
        backend = registry.backend_of(account_id, region_name)
        reserved = checked_reservation(backend, function.function_name, reserved)
    properties["Environment"] = {"Variables": properties["Environment"].get("Variables", {})}
    function.update_configuration(properties)
    function.reserved_concurrency = reserved
    _apply_the_rest(function, properties)
    function.update_function_code(_code(cls, properties["Code"]))
    return function


def _code(cls: type[LambdaFunction], code: Mapping[str, Any]) -> dict[str, Any]:
    """Return the code as UpdateFunctionCode takes it."""
    if "ZipFile" not in code:
        return dict(code)
    package = cls._create_zipfile_from_plaintext_code(code["ZipFile"])
    return dict(code) | {"ZipFile": base64.b64encode(package)}

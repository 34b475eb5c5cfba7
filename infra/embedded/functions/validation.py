"""What AWS refuses when a function is made or changed and moto lets pass."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import (
    InvalidParameterValueException,
    InvalidRoleFormat,
    ValidationException,
)

from infra.embedded.permissions import can_be_assumed_by

RANGES: Mapping[str, tuple[str, int, int]] = {
    "MemorySize": ("memorySize", 128, 10_240),
    "Timeout": ("timeout", 1, 900),
    "ReservedConcurrentExecutions": ("reservedConcurrentExecutions", 0, 2**31 - 1),
}
SERVICE = "lambda.amazonaws.com"
ZIPPED_LIMIT_BYTES = 50 * 1024 * 1024
ENVIRONMENT_LIMIT_BYTES = 4096


def whole_numbers(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the specification with its numbers as numbers (a template gives strings), each in AWS's range.

    Raises moto's ValidationException in AWS's words.
    """
    checked = dict(spec)
    for name, (member, low, high) in RANGES.items():
        if checked.get(name) is not None:
            checked[name] = _in_range(checked[name], member, low, high)
    _check_environment(checked.get("Environment") or {})
    return checked


def check_code_size(spec: Mapping[str, Any]) -> None:
    """Refuse a directly uploaded package over 50 MB, as CreateFunction does."""
    package = (spec.get("Code") or {}).get("ZipFile")
    if package is not None and len(base64.b64decode(package)) > ZIPPED_LIMIT_BYTES:
        message = f"Unzipped size must be smaller than {ZIPPED_LIMIT_BYTES} bytes"
        raise InvalidParameterValueException(message)


def check_role(account_id: str, role: str) -> None:
    """Refuse a role of the account that is not there, or whose trust policy does not let Lambda assume it.

    What is no role's ARN, or another account's, is refused in words of its own, by moto too.
    """
    if not re.match(InvalidRoleFormat.pattern, role):
        raise InvalidRoleFormat(role)
    if role.split(":")[4] == account_id and not can_be_assumed_by(account_id, role, SERVICE):
        raise InvalidParameterValueException("The role defined for the function cannot be assumed by Lambda.")


def _in_range(value: Any, member: str, low: int, high: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise ValidationException(str(value), member, "Member must be a whole number") from None
    if number < low:
        raise ValidationException(
            str(value), member, f"Member must have value greater than or equal to {low}"
        )
    if number > high:
        raise ValidationException(str(value), member, f"Member must have value less than or equal to {high}")
    return number


def _check_environment(environment: Mapping[str, Any]) -> None:
    variables = environment.get("Variables") or {}
    size = sum(len(str(k).encode()) + len(str(v).encode()) for k, v in variables.items())
    if size > ENVIRONMENT_LIMIT_BYTES:
        message = (
            "Lambda was unable to configure your environment variables because the environment variables you "
            f"have provided exceeded the 4KB limit. String measured: {size} bytes"
        )
        raise InvalidParameterValueException(message)

"""The errors of the Step Functions API by their names.

moto: the interpreter's own errors (InvalidDefinition, InvalidToken, TaskTimedOut, ...) reach the caller
without a code, because the status overwrites it. AWS: each error has the code of the service model.
Here: moto's errors are given their codes, and the missing ones are added.
"""

from __future__ import annotations

import inspect

from moto.core.exceptions import AWSError
from moto.stepfunctions.parser import api

from infra.embedded.states import seam


class ValidationException(AWSError):  # type: ignore[misc]  # moto carries no types
    """A request's field breaks a constraint of the service model."""

    TYPE = "ValidationException"


class ThrottlingException(AWSError):  # type: ignore[misc]  # as above
    """The caller used up the tokens of an operation."""

    TYPE = "ThrottlingException"

    def __init__(self) -> None:
        super().__init__("Rate exceeded")


class AccessDeniedException(AWSError):  # type: ignore[misc]  # as above
    """The state machine's role does not let Step Functions do what is asked."""

    TYPE = "AccessDeniedException"


class StateMachineAlreadyExists(AWSError):  # type: ignore[misc]  # as above
    """Another state machine has the name."""

    TYPE = "StateMachineAlreadyExists"


def install() -> None:
    """Give each error of the interpreter the code that its class names."""
    nameless = [
        error
        for _, error in inspect.getmembers(api, inspect.isclass)
        if issubclass(error, AWSError) and isinstance(error.__dict__.get("code"), str)
    ]
    if not nameless:
        raise seam.SeamMovedError("moto.stepfunctions.parser.api", "the errors of the service", "without any")
    for error in nameless:
        setattr(error, "TYPE", error.__dict__["code"])  # noqa: B010 (the class has no such attribute for mypy)

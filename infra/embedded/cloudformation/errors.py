"""The errors CloudFormation answers with."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class ValidationError(ServiceException):  # type: ignore[misc]
    """The request or its template is not acceptable, in AWS's words."""

    code = "ValidationError"


class AlreadyExists(ServiceException):  # type: ignore[misc]
    """A stack of this name is there already."""

    code = "AlreadyExistsException"


class InsufficientCapabilities(ServiceException):  # type: ignore[misc]
    """The template makes IAM resources and the request did not acknowledge it."""

    code = "InsufficientCapabilitiesException"

    def __init__(self, capability: str) -> None:
        super().__init__(f"Requires capabilities : [{capability}]")


class ChangeSetNotFound(ServiceException):  # type: ignore[misc]
    """No change set of this name or ARN."""

    code = "ChangeSetNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"ChangeSet [{name}] does not exist")


class InvalidChangeSetStatus(ServiceException):  # type: ignore[misc]
    """The change set cannot be executed in the state it is in."""

    code = "InvalidChangeSetStatus"


class ResourceFailed(Exception):
    """A resource could not be made, changed or removed; `reason` is what its event says."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

"""The way from a task to a Lambda function: one place, and one that a test can take over."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol


class Invocation(Protocol):
    """What an invocation gave back (see `infra.embedded.functions.api.InvocationResult`)."""

    @property
    def payload(self) -> bytes:
        """The result, or the error as a JSON object."""

    @property
    def function_error(self) -> str | None:
        """Unhandled where the function failed."""

    @property
    def request_id(self) -> str:
        """The invocation's id."""

    @property
    def executed_version(self) -> str:
        """The version that ran."""


class Invoke(Protocol):
    """Invokes a function in the caller's thread; raises LambdaApiError where Lambda refuses."""

    def __call__(
        self, account_id: str, region: str, function: str, payload: bytes, *, qualifier: str | None = None
    ) -> Invocation:
        """Invoke `function` (name, partial or full ARN) with the JSON `payload`."""


IsAllowed = Callable[[str, str, str, str], bool]
IsTrusting = Callable[[str, str, str], bool]


@dataclass(slots=True)
class _Ways:
    """What is used instead of the real invocation, permissions and trust; None outside tests."""

    invoke: Invoke | None = None
    is_allowed: IsAllowed | None = None
    is_trusting: IsTrusting | None = None


_instead = _Ways()


def invoke() -> Invoke:
    """The function that invokes."""
    return _instead.invoke or _real_invoke()


def is_allowed() -> IsAllowed:
    """The function that says whether a role may do something to a resource."""
    return _instead.is_allowed or _real_is_allowed()


def is_trusting() -> IsTrusting:
    """The function that says whether a role may be assumed by a service."""
    return _instead.is_trusting or _real_is_trusting()


@contextmanager
def instead(
    invoke: Invoke, is_allowed: IsAllowed | None = None, is_trusting: IsTrusting | None = None
) -> Iterator[None]:
    """Invoke through another function for a while, and by default allow everything."""
    before = (_instead.invoke, _instead.is_allowed, _instead.is_trusting)
    _instead.invoke = invoke
    _instead.is_allowed = is_allowed or (lambda *_: True)
    _instead.is_trusting = is_trusting or (lambda *_: True)
    try:
        yield
    finally:
        _instead.invoke, _instead.is_allowed, _instead.is_trusting = before


@functools.cache
def _real_invoke() -> Invoke:
    from infra.embedded.functions import api  # noqa: PLC0415 (the interpreter works without Lambda in tests)

    return api.invoke


@functools.cache
def _real_is_allowed() -> IsAllowed:
    from infra.embedded import permissions  # noqa: PLC0415 (as above)

    return permissions.is_allowed


@functools.cache
def _real_is_trusting() -> IsTrusting:
    from infra.embedded import permissions  # noqa: PLC0415 (as above)

    return permissions.can_be_assumed_by

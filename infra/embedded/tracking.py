"""Letting go of what is deleted.

moto: every model instance (log event, execution, object version) is kept for ever in a list of its class,
for its own dashboard page, so that memory only grows. AWS: nothing to compare. We: instances are made
without being listed; the page that would show them is not served.
"""

from __future__ import annotations

from typing import Any

from moto.core.common_models import BaseModel


def install() -> None:
    """Replace the constructor that keeps the list."""
    BaseModel.__new__ = _untracked


def _untracked(cls: type[BaseModel], *_args: Any, **_kwargs: Any) -> Any:
    return object.__new__(cls)

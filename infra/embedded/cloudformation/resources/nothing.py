"""AWS::CloudFormation::WaitConditionHandle: a resource that is nothing but a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from infra.embedded.cloudformation.resources.base import Made, Wanted


class WaitConditionHandle:
    """Useful as a placeholder; no wait condition is emulated, so nothing ever signals it."""

    replaced_by: ClassVar[frozenset[str]] = frozenset()
    name_property: ClassVar[str | None] = None

    def create(self, wanted: Wanted) -> Made:
        """Name it."""
        return Made(wanted.name("", 128))

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Keep it."""
        del wanted, old
        return Made(physical_id)

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Nothing is there to remove."""

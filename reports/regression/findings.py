"""What a check of the template found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A static check failed: which one, at which place in the template, and what is wrong there."""

    check: str
    where: str
    problem: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check that was made, with what it asks and what it found (nothing: it passed)."""

    name: str
    asks: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

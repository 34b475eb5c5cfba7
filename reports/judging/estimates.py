"""Estimates that need no sampling theory: exact counts and single measurements."""

from __future__ import annotations

from reports.records import Estimate


def exact(count: float, of: int, unit: str, *, n_unit: str = "tickets") -> Estimate:
    """Return a counted quantity: `count` out of `of` things looked at; it has no sampling error."""
    return Estimate(float(count), None, of, n_unit, unit, "exact count")


def measured(
    value: float, unit: str, *, n: int = 1, n_unit: str = "bursts", method: str = "one measurement"
) -> Estimate:
    """Return a quantity read off what ran, with no interval because nothing was repeated."""
    return Estimate(float(value), None, n, n_unit, unit, method)

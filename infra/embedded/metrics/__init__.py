"""CloudWatch metrics: what ran is recorded in `store`, and the query API reads it from there."""

from __future__ import annotations


def install() -> None:
    """Put the store behind moto's CloudWatch API; see `moto_seam`."""
    from infra.embedded.metrics import moto_seam  # noqa: PLC0415 (the store alone needs nothing of moto)

    moto_seam.install()

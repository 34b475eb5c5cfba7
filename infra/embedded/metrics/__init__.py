"""CloudWatch metrics: what ran is recorded in `store`, and the query API reads it from there."""

from __future__ import annotations


def install() -> None:
    """Put the store, the alarms and the widgets behind moto's CloudWatch API; see each `moto_seam`."""
    # the store alone needs nothing of moto
    from infra.embedded.metrics import moto_seam  # noqa: PLC0415
    from infra.embedded.metrics.alarms import moto_seam as alarms  # noqa: PLC0415
    from infra.embedded.metrics.widgets import moto_seam as widgets  # noqa: PLC0415

    moto_seam.install()
    alarms.install()
    widgets.install()

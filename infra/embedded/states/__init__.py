"""Step Functions: moto's interpreter, made to behave and perform as AWS's does, by small seams.

Each module says what moto does, what AWS does and what is done here. `install` puts all of them in place.
"""

from __future__ import annotations


def install() -> None:
    """Put every seam in place; does nothing the second time."""
    from infra.embedded.states import backend  # noqa: PLC0415 (moto's interpreter takes a second to load)

    backend.install()

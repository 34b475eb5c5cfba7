"""FilterLogEvents: CloudWatch's filter patterns, and pages in order of time.

`patterns` turns a pattern's text into a test of a message, by `grammar.lark`, `terms` and `documents`;
`paging` walks a log group's events; `moto_seam` puts both behind moto's Logs API.
"""

from __future__ import annotations


def install() -> None:
    """Put the search behind moto's Logs API; idempotent."""
    from infra.embedded.filtering import moto_seam  # noqa: PLC0415  # patterns are of use without moto

    moto_seam.install()

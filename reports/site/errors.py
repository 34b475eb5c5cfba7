"""Why a report could not be built."""

from __future__ import annotations


class SiteError(Exception):
    """The report could not be built: `reason` says why, `remedy` what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason = reason
        self.remedy = remedy

"""What can be wrong with a query, before any log event is read."""

from __future__ import annotations


class MalformedQuery(Exception):
    """A query that does not compile.

    `start` and `end` are character offsets into the query string (`end` is one past the last character of
    the place); they become `queryCompileError.location` in the API's answer.
    """

    def __init__(self, message: str, *, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class NotEmulated(Exception):
    """Something that AWS's query language has and this engine lacks, refused by its name."""

    def __init__(self, feature: str) -> None:
        super().__init__(
            f"{feature} exists in AWS's Logs Insights QL but is not emulated here; "
            "use the other commands and functions"
        )
        self.feature = feature

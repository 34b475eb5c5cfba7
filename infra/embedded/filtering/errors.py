"""What can be wrong with a filter pattern."""

from __future__ import annotations


class InvalidPattern(Exception):
    """A text that is no filter pattern; the message is AWS's."""

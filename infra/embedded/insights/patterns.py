"""The two kinds of pattern of `parse` and `like`: globs, and regular expressions in AWS's dialect."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED_GROUP = re.compile(r"\(\?<(?=[A-Za-z_])")
_FLAGS_ANYWHERE = re.compile(r"\(\?([imsx]+)\)")


class InvalidPattern(Exception):
    """A pattern that does not compile, or whose groups do not fit the names after `as`."""


def compile_expression(expression: str) -> re.Pattern[str]:
    """Compile a regular expression of AWS's dialect: `(?<name>...)`, and flags such as `(?i)` anywhere."""
    flags = "".join(sorted(set("".join(_FLAGS_ANYWHERE.findall(expression)))))
    body = _NAMED_GROUP.sub("(?P<", _FLAGS_ANYWHERE.sub("", expression))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(f"(?{flags}){body}" if flags else body)
    except (re.error, OverflowError, RecursionError) as error:
        raise InvalidPattern(str(error)) from None


def compile_glob(glob: str) -> re.Pattern[str]:
    """Compile a glob: each `*` takes as little as it can, the last one at the end takes the rest."""
    pieces = [re.escape(piece) for piece in glob.split("*")]
    body = "(.*?)".join(pieces)
    if glob.endswith("*"):
        body = f"{body[: -len('(.*?)')]}(.*)"
    return re.compile(body, re.DOTALL)


def names_of_groups(pattern: re.Pattern[str], aliases: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the groups of `pattern`, in order: its own, or `aliases` for a pattern without any.

    Raises InvalidPattern when there is nothing to extract or the count of aliases does not fit.
    """
    own = sorted(pattern.groupindex, key=lambda name: pattern.groupindex[name])
    if own and not aliases:
        return tuple(own) if len(own) == pattern.groups else _padded(pattern)
    if own:
        raise InvalidPattern("A regular expression with named groups takes no names after 'as'")
    if pattern.groups == 0 or len(aliases) != pattern.groups:
        raise InvalidPattern(
            f"parse extracts {pattern.groups} value(s) but names {len(aliases)} field(s) after 'as'; "
            "give one name for each, or name the groups as (?<name>...)"
        )
    return tuple(aliases)


def _padded(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Names by group, empty where a group has none and is therefore not kept."""
    names = [""] * pattern.groups
    for name, number in pattern.groupindex.items():
        names[number - 1] = name
    return tuple(names)

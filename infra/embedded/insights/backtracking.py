"""Whether a query's regular expressions may take long: Python's matching goes back, and holds every thread.

A repetition of what itself can vary (`(a+)+`) may take a time that doubles with each character; several
wide repetitions (`.*a.*b`) one that grows with a power of the message's length. Both are told from the
text of the expression. What is told wrongly costs a little time, never another result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from infra.embedded.insights import syntax, trees

BEARABLE_STEPS = 1e9
"""Some seconds of matching, in the worst case of one message."""

_TOKEN = re.compile(
    r"(?P<open>\((?:\?(?:P?<[A-Za-z_]\w*>|<?[=!]|[:>]|[aiLmsux-]+[:)]|\#[^)]*\)))?)"
    r"|(?P<close>\))|(?P<or>\|)"
    r"|(?P<repeat>(?:[*+?]|\{\d*,?\d*\})[?+]?)"
    r"|(?P<wide>\.|\\[SWD]|\[\^\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<narrow>\[\]?(?:\\.|[^\]\\])*\]|\\.|.)",
    re.DOTALL,
)

_FIXED = re.compile(r"\{\d+\}[?+]?")
_ONCE = re.compile(r"(\?|\{(0|1|[01]?,[01])\})[?+]?")


@dataclass(slots=True)
class _Group:
    """What is inside a parenthesis; `varies` says that a repetition can cut it in many ways."""

    varies: bool = False


@dataclass(slots=True)
class _Reading:
    """What has been read of an expression so far."""

    groups: list[_Group]
    power: int = 0
    is_nested: bool = False
    last: str = ""
    closed: _Group | None = None
    was_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """The power of the length that the steps may grow with; `is_nested` says: beyond any power."""

    power: int
    is_nested: bool

    def is_bearable(self, length: int) -> bool:
        """Say whether a message of this length is matched soon enough, whatever it holds."""
        return self.power == 0 or (not self.is_nested and float(length) ** (self.power + 1) <= BEARABLE_STEPS)


def cost(query: syntax.Query) -> Cost:
    """Return the worst of a query's expressions."""
    costs = [_cost_of(pattern.pattern) for pattern in _patterns(query)]
    return Cost(max((one.power for one in costs), default=0), any(one.is_nested for one in costs))


def _patterns(query: syntax.Query) -> Iterator[re.Pattern[str]]:
    for command in query.commands:
        if isinstance(command, syntax.Parse):
            yield command.pattern
        for expression in trees.of_command(command):
            for part in trees.walk(expression):
                if isinstance(part, syntax.Match) and isinstance(part.pattern, re.Pattern):
                    yield part.pattern


def _cost_of(expression: str) -> Cost:
    reading = _Reading([_Group()])
    for token in _TOKEN.finditer(expression):
        _read(reading, token)
    return Cost(max(reading.power, int(reading.is_nested)), reading.is_nested)


def _read(reading: _Reading, token: re.Match[str]) -> None:
    kind = token.lastgroup or ""
    if kind == "repeat":
        _repeat(reading, token[0])
    else:
        if reading.last not in {"open", "close"}:
            reading.was_repeated = reading.last == "repeat"
        reading.closed = None
    if kind == "open" and not token[0].endswith(")"):
        reading.groups.append(_Group())
    elif kind == "close" and len(reading.groups) > 1:
        reading.closed = reading.groups.pop()
        reading.groups[-1].varies |= reading.closed.varies
    elif kind == "or":
        reading.groups[-1].varies = True
    reading.last = kind


def _repeat(reading: _Reading, quantifier: str) -> None:
    """Take a quantifier in: what it repeats more than once may vary, or how often it does."""
    reading.groups[-1].varies |= not _FIXED.fullmatch(quantifier)
    if _ONCE.fullmatch(quantifier):
        return
    if reading.closed is not None and reading.closed.varies:
        reading.is_nested = True
    if _FIXED.fullmatch(quantifier):
        return
    if reading.last in {"wide", "close"} or reading.was_repeated or reading.power == 0:
        reading.power += 1

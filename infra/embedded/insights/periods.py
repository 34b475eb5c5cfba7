"""Lengths of time as the query language writes them, and rounding of instants to them, in UTC.

Instants are milliseconds since the epoch. Weeks are counted from the epoch (a Thursday); months, quarters and
years follow the calendar.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from infra.embedded.insights.syntax import Period

_UNITS = {
    "ms": ("ms", "msec", "millisecond"),
    "s": ("s", "sec", "second"),
    "m": ("m", "min", "minute"),
    "h": ("h", "hr", "hour"),
    "d": ("d", "day"),
    "w": ("w", "week"),
    "mo": ("mo", "mon", "month"),
    "q": ("q", "qtr", "quarter"),
    "y": ("y", "yr", "year"),
}
_UNIT_OF = {spelling: unit for unit, spellings in _UNITS.items() for spelling in spellings}
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_BIN_CAPS = {"ms": 1000, "s": 60, "m": 60, "h": 24}
_DAYS_IN_A_MONTH = 30


def read(text: str) -> Period:
    """Read a period such as `5m`, `1 hour` or `300ms`."""
    match = re.fullmatch(r"(\d+)\s?([a-z]+)", text)
    if match is None:
        raise ValueError(f"{text!r} is not a period")
    spelling = match[2]
    unit = _UNIT_OF.get(spelling) or _UNIT_OF[spelling.removesuffix("s")]
    return Period(int(match[1]), unit)


def milliseconds(period: Period) -> int:
    """Return the length of a period; a month counts 30 days."""
    if period.unit in _MONTHS:
        return period.count * _MONTHS[period.unit] * _DAYS_IN_A_MONTH * _MILLISECONDS["d"]
    return period.count * _MILLISECONDS[period.unit]


def capped(period: Period) -> Period:
    """Cap a period as AWS does for its date functions: 300s acts as 60s there; write 5m instead."""
    cap = _BIN_CAPS.get(period.unit)
    return Period(min(period.count, cap), period.unit) if cap else period


def floor(instant: int, period: Period) -> int:
    """Return the start of the period that holds `instant`."""
    if period.count == 0:
        return instant
    if period.unit not in _MONTHS:
        length = milliseconds(period)
        return instant // length * length
    return _start_of_months(_month(instant) // _months(period) * _months(period))


def ceil(instant: int, period: Period) -> int:
    """Return the first start of a period at or after `instant`."""
    start = floor(instant, period)
    if start == instant:
        return instant
    if period.unit not in _MONTHS:
        return start + milliseconds(period)
    return _start_of_months(_month(start) + _months(period))


def _months(period: Period) -> int:
    return period.count * _MONTHS[period.unit]


def _month(instant: int) -> int:
    moment = datetime.fromtimestamp(instant / 1000, UTC)
    return moment.year * 12 + moment.month - 1


def _start_of_months(months: int) -> int:
    return int(datetime(max(months // 12, 1), months % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000)

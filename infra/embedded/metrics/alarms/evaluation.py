"""The state of an alarm from its latest data points.

Facts: "Configuring how CloudWatch alarms treat missing data" and "Avoiding premature transitions to alarm
state", AWS's CloudWatch user guide. AWS looks at more periods than the alarm evaluates and does not say at
how many; its examples have two more, and so has this.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
EXTRA_PERIODS = 2
COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`needed` of `periods` data points must breach the threshold; `missing` is TreatMissingData."""

    comparison: str
    threshold: float
    periods: int
    needed: int
    missing: str

    @property
    def retrieved(self) -> int:
        """How many periods are looked at."""
        return self.periods + EXTRA_PERIODS

    def breached_by(self, value: float) -> bool:
        """Whether a value breaches the threshold."""
        return COMPARISONS[self.comparison][0](value, self.threshold)


@dataclass(frozen=True, slots=True)
class Decision:
    """The state that the data points ask for; None keeps the one there is. `evaluated`: times and values."""

    state: str | None
    reason: str
    evaluated: Sequence[tuple[float, float]]


def decide(rule: Rule, points: Sequence[tuple[float, float | None]]) -> Decision:
    """The decision from the periods of the evaluation range, oldest first; None is a missing data point."""
    known = [(at, value) for at, value in points if value is not None]
    latest = known[-rule.periods :]
    lacking = rule.periods - len(latest)
    breaching = sum(rule.breached_by(value) for _, value in latest)
    filled = lacking if rule.missing == "breaching" else 0
    if breaching + filled >= rule.needed:
        return Decision(ALARM, _crossed(rule, latest, breaching, filled), latest)
    if not lacking or rule.missing in {"breaching", "notBreaching"} or breaching < len(latest):
        return Decision(OK, _kept(rule, latest, lacking), latest)
    return _with_too_few(rule, points, latest)


def _with_too_few(
    rule: Rule, points: Sequence[tuple[float, float | None]], latest: Sequence[tuple[float, float]]
) -> Decision:
    """Fewer data points than the alarm needs, and all there are (or none) breach the threshold."""
    if rule.missing == "ignore":
        return Decision(None, "", latest)
    age = next((len(points) - place for place, (_, value) in enumerate(points) if value is not None), 0)
    if age >= rule.needed:
        return Decision(ALARM, _crossed(rule, latest, len(latest), 0), latest)
    lacking = rule.periods - len(latest)
    return Decision(INSUFFICIENT_DATA, f"Insufficient Data: {_number(lacking)} unknown.", latest)


def _crossed(rule: Rule, latest: Sequence[tuple[float, float]], breaching: int, filled: int) -> str:
    if not latest:
        return (
            f"Threshold Crossed: no datapoints were received, and {_number(filled)} treated as [Breaching]."
        )
    extra = f", and {_number(filled)} missing and treated as [Breaching]" if filled else ""
    return (
        f"Threshold Crossed: {breaching} out of the last {len(latest)} datapoints [{_values(latest)}] "
        f"{'was' if breaching == 1 else 'were'} {COMPARISONS[rule.comparison][1]} the threshold "
        f"({rule.threshold}){extra} (minimum {rule.needed} for ALARM)."
    )


def _kept(rule: Rule, latest: Sequence[tuple[float, float]], lacking: int) -> str:
    if not latest:
        return (
            "Threshold Crossed: no datapoints were received, "
            f"and {_number(lacking)} treated as [NonBreaching]."
        )
    count = sum(not rule.breached_by(value) for _, value in latest)
    return (
        f"Threshold Crossed: {count} out of the last {len(latest)} datapoints [{_values(latest)}] "
        f"{'was' if count == 1 else 'were'} not {COMPARISONS[rule.comparison][1]} the threshold "
        f"({rule.threshold}) (fewer than {rule.needed} breach it)."
    )


def _number(count: int) -> str:
    return f"{count} datapoint was" if count == 1 else f"{count} datapoints were"


def _values(latest: Sequence[tuple[float, float]]) -> str:
    return ", ".join(f"{value:g}" for _, value in latest)

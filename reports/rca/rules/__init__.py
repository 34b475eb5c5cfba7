"""All rules, in the order in which they are asked and, where nothing else decides, reported."""

from reports.rca.rules import data, exhausted, outside, throttled, timed_out, waiting
from reports.rca.rules.rule import Rule, Sighting

RULES: tuple[Rule, ...] = (
    *throttled.RULES,
    *waiting.RULES,
    *exhausted.RULES,
    *timed_out.RULES,
    *data.RULES,
    *outside.RULES,
)

__all__ = ["RULES", "Rule", "Sighting"]

"""Dynamic labels: `${MAX}` and the like in the label of a query.

Facts: "Using dynamic labels", AWS's CloudWatch user guide. Of its words the `..._TIME` ones are not here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from infra.embedded.metrics.series import Scope, Series

if TYPE_CHECKING:
    from infra.embedded.metrics.data import MetricStat

_WORD = re.compile(r"\$\{([^}]*)\}")
_PROPERTY = re.compile(r"PROP\('([^']*)'\)")
_OF_VALUES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "AVG": fmean,
    "DATAPOINT_COUNT": len,
    "FIRST": lambda values: values[0],
    "LAST": lambda values: values[-1],
    "MAX": max,
    "MIN": min,
    "RANGE": lambda values: max(values) - min(values),
    "SUM": math.fsum,
}


class UnknownWord(ValueError):
    """A dynamic label with a word that is not known here; `word` is as given."""

    def __init__(self, word: str) -> None:
        known = ", ".join(["LABEL", *_OF_VALUES, "PROP('MetricName')"])
        super().__init__(f"the label's ${{{word}}} is not emulated here: use {known}")
        self.word = word


def labelled(series: Series, plain: str, scope: Scope, stat: MetricStat | None) -> Series:
    """The series with the words of its label filled in; `plain` is its label without one.

    Raises UnknownWord.
    """
    if "${" not in series.label:
        return series
    properties = {} if stat is None else _properties(scope, stat)
    values = list(series.points.values())
    text = _WORD.sub(lambda found: _meaning(found[1].strip(), plain, values, properties), series.label)
    return replace(series, label=text)


def _meaning(word: str, plain: str, values: Sequence[float], properties: Mapping[str, str]) -> str:
    if word == "LABEL":
        return plain
    if word in _OF_VALUES:
        return f"{_OF_VALUES[word](values):g}" if values else "--"
    named = _PROPERTY.fullmatch(word)
    if named and named[1] in properties:
        return properties[named[1]]
    raise UnknownWord(word)


def _properties(scope: Scope, stat: MetricStat) -> Mapping[str, str]:
    return {
        "AccountId": scope.account_id,
        "MetricName": stat.name,
        "Namespace": stat.namespace,
        "Period": str(stat.period),
        "Region": scope.region,
        "Stat": stat.stat,
        **{f"Dim.{name}": value for name, value in stat.dimensions},
    }

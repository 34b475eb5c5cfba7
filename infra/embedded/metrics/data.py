"""What GetMetricData, alarms and widgets ask: metrics and expressions over one span of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from infra.embedded.metrics import labels, queries, statistics
from infra.embedded.metrics.queries import Query
from infra.embedded.metrics.series import MINUTE_S, Scope, Series, Span, TooManyPeriods
from infra.embedded.metrics.store import Dimensions


class QueryError(ValueError):
    """A query that cannot be answered; the message names the query and says why."""


@dataclass(frozen=True, slots=True)
class MetricStat:
    """One statistic of one metric, for each period (s)."""

    namespace: str
    name: str
    dimensions: Dimensions
    period: int
    stat: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class DataQuery:
    """A metric or an expression, by its id."""

    id: str
    label: str | None = None
    stat: MetricStat | None = None
    expression: str | None = None
    period: int | None = None
    returned: bool = True


def read(scope: Scope, span: Span, stat: MetricStat, label: str | None = None) -> Series:
    """The values of one metric; a period without samples is absent."""
    query = Query(
        scope.account_id,
        scope.region,
        stat.namespace,
        stat.name,
        dict(stat.dimensions),
        span.start,
        span.end,
        stat.period,
        stat.unit,
    )
    found = ((period.start, statistics.statistic(stat.stat, period)) for period in queries.merged(query))
    points = {start: value for start, value in found if value is not None}
    return Series(label or f"{stat.name} {stat.stat}", stat.period, span, points, metric=True)


class Answers:
    """The answers to the queries of one request, each worked out once, when it is needed."""

    def __init__(self, scope: Scope, span: Span, asked: Sequence[DataQuery]) -> None:
        self.span = span
        self._scope = scope
        self._asked = {query.id: query for query in asked}
        self._known: dict[str, tuple[Series, ...]] = {}
        self._open: list[str] = []

    def series(self, query: DataQuery) -> tuple[Series, ...]:
        """The series that a query gives, one or (from an expression) several. Raises QueryError."""
        if query.id not in self._known:
            self._known[query.id] = self._worked_out(query)
        return self._known[query.id]

    def _worked_out(self, query: DataQuery) -> tuple[Series, ...]:
        if query.stat is not None:
            return (self._labelled(read(self._scope, self.span, query.stat, query.label), query),)
        if query.id in self._open:
            circle = " -> ".join([*self._open, query.id])
            raise QueryError(f"Error in expression '{query.id}' [it refers to itself: {circle}]")
        self._open.append(query.id)
        try:
            return self._calculated(query)
        finally:
            self._open.pop()

    def _calculated(self, query: DataQuery) -> tuple[Series, ...]:
        from infra.embedded.metrics.expressions import evaluation, values  # noqa: PLC0415 (lark loads when needed)

        names = evaluation.Names(
            partial(self._named, values.ExpressionError), self._metrics, self.span, self._period(query)
        )
        try:
            found = evaluation.evaluate(query.expression or "", names, query.label or query.id)
        except (values.ExpressionError, TooManyPeriods) as error:
            raise QueryError(f"Error in expression '{query.id}' [{error}]") from error
        if len(found) > 1 and query.label:
            found = tuple(replace(one, label=f"{query.label} {one.label}") for one in found)
        return tuple(self._labelled(one, query) for one in found)

    def _labelled(self, one: Series, query: DataQuery) -> Series:
        plain = f"{query.stat.name} {query.stat.stat}" if query.stat else query.id
        try:
            return labels.labelled(one, plain, self._scope, query.stat)
        except labels.UnknownWord as error:
            raise QueryError(f"Error in the label of '{query.id}' [{error}]") from error

    def _named(self, missing: Callable[[str], Exception], name: str) -> Series | tuple[Series, ...]:
        if name not in self._asked:
            raise missing(f"there is no query with the id {name}; there are {', '.join(self._asked)}")
        found = self.series(self._asked[name])
        return found[0] if len(found) == 1 else found

    def _metrics(self) -> Mapping[str, Series]:
        return {query.id: self.series(query)[0] for query in self._asked.values() if query.stat}

    def _period(self, query: DataQuery) -> int:
        periods = [each.stat.period for each in self._asked.values() if each.stat]
        return query.period or math.lcm(*periods or [MINUTE_S])

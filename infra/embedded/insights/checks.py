"""What the grammar cannot say: arguments of functions, places of aggregates, names that clash."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from infra.embedded.insights import syntax, trees
from infra.embedded.insights.aggregates import AGGREGATES
from infra.embedded.insights.errors import MalformedQuery, NotEmulated
from infra.embedded.insights.functions import FUNCTIONS, REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.embedded.insights.syntax import Command, Expression, Span

MAXIMUM_DEPTH = 100
MAXIMUM_LIMIT = 10_000


def check_depth(query: syntax.Query, length: int) -> None:
    """Raise MalformedQuery for an expression too deep to evaluate safely."""
    for command in query.commands:
        for expression in trees.of_command(command):
            if (levels := trees.depth(expression)) > MAXIMUM_DEPTH:
                _fail(
                    f"An expression is nested {levels} levels deep; at most {MAXIMUM_DEPTH} are allowed",
                    (0, length),
                )


def check(query: syntax.Query) -> None:
    """Raise MalformedQuery or NotEmulated for what cannot be run."""
    scope = _Scope()
    for index, command in enumerate(query.commands):
        _check_calls(command)
        _check_order(command, query.commands[index + 1 :])
        scope.enter(command)


def _fail(message: str, span: Span) -> NoReturn:
    raise MalformedQuery(message, start=span[0], end=span[1])


def _check_order(command: Command, rest: tuple[Command, ...]) -> None:
    if isinstance(command, syntax.Dedup) and any(not isinstance(later, syntax.Limit) for later in rest):
        _fail("Only limit may follow dedup", command.span)
    if isinstance(command, syntax.Limit) and not 1 <= command.count <= MAXIMUM_LIMIT:
        _fail(f"limit is {command.count}; it must be from 1 to {MAXIMUM_LIMIT}", command.span)


def _check_calls(command: Command) -> None:
    if isinstance(command, syntax.Stats):
        for column in command.columns:
            _check_parts(column.expression, may_aggregate=True)
        for column in command.by:
            _check_parts(column.expression, may_aggregate=False)
        return
    for expression in trees.of_command(command):
        _check_parts(expression, may_aggregate=False)


def _check_parts(expression: Expression, *, may_aggregate: bool) -> None:
    if isinstance(expression, syntax.Call):
        if expression.name in AGGREGATES:
            _check_aggregate(expression, may_aggregate=may_aggregate)
            may_aggregate = False
        else:
            _check_function(expression)
    for child in trees.children(expression):
        _check_parts(child, may_aggregate=may_aggregate)


def _check_function(call: syntax.Call) -> None:
    function = FUNCTIONS.get(call.name)
    if function is None:
        if call.name in REFUSED:
            raise NotEmulated(f"The function '{call.name}'")
        _fail(f"There is no function '{call.name}'", call.span)
    given = len(call.arguments)
    if not function.least <= given <= function.most:
        wanted = str(function.least) if function.least == function.most else f"at least {function.least}"
        _fail(f"{call.name} takes {wanted} argument(s) but has {given}", call.span)
    if any(isinstance(argument, syntax.Star) for argument in call.arguments):
        _fail(f"'*' stands for all events only in count(*), not in {call.name}", call.span)


def _check_aggregate(call: syntax.Call, *, may_aggregate: bool) -> None:
    aggregate = AGGREGATES[call.name]
    if not may_aggregate:
        _fail(
            f"The aggregate {call.name} may only stand in stats, before 'by', and not in another", call.span
        )
    given, wanted = len(call.arguments), 1 + aggregate.parameters
    if given != wanted and not (aggregate.takes_star and given == 0):
        _fail(f"{call.name} takes {wanted} argument(s) but has {given}", call.span)
    if not aggregate.takes_star and isinstance(call.arguments[0], syntax.Star):
        _fail(f"'*' stands for all events only in count(*), not in {call.name}", call.span)
    for parameter in call.arguments[1:]:
        if not isinstance(parameter, syntax.Literal) or isinstance(parameter.value, str):
            _fail(f"{call.name} takes a number after the field", call.span)


class _Scope:
    """The names that are defined: the query's own, and, until the first stats, every log field."""

    def __init__(self) -> None:
        self._made: set[str] = set()
        self._only: set[str] | None = None

    def enter(self, command: Command) -> None:
        if isinstance(command, syntax.Stats):
            self._enter_stats(command)
            return
        for expression in trees.of_command(command):
            self._check_known(expression)
        for name, span in _made_by(command):
            self._define(name, span)

    def _enter_stats(self, stats: syntax.Stats) -> None:
        for column in (*stats.by, *stats.columns):
            self._check_known(column.expression, stats)
        made = {column.name for column in stats.by}
        for column in stats.columns:
            _check_aggregated(column.expression, made)
            if column.is_alias and column.name in made:
                _fail(f"Ephemeral field is already defined: {column.name}", column.span)
            made.add(column.name)
        self._made, self._only = set(made), set(made)

    def _define(self, name: str, span: Span) -> None:
        if name in self._made:
            _fail(f"Ephemeral field is already defined: {name}", span)
        self._made.add(name)
        if self._only is not None:
            self._only.add(name)

    def _check_known(self, expression: Expression, stats: syntax.Stats | None = None) -> None:
        if self._only is None:
            return
        known = self._only | ({column.name for column in stats.columns} if stats else set())
        for part in trees.walk(expression):
            if isinstance(part, syntax.Field) and not _is_known(part.name, known):
                _fail(f"Unknown field after stats: {part.name}; stats left {_list(known)}", part.span)


def _made_by(command: Command) -> Iterable[tuple[str, Span]]:
    match command:
        case syntax.Fields(columns=columns):
            return [(column.name, column.span) for column in columns if column.is_alias]
        case syntax.Parse(names=names, span=span):
            return [(name, span) for name in names if name]
        case syntax.Unnest(into=into, span=span):
            return [(into, span)]
    return []


def _check_aggregated(expression: Expression, made: set[str]) -> None:
    """Refuse a field with no single value in a group: in no aggregate, not made here, not after `by`."""
    if trees.is_aggregate(expression):
        return
    if isinstance(expression, syntax.Field) and not _is_known(expression.name, made):
        _fail(
            f"In stats the field {expression.name} needs an aggregate such as max({expression.name}), "
            "or a place after 'by'",
            expression.span,
        )
    for child in trees.children(expression):
        _check_aggregated(child, made)


def _is_known(name: str, known: set[str]) -> bool:
    return name in known or any(name.startswith(f"{structure}.") for structure in known)


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"

"""What a name means behind `stats`: a column that it made goes by its alias or by its own text.

`stats avg(x) by bin(5m) | sort avg(x) desc` sorts by the column `avg(x)`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from infra.embedded.insights import syntax, trees

if TYPE_CHECKING:
    from infra.embedded.insights.syntax import Command, Expression


def resolve(query: syntax.Query) -> syntax.Query:
    """Return the query with each repetition of a column of `stats` replaced by the column's name."""
    made: dict[Expression, str] = {}
    commands = []
    for command in query.commands:
        commands.append(_resolve_command(command, made))
        if isinstance(command, syntax.Stats):
            made = {column.expression: column.name for column in (*command.by, *command.columns)}
    return dataclasses.replace(query, commands=tuple(commands))


def _resolve_command(command: Command, made: dict[Expression, str]) -> Command:
    if not made:
        return command
    match command:
        case syntax.Fields(columns=columns) | syntax.Display(columns=columns):
            return dataclasses.replace(command, columns=_resolve_columns(columns, made))
        case syntax.Stats(columns=columns, by=by):
            return syntax.Stats(_resolve_columns(columns, made), _resolve_columns(by, made))
        case syntax.Filter(condition=condition):
            return syntax.Filter(_resolve(condition, made))
        case syntax.Sort(keys=keys):
            resolved = tuple(syntax.SortKey(_resolve(key.expression, made), key.descending) for key in keys)
            return syntax.Sort(resolved)
    return command


def _resolve_columns(
    columns: tuple[syntax.Column, ...], made: dict[Expression, str]
) -> tuple[syntax.Column, ...]:
    return tuple(
        dataclasses.replace(column, expression=_resolve(column.expression, made)) for column in columns
    )


def _resolve(expression: Expression, made: dict[Expression, str]) -> Expression:
    def column(part: Expression) -> Expression | None:
        if isinstance(part, syntax.Call) and part in made:
            return syntax.Field(made[part], part.span)
        return None

    return trees.rewrite(expression, column)

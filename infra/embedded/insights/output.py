"""Which columns a query shows, and the cells of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.embedded.insights import syntax
from infra.embedded.insights.fields import EventRow
from infra.embedded.insights.values import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.embedded.insights.fields import Row

_DEFAULT_COLUMNS = ("@timestamp", "@message")


def columns(commands: Sequence[syntax.Command]) -> tuple[str, ...]:
    """Return the names of the columns that a query shows, in order.

    The last `display` decides; else the last `stats` (what it groups by first) and the fields named after it;
    else the fields of all `fields` commands and of `parse`; else @timestamp and @message.
    """
    shown: list[str] = []
    named = False
    displayed: list[str] | None = None
    for command in commands:
        match command:
            case syntax.Display(columns=made):
                displayed = [column.name for column in made]
            case syntax.Stats(columns=made, by=by):
                shown, displayed, named = [column.name for column in (*by, *made)], None, True
            case syntax.Fields(columns=made):
                shown += [column.name for column in made]
                named = True
            case syntax.Parse(names=names):
                shown += [name for name in names if name]
    if displayed is not None:
        shown, named = displayed, True
    return tuple(dict.fromkeys(shown if named else (*_DEFAULT_COLUMNS, *shown)))


def cells(row: Row, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return what a row shows: absent fields left out, and `@ptr` for a row that is a log event."""
    shown_cells = [(name, shown) for name in names if (shown := text(row[name])) is not None]
    if isinstance(row, EventRow) and "@ptr" not in names:
        shown_cells.append(("@ptr", row["@ptr"]))
    return shown_cells

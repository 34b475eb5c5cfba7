"""The tree of a query: frozen, typed, and free of behaviour. `Span` is (start, end) in the query string."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Field:
    """A log field, discovered or made by the query, by its name without backticks."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or a number as written."""

    value: str | int | float


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time: `count` of `unit`, one of ms, s, m, h, d, w, mo, q, y."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class Star:
    """The asterisk of `count(*)`."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an aggregate; `name` is in lower case, since the case of such names does not matter."""

    name: str
    arguments: tuple[Expression, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus an operand."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left operator right`, operator one of + - * / % ^."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`, operator one of = != < <= > >=."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Match:
    """`like` and `=~`: a substring, or a regular expression found anywhere in the operand's text."""

    operand: Expression
    pattern: str | re.Pattern[str]
    negated: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """`in [..]`: equality with one of the options."""

    operand: Expression
    options: tuple[Expression, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Either:
    """`or`."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """`and`."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`not`."""

    operand: Expression


Expression = (
    Field
    | Literal
    | Period
    | Star
    | Call
    | Negative
    | Arithmetic
    | Comparison
    | Match
    | Membership
    | Either
    | Both
    | Not
)


@dataclass(frozen=True, slots=True)
class Column:
    """An expression and the name of the column that shows it: its alias, or its own text."""

    expression: Expression
    name: str
    is_alias: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Fields:
    """Shows fields, and makes new ones."""

    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Display:
    """Says alone which columns are shown; the last one counts."""

    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Keeps the rows for which the condition holds."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Parse:
    """Takes fields out of a text: group n of `pattern` becomes field `names[n]`."""

    operand: Field
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Stats:
    """One row for each distinct combination of `by`."""

    columns: tuple[Column, ...]
    by: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of a sort."""

    expression: Expression
    descending: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """Orders rows by keys, the first key first."""

    keys: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """Keeps the first `count` rows."""

    count: int
    span: Span


@dataclass(frozen=True, slots=True)
class Dedup:
    """Keeps the first row of each distinct combination of fields; a row that lacks one of them stays."""

    fields: tuple[Field, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unnest:
    """One row for each element of a list, which becomes field `into`."""

    operand: Field
    into: str
    span: Span


Command = Fields | Display | Filter | Parse | Stats | Sort | Limit | Dedup | Unnest


@dataclass(frozen=True, slots=True)
class Source:
    """The log groups that the query itself chooses: by the beginnings of their names, or all."""

    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query. `source` is None where the caller of StartQuery names the log groups."""

    commands: tuple[Command, ...]
    source: Source | None

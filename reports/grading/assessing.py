"""The assessor's own points: a table with a row for each answer that waits, and its way into the marks.

The grader never gives or takes these points. It writes the rows, the assessor fills in `points` and
`comment`, and the grader reads them back. A row knows by a checksum which answer it was about: points given
to an answer that has changed since are not used. A submission's name stands after a word, because a
spreadsheet takes 0012345 for a number and 1-2 for a day, and saves it otherwise.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reports.grading.errors import GradingError
from reports.grading.exporters.tables import as_csv, without_guard
from reports.grading.feedback import points
from reports.grading.marks import Grade, Mark, Part, State

COLUMNS: Final = ("submission", "criterion", "question", "of", "points", "comment", "answer")
CHECKSUM_LENGTH: Final = 12
GUARD: Final = "folder "
"""What keeps a submission's name a text in a spreadsheet."""


class MarksError(GradingError):
    """A table of an assessor's points cannot be used; the message names the file, the line and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """An answer that waits, or waited. `points` is None until some were given; `answer` is a checksum."""

    submission: str
    criterion: str
    question: str
    of: float
    points: float | None
    comment: str
    answer: str

    @property
    def key(self) -> tuple[str, str]:
        """What the row is about."""
        return self.submission, self.criterion


Rows = Mapping[tuple[str, str], Row]


def read(text: str, name: str) -> Rows:
    """Return the rows of a table by submission and criterion. Raises `MarksError`."""
    head = text.partition("\n")[0]
    semicolons = head.count(";") > head.count(",")  # as spreadsheets save it where the comma is for decimals
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if semicolons else ",")
    lacking = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if lacking:
        raise MarksError(
            f"{name} has no column {', '.join(lacking)}; "
            "give a file that is not there yet to have one written"
        )
    found: dict[tuple[str, str], Row] = {}
    for record in reader:
        row = _row(record, f"{name}, line {reader.line_num}")
        if row.key in found:
            raise MarksError(
                f"{name}, line {reader.line_num}: {row.submission}, {row.criterion} is there twice; "
                "leave one of the rows"
            )
        found[row.key] = row
    return found


def write(grades: Iterable[Grade], given: Rows) -> str:
    """Return the table: every answer that waits, what was given kept, and rows of other submissions too.

    `grades` are as they were before the assessor's points.
    """
    rows = dict(given)
    for grade in grades:
        for mark in grade.marks:
            if mark.awaiting:
                row = _waiting(grade.submission, mark)
                rows[row.key] = _kept(row, given.get(row.key))
    ordered = sorted(rows.values(), key=lambda row: row.submission)
    return as_csv(COLUMNS, [_cells(row) for row in ordered])


def assessed(grade: Grade, given: Rows) -> Grade:
    """Return a grade with the assessor's points in it; a note for each that could not be used."""
    notes: list[str] = []
    marks = tuple(
        _marked(mark, given.get((grade.submission, mark.criterion.id)), notes) for mark in grade.marks
    )
    known = {mark.criterion.id for mark in grade.marks}
    notes += [
        f"points for {row.criterion} are not used: the rubric has no such criterion"
        for row in given.values()
        if row.submission == grade.submission and row.criterion not in known and row.points is not None
    ]
    return replace(grade, marks=marks, notes=(*grade.notes, *notes))


def strangers(grades: Iterable[Grade], given: Rows) -> tuple[str, ...]:
    """Return the submissions to which points were given and that are not among those graded."""
    known = {grade.submission for grade in grades}
    names = (row.submission for row in given.values() if row.points is not None)
    return tuple(dict.fromkeys(name for name in names if name not in known))


def unread(grades: Sequence[Grade]) -> int:
    """Return how many answers still wait for an assessor."""
    return sum(bool(mark.awaiting) for grade in grades for mark in grade.marks)


def _marked(mark: Mark, row: Row | None, notes: list[str]) -> Mark:
    if row is None or row.points is None:
        return mark
    trouble = _unusable(mark, row)
    if trouble:
        notes.append(f"points for {mark.criterion.id} are not used: {trouble}")
        return mark
    share = row.points / mark.awaiting
    parts = (_given(part, row, share) if part.state is State.ASSESSOR else part for part in mark.parts)
    return replace(mark, parts=tuple(parts))


def _unusable(mark: Mark, row: Row) -> str:
    """Return why points cannot be used, "" when they can."""
    if not mark.awaiting:
        return "nothing in it waits for an assessor"
    if row.answer != checksum(mark.answer):
        return "the answer has changed since it was read"
    if row.points is not None and row.points > mark.awaiting:
        return f"{points(row.points)} are given, and {points(mark.awaiting)} wait"
    return ""


def _given(part: Part, row: Row, share: float) -> Part:
    said = f"the assessor gives {points(row.points or 0)} of {points(row.of)}"
    state = State.MET if share >= 1 else State.UNMET
    found = f"{said}: {row.comment}" if row.comment else said
    return replace(part, state=state, earned=share, found=found)


def _waiting(submission: str, mark: Mark) -> Row:
    criterion = mark.criterion
    return Row(submission, criterion.id, criterion.title, mark.awaiting, None, "", checksum(mark.answer))


def _kept(row: Row, before: Row | None) -> Row:
    """Return a row with what was given before, as long as it was given to the same answer."""
    if before is None:
        return row
    if before.answer == row.answer or before.points is None:
        return replace(row, points=before.points, comment=before.comment)
    said = f"{points(before.points)} before the answer changed"
    return replace(row, comment=f"{said}; {before.comment}" if before.comment else said)


def checksum(answer: str) -> str:
    """Return what a row knows its answer by."""
    digest = hashlib.sha256(" ".join(answer.split()).encode()).hexdigest()
    return f"id-{digest[:CHECKSUM_LENGTH]}"  # a spreadsheet would take digits alone, or 1e5, for a number


def _row(record: Mapping[str, str | None], place: str) -> Row:
    cell = {name: without_guard((record.get(name) or "").strip()) for name in COLUMNS}
    cell["submission"] = cell["submission"].removeprefix(GUARD)
    of = _number(cell["of"], f"{place}: of")
    given = _number(cell["points"], f"{place}: points") if cell["points"] else None
    if given is not None and not 0 <= given <= of:
        raise MarksError(
            f"{place}: {points(given)} points for {cell['submission']}, {cell['criterion']}; "
            f"give 0 to {points(of)}, or leave the cell empty"
        )
    return Row(
        cell["submission"],
        cell["criterion"],
        cell["question"],
        of,
        given,
        cell["comment"],
        cell["answer"],
    )


def _number(said: str, place: str) -> float:
    try:
        number = float(said.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise MarksError(f"{place}: {said!r} is no number")
    return number


def _cells(row: Row) -> tuple[str, ...]:
    given = "" if row.points is None else points(row.points)
    return (
        f"{GUARD}{row.submission}",
        row.criterion,
        row.question,
        points(row.of),
        given,
        row.comment,
        row.answer,
    )

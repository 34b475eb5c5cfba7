"""CSV: one submission, criterion by criterion; or a class, a line for each submission.

RFC 4180, with a byte order mark so that spreadsheets see UTF-8. A cell that would begin a formula in a
spreadsheet is written with an apostrophe before it: names and answers come from learners.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from reports.grading.feedback import points, trouble
from reports.grading.marks import Grade

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def one(grade: Grade) -> str:
    """Return a submission's marks."""
    head = (
        "criterion",
        "title",
        "activity",
        "ksb",
        "decided",
        "state",
        "earned",
        "out_of",
        "awaiting",
        "undecided",
    )
    rows = [
        (
            mark.criterion.id, mark.criterion.title, mark.criterion.activity, " ".join(mark.criterion.ksb),
            mark.criterion.decided, mark.state,
            *map(points, (mark.earned, mark.out_of, mark.awaiting, mark.undecided)),
        )
        for mark in grade.marks
    ]  # fmt: skip
    return as_csv(head, rows)


def of_class(grades: Sequence[Grade]) -> str:
    """Return a class: totals, then the points of each criterion; empty where nothing was decided."""
    ids = list(dict.fromkeys(mark.criterion.id for grade in grades for mark in grade.marks))
    head = (
        "submission",
        "learner",
        "state",
        "earned",
        "out_of",
        "per_cent",
        "awaiting",
        "undecided",
        "findings",
        "remark",
    )
    rows = []
    for grade in grades:
        marks = {mark.criterion.id: mark for mark in grade.marks}
        cells = [points(marks[name].earned) if name in marks and marks[name].out_of else "" for name in ids]
        rows.append((*_totals(grade), *cells))
    return as_csv((*head, *ids), rows)


def state_of(grade: Grade) -> str:
    """Return in a word whether a grade can be used as it is."""
    if grade.not_gradable:
        return "cannot be read"
    if grade.broken:
        return "grade again"
    return "to be read" if grade.awaiting else "graded"


def _totals(grade: Grade) -> tuple[str, ...]:
    decided = bool(grade.out_of)
    return (
        grade.submission,
        grade.learner,
        state_of(grade),
        points(grade.earned) if decided else "",
        points(grade.out_of),
        f"{100 * grade.score:.1f}" if decided else "",
        points(grade.awaiting),
        points(grade.undecided),
        str(len(grade.findings)),
        grade.not_gradable or "; ".join(trouble(grade)),
    )


def as_csv(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """Return a table as this module's form of CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return BOM + out.getvalue()


def _safe(cell: object) -> str:
    said = str(cell)
    return f"'{said}" if said.startswith(_FORMULA) and not _is_number(said) else said


def without_guard(cell: str) -> str:
    """Return a cell as it was before an apostrophe kept it from being a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _is_number(said: str) -> bool:
    try:
        float(said)
    except ValueError:
        return False
    return True

"""An assessor's points: the table, its way back, and what it refuses."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from reports.grading.assessing import MarksError, assessed, read, unread, write
from reports.grading.exporters.tables import BOM
from reports.grading.marks import State
from tests.reports.grading.worlds import graded, marks

HEAD = "submission,criterion,question,of,points,comment,answer"


def table(text: str):
    """Return the rows of a table's text."""
    return read(text.removeprefix(BOM), "marks.csv")


def filled(share: float, comment: str = ""):
    """Return right answers' grade and the table in which each waiting answer has a share of its points."""
    grade = graded()
    given = table(write([grade], {}))
    rows = [
        f"{row.submission},{row.criterion},q,{row.of},{round(row.of * share, 2)},{comment},{row.answer}"
        for row in given.values()
    ]
    return grade, table("\n".join([HEAD, *rows]))


def test_every_answer_that_waits_has_an_empty_row():
    """The table has a row for each criterion with points for an assessor, and none of them is given."""
    grade = graded()
    rows = table(write([grade], {}))
    assert {key[1] for key in rows} == {mark.criterion.id for mark in grade.marks if mark.awaiting}
    assert {row.points for row in rows.values()} == {None}
    assert sum(row.of for row in rows.values()) == pytest.approx(grade.awaiting)


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_given_points_are_earned(share):
    """What an assessor gives is added to what was earned, and nothing waits any more."""
    before, rows = filled(share)
    after = assessed(before, rows)
    assert after.awaiting == 0
    assert unread([after]) == 0
    assert after.earned == pytest.approx(before.earned + share * before.awaiting, abs=0.05)
    assert after.out_of == pytest.approx(before.out_of + before.awaiting)


def test_what_the_grader_decided_stays():
    """No part that evidence or text decided is changed by an assessor's points."""
    before, rows = filled(0)
    after = marks(assessed(before, rows))
    for name, mark in marks(before).items():
        decided = [part for part in mark.parts if part.state is not State.ASSESSOR]
        assert [part for part in after[name].parts if part in mark.parts] == decided


def test_the_comment_reaches_the_learner():
    """An assessor's words stand where the learner reads what was found."""
    before, rows = filled(0.5, "Names a signal; says not why.")
    found = [part.found for mark in assessed(before, rows).marks for part in mark.parts]
    assert any(one.endswith(": Names a signal; says not why.") for one in found)


def test_the_table_comes_back_as_it_was_written():
    """Points and comments, also such as begin like a formula, survive writing and reading."""
    grade, rows = filled(0.5, "=SUM(A1) is no reason")
    once = table(write([grade], rows))
    assert [(row.points, row.comment) for row in once.values()] == [
        (row.points, "=SUM(A1) is no reason") for row in rows.values()
    ]
    assert table(write([grade], once)) == once


def test_rows_of_other_submissions_stay():
    """A table may serve several classes: what it says of others is kept."""
    other = f"{HEAD}\nzoe,reflection,q,4,2,good,id-0"
    assert ("zoe", "reflection") in table(write([graded()], table(other)))


@pytest.mark.parametrize("name", ["0012345", "1e5", "1-2", "3/4", "TRUE", "2026-01-05", "=1+1", "ada"])
def test_a_spreadsheet_keeps_the_name_of_a_submission(name):
    """No cell of a name reads as a number, a day or a formula, and the row comes back to its submission."""
    grade = replace(graded(), submission=name)
    text = write([grade], {})
    cells = {record["submission"] for record in csv.DictReader(io.StringIO(text.removeprefix(BOM)))}
    assert cells == {f"folder {name}"}
    assert {key[0] for key in table(text)} == {name}


def test_names_without_the_word_before_them_are_read_too():
    """A table that was written by hand, or before, is understood."""
    assert ("ada", "reflection") in table(f"{HEAD}\nada,reflection,q,4,2,good,id-0")


def test_points_for_another_answer_are_not_used():
    """A row knows its answer: points given to another are not used, and that is noted."""
    grade = graded()
    name = next(mark.criterion.id for mark in grade.marks if mark.awaiting)
    rows = table(f"{HEAD}\nada,{name},q,1,1,,id-another")
    after = assessed(grade, rows)
    assert after.earned == grade.earned
    assert after.notes[-1] == f"points for {name} are not used: the answer has changed since it was read"


def test_a_table_as_spreadsheets_save_it_is_read():
    """Semicolons between cells, a decimal comma, and carriage returns are understood."""
    text = f"{HEAD};more\nada;reflection;q;4;2,5;fine, but short;id-1;x\n".replace(
        HEAD, HEAD.replace(",", ";")
    )
    rows = table(text.replace("\n", "\r\n"))
    assert rows["ada", "reflection"].points == 2.5
    assert rows["ada", "reflection"].comment == "fine, but short"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,points\nada,3", "marks.csv has no column submission"),
        ("", "marks.csv has no column submission"),
        (f"{HEAD}\nada,x,q,4,5,,id-1", "line 2: 5 points for ada, x; give 0 to 4"),
        (f"{HEAD}\nada,x,q,4,-1,,id-1", "give 0 to 4"),
        (f"{HEAD}\nada,x,q,4,good,,id-1", "points: 'good' is no number"),
        (f"{HEAD}\nada,x,q,4,nan,,id-1", "points: 'nan' is no number"),
        (f"{HEAD}\nada,x,q,4,1,,id-1\nada,x,q,4,2,,id-1", "line 3: ada, x is there twice"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(text, said):
    """File, line, what was given against what may be, in a sentence."""
    with pytest.raises(MarksError, match=said):
        table(text)

"""GitHub Classroom: the result of one autograding runner, as JSON and base64 encoded.

Form: what the action `classroom-resources/autograding-grading-reporter` reads from the variable
`<RUNNER>_RESULTS` (its src/main.js and src/notify-classroom.js): base64 of JSON with `status`, `max_score`
and `tests`, whose `score`s are summed up, so that each test must have one. What broke is an `error` with its
points left out of `max_score`. There is no word for what was skipped or waits for an assessor: a criterion of
which nothing was decided is left out, and the name of one that was cut short says so.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from reports.grading.feedback import headline, mark_text, name_of, trouble
from reports.grading.marks import Grade, Mark, State

VERSION = 1


def text(grade: Grade) -> str:
    """Return the JSON."""
    return json.dumps(results(grade), indent=1, ensure_ascii=False) + "\n"


def encoded(grade: Grade) -> str:
    """Return the JSON as base64 on one line, ready for a step's output `result`."""
    body = json.dumps(results(grade), ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(body.encode()).decode("ascii") + "\n"


def results(grade: Grade) -> dict[str, Any]:
    """Return the result as data."""
    if grade.not_gradable:
        test = _told("the submission can be read", "fail", headline(grade))
        return {"version": VERSION, "status": "fail", "max_score": 0, "tests": [test]}
    tests = [_test(mark) for mark in grade.marks if mark.out_of or mark.state is State.BROKEN]
    tests += [_told("the grader works", "error", saying) for saying in trouble(grade) if not grade.marks]
    tests = tests or [_told("something could be decided", "error", headline(grade))]
    statuses = {test["status"] for test in tests}
    status = next((one for one in ("error", "fail") if one in statuses), "pass")
    return {"version": VERSION, "status": status, "max_score": grade.out_of, "tests": tests}


def _test(mark: Mark) -> dict[str, Any]:
    lost = mark.out_of - mark.earned > 0.005  # noqa: PLR2004 - half of the last digit of points
    status = "error" if mark.state is State.BROKEN else "fail" if lost else "pass"
    return {
        **_told(name_of(mark), status, mark_text(mark)),
        "score": mark.earned,
        "test_code": f"rubric criterion {mark.criterion.id}",
        "execution_time": round(mark.seconds, 3),
    }


def _told(name: str, status: str, message: str) -> dict[str, Any]:
    said = None if status == "pass" else message
    return {
        "name": name, "status": status, "score": 0, "message": said, "test_code": "",
        "filename": "answers.yaml", "line_no": 0, "execution_time": 0,
    }  # fmt: skip

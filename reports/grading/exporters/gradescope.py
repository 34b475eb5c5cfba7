"""Gradescope: /autograder/results/results.json.

Form: Gradescope's autograder specification, "Output format"
(https://gradescope-autograders.readthedocs.io/en/latest/specs/). A test that nothing was decided about has no
score, so that it costs nothing; its output says why. A test whose score is its maximum is shown as passed: a
criterion of which a part broke or was skipped is therefore two tests, what was decided, and the rest without
a score. When nothing at all could be decided there is no score anywhere, which Gradescope takes for an
autograder that failed: that is what it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reports.grading.feedback import headline, mark_text, name_of, name_of_rest, rest_text, trouble
from reports.grading.marks import Grade, Mark, State


def text(grade: Grade) -> str:
    """Return results.json."""
    return json.dumps(results(grade), indent=1, ensure_ascii=False) + "\n"


def results(grade: Grade) -> dict[str, Any]:
    """Return results.json as data."""
    told = "\n".join([headline(grade), *(f"The harness failed: {one}" for one in trouble(grade))])
    document: dict[str, Any] = {
        "output": told,
        "output_format": "text",
        "visibility": "visible",
        "execution_time": round(grade.seconds),
        "tests": [test for number, mark in enumerate(grade.marks, 1) for test in _tests(number, mark)],
        "extra_data": {
            "awaiting_assessor": grade.awaiting,
            "undecided": grade.undecided,
            "complete": not (grade.broken or grade.not_gradable),
            "findings": [f"{one.file} {one.place}: {one.saying}" for one in grade.findings],
        },
    }
    if grade.not_gradable:
        document["score"] = 0.0
    return document


def _tests(number: int, mark: Mark) -> Iterator[dict[str, Any]]:
    criterion = mark.criterion
    test: dict[str, Any] = {
        "name": name_of(mark),
        "number": str(number),
        "output": mark_text(mark),
        "output_format": "text",
        "tags": [f"activity{criterion.activity}", *criterion.ksb],
        "visibility": "visible",
    }
    yield {**test, **_decided(mark)}
    if mark.cut_short:
        yield {**test, "name": name_of_rest(mark), "number": f"{number}.1", "output": rest_text(mark)}


def _decided(mark: Mark) -> dict[str, Any]:
    test: dict[str, Any] = {}
    if mark.out_of:
        test |= {"score": mark.earned, "max_score": mark.out_of}
    if mark.state in {State.MET, State.INCOMPLETE}:
        test["status"] = "passed"
    elif mark.state in {State.PARTIAL, State.UNMET, State.MISSING}:
        test["status"] = "failed"
    return test

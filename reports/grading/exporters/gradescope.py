"""Gradescope: /autograder/results/results.json.

Form: Gradescope's autograder specification, "Output format"
(https://gradescope-autograders.readthedocs.io/en/latest/specs/). A test that nothing was decided about has no
score, so that it costs nothing; its output says why. When nothing at all could be decided there is no score
anywhere, which Gradescope takes for an autograder that failed: that is what it is.
"""

from __future__ import annotations

import json
from typing import Any

from reports.grading.feedback import headline, mark_text, trouble
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
        "tests": [_test(number, mark) for number, mark in enumerate(grade.marks, 1)],
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


def _test(number: int, mark: Mark) -> dict[str, Any]:
    criterion = mark.criterion
    test: dict[str, Any] = {
        "name": f"{criterion.title} ({criterion.id})",
        "number": str(number),
        "output": mark_text(mark),
        "output_format": "text",
        "tags": [f"activity{criterion.activity}", *criterion.ksb],
        "visibility": "visible",
    }
    if mark.out_of:
        test |= {"score": mark.earned, "max_score": mark.out_of}
    if mark.state in {State.MET, State.PARTIAL, State.UNMET, State.MISSING}:
        test["status"] = "passed" if mark.state is State.MET else "failed"
    return test

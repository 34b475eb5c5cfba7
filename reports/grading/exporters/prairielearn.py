"""PrairieLearn: /grade/results/results.json.

Form: PrairieLearn's documentation of external grading, "Grading results"
(https://prairielearn.readthedocs.io/en/latest/externalGrading/). `gradable: false` costs the learner neither
points nor an attempt: it stands for answers that do not parse, and for a harness or cloud that failed. A test
with all of its points is shown as passed: one of which a part was skipped is therefore two, and what nothing
was decided about has no points. A result may be at most 1 MB.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reports.grading.feedback import headline, mark_text, name_of, name_of_rest, rest_text, trouble
from reports.grading.marks import Grade, Mark

LONGEST = 4000
"""Characters of one test's output: 28 of them, each in two parts, stay far below 1 MB."""


def text(grade: Grade) -> str:
    """Return results.json."""
    return json.dumps(results(grade), indent=1, ensure_ascii=False) + "\n"


def results(grade: Grade) -> dict[str, Any]:
    """Return results.json as data."""
    if grade.not_gradable:
        return {"gradable": False, "message": headline(grade), "format_errors": [grade.not_gradable]}
    tests = [test for mark in grade.marks for test in _tests(mark)]
    if grade.broken or not grade.out_of:
        told = ["The grader or its cloud failed; this attempt does not count.", *trouble(grade)]
        return {"gradable": False, "message": told[0], "output": "\n".join(told)[:LONGEST], "tests": tests}
    return {
        "gradable": True,
        "score": round(min(1.0, max(0.0, grade.score)), 6),
        "message": headline(grade),
        "tests": tests,
    }


def _tests(mark: Mark) -> Iterator[dict[str, Any]]:
    test: dict[str, Any] = {
        "name": name_of(mark),
        "description": mark.criterion.expects,
        "message": str(mark.state),
        "output": mark_text(mark)[:LONGEST],
    }
    yield {**test, "points": mark.earned, "max_points": mark.out_of} if mark.out_of else test
    if mark.cut_short:
        yield {**test, "name": name_of_rest(mark), "output": rest_text(mark)[:LONGEST]}

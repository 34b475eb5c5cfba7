"""PrairieLearn: /grade/results/results.json.

Form: PrairieLearn's documentation of external grading, "Grading results"
(https://prairielearn.readthedocs.io/en/latest/externalGrading/). `gradable: false` costs the learner neither
points nor an attempt: it stands for answers that do not parse, and for a harness or cloud that failed. A
result may be at most 1 MB.
"""

from __future__ import annotations

import json
from typing import Any

from reports.grading.feedback import headline, mark_text, trouble
from reports.grading.marks import Grade, Mark

LONGEST = 4000
"""Characters of one test's output: 28 of them stay far below 1 MB."""


def text(grade: Grade) -> str:
    """Return results.json."""
    return json.dumps(results(grade), indent=1, ensure_ascii=False) + "\n"


def results(grade: Grade) -> dict[str, Any]:
    """Return results.json as data."""
    if grade.not_gradable:
        return {"gradable": False, "message": headline(grade), "format_errors": [grade.not_gradable]}
    tests = [_test(mark) for mark in grade.marks]
    if grade.broken or not grade.out_of:
        told = ["The grader or its cloud failed; this attempt does not count.", *trouble(grade)]
        return {"gradable": False, "message": told[0], "output": "\n".join(told)[:LONGEST], "tests": tests}
    return {
        "gradable": True,
        "score": round(min(1.0, max(0.0, grade.score)), 6),
        "message": headline(grade),
        "tests": tests,
    }


def _test(mark: Mark) -> dict[str, Any]:
    return {
        "name": f"{mark.criterion.title} ({mark.criterion.id})",
        "description": mark.criterion.expects,
        "points": mark.earned,
        "max_points": mark.out_of,
        "message": str(mark.state),
        "output": mark_text(mark)[:LONGEST],
    }

"""One result in many forms. Each exporter turns a grade (or a class of them) into the text of one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from reports.grading.exporters import classroom, document, gradescope, junit, markdown, prairielearn, tables
from reports.grading.marks import Grade

FILES: Final[Mapping[str, Callable[[Grade], str]]] = {
    "grade.json": document.text,
    "gradescope/results.json": gradescope.text,
    "prairielearn/results.json": prairielearn.text,
    "github-classroom/results.json": classroom.text,
    "github-classroom/results.base64": classroom.encoded,
    "junit.xml": junit.text,
    "grade.csv": tables.one,
    "feedback.md": markdown.feedback,
    "assessor.md": markdown.for_assessor,
}
"""Each form of one submission's result, by the file that it is written to."""

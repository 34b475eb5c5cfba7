"""JUnit XML, as Jenkins, GitLab and GitHub's test reporters read it.

Form: the XSD of the Jenkins xUnit plugin (junit-10.xsd). A criterion with points lost is a `failure`, one
that the harness could not decide an `error`, one that only an assessor decides, or of which a part was
skipped, `skipped`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import groupby
from typing import Any

from reports.grading.feedback import headline, mark_text, points, trouble
from reports.grading.marks import Grade, Mark, State

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(grade: Grade) -> str:
    """Return the XML, one suite for each activity."""
    root = ET.Element("testsuites", name=_clean(grade.submission))
    for activity, marks in groupby(grade.marks, key=lambda mark: mark.criterion.activity):
        _suite(root, grade, activity, list(marks))
    if grade.not_gradable or grade.trouble:
        _told(root, grade)
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def kind_of(mark: Mark) -> str | None:
    """Return `error`, `failure` or `skipped`; None for a criterion that earned all that it asks for."""
    if mark.state is State.BROKEN:
        return "error"
    if mark.out_of - mark.earned > 0.005:  # noqa: PLR2004 - half of the last digit of points
        return "failure"
    return "skipped" if mark.undecided or not mark.out_of else None


def _suite(root: ET.Element, grade: Grade, activity: int, marks: list[Mark]) -> None:
    kinds = [kind_of(mark) for mark in marks]
    suite = ET.SubElement(
        root,
        "testsuite",
        name=f"activity {activity}",
        tests=str(len(marks)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
        time=f"{sum(mark.seconds for mark in marks):.3f}",
    )
    for mark, kind in zip(marks, kinds, strict=True):
        name = f"{mark.criterion.id}: {mark.criterion.title}"
        case = ET.SubElement(
            suite, "testcase", name=name, classname=_clean(grade.submission), time=f"{mark.seconds:.3f}"
        )
        if kind:
            message = f"{mark.state}: {points(mark.earned)} of {points(mark.out_of)}"
            ET.SubElement(case, kind, message=message, type=str(mark.state)).text = _clean(mark_text(mark))
        else:
            ET.SubElement(case, "system-out").text = _clean(mark_text(mark))


def _told(root: ET.Element, grade: Grade) -> None:
    kind = "failure" if grade.not_gradable else "error"
    counts: dict[str, Any] = {"failures": "0", "errors": "0", f"{kind}s": "1"}
    suite = ET.SubElement(root, "testsuite", name="submission", tests="1", **counts)
    case = ET.SubElement(suite, "testcase", name="can be graded", classname=_clean(grade.submission))
    found = ET.SubElement(case, kind, message=_clean(headline(grade)), type=kind)
    found.text = _clean("\n".join(trouble(grade)) or grade.not_gradable)


def _clean(said: str) -> str:
    """Leave out what XML 1.0 cannot hold, such as control characters of a log line."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", said)

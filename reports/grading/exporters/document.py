"""The whole grade as JSON, written and read back: what a class is resumed and summed up from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reports.grading.marks import SCHEMA, Grade
from reports.records import from_json, to_json


class NotAGrade(ValueError):
    """A document is not a grade that this version can read."""


def text(grade: Grade) -> str:
    """Return the JSON form, with the totals beside it for whoever reads it without this project."""
    totals = {
        "earned": grade.earned,
        "out_of": grade.out_of,
        "awaiting_assessor": grade.awaiting,
        "undecided": grade.undecided,
        "score": round(grade.score, 4),
        "gradable": not (grade.not_gradable or grade.broken),
    }
    return json.dumps({"totals": totals, **to_json(grade)}, indent=1, ensure_ascii=False) + "\n"


def read(text_: str) -> Grade:
    """Return the grade of its JSON form. Raises `NotAGrade`."""
    try:
        document = json.loads(text_)
        if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
            raise NotAGrade(f"this is no document of schema {SCHEMA}")
        grade: Grade = from_json(Grade, _with_any(document))
    except (ValueError, KeyError, TypeError) as error:
        raise NotAGrade(f"this is no grade: {error}") from error
    return grade


def _with_any(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in document.items() if name != "totals"}

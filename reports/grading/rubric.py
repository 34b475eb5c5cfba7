"""The rubric: criteria with their activity, KSB, points and how each is decided, read from rubric.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from reports.grading.errors import RubricError

RUBRIC: Final = Path(__file__).with_name("rubric.yaml")
DECIDED_BY: Final = ("evidence", "text", "evidence and assessor", "text and assessor")
_NEEDED: Final = ("id", "title", "activity", "ksb", "points", "decided", "check", "expects")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the rubric.

    `decided` says in words by what it is decided; `check` names the function that does, `given` its
    arguments. `expects` says in a sentence what earns the points.
    """

    id: str
    title: str
    activity: int
    ksb: tuple[str, ...]
    points: float
    decided: str
    check: str
    expects: str
    given: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Rubric:
    """All criteria, in order, under a name."""

    name: str
    criteria: tuple[Criterion, ...]

    @property
    def points(self) -> float:
        """All points together."""
        return sum(criterion.points for criterion in self.criteria)


def read_rubric(path: Path = RUBRIC) -> Rubric:
    """Return the rubric in a file. Raises `RubricError`, naming the criterion."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RubricError(f"{path} cannot be read as a rubric: {error}") from error
    if not isinstance(document, Mapping) or not isinstance(document.get("criteria"), list):
        raise RubricError(f"{path} has no list of criteria")
    criteria = tuple(_criterion(path, number, entry) for number, entry in enumerate(document["criteria"], 1))
    ids = [criterion.id for criterion in criteria]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise RubricError(f"{path}: {', '.join(twice)} stands in it twice; give each criterion its own id")
    return Rubric(str(document.get("rubric", path.stem)), criteria)


def _criterion(path: Path, number: int, entry: Any) -> Criterion:
    given = entry if isinstance(entry, Mapping) else {}
    name = given.get("id", f"number {number}")
    missing = [key for key in _NEEDED if key not in given]
    if missing:
        raise RubricError(f"{path}: criterion {name} has no {', '.join(missing)}")
    if given["decided"] not in DECIDED_BY:
        raise RubricError(
            f"{path}: criterion {name} is decided by {given['decided']!r}; say one of {', '.join(DECIDED_BY)}"
        )
    if not isinstance(given["points"], (int, float)) or not given["points"] > 0:
        raise RubricError(f"{path}: criterion {name} has {given['points']} points; give more than 0")
    return Criterion(
        id=str(given["id"]),
        title=str(given["title"]),
        activity=int(given["activity"]),
        ksb=tuple(map(str, given["ksb"])),
        points=float(given["points"]),
        decided=str(given["decided"]),
        check=str(given["check"]),
        expects=" ".join(str(given["expects"]).split()),
        given={key: value for key, value in given.items() if key not in _NEEDED},
    )

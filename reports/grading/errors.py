"""What keeps answers or a rubric from being read. A message names the file, the place and the next step."""

from __future__ import annotations

from pathlib import Path


class GradingError(ValueError):
    """Something given to the grader cannot be used; the message is for whoever gave it."""


class AnswersError(GradingError):
    """answers.yaml is not there, does not parse, or holds what no question asks for."""

    def __init__(self, path: Path, saying: str, line: int = 0, column: int = 0) -> None:
        place = f"{path}, line {line}, column {column}" if line else str(path)
        super().__init__(f"{place}: {saying}")
        self.path, self.line, self.column = path, line, column


class RubricError(GradingError):
    """The rubric names something that does not exist, or its points do not add up."""

"""What can be wrong with a template or with the code that it names. Each message is one sentence."""

from __future__ import annotations

from pathlib import Path


class PackagingError(Exception):
    """A template cannot be packaged; `path` is the file to look at."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


class TemplateNotFoundError(PackagingError):
    """There is no file where the template should be."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no template at {path}; give --template the path of a CloudFormation file.", path
        )


class UnreadableTemplateError(PackagingError):
    """The template does not parse; `line` and `column` count from 1, 0 where the parser named none."""

    def __init__(self, path: Path, line: int, column: int, problem: str) -> None:
        super().__init__(f"The template {path}:{line}:{column} does not parse: {problem}.", path)
        self.line = line
        self.column = column


class NotATemplateError(PackagingError):
    """The file parses, but is not a CloudFormation template."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} is not a CloudFormation template: {problem}.", path)


class CodeError(PackagingError):
    """The code that a function names cannot be used; `function` is its logical id."""

    def __init__(self, path: Path, function: str, problem: str) -> None:
        super().__init__(f"The code of {function} cannot be packaged: {problem}.", path)
        self.function = function

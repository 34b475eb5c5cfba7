"""Turns the local code that a function names into inline source or into a reproducible zip."""

from __future__ import annotations

import ast
import hashlib
import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.packaging.errors import CodeError

# CloudFormation takes inline code of up to 4 MB once zipped, but a template handed over in the request may
# hold 51,200 bytes altogether; a file larger than this goes to a bucket so that a few functions still fit.
INLINE_LIMIT_BYTES = 16_384
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
LEFT_OUT = {"__pycache__", ".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".DS_Store"}


@dataclass(frozen=True, slots=True)
class CodeObject:
    """A zip to be put in the bucket under `key`, which holds the SHA-256 of `content`."""

    key: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LocalCode:
    """The code of one function: its logical id, the path on disk, and its `Handler` ("module.function")."""

    function: str
    path: Path
    handler: str | None
    is_python: bool

    def can_be_inline(self) -> bool:
        """Say whether CloudFormation may carry this code in the template: one short Python file."""
        single = self.path.is_file() and self.path.suffix == ".py" and self.is_python and bool(self.handler)
        return single and self.path.stat().st_size <= INLINE_LIMIT_BYTES

    def check(self) -> None:
        """Raise CodeError unless the path exists and the file of the handler defines the handler."""
        if not self.path.exists():
            lost = f"there is nothing at {self.path}, where its Code leads from the template's own folder"
            advice = "put the template where that path holds (a copy of the pipeline's belongs in infra/)"
            raise CodeError(self.path, self.function, f"{lost}; {advice}, or change the path")
        if not self.path.is_file() and not self.path.is_dir():
            raise CodeError(self.path, self.function, f"{self.path} is neither a file nor a folder")
        if self.is_python and self.handler and self.path.suffix != ".zip":
            self._check_handler(self.handler)

    def source(self) -> str:
        """Return the text of a single Python file, with Unix line ends."""
        try:
            return self.path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise CodeError(self.path, self.function, f"{self.path} is not UTF-8 text") from error

    def zipped(self) -> CodeObject:
        """Return the zip of a file or folder; the same content gives the same bytes on any machine."""
        content = self.path.read_bytes() if self.path.suffix == ".zip" else _zip(self._files())
        return CodeObject(f"code/{hashlib.sha256(content).hexdigest()}.zip", content)

    def _files(self) -> dict[str, Path]:
        """Return the files by their names in the zip; a single file is named as its Handler calls it."""
        if self.path.is_dir():
            return dict(_tree(self.path))
        is_index = (self.handler or "").startswith("index.")
        return {f"index{self.path.suffix}" if is_index else self.path.name: self.path}

    def inline_handler(self) -> str:
        """Return the handler's name once the code is a file `index.py`."""
        return f"index.{(self.handler or '').rpartition('.')[2]}"

    def _check_handler(self, handler: str) -> None:
        module, _, name = handler.rpartition(".")
        file = self._module_file(module)
        if not file.is_file():
            raise CodeError(file, self.function, f"its Handler is {handler}, but there is no file {file}")
        if not _defines(LocalCode(self.function, file, handler, is_python=True), name):
            raise CodeError(file, self.function, f"its Handler is {handler}, but {file} defines no {name}")

    def _module_file(self, module: str) -> Path:
        if self.path.is_dir():
            return self.path / (module.replace(".", "/") + ".py")
        named = self.path.with_name(module.rpartition("/")[2] + ".py")
        return self.path if module == "index" else named


def _defines(code: LocalCode, name: str) -> bool:
    names = {found for statement in _parsed(code).body for found in _names(statement)}
    return name in names or "*" in names


def _parsed(code: LocalCode) -> ast.Module:
    """Return the code's syntax tree; what the compiler only warns of is let pass, also in a test."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code.source())
    except SyntaxError as error:
        place = f"{code.path}:{error.lineno}:{error.offset}"
        raise CodeError(code.path, code.function, f"{place} is not Python: {error.msg}") from error
    except (MemoryError, RecursionError, ValueError) as error:
        problem = f"{code.path} cannot be read as Python ({error or type(error).__name__})"
        raise CodeError(code.path, code.function, problem) from error


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement of a module may bind, also in `if` and `try`, not in functions."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.alias():
            yield node.asname or node.name
        case ast.Name(ctx=ast.Store()):
            yield node.id
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _names(child)


def _zip(files: Mapping[str, Path]) -> bytes:
    """Zip with one time for all, in the order of names, and stored: what deflate writes varies by version."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix, also when zipped on Windows
            executable = file.stat().st_mode & 0o100
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()


def _tree(path: Path) -> Iterator[tuple[str, Path]]:
    for file in path.rglob("*"):
        relative = file.relative_to(path)
        if file.is_file() and file.suffix != ".pyc" and not LEFT_OUT.intersection(relative.parts):
            yield relative.as_posix(), file

"""Deployment packages: unpacked once into the scratch folder, shared by every environment of that code."""

from __future__ import annotations

import io
import py_compile
import shutil
import threading
import zipfile
from pathlib import Path, PurePosixPath

from infra.embedded.functions.errors import invalid_code

READABLE = 0o444
COMPILED_AT_MOST = 50
_UNPACKING = threading.Lock()


def unpacked(code: bytes, sha256: str, function: str, root: Path) -> Path:
    """Return the folder with this package's files, made when it is not there.

    Raises `LambdaApiError` (InvalidZipFileException) when the package is no zip or leads out of its folder.
    """
    folder = root / sha256
    if folder.is_dir():
        return folder
    with _UNPACKING:
        if not folder.is_dir():
            _unpack(code, folder, function)
    return folder


def _unpack(code: bytes, folder: Path, function: str) -> None:
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as package:
            for item in package.infolist():
                _extract(package, item, partial, function)
    except zipfile.BadZipFile as error:
        raise invalid_code(function, f"{error} ({len(code)} bytes)") from error
    _compile(partial, folder)
    partial.replace(folder)


def _compile(partial: Path, folder: Path) -> None:
    """Compile a small package's modules once, so that no cold start has to."""
    modules = list(partial.rglob("*.py"))
    if len(modules) > COMPILED_AT_MOST:
        return
    for module in modules:
        shown = folder / module.relative_to(partial)
        py_compile.compile(str(module), dfile=str(shown), doraise=False, quiet=2)


def _extract(package: zipfile.ZipFile, item: zipfile.ZipInfo, folder: Path, function: str) -> None:
    name = PurePosixPath(item.filename)
    if name.is_absolute() or ".." in name.parts:
        raise invalid_code(function, f"the entry {item.filename!r} leads out of the package")
    target = Path(package.extract(item, folder))
    if not item.is_dir():
        target.chmod((item.external_attr >> 16) & 0o777 | READABLE)

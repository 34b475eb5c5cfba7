"""The manifest: what each artefact is, which executions it shows, and its file's checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reports.records import Environment, from_json, to_json

SCHEMA: Final = "scale-or-fail/portfolio/1"
FILE: Final = "manifest.json"
REQUIRED: Final = {
    "happy-path": "Happy-path execution graph",
    "dashboard-at-the-wall": "Dashboard at the wall",
    "dashboard-after-the-fix": "Dashboard after the fix",
    "insights-result": "Logs Insights result",
    "failed-execution": "Failed execution",
    "rca-classification": "RCA classification",
}
"""The six artefacts of the exercise, by key, in the order of the activities."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file of the portfolio. `executions` are the ARNs that it shows; `alt` says it in words."""

    key: str
    title: str
    activity: int
    file: str
    media: str
    sha256: str
    executions: tuple[str, ...] = ()
    alt: str = ""
    note: str = ""

    @property
    def required(self) -> bool:
        """Whether it is one of the six."""
        return self.key in REQUIRED


@dataclass(frozen=True, slots=True)
class Manifest:
    """The artefacts of one session, and where they were made. `session` is a name that no other run has."""

    session: str
    made: float
    environment: Environment
    artefacts: tuple[Artefact, ...] = field(default=())
    schema: str = SCHEMA


class NotAManifest(ValueError):
    """A file is no manifest that this version reads."""


def checksum(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def write(manifest: Manifest, folder: Path) -> Path:
    """Write the manifest beside its artefacts and return its path."""
    path = folder / FILE
    path.write_text(json.dumps(to_json(manifest), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read(folder: Path) -> Manifest:
    """Return the manifest in a folder. Raises `NotAManifest`."""
    path = folder / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotAManifest(f"{path} cannot be read: {error}; run `make portfolio`.") from error
    if document.get("schema") != SCHEMA:
        raise NotAManifest(f"{path} has the schema {document.get('schema')}, this version reads {SCHEMA}.")
    manifest: Manifest = from_json(Manifest, document)
    return manifest


def altered(manifest: Manifest, folder: Path) -> tuple[str, ...]:
    """Return the artefacts whose file is gone or is not what was written."""
    return tuple(one.file for one in manifest.artefacts if not _intact(folder / one.file, one.sha256))


def foreign(artefacts: Iterable[Artefact], executions: Collection[str]) -> tuple[str, ...]:
    """Return the artefacts that show an execution which is not among those given."""
    return tuple(one.file for one in artefacts if any(arn not in executions for arn in one.executions))


def _intact(path: Path, sha256: str) -> bool:
    return path.is_file() and checksum(path.read_bytes()) == sha256

"""The ledger: which experiment came to what, in which run, and which KSBs it gives evidence for.

It names the evidence files and lets the portfolio use what earlier runs showed, as long
as they were of the same template on the same cloud.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from reports import evidence, seal
from reports.records import Environment, Verdict, from_json, to_json

SCHEMA: Final = "scale-or-fail/ledger/1"
FILE: Final = "ledger.json"


class Came(StrEnum):
    """What an experiment came to. Only `PASSED` is a pass; one that was not run was left out of every run."""

    PASSED = "passed"
    REFUTED = "refuted"
    BROKEN = "broken"
    SKIPPED = "not tried"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Entry:
    """One experiment in one run; `evidence` names its file, "" where it left none.

    `observations` names the files of what was observed of its incidents. `answer` is the question of the
    learner's on whose answer it rests, "" where it rests on measurements.
    """

    name: str
    activity: int
    title: str
    came: Came
    session: str
    ksb: tuple[str, ...] = ()
    evidence: str = ""
    cloud: str = ""
    commit: str = ""
    template_hash: str = ""
    reason: str = ""
    observations: tuple[str, ...] = ()
    answer: str = ""

    @property
    def function(self) -> str:
        """Its name without the parameters it was run with."""
        return self.name.partition("[")[0]

    def same_pipeline(self, environment: Environment) -> bool:
        """Tell whether it speaks of the same template on the same cloud."""
        return (self.cloud, self.template_hash) == (environment.cloud, environment.template_hash)


@dataclass(frozen=True, slots=True)
class Shown:
    """An experiment with its verdicts; `earlier` when another run made it.

    `trouble` says why evidence that is there cannot be used, "" when it can.
    """

    entry: Entry
    verdicts: tuple[Verdict, ...]
    earlier: bool = False
    trouble: str = ""

    @property
    def passed(self) -> bool:
        """Whether it counts as shown."""
        return self.entry.came is Came.PASSED and not self.trouble


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of the experiments, and all that there are: those that were not run are missed by name."""

    entries: tuple[Entry, ...] = ()
    expected: tuple[Entry, ...] = ()
    schema: str = SCHEMA


def write(ledger: Ledger, folder: Path) -> None:
    """Write a ledger."""
    document = to_json(ledger)
    (folder / FILE).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder: Path) -> Ledger:
    """Return the ledger of a folder; empty where there is none that can be read."""
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Ledger()
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return Ledger()
    found: Ledger = from_json(Ledger, document)
    return found


def merged(before: Iterable[Entry], now: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return both, where what ran now stands in the place of what ran before, ordered by activity."""
    kept = {entry.name: entry for entry in before} | {entry.name: entry for entry in now}
    return tuple(sorted(kept.values(), key=lambda entry: entry.activity))


def shown(ledger: Ledger, folder: Path, session: str, environment: Environment) -> tuple[Shown, ...]:
    """Return the experiments that speak of this pipeline, with their verdicts from the evidence files.

    Those that none of them speaks of are among them, as not run.
    """
    used = [e for e in ledger.entries if e.session == session or e.same_pipeline(environment)]
    found = [_shown(entry, folder, session) for entry in used]
    found += [Shown(entry, ()) for entry in not_run(ledger.expected, used)]
    return tuple(sorted(found, key=lambda one: one.entry.activity))


def not_run(expected: Iterable[Entry], ran: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the expected experiments of which nothing ran.

    One that is expected without parameters has run when it ran with any.
    """
    names = {name for entry in ran for name in (entry.name, entry.function)}
    return tuple(replace(entry, came=Came.NOT_RUN) for entry in expected if entry.name not in names)


def of_another(entries: Iterable[Entry], session: str, environment: Environment) -> tuple[Entry, ...]:
    """Return the entries of earlier runs that cannot be used: another template, or another cloud."""
    return tuple(e for e in entries if e.session != session and not e.same_pipeline(environment))


def by_ksb(experiments: Iterable[Shown]) -> Mapping[str, tuple[Shown, ...]]:
    """Return the experiments that support each knowledge, skill or behaviour, in the order they ran."""
    found: dict[str, tuple[Shown, ...]] = {}
    for one in experiments:
        for code in one.entry.ksb:
            found[code] = (*found.get(code, ()), one)
    return found


def _shown(entry: Entry, folder: Path, session: str) -> Shown:
    """Return an experiment with its verdicts; without them when its evidence was changed after sealing."""
    path = folder / entry.evidence
    earlier = entry.session != session
    if not entry.evidence or not path.is_file():
        return Shown(entry, (), earlier)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        file = evidence.parse(document)
    except ValueError as error:
        return Shown(entry, (), earlier, f"{path.name} cannot be read: {error}")
    broken = seal.check(document)
    if broken:
        return Shown(entry, (), earlier, f"{path.name} was changed: {broken[0].place}: {broken[0].saying}")
    return Shown(entry, file.claims, earlier)

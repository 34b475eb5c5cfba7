"""Markdown: feedback for the learner, a reading sheet for the assessor, and a table of a class."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reports.grading.exporters.tables import state_of
from reports.grading.feedback import headline, part_line, points, trouble, undecided_line
from reports.grading.marks import Grade, Mark


def feedback(grade: Grade) -> str:
    """Return a learner's feedback: every criterion with what was expected, found, and where to look."""
    parts = [f"# {_plain(grade.submission)}: feedback", headline(grade), *_told(grade)]
    if grade.marks:
        parts.append(_table(grade))
        parts += [_section(mark) for mark in grade.marks]
    return "\n\n".join(parts) + "\n"


def for_assessor(grade: Grade) -> str:
    """Return what an assessor has to read: each answer with the evidence beside it, and room for points."""
    parts = [f"# {_plain(grade.submission)}: to be read", headline(grade), *_told(grade)]
    if grade.notes:
        parts.append("\n".join(f"- {_plain(note)}" for note in grade.notes))
    waiting = [mark for mark in grade.marks if mark.awaiting]
    parts += [_to_read(mark) for mark in waiting] or ["Nothing waits to be read."]
    return "\n\n".join(parts) + "\n"


def of_class(grades: Sequence[Grade]) -> str:
    """Return a class in a table."""
    head = (
        "| Submission | Learner | Points | Of | % | To be read | Not decided | Findings | State |\n"
        + "|---" * 9
        + "|"
    )
    rows = []
    for grade in grades:
        per_cent = f"{100 * grade.score:.0f}" if grade.out_of else ""
        cells = (
            grade.submission, grade.learner, points(grade.earned), points(grade.out_of), per_cent,
            points(grade.awaiting), points(grade.undecided), str(len(grade.findings)), state_of(grade),
        )  # fmt: skip
        rows.append("| " + " | ".join(_plain(cell) for cell in cells) + " |")
    return "\n".join([f"# A class of {len(grades)}", "", head, *rows]) + "\n"


def _told(grade: Grade) -> list[str]:
    told = []
    if trouble(grade):
        lines = "\n".join(f"- {_plain(one)}" for one in trouble(grade))
        told.append(f"**Not decided, through no fault of the learner:**\n\n{lines}")
    if grade.findings:
        lines = "\n".join(
            f"- `{_code(f.file)}` {_plain(f.place)}: {_plain(f.saying)}" for f in grade.findings
        )
        told.append(f"**The evidence does not agree with itself:**\n\n{lines}")
    return told


def _table(grade: Grade) -> str:
    head = "| Criterion | Activity | KSB | Points | Of | State |\n|---|---|---|---|---|---|"
    rows = [
        f"| {_plain(m.criterion.title)} | {m.criterion.activity} | {', '.join(m.criterion.ksb)} | "
        f"{points(m.earned)} | {points(m.out_of)} | {m.state} |"
        for m in grade.marks
    ]
    return "\n".join([head, *rows])


def _section(mark: Mark) -> str:
    lines = [
        f"## {_plain(mark.criterion.title)}",
        f"{points(mark.earned)} of {points(mark.out_of)}. {mark.criterion.expects}",
        "\n".join(f"- {_plain(part_line(part))}" for part in mark.parts),
    ]
    if mark.awaiting:
        lines.append(f"{points(mark.awaiting)} points are given by an assessor.")
    if mark.undecided:
        lines.append(undecided_line(mark))
    return "\n\n".join(lines)


def _to_read(mark: Mark) -> str:
    lines = [
        f"## {_plain(mark.criterion.title)}: ____ of {points(mark.awaiting)}",
        mark.criterion.expects,
        "The answer:",
        "\n".join(f"> {_plain(line)}" for line in mark.answer.splitlines()) or "> (none)",
    ]
    if mark.evidence:
        lines += ["The evidence:", "\n".join(f"- {_plain(line)}" for line in mark.evidence)]
    checked = [part for part in mark.parts if part.state != "for the assessor"]
    if checked:
        lines += ["Checked already:", "\n".join(f"- {_plain(part_line(part))}" for part in checked)]
    return "\n\n".join(lines)


def _plain(text: str) -> str:
    """Return a text that stays text in Markdown: no markup, no cell borders, one line."""
    flat = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>|#!])", r"\\\1", flat)


def _code(text: str) -> str:
    return text.replace("`", "'")

"""A mark in words: what was expected, what was found, where to look."""

from __future__ import annotations

from reports.grading.marks import Grade, Mark, Part, State

SIGNS = {
    State.MET: "[met]",
    State.UNMET: "[not met]",
    State.MISSING: "[missing]",
    State.ASSESSOR: "[to be read]",
    State.BROKEN: "[not decided]",
    State.SKIPPED: "[not run]",
    State.PARTIAL: "[partly]",
    State.INCOMPLETE: "[met, part skipped]",
}


def points(value: float) -> str:
    """Return points without needless digits."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def name_of(mark: Mark) -> str:
    """Return a criterion's name for a list of tests; one that was cut short does not read as the whole."""
    name = f"{mark.criterion.title} ({mark.criterion.id})"
    return f"{name}, as far as it was decided" if mark.cut_short else name


def name_of_rest(mark: Mark) -> str:
    """Return the name of what was not decided of a criterion that was cut short."""
    return f"{mark.criterion.title} ({mark.criterion.id}), not decided"


def rest_text(mark: Mark) -> str:
    """Return what was not decided of a criterion, and that it costs nothing."""
    lines = [f"- {part_line(part)}" for part in mark.parts if part.state in {State.BROKEN, State.SKIPPED}]
    return "\n".join([*lines, undecided_line(mark)])


def undecided_line(mark: Mark) -> str:
    """Return how many points were not decided."""
    return f"{points(mark.undecided)} points could not be decided here; they cost nothing."


def part_line(part: Part) -> str:
    """Return one part in a line."""
    look = f" (look at: {part.look_at})" if part.look_at and part.state is not State.MET else ""
    return f"{SIGNS[part.state]} expected: {part.expected}; found: {part.found}{look}"


def mark_text(mark: Mark, *, evidence: bool = True) -> str:
    """Return a mark's feedback: its parts, and for an assessor the evidence beside the answer."""
    lines = [mark.criterion.expects, *(f"- {part_line(part)}" for part in mark.parts)]
    if mark.awaiting:
        lines.append(f"{points(mark.awaiting)} points are given by an assessor.")
    if mark.undecided:
        lines.append(undecided_line(mark))
    if evidence and mark.awaiting and mark.evidence:
        lines += ["Evidence beside it:", *(f"- {line}" for line in mark.evidence)]
    return "\n".join(lines)


def headline(grade: Grade) -> str:
    """Return a grade in one sentence."""
    if grade.not_gradable:
        return f"Not graded: {grade.not_gradable}"
    parts = [f"{points(grade.earned)} of {points(grade.out_of)} points that could be decided here"]
    if grade.awaiting:
        parts.append(f"{points(grade.awaiting)} wait for an assessor")
    if grade.undecided:
        parts.append(f"{points(grade.undecided)} could not be decided and cost nothing")
    return "; ".join(parts) + "."


def trouble(grade: Grade) -> tuple[str, ...]:
    """Return what the harness or the cloud did wrong, each in a sentence."""
    broken = [
        f"{mark.criterion.id}: {part.found}"
        for mark in grade.marks
        for part in mark.parts
        if part.state is State.BROKEN
    ]
    if grade.trouble:
        return (*grade.trouble, f"{len(broken)} parts of criteria could not be decided")
    return tuple(dict.fromkeys(broken))

"""One submission's grade: every criterion decided by itself, so that trouble with one keeps the rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import reports.grading.checks  # noqa: F401 - importing registers the checks
from reports.grading.case import CHECKS, Case, Decision
from reports.grading.errors import RubricError
from reports.grading.marks import Grade, Mark, Part, State
from reports.grading.rubric import Criterion, Rubric

Guard = Callable[[], AbstractContextManager[object]]


class OutOfTime(Exception):
    """A criterion took longer than it may; raised by the guard that the caller gives."""


def grade(submission: str, case: Case, rubric: Rubric, *, guard: Guard = nullcontext) -> Grade:
    """Return a submission's grade; `guard` is entered around each criterion and may raise `OutOfTime`."""
    unknown = sorted({criterion.check for criterion in rubric.criteria} - CHECKS.keys())
    if unknown:
        raise RubricError(f"the rubric names checks that do not exist: {', '.join(unknown)}")
    started = time.perf_counter()
    marks = tuple(mark(case, criterion, guard) for criterion in rubric.criteria)
    return Grade(
        submission=submission,
        rubric=rubric.name,
        marks=marks,
        findings=case.evidence.findings,
        seconds=time.perf_counter() - started,
        notes=(*_isolation(case), *case.answers.wrong.values()),
        learner=case.answers.text("learner.name"),
    )


def _isolation(case: Case) -> tuple[str, ...]:
    return (case.run.isolation,) if case.run and case.run.isolation else ()


def mark(case: Case, criterion: Criterion, guard: Guard) -> Mark:
    """Decide one criterion. What goes wrong in deciding is ours and costs the learner nothing."""
    started = time.perf_counter()
    try:
        with guard():
            decision = CHECKS[criterion.check](case, criterion)
    except OutOfTime as error:
        decision = _broken(criterion, f"deciding it took too long: {error}")
    except Exception as error:  # noqa: BLE001 - one criterion's trouble is told, and the others are decided
        decision = _broken(criterion, f"the grader failed: {type(error).__name__}: {error}")
    return Mark(
        criterion,
        decision.parts,
        decision.answer,
        decision.evidence,
        time.perf_counter() - started,
    )


def _broken(criterion: Criterion, saying: str) -> Decision:
    return Decision(
        (Part(criterion.expects, saying, State.BROKEN, "ask for this submission to be graded again"),)
    )

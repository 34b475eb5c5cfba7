"""A regression check as one record: what was checked, what it came to, and the exit code."""

from __future__ import annotations

from dataclasses import dataclass, field

from reports.records import Environment
from reports.regression.comparing import Pair, Performance
from reports.regression.decisions import Standing
from reports.regression.findings import Check

FINE, BROKEN_PROMISE, UNKNOWN = 0, 1, 2
PASSED, FAILED = "passed", "failed"


@dataclass(frozen=True, slots=True)
class Source:
    """A template that takes part: what it was called on the command line, and the hash of it and its code."""

    name: str
    template_hash: str = ""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment of an activity on the new template.

    `status` is passed, failed (a claim is refuted), broken (it could not be made, or could not tell) or
    skipped; `lines` are the verdicts that are not confirmed, or why it broke.
    """

    activity: int
    name: str
    status: str
    claims: int
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Regression:
    """Everything that a check of a template against a baseline found.

    `performance` is None where nothing was timed, and `no_timings` then says why; `unchanged` tells that
    there was nothing to time, because both are the same. `trouble` is what kept a part from being made.
    """

    new: Source
    baseline: Source
    checks: tuple[Check, ...]
    experiments: tuple[Experiment, ...]
    performance: Performance | None
    environment: Environment
    no_timings: str = ""
    unchanged: bool = False
    timings_asked_for: bool = True
    trouble: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = field(default=(), repr=False)

    @property
    def broken_promises(self) -> tuple[str, ...]:
        """What is wrong with the new template, or worse than before, a sentence each."""
        found = [f"{one.where}: {one.problem}" for check in self.checks for one in check.findings]
        found += [
            f"{one.name}: {line}" for one in self.experiments if one.status == FAILED for line in one.lines
        ]
        if self.performance is not None:
            for comparison in self.performance.comparisons:
                if comparison.standing is Standing.WORSE:
                    found.append(
                        f"{comparison.subject} is worse: {comparison.ratio:.3f} times the baseline's"
                    )
        return tuple(found)

    @property
    def open_questions(self) -> tuple[str, ...]:
        """What could not be told, a sentence each."""
        found = list(self.trouble)
        found += [
            f"{one.name}: {line}"
            for one in self.experiments
            if one.status not in {PASSED, FAILED}
            for line in one.lines or (one.status,)
        ]
        if self.performance is not None:
            for comparison in self.performance.comparisons:
                if comparison.standing is Standing.INCONCLUSIVE:
                    found.append(f"{comparison.subject}: {self.performance.sample} could not tell")
        elif self.timings_asked_for and not self.unchanged:
            found.append(f"not timed: {self.no_timings}")
        return tuple(found)

    @property
    def claims(self) -> int:
        """How many claims were judged."""
        return sum(one.claims for one in self.experiments)

    @property
    def not_looked_at(self) -> tuple[str, ...]:
        """The parts of a check that were not made, so that no verdict speaks of them."""
        timed = self.performance is not None or self.unchanged
        parts = (("the speed", timed), ("the claims of the activities", bool(self.claims)))
        return tuple(part for part, made in parts if not made)

    @property
    def exit_code(self) -> int:
        """0 nothing found in what was looked at; 1 something is worse or wrong; 2 it could not be told."""
        if self.broken_promises:
            return BROKEN_PROMISE
        return UNKNOWN if self.open_questions else FINE

    @property
    def headline(self) -> str:
        """The whole in a word or two."""
        if self.exit_code == BROKEN_PROMISE:
            slower = self.performance is not None and self.performance.standing is Standing.WORSE
            promises = len(self.broken_promises)
            return "worse" if slower else f"{promises} {'promise' if promises == 1 else 'promises'} broken"
        if self.exit_code == UNKNOWN:
            return "inconclusive"
        if self.performance is not None:
            return self.performance.standing.value
        return Standing.NO_WORSE.value if self.unchanged else "checks passed"

"""Causes that evidence shows and that are none of the four leaves: named as what they are."""

from __future__ import annotations

import re

from reports.rca.diagnosis import Action, Bone, Outside
from reports.rca.error_table import Family
from reports.rca.evidence import short
from reports.rca.facts import Facts, setting_evidence
from reports.rca.failures import Failure
from reports.rca.observations import MISSING
from reports.rca.rules.exhausted import is_full, report_of
from reports.rca.rules.rule import Rule, Sighting, of_failures

EVERY_TICKET = 3
"""The same error on so many tickets, with none that passed, speaks for the code and not for a ticket."""
_DENIED = re.compile(r"not authorized to perform: (?P<action>\S+)(?: on resource: (?P<resource>\S+))?")


def _defect(facts: Facts) -> Sighting | None:
    failures = facts.of_family(Family.CODE) + _broke(facts) + _ended(facts)
    if not failures:
        return None
    item = facts.item_of(failures[0])
    more = (facts.item_evidence(failures[0], item),) if item is not None else ()
    return of_failures(facts, failures, *more)


def _broke(facts: Facts) -> tuple[Failure, ...]:
    """Return errors of code or data that were on valid tickets, or on every ticket that came."""
    failures = facts.of_family(Family.CODE_OR_DATA)
    valid = tuple(f for f in failures if (item := facts.item_of(f)) is not None and item.valid)
    if valid:
        return valid
    known_bad = any((item := facts.item_of(f)) is not None and item.valid is False for f in failures)
    by_step: dict[tuple[str | None, str], list[Failure]] = {}
    for failure in failures:
        by_step.setdefault((failure.step, failure.what.canonical), []).append(failure)
    for (step, _), same in by_step.items():
        tickets = {failure.index for failure in same if failure.index is not None}
        if len(tickets) >= EVERY_TICKET and not facts.passed(step) and not known_bad:
            return tuple(same)
    return ()


def _ended(facts: Facts) -> tuple[Failure, ...]:
    """Return processes that ended by themselves with memory to spare."""
    failures = facts.of_family(Family.PROCESS_EXIT)
    return tuple(f for f in failures if not is_full(report_of(facts, f)))


def _permission(facts: Facts) -> Sighting | None:
    failures = facts.of_family(Family.PERMISSION)
    if not failures:
        return None
    denied = _DENIED.search(failures[0].message)
    settings = [s for s in facts.observations.settings if s.value == MISSING]
    return of_failures(
        facts,
        failures,
        *(setting_evidence(setting) for setting in settings[:1]),
        action=denied["action"] if denied else "what it needs",
        resource=short((denied["resource"] if denied else None) or "the resource"),
    )


def _not_set_up(facts: Facts) -> Sighting | None:
    return of_failures(facts, facts.of_family(Family.CONFIGURATION))


def _service(facts: Facts) -> Sighting | None:
    return of_failures(facts, facts.of_family(Family.SERVICE))


def _dependency_failed(facts: Facts) -> Sighting | None:
    return of_failures(facts, facts.of_family(Family.DEPENDENCY_FAILURE))


RULES = (
    Rule(
        "code-defect",
        Outside.CODE_DEFECT,
        None,
        "code cannot be loaded, breaks on valid tickets, or breaks alike on every ticket",
        "the failed attempts, the log line, the ticket in the input",
        "{step} is broken: {error} ({count})",
        "The last change of {function}'s code brought the defect in; it is none of the four leaves.",
        Action(
            "Put the former version of {function} back.",
            "Deploy the present version again.",
            "The same tickets pass {step}.",
        ),
        _defect,
    ),
    Rule(
        "permission-missing",
        Outside.PERMISSION,
        None,
        "a role is not allowed to do what a step needs",
        "the failed attempts, the permission",
        "{step} was denied {action} on {resource} ({count})",
        "The role's policies do not grant {action}; it is none of the four leaves.",
        Action(
            "Allow {action} on {resource} to the role that the cause names.",
            "Take the permission away again.",
            "The same tickets pass {step}.",
        ),
        _permission,
    ),
    Rule(
        "not-set-up",
        Outside.CONFIGURATION,
        None,
        "something that a step uses is not there or not ready",
        "the failed attempts",
        "{step} uses something that is not there or not ready: {error} ({count})",
        "The stack was not deployed as a whole, or was changed by hand; it is none of the four leaves.",
        Action(
            "Deploy the stack again from its template.",
            "Deploy the former template.",
            "The same tickets pass {step}.",
        ),
        _not_set_up,
    ),
    Rule(
        "dependency-failed",
        Outside.SERVICE,
        Bone.DEPENDENCIES,
        "a service that a step calls answers with a failure of its own",
        "the failed attempts",
        "what {step} calls failed: {error} ({count})",
        "The dependency is broken, not slow; it is none of the four leaves.",
        Action(
            "Send the same tickets again later, at a lower MaxConcurrency.",
            "Set the former cap.",
            "No attempt at {step} fails with {error}.",
        ),
        _dependency_failed,
    ),
    Rule(
        "service-failed",
        Outside.SERVICE,
        Bone.DEPENDENCIES,
        "Lambda itself answers with a failure",
        "the failed attempts",
        "Lambda itself failed at {step}: {error} ({count})",
        "A passing fault of the service; it is none of the four leaves.",
        Action("Send the same tickets again.", "Nothing to undo.", "The same tickets pass {step}."),
        _service,
    ),
)

"""BAD INPUT: a ticket is refused, or too large, or broke a step that did not expect it."""

from __future__ import annotations

import re

from reports.rca.diagnosis import Action, Bone, Contradiction, Leaf
from reports.rca.error_table import Family
from reports.rca.evidence import Evidence
from reports.rca.facts import Facts, counted
from reports.rca.failures import Failure
from reports.rca.rules.rule import Rule, Sighting, of_failures

_NAMED = re.compile(r"^[A-Z][A-Za-z]+: ")
_REFUSES = re.compile(
    r"\b(too (large|long|short|big|many)|must (be|have|contain)|invalid|required|missing|malformed|empty|"
    r"exceeds|not (a|an|valid|allowed|supported)|expecting|can't decode|unsupported)\b",
    re.IGNORECASE,
)


def _refused(facts: Facts) -> Sighting | Contradiction | None:
    said = tuple(f for f in facts.of_family(Family.VALIDATION) if _refuses(facts, f))
    if not said:
        return None
    first, item = said[0], facts.item_of(said[0])
    if item is not None and item.valid:
        saying = (
            f"ticket {first.ticket or f'#{first.index}'} was refused, and it meets the pipeline's own schema"
        )
        evidence = (*facts.evidence_of(said), facts.item_evidence(first, item))
        return Contradiction("refused-input", Leaf.BAD_INPUT, saying, evidence)
    return _of_data(facts, said)


def _refuses(facts: Facts, failure: Failure) -> bool:
    """Tell whether an error is a refusal of data: by what it says, or because the ticket is known as bad."""
    item = facts.item_of(failure)
    known = item is not None and item.valid is False
    return known or bool(_NAMED.search(failure.message) or _REFUSES.search(failure.message))


def _of_data(facts: Facts, failures: tuple[Failure, ...]) -> Sighting | None:
    first, more = failures[0], list[Evidence]()
    item = facts.item_of(first)
    if item is not None:
        more.append(facts.item_evidence(first, item))
    return of_failures(facts, failures, *more, *_at_once(facts, first), ticket=_name(first))


def _name(failure: Failure) -> str:
    if failure.ticket:
        return f"ticket {failure.ticket}"
    return f"ticket #{failure.index}" if failure.index is not None else "a ticket"


def _at_once(facts: Facts, failure: Failure) -> tuple[Evidence, ...]:
    """Cite how soon after its start the failed attempt ended, and where the ticket never came."""
    for burst in facts.observations.bursts:
        if burst.execution_arn != failure.execution:
            continue
        for ticket in burst.tickets:
            if ticket.index == failure.index and ticket.steps:
                last = ticket.steps[-1]
                after = (
                    burst.step_order[burst.step_order.index(last.step) + 1 :]
                    if last.step in burst.step_order
                    else ()
                )
                never = f"; it never reached {', '.join(after)}" if after else ""
                note = f"{_name(failure)} failed after {last.service_s * 1000:.0f} ms in {last.step}{never}"
                return (counted(burst, note),)
    return ()


def _too_large(facts: Facts) -> Sighting | None:
    failures = facts.of_family(Family.DATA_LIMIT)
    return _of_data(facts, failures) if failures else None


def _not_expected(facts: Facts) -> Sighting | None:
    families = (Family.CODE_OR_DATA, Family.UNKNOWN)
    failures = tuple(f for f in facts.of_family(*families) if _is_bad(facts, f))
    return _of_data(facts, failures) if failures else None


def _is_bad(facts: Facts, failure: Failure) -> bool:
    item = facts.item_of(failure)
    return item is not None and item.valid is False


_SET_ASIDE = Action(
    "Set {ticket} aside and send the others again.",
    "Send it again once it has been corrected.",
    "The others succeed; {ticket} alone fails again, in the same step and at once.",
)

RULES = (
    Rule(
        "refused-input",
        Leaf.BAD_INPUT,
        Bone.DATA,
        "a step refuses a ticket at once with a validation error, at any load",
        "the failed attempt, the log line, the ticket in the input, how soon it failed",
        "{step} refused {ticket}: {message}",
        "Nothing checks tickets before the pipeline: this one should never have entered it.",
        _SET_ASIDE,
        _refused,
    ),
    Rule(
        "too-large",
        Leaf.BAD_INPUT,
        Bone.DATA,
        "a service refuses data that is larger than it carries",
        "the failed attempt, the ticket in the input",
        "the data of {ticket} at {step} is larger than the service carries: {error}",
        "A payload or result grew over the limit (256 KiB in Step Functions, 6 MB in Lambda).",
        _SET_ASIDE,
        _too_large,
    ),
    Rule(
        "unexpected-input",
        Leaf.BAD_INPUT,
        Bone.DATA,
        "a step breaks with an error of its own on a ticket that does not meet the schema",
        "the failed attempt, the ticket in the input",
        "{step} broke on {ticket}, which is not valid: {error}",
        "No validation gate stopped {ticket}, and {step} took it for granted that its tickets are valid.",
        _SET_ASIDE,
        _not_expected,
    ),
)

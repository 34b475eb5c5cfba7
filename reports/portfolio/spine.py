"""The exercise's spine: its parts, what was done in each activity, and what that proves if confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SCALING = "1 · Scaling is the job"
ORCHESTRATION = "2 · Orchestration is the mechanism"
SAFETY_NET = "3 · Root cause analysis is the safety net"
PORTFOLIO = "0 · The portfolio"
FURTHER = "4 · Going further"
KSB: Final = {
    "K12": "K12: deployment approaches for pipelines and automated processes",
    "S10": "S10: monitoring in the live environment",
    "S19": "S19: capacity scaled in proportion to need",
    "S22": "S22: the architecture identified for the problem",
    "S26": "S26: impartial decisions from evidence",
    "B2": "B2: responsibility, sustainable outcomes",
    "B4": "B4: integrity",
}
"""What the exercise is assessed against, of the standard ST1398."""


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity in plain words. `proves` is said only when all that was claimed is confirmed."""

    number: int
    part: str
    title: str
    done: str
    proves: str
    figure: str = ""
    """The key of the artefact that shows most, "" where words do."""


ACTIVITIES: Final = (
    Activity(
        1,
        SCALING,
        "Orientation",
        "The pipeline was deployed from its template, and each service was asked what it has.",
        "Everything the template promises is there, nothing has run yet, and one knob decides how many "
        "tickets are worked on at once.",
    ),
    Activity(
        2,
        SCALING,
        "The happy path",
        "One ticket was sent, with nothing else in the pipeline.",
        "The pipeline works, and one step, the model, takes nearly all of a ticket's time.",
        "happy-path",
    ),
    Activity(
        3,
        SCALING,
        "Hit the wall",
        "A flash sale's tickets were sent all at once, with few worked on at a time.",
        "The wall is the cap on tickets at once, in front of the model step: the work waits, nothing fails.",
        "dashboard-at-the-wall",
    ),
    Activity(
        4,
        SCALING,
        "Scale up and compare",
        "The same tickets were sent again with a higher cap, and then at several caps.",
        "More slots finish the work sooner and make no single ticket faster or slower: horizontal scaling. "
        "The fitted law says where one more slot stops paying.",
        "side-by-side",
    ),
    Activity(
        5,
        ORCHESTRATION,
        "Understand orchestration",
        "The definition, both executions' histories and the logs were read side by side.",
        "The fan-out is one Map state with one knob. Time stacks up before its slots, not in the steps, and "
        "logs, metrics and history agree about it.",
        "where-time-goes",
    ),
    Activity(
        6,
        SAFETY_NET,
        "Controlled failure: bad input",
        "One ticket that is too large was sent alone, then among good ones.",
        "It fails at the first step, at once and without load: bad input, and the three other leaves are "
        "ruled out with reasons. Among good tickets it takes all of them with it, and a Catch contains it.",
        "failed-execution",
    ),
    Activity(
        7,
        SAFETY_NET,
        "Controlled failure: throttling",
        "The slow burst was looked at as an incident; then functions really refused work.",
        "Healthy code and valid data can still be too slow: the evidence says throttled, the fix is one "
        "reversible number, and it was verified before and after.",
        "fishbone",
    ),
    Activity(
        8,
        PORTFOLIO,
        "Evidence portfolio and reflection",
        "The artefacts were made from this run's executions, and the checklist was held against evidence. "
        "The clean-up, which deletes the stack, comes last.",
        "The artefacts belong to this run, and the clean-up left nothing behind.",
    ),
)
_PARTS: Final = {activity.number: activity.part for activity in ACTIVITIES}


def part_of(number: int) -> str:
    """Return the part of the spine that an activity belongs to."""
    return _PARTS.get(number, FURTHER)

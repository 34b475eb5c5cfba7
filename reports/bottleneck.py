"""Which step limits a burst, and what would change if it did not: all from measurement.

The model step is the one with the largest share of service time. The counterfactual runs the recorded
tickets again with that step twice as fast. The scaling map says for each step what was measured, which knob
moves it, and what more load does to it; each sentence depends on facts of this burst.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.measuring.concurrency import timeline
from reports.measuring.definition import INLINE_MAP_CEILING, Definition
from reports.measuring.statistics import slots, step_statistics
from reports.records import Burst, StepStatistics
from reports.simulation import replay_s

DOMINANT_SHARE = 0.5
"""A step with at least half of the service time is what scaling has to be aimed at."""

SATURATED = 0.9
"""Slots busy for at least this share of the plateau are saturated: more load waits."""


class NothingMeasured(ValueError):
    """No ticket of a burst was served, so no step can be named."""


@dataclass(frozen=True, slots=True)
class StepAttribution:
    """One step's part: shares are 0..1, times seconds per ticket.

    `waiting_before_s` is the mean time from the end of the step before (or the ticket's start) to this
    step's first start in service. `counterfactual_s` is the makespan predicted with this step twice as fast.
    """

    step: str
    share_of_service: float
    utilisation: float
    waiting_before_s: float
    mean_service_s: float
    p95_service_s: float
    counterfactual_s: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """What limits a burst.

    `replayed_s` is the makespan that the replay gives with nothing changed: its difference from the
    measured one says how far the counterfactuals can be trusted. `queueing_share` is the mean part of a
    ticket's stay (queue before the Map and time in it) spent waiting for a slot.
    """

    model_step: str
    steps: tuple[StepAttribution, ...]
    makespan_s: float
    replayed_s: float
    counterfactual_s: float
    saturation: float
    queueing_share: float
    slots: int

    @property
    def share(self) -> float:
        """The model step's share of service time."""
        return self.of(self.model_step).share_of_service

    @property
    def saved_s(self) -> float:
        """Seconds of makespan saved were the model step twice as fast."""
        return self.replayed_s - self.counterfactual_s

    @property
    def saturated(self) -> bool:
        """Whether all slots were busy while tickets waited: the cap is the wall."""
        return self.saturation >= SATURATED and self.queueing_share > 0

    def of(self, step: str) -> StepAttribution:
        """Return one step's part."""
        return next(part for part in self.steps if part.step == step)


@dataclass(frozen=True, slots=True)
class ScalingMapRow:
    """One step's row of the scaling map, as the exercise asks for it."""

    step: str
    does: str
    knob: str
    under_load: str
    share_of_service: float
    scale_first: bool


def attribute(burst: Burst, *, factor: float = 0.5) -> Attribution:
    """Return what limits a burst; `factor` is what the counterfactual makes of a step's service time.

    Raises `NothingMeasured` when no step was served.
    """
    figures = [figure for figure in step_statistics(burst) if figure.n]
    if not sum(figure.mean_s for figure in figures) > 0:
        raise NothingMeasured(
            f"the burst ended {burst.status} with no time in service measured for any of "
            f"{', '.join(burst.step_order) or 'its steps'}; "
            f"look at the execution's error first: {burst.error}"
        )
    model = max(figures, key=lambda figure: figure.share_of_service).step
    line = timeline(burst)
    return Attribution(
        model_step=model,
        steps=tuple(_step(burst, figure, factor) for figure in figures),
        makespan_s=burst.makespan_s,
        replayed_s=replay_s(burst),
        counterfactual_s=replay_s(burst, factors={model: factor}),
        saturation=line.time_average / line.cap,
        queueing_share=_queueing_share(burst),
        slots=slots(burst),
    )


def scaling_map(burst: Burst, definition: Definition) -> tuple[ScalingMapRow, ...]:
    """Return the scaling map: for each step its measured part, its knob, and what load does to it."""
    found = attribute(burst)
    errors = {figure.step: figure.errors for figure in step_statistics(burst)}
    return tuple(
        ScalingMapRow(
            step=part.step,
            does=_does(part, found),
            knob=_knob(part, found, definition),
            under_load=_under_load(part, found, errors[part.step]),
            share_of_service=part.share_of_service,
            scale_first=part.step == found.model_step,
        )
        for part in found.steps
    )


def conclusion(found: Attribution) -> str:
    """Return what the measurements say about the bottleneck, in a few plain sentences."""
    part = found.of(found.model_step)
    wall = (
        f"All {found.slots} slots were busy ({found.saturation:.0%} of the plateau) and a ticket spent "
        f"{found.queueing_share:.0%} of its stay waiting for one: the concurrency cap is the wall."
        if found.saturated
        else f"The slots were busy {found.saturation:.0%} of the plateau: the cap is not the wall."
    )
    return (
        f"{found.model_step} takes {part.share_of_service:.1%} of all service time "
        f"({part.mean_service_s * 1000:.0f} ms a ticket on average). {wall} "
        f"Were {found.model_step} twice as fast, the makespan would be {found.counterfactual_s:.1f} s "
        f"instead of {found.replayed_s:.1f} s."
    )


def _step(burst: Burst, figure: StepStatistics, factor: float) -> StepAttribution:
    return StepAttribution(
        step=figure.step,
        share_of_service=figure.share_of_service,
        utilisation=figure.utilisation,
        waiting_before_s=_waiting_before(burst, figure.step),
        mean_service_s=figure.mean_s,
        p95_service_s=figure.p95_s,
        counterfactual_s=replay_s(burst, factors={figure.step: factor}),
    )


def _waiting_before(burst: Burst, step: str) -> float:
    """Return the mean time from the end of what came before to the step's first start in service."""
    waits = []
    for ticket in burst.tickets:
        left = ticket.started
        for sample in ticket.steps:
            starts = [attempt.started for attempt in sample.attempts if attempt.started is not None]
            if sample.step == step and starts:
                waits.append(max(0.0, starts[0] - left))
            left = sample.exited
    return sum(waits) / len(waits) if waits else 0.0


def _queueing_share(burst: Burst) -> float:
    stays = [(ticket.queued_s, ticket.queued_s + ticket.ended - ticket.started) for ticket in burst.tickets]
    whole = sum(stay for _, stay in stays)
    return sum(queued for queued, _ in stays) / whole if whole > 0 else 0.0


def _does(part: StepAttribution, found: Attribution) -> str:
    place = "the model step: it takes most of the time" if part.step == found.model_step else "a light step"
    if part.step == found.model_step and part.share_of_service < DOMINANT_SHARE:
        place = "the heaviest step, though not by itself most of the time"
    return (
        f"{place}; {part.mean_service_s * 1000:.1f} ms a ticket, "
        f"{part.share_of_service:.1%} of all service time"
    )


def _knob(part: StepAttribution, found: Attribution, definition: Definition) -> str:
    saved = found.replayed_s - part.counterfactual_s
    cap = _cap_text(definition)
    if saved < 0.05 * found.replayed_s:
        return (
            f"shares {cap} with the other steps; making it twice as fast would save {saved:.2f} s, "
            "so it needs no knob of its own now"
        )
    return (
        f"{cap}: more tickets at once, up to an inline Map's ceiling of {INLINE_MAP_CEILING}; or a faster "
        f"step (twice as fast would save {saved:.1f} s)"
    )


def _cap_text(definition: Definition) -> str:
    where = definition.concurrency_path or definition.concurrency_expression
    how = f"read from the input at {where}" if where else f"fixed at {definition.fixed_concurrency}"
    return f"{definition.map_state}'s MaxConcurrency ({how})"


def _under_load(part: StepAttribution, found: Attribution, errors: int) -> str:
    if errors:
        return f"{errors} of its attempts failed in this burst: load shows as errors and retries"
    if part.step == found.model_step and found.saturated:
        return (
            f"tickets wait for one of {found.slots} slots while this step keeps them busy "
            f"({part.utilisation:.0%} of their time); its own time stays the same (p95 "
            f"{part.p95_service_s * 1000:.0f} ms), the queue and the makespan grow"
        )
    if part.step == found.model_step:
        return f"its slots were not full ({found.saturation:.0%} busy), so more load would first fill them"
    return (
        f"it kept slots busy only {part.utilisation:.1%} of the time, and waited "
        f"{part.waiting_before_s * 1000:.1f} ms before starting: it is idle while the heavy step works"
    )

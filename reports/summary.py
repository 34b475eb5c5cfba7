"""Plain text and Markdown forms of what was found: for the terminal's last lines and for descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.bottleneck import Attribution, ScalingMapRow
from reports.judging.verdicts import figure, interval_text, line, threshold_text
from reports.measuring.concurrency import timeline
from reports.measuring.statistics import ideal_s, makespan_over_ideal, step_statistics, throughput_per_s
from reports.records import Burst, Outcome, Verdict
from reports.scaling import Prediction

MARKS = {Outcome.CONFIRMED: "PASS", Outcome.REFUTED: "FAIL", Outcome.INCONCLUSIVE: "OPEN"}


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One line of a session's summary: whose it is, its outcome, and the text."""

    experiment: str
    outcome: Outcome
    text: str


def summary_lines(experiment: str, verdicts: Iterable[Verdict]) -> tuple[SummaryLine, ...]:
    """Return a line for each claim of an experiment."""
    return tuple(SummaryLine(experiment, verdict.outcome, line(verdict)) for verdict in verdicts)


def totals(verdicts: Sequence[Verdict]) -> str:
    """Return how many claims came to what, e.g. `7 claims: 6 confirmed, 1 inconclusive`."""
    counts = {outcome: sum(verdict.outcome is outcome for verdict in verdicts) for outcome in Outcome}
    parts = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    plural = "claim" if len(verdicts) == 1 else "claims"
    return f"{len(verdicts)} {plural}: {parts}" if parts else "no claims"


def burst_text(burst: Burst) -> str:
    """Return a burst in one line of figures."""
    peak, over = timeline(burst).peak, figure(makespan_over_ideal(burst))
    return (
        f"{burst.plan.tickets} tickets at concurrency {burst.plan.max_concurrency}: "
        f"{burst.succeeded} succeeded in {burst.makespan_s:.2f} s (ideal {ideal_s(burst):.2f} s, "
        f"{over} times), {figure(throughput_per_s(burst))} tickets/s, peak {peak}"
    )


def claims_table(verdicts: Iterable[Verdict]) -> str:
    """Return verdicts as a Markdown table."""
    rows = [
        (
            verdict.claim,
            verdict.outcome.value,
            f"{figure(verdict.estimate.value)} {verdict.estimate.unit}".strip(),
            interval_text(verdict.estimate.interval) if verdict.estimate.interval else "exact",
            f"{verdict.estimate.n} {verdict.estimate.n_unit}",
            threshold_text(verdict.threshold),
            verdict.estimate.method,
        )
        for verdict in verdicts
    ]
    return table(("claim", "outcome", "effect", "interval", "n", "needed", "method"), rows)


def bursts_table(bursts: Iterable[Burst]) -> str:
    """Return bursts side by side as a Markdown table."""
    rows = [
        (
            burst.plan.max_concurrency,
            f"{burst.succeeded} of {burst.plan.tickets}",
            f"{burst.makespan_s:.2f}",
            f"{ideal_s(burst):.2f}",
            figure(makespan_over_ideal(burst)),
            figure(throughput_per_s(burst)),
            timeline(burst).peak,
            f"{timeline(burst).time_average:.2f}",
        )
        for burst in bursts
    ]
    head = ("max_concurrency", "succeeded", "makespan, s", "ideal, s", "over ideal", "tickets/s", "peak")
    return table((*head, "on average"), rows)


def steps_table(burst: Burst) -> str:
    """Return what each step did as a Markdown table, times in milliseconds."""
    rows = [
        (
            step.step,
            step.n,
            *(figure(round(value * 1000, 2)) for value in (step.mean_s, step.p50_s, step.p95_s, step.max_s)),
            figure(round(step.waiting_mean_s * 1000, 2)),
            f"{step.share_of_service:.1%}",
            f"{step.utilisation:.1%}",
            step.retries,
            step.errors,
        )
        for step in step_statistics(burst)
    ]
    head = ("step", "n", "mean, ms", "p50, ms", "p95, ms", "max, ms", "waiting, ms", "share of service")
    return table((*head, "utilisation", "retries", "errors"), rows)


def scaling_map_table(rows: Iterable[ScalingMapRow]) -> str:
    """Return the scaling map as a Markdown table; the step to scale first is in bold."""
    cells = [
        (f"**{row.step}**" if row.scale_first else row.step, row.does, row.knob, row.under_load)
        for row in rows
    ]
    return table(("step", "what it does", "what scales it", "under load"), cells)


def attribution_table(found: Attribution) -> str:
    """Return each step's part in the burst as a Markdown table."""
    rows = [
        (
            f"**{part.step}**" if part.step == found.model_step else part.step,
            f"{part.share_of_service:.1%}",
            f"{part.utilisation:.1%}",
            figure(round(part.waiting_before_s * 1000, 2)),
            f"{part.counterfactual_s:.2f} (now {found.makespan_s:.2f})",
        )
        for part in found.steps
    ]
    head = ("step", "share of service", "utilisation", "waiting before, ms", "makespan if twice as fast, s")
    return table(head, rows)


def predictions_table(predictions: Iterable[tuple[Prediction, Burst]]) -> str:
    """Return what one burst predicted beside what was measured, as a Markdown table."""
    rows = [
        (
            prediction.concurrency,
            f"{prediction.ideal_s:.2f}",
            f"{prediction.amdahl_s:.2f}",
            f"{burst.makespan_s:.2f}",
            f"{burst.makespan_s / prediction.amdahl_s:.3f}" if prediction.amdahl_s > 0 else "unknown",
        )
        for prediction, burst in predictions
    ]
    head = ("max_concurrency", "ideal, s", "Amdahl, s", "measured, s", "measured over Amdahl")
    return table(head, rows)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; bars and line breaks in a cell are made harmless."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in cells)} |" for cells in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", "\\|").split())

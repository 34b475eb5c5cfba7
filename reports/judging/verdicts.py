"""From an estimate and a threshold to a verdict, and the verdict as one line of plain language.

A claim is confirmed only when its whole interval meets the threshold, refuted only when no part of it
does, and inconclusive otherwise. `within` is an equivalence test: two one-sided tests at 5 % each, which is
the same as asking whether the 90 % interval lies inside the margin (Schuirmann 1987).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from reports.records import Estimate, Interval, Outcome, Threshold, Verdict

COMPARISON = "comparison"
"""The method of an estimate that is 1 when an observation is what was expected, else 0; its note says it."""
COUNT = "exact count"


class NoThreshold(ValueError):
    """A claim was to be judged against no threshold, or against more than one."""


def judge(
    claim: str,
    estimate: Estimate,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    within: float | None = None,
    centre: float = 1.0,
    equals: float | None = None,
) -> Verdict:
    """Return the verdict on a claim against exactly one threshold, in the unit of the estimate.

    `within` asks for centre - within <= effect <= centre + within; `centre` is 1 because most effects are
    ratios. An estimate without an interval is judged by its value: it was counted, or read off what ran, and
    the claim is about these runs alone.
    """
    given = {"at_least": at_least, "at_most": at_most, "within": within, "equals": equals}
    threshold = _threshold(claim, given, centre)
    outcome, note = _outcome(estimate, threshold)
    return Verdict(claim, outcome, estimate, threshold, note)


def rejudge(verdict: Verdict, estimate: Estimate | None = None) -> Verdict:
    """Judge again, by the recorded estimate or by one computed anew from the samples."""
    estimate = estimate if estimate is not None else verdict.estimate
    outcome, note = _outcome(estimate, verdict.threshold)
    return Verdict(verdict.claim, outcome, estimate, verdict.threshold, note)


def _threshold(claim: str, given: Mapping[str, float | None], centre: float) -> Threshold:
    stated = {kind: value for kind, value in given.items() if value is not None}
    if len(stated) != 1:
        raise NoThreshold(
            f"the claim '{claim}' has {len(stated)} thresholds ({', '.join(stated) or 'none'}); "
            f"state exactly one of {', '.join(given)}"
        )
    kind, value = stated.popitem()
    return Threshold(kind, value, centre if kind == "within" else 0.0)


def _outcome(estimate: Estimate, threshold: Threshold) -> tuple[Outcome, str]:
    if math.isnan(estimate.value):
        return Outcome.INCONCLUSIVE, estimate.note or "the effect could not be estimated from these samples"
    interval = estimate.interval
    if interval is None:
        met = _meets(estimate.value, estimate.value, threshold)
        return (Outcome.CONFIRMED if met else Outcome.REFUTED), estimate.note
    if math.isnan(interval.low) or math.isnan(interval.high):
        return Outcome.INCONCLUSIVE, estimate.note or "too few samples for an interval"
    if _meets(interval.low, interval.high, threshold):
        return Outcome.CONFIRMED, estimate.note
    if _misses(interval, threshold):
        return Outcome.REFUTED, estimate.note
    return Outcome.INCONCLUSIVE, _with(
        estimate.note, "the interval spans the threshold; repeat the bursts to narrow it"
    )


def _meets(low: float, high: float, threshold: Threshold) -> bool:
    """Whether everything from low to high meets the threshold."""
    floor, ceiling = bounds(threshold)
    return floor <= low and high <= ceiling


def _misses(interval: Interval, threshold: Threshold) -> bool:
    floor, ceiling = bounds(threshold)
    return interval.high < floor or interval.low > ceiling


def bounds(threshold: Threshold) -> tuple[float, float]:
    """Return the range that meets a threshold, both ends included."""
    value, centre = threshold.value, threshold.centre
    return {
        "at_least": (value, math.inf),
        "at_most": (-math.inf, value),
        "equals": (value, value),
        "within": (centre - value, centre + value),
    }[threshold.kind]


def line(verdict: Verdict) -> str:
    """Return the verdict on one line: outcome, claim, effect, interval, n, threshold and method."""
    estimate = verdict.estimate
    if estimate.method == COMPARISON:
        return f"{verdict.outcome.value.upper()}: {verdict.claim}: {estimate.note}"
    effect = f"{figure(estimate.value)}{_unit(estimate.unit)}"
    part_of_whole = estimate.method == COUNT and estimate.value <= estimate.n
    if part_of_whole:
        effect = f"{figure(estimate.value)} of {estimate.n} {estimate.n_unit}"
    parts = [f"{verdict.outcome.value.upper()}: {verdict.claim}: {effect}"]
    if estimate.interval is not None:
        parts.append(interval_text(estimate.interval))
    if not part_of_whole:
        parts.append(f"n = {estimate.n} {_counted(estimate.n, estimate.n_unit)}")
    parts.append(f"needed {threshold_text(verdict.threshold)}")
    parts.append(f"by {estimate.method}")
    text = ", ".join(parts)
    return " ".join(f"{text} ({verdict.note})".split() if verdict.note else text.split())


def threshold_text(threshold: Threshold) -> str:
    """Return a threshold in words."""
    value = figure(threshold.value)
    low, high = threshold.centre - threshold.value, threshold.centre + threshold.value
    return {
        "at_least": f"at least {value}",
        "at_most": f"at most {value}",
        "equals": f"exactly {value}",
        "within": f"{figure(low)} to {figure(high)}",
    }[threshold.kind]


def interval_text(interval: Interval) -> str:
    """Return an interval in words, e.g. `95 % interval 3.1 to 3.4`."""
    if math.isnan(interval.low) or math.isnan(interval.high):
        return "no interval"
    return f"{interval.confidence * 100:.3g} % interval {figure(interval.low)} to {figure(interval.high)}"


def figure(value: float) -> str:
    """Return a number as a person would write it: whole where it is whole, else four significant digits."""
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if value == int(value) and abs(value) < 1e15:  # noqa: PLR2004 - beyond this a float has no fraction
        return str(int(value))
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"  # noqa: PLR2004 - no "1.2e+03"


def _counted(n: int, unit: str) -> str:
    """Return a unit as it is counted: 2 bursts, 1 burst."""
    return unit.removesuffix("s") if n == 1 and " " not in unit else unit


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""


def _with(note: str, more: str) -> str:
    return f"{note}; {more}" if note else more

"""Compute an estimate again from recorded bursts, by the recipe it carries."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from reports.judging import estimates
from reports.judging.verdicts import rejudge
from reports.records import Burst, Estimate, Verdict

_ESTIMATES: Mapping[str, Callable[..., Estimate]] = {
    function.__name__: function
    for function in (
        estimates.speed_up,
        estimates.ratio_of_p95,
        estimates.ratio_of_mean_service,
        estimates.time_averaged_concurrency,
        estimates.peak_concurrency,
        estimates.makespan_over_ideal,
        estimates.makespan_over,
        estimates.share_of_service,
    )
}


class CannotRecompute(ValueError):
    """A recipe names an estimate that does not exist here, or a burst that is not among those given."""


def estimate_again(recipe: str, bursts: Mapping[str, Burst]) -> Estimate:
    """Return the estimate a recipe describes, from bursts by their execution ARN."""
    wanted: dict[str, Any] = json.loads(recipe)
    function = _ESTIMATES.get(wanted["estimate"])
    if function is None:
        known = ", ".join(_ESTIMATES)
        raise CannotRecompute(f"there is no estimate {wanted['estimate']!r}; there are {known}")
    sides = {side: _bursts(arns, bursts) for side, arns in wanted["bursts"].items()}
    return function(**sides, **wanted["arguments"])


def verdict_again(verdict: Verdict, bursts: Mapping[str, Burst]) -> Verdict:
    """Return the verdict computed anew; one without a recipe (an exact count) is judged by its figures."""
    recipe = verdict.estimate.recipe
    return rejudge(verdict, estimate_again(recipe, bursts) if recipe else None)


def _bursts(arns: str | list[str], bursts: Mapping[str, Burst]) -> Burst | list[Burst]:
    if isinstance(arns, list):
        return [_burst(arn, bursts) for arn in arns]
    return _burst(arns, bursts)


def _burst(arn: str, bursts: Mapping[str, Burst]) -> Burst:
    if arn not in bursts:
        raise CannotRecompute(f"the verdict rests on burst {arn}, whose samples are not in this file")
    return bursts[arn]

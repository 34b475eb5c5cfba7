"""Pairs of bursts with known times, for the tests of a comparison."""

from __future__ import annotations

from dataclasses import replace

from reports.records import BurstPlan
from reports.regression.comparing import Pair
from tests.reports.synthetic import make_burst

STEPS = ("Alpha", "Beta", "Gamma")
BASE_S = {"Alpha": 0.002, "Beta": 0.25, "Gamma": 0.002}
JITTER = (0.999, 1.001, 1.0)


def made(factors=None, wobble=1.0, steps=STEPS, repetition=0):
    """Return a burst of 12 tickets at 4 whose steps take their usual time, times a factor each."""
    times = {step: BASE_S.get(step, 0.01) * (factors or {}).get(step, 1.0) for step in steps}
    run = make_burst(12, 4, lambda _index, step: times[step] * wobble, steps=steps)
    return replace(run, plan=BurstPlan(12, 4, "", repetition, warm=True))


def pairs(count, factors=None, **new):
    """Return pairs whose new bursts take their time by factors; all wobble, old and new differently."""
    return tuple(
        Pair(
            made(wobble=JITTER[number % 3], repetition=number),
            made(factors, wobble=JITTER[(number + 1) % 3], repetition=number, **new),
            baseline_first=number % 2 == 0,
        )
        for number in range(count)
    )

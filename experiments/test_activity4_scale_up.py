"""Activity 4, Scale up and compare: the same burst with more slots, and where more stops paying.

The burst of activity 3 runs again at `--high` (10), side by side with `--low` (2). With `--repeat` both run
several times, in the order A B B A, so that a drift of the machine hits both alike; only the first burst at
`--low` may be activity 3's, made earlier. Then a sweep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.labels import ksb
from fixtures.tables import prediction_table, side_by_side_table, usl_text
from reports.figures import side_by_side, sweep
from reports.judging.estimates import (
    exact,
    makespan_over,
    measured,
    peak_concurrency,
    speed_up,
    usual_service,
)
from reports.scaling import AWS_REFERENCE, fit_usl, point_of, predict

if TYPE_CHECKING:
    from fixtures.burst import Bursts
    from fixtures.claims import Claim
    from fixtures.evidence import Record
    from fixtures.options import Options

pytestmark = [pytest.mark.activity4, ksb("S19", "S22")]

MODEL_STEP = "Embed"
WORTHWHILE = 0.6
"""At least this part of the added slots has to show in speed: 5 times the slots, 3 times as fast."""
UNCHANGED, UNCHANGED_QUICK = 0.15, 0.30
"""A step's time within 15 % is unchanged; the few tickets of a quick burst can only tell 30 %."""
OFF_THE_LAW = 0.10
"""A throughput within 10 % of the law lies on it. A hard ceiling at 10 slots is off by 14 % somewhere."""
AS_PREDICTED = 1.65
"""Amdahl's law knows no contention: the times reported from AWS lie 1.63 times over it at 10 slots."""


def test_scaling_out_finishes_the_burst_sooner(
    bursts: Bursts, options: Options, claim: Claim, record: Record
) -> None:
    """With five times the slots (2 to 10) the same burst is done at least three times as fast.

    For other concurrencies: at least 0.6 of their ratio.
    """
    wall, scaled = bursts.pair(options.low, options.high, options.repeat)
    record.figure(side_by_side(wall[0], scaled[0], MODEL_STEP))
    record.say(side_by_side_table((wall[0], scaled[0])))
    least = WORTHWHILE * options.high / options.low
    claim("the burst is done so many times sooner", speed_up(wall, scaled), at_least=least)


def test_all_slots_are_used_and_nothing_is_lost(bursts: Bursts, options: Options, claim: Claim) -> None:
    """The burst really had more slots: its peak is the new cap, never above, and no ticket was lost."""
    _, scaled = bursts.pair(options.low, options.high, options.repeat)
    for burst in scaled:
        claim("peak concurrency is the new cap", peak_concurrency(burst), equals=options.high)
        claim(
            "tickets that succeed", exact(burst.succeeded, options.tickets, "tickets"), equals=options.tickets
        )


def test_each_ticket_takes_as_long_as_before(bursts: Bursts, options: Options, claim: Claim) -> None:
    """Scaling out adds workers and makes none faster or slower: Embed's p95 stays what it was.

    An equivalence test: the whole interval of the ratio has to lie inside the margin, 15 % either way (30 %
    with --quick). Under 200 tickets a burst tells too little of a p95; there it is the mean.
    """
    wall, scaled = bursts.pair(options.low, options.high, options.repeat)
    margin = UNCHANGED_QUICK if options.quick else UNCHANGED
    what, ratio = usual_service(wall, scaled, MODEL_STEP)
    claim(f"{MODEL_STEP}'s {what} is unchanged", ratio, within=margin)


def test_the_low_burst_alone_predicts_the_high_one(
    bursts: Bursts, options: Options, claim: Claim, record: Record
) -> None:
    """What activity 3 measured tells how activity 4 will end, but for what more slots cost.

    Ideal: ceil(tickets / slots) times a ticket's service time. Amdahl: the time outside the Map stays, the
    time inside is divided among the slots. The burst cannot beat the ideal, and stays under 1.65 times
    Amdahl. Each burst is held against the prediction of the one at `--low` that it is paired with.
    """
    wall, scaled = bursts.pair(options.low, options.high, options.repeat)
    predicted = [predict(burst, options.high) for burst in wall]
    record.say(prediction_table(predicted[0], scaled[0]))
    ideal = makespan_over(scaled, [one.ideal_s for one in predicted])
    claim("measured over ideal: not faster than possible", ideal, at_least=0.9)
    amdahl = makespan_over(scaled, [one.amdahl_s for one in predicted])
    claim("measured over Amdahl's prediction", amdahl, at_most=AS_PREDICTED)


def test_the_sweep_shows_where_returns_diminish(
    bursts: Bursts, sweep_points: tuple[int, ...], claim: Claim, record: Record
) -> None:
    """More slots give more throughput, as one law describes it; its bend tells where one more stops paying.

    The same burst at several concurrencies; the Universal Scalability Law is fitted to their throughputs. The
    curve reported from AWS stands beside it in the figure, to compare with; nothing is judged by it.
    """
    points = [point_of(burst) for burst in bursts.sweep(sweep_points)]
    fit = fit_usl(points)
    record.figure(sweep(points, fit, reference=AWS_REFERENCE))
    record.say(usl_text(fit))
    off = max(abs(fit.at(point.concurrency) / point.throughput_per_s - 1) for point in points)
    farthest = measured(
        off, "of the measured throughput", n=len(points), method="Universal Scalability Law, least squares"
    )
    claim("the farthest that a measured point lies off the law", farthest, at_most=OFF_THE_LAW)

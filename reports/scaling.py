"""How a burst scales with concurrency: predictions from one burst, and the curve measured on AWS.

* Ideal: ceil(N / C) times a ticket's service time; nothing added.
* Amdahl (1967): the part outside the Map stays as it is, the part inside is divided among the slots.

The law fitted to a sweep is in `reports.usl`; its names are at hand here too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reports.measuring.definition import effective_concurrency
from reports.measuring.statistics import service_per_ticket_s, slots, throughput_per_s
from reports.records import Burst
from reports.simulation import outside_map_s
from reports.usl import FEWEST_POINTS, PERFECT_DIMINISHES_AT, Point, UslFit, describe, fit_usl, usl

__all__ = [
    "AWS_REFERENCE",
    "FEWEST_POINTS",
    "PERFECT_DIMINISHES_AT",
    "Point",
    "Prediction",
    "ReferenceCurve",
    "UslFit",
    "describe",
    "fit_usl",
    "ideal_makespan_s",
    "point_of",
    "predict",
    "usl",
]


@dataclass(frozen=True, slots=True)
class ReferenceCurve:
    """Measurements from elsewhere, to compare with and never to judge by; `source` labels them."""

    source: str
    tickets: int
    points: tuple[Point, ...]


AWS_REFERENCE = ReferenceCurve(
    source="reported by people who ran the exercise on AWS, 500 tickets",
    tickets=500,
    points=(
        Point(2, 4.0, 126.0),
        Point(5, 7.3, 68.0),
        Point(10, 12.2, 41.0),
        Point(20, 17.9, 28.0),
        Point(30, 19.2, 26.0),
    ),
)


@dataclass(frozen=True, slots=True)
class Prediction:
    """Makespans in seconds predicted for a concurrency from one burst at another."""

    concurrency: int
    ideal_s: float
    amdahl_s: float
    serial_s: float
    parallel_s: float
    from_concurrency: int

    @property
    def serial_share(self) -> float:
        """The part of the work, on one slot, that cannot be divided: Amdahl's serial fraction."""
        whole = self.serial_s + self.parallel_s
        return self.serial_s / whole if whole > 0 else math.nan


def ideal_makespan_s(burst: Burst, concurrency: int) -> float:
    """Return ceil(N / C) times a ticket's service time measured in this burst."""
    waves = math.ceil(burst.plan.tickets / effective_concurrency(concurrency))
    return waves * service_per_ticket_s(burst)


def predict(burst: Burst, concurrency: int) -> Prediction:
    """Return the makespans at a concurrency that this burst alone lets one expect."""
    serial = outside_map_s(burst)
    parallel = (burst.makespan_s - serial) * slots(burst)
    return Prediction(
        concurrency=concurrency,
        ideal_s=ideal_makespan_s(burst, concurrency),
        amdahl_s=serial + parallel / effective_concurrency(concurrency),
        serial_s=serial,
        parallel_s=parallel,
        from_concurrency=burst.plan.max_concurrency,
    )


def point_of(burst: Burst) -> Point:
    """Return a burst as a point of a sweep, at the concurrency it could really have."""
    return Point(slots(burst), throughput_per_s(burst), burst.makespan_s)

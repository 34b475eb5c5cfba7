"""The work that is measured: bursts whose ideal makespan is known before they run."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workload:
    """`tickets` items through steps that sleep `steps_ms`, at most `concurrency` at once.

    `must` and `aim` bound the figure: makespan over ideal, or milliseconds a task where no step sleeps.
    `cold` measures the first burst of a cloud that has no execution environment yet.
    """

    name: str
    tickets: int
    steps_ms: tuple[int, ...]
    concurrency: int
    must: float
    aim: float
    cold: bool = False
    peers: bool = True

    @property
    def ideal_s(self) -> float:
        """Seconds on a cloud that adds nothing: ceil(N / C) times the sum of the sleeps."""
        return math.ceil(self.tickets / self.concurrency) * sum(self.steps_ms) / 1000

    @property
    def figure(self) -> str:
        """What the figure is called."""
        return "makespan / ideal" if sum(self.steps_ms) else "ms a task"

    def figure_of(self, makespan_s: float) -> float:
        """Return the figure for a measured makespan: the ratio to the ideal, or milliseconds a task."""
        if sum(self.steps_ms):
            return makespan_s / self.ideal_s
        return 1000 * makespan_s / (self.tickets * len(self.steps_ms))


MODEL = (0, 250, 0)
SHORT = (50, 50, 50, 50)
NOTHING = (0, 0, 0, 0)

WORKLOADS: tuple[Workload, ...] = (
    # The peers are left out of this one: it would take them ten minutes, and C=10 tells the same.
    Workload("500 tickets, 0/250/0 ms, C=2", 500, MODEL, 2, 1.03, 1.01, peers=False),
    Workload("500 tickets, 0/250/0 ms, C=10", 500, MODEL, 10, 1.06, 1.02),
    Workload("500 tickets, 0/250/0 ms, C=30", 500, MODEL, 30, 1.15, 1.05),
    Workload("100 tickets, 4 x 50 ms, C=1", 100, SHORT, 1, 1.04, 1.02),
    Workload("100 tickets, 4 x 50 ms, C=10", 100, SHORT, 10, 1.10, 1.03),
    Workload("100 tickets, 4 x 50 ms, C=40", 100, SHORT, 40, 1.35, 1.10),
    Workload("100 tickets, 4 x 0 ms, C=1", 100, NOTHING, 1, 1.5, 0.7),
    Workload("100 tickets, 4 x 0 ms, C=10", 100, NOTHING, 10, 1.5, 0.7),
    Workload("100 tickets, 4 x 50 ms, C=40, cold", 100, SHORT, 40, 4.0, 1.8, cold=True),
)
"""The table of the accuracy aims: see `benchmarks/README.md` for the figures of the last run."""

LONG_MAP = Workload("1,400 tickets, 3 x 0 ms, C=1", 1400, (0, 0, 0), 1, math.inf, math.inf, peers=False)
"""Must come to an end: it is 23,800 of the 25,000 events that a Standard execution may have."""

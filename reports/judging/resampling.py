"""Intervals by pairs of bursts, and by resampling blocks of one burst.

Seeds are fixed: the same samples give the same interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reports.judging.batches import t_interval
from reports.measuring.statistics import PERCENTILE_METHOD
from reports.records import Interval

SEED = 20_300_101
RESAMPLES = 2000
FEWEST_BLOCKS = 5
FEWEST_BEYOND = 10
"""Samples beyond a percentile, below which resampling them tells too little about it."""


def paired_interval(ratios: Sequence[float], confidence: float) -> tuple[float, Interval, str]:
    """Return the geometric mean of paired ratios, its interval and the method used.

    Student's t on the logarithms, exact where they are normal. Not a bootstrap: of the ten or twenty pairs
    that one can afford its intervals are too narrow (of ten normal pairs a nominal 95 % is about 90 %).
    """
    logs = np.log(np.asarray(ratios, dtype=float))
    centre = float(logs.mean())
    if np.ptp(logs) == 0:
        spread, method = Interval(centre, centre, confidence), "paired log ratios (all equal)"
    else:
        spread = t_interval(centre, float(stats.sem(logs)), len(logs) - 1, confidence)
        method = "Student's t on paired log ratios"
    return math.exp(centre), Interval(math.exp(spread.low), math.exp(spread.high), confidence), method


def block_length(samples: int, concurrency: int) -> int:
    """Return the length of a block: a wave of C tickets shares its moment; at least the cube root of n.

    n^(1/3) is the order that suits a bootstrap of dependent data (Hall, Horowitz and Jing 1995).
    """
    return max(1, concurrency, math.ceil(samples ** (1 / 3))) if samples else 1


def block_percentiles(values: Sequence[float], p: float, length: int, seed: int) -> NDArray[np.float64]:
    """Return a percentile's distribution by the circular block bootstrap (Politis and Romano 1992)."""
    data = np.asarray(values, dtype=float)
    generator = np.random.default_rng(seed)
    blocks = math.ceil(len(data) / length)
    starts = generator.integers(0, len(data), size=(RESAMPLES, blocks, 1))
    places = ((starts + np.arange(length)) % len(data)).reshape(RESAMPLES, -1)[:, : len(data)]
    resampled: NDArray[np.float64] = np.percentile(data[places], p, axis=1, method=PERCENTILE_METHOD)
    return resampled


def samples_needed(p: float, length: int) -> int:
    """Return how many samples a percentile's interval needs: some beyond it, and blocks to draw from."""
    beyond = math.ceil(FEWEST_BEYOND * 100 / (100 - p))
    return max(beyond, FEWEST_BLOCKS * length)


def percentile_ratio_interval(
    over: tuple[Sequence[float], int], under: tuple[Sequence[float], int], p: float, confidence: float
) -> Interval:
    """Return the bootstrap interval of the ratio of two percentiles; each side is (values, block length)."""
    first = block_percentiles(over[0], p, over[1], SEED)
    second = block_percentiles(under[0], p, under[1], SEED + 1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(first / second, [tail, 1 - tail])
    return Interval(float(low), float(high), confidence)

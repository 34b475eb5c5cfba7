"""From an interval of a ratio, new over baseline, to one of four words."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable

from reports.records import Interval


class Standing(enum.StrEnum):
    """What a comparison came to. Times: a ratio above 1 is slower."""

    IMPROVED = "improved"
    NO_WORSE = "no worse"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"


def standing(ratio: float, interval: Interval, margin: float, *, sure: bool = False) -> Standing:
    """Return the verdict on a ratio with its interval; `margin` is the smallest effect that matters.

    Worse: slower (the whole interval is above 1), and by the margin or more as estimated. Improved is its
    mirror. No worse: the whole interval is below 1 + margin. With `sure`, for samples that were not
    taken side by side, worse and improved need the whole interval beyond the margin.
    """
    if math.isnan(interval.low) or math.isnan(interval.high):
        return Standing.INCONCLUSIVE
    slower, faster = 1 + margin, 1 / (1 + margin)
    if (interval.low >= slower) if sure else (interval.low > 1 and ratio >= slower):
        return Standing.WORSE
    if (interval.high <= faster) if sure else (interval.high < 1 and ratio <= faster):
        return Standing.IMPROVED
    return Standing.NO_WORSE if interval.high < slower else Standing.INCONCLUSIVE


def is_settled(found: Standing, interval: Interval, margin: float) -> bool:
    """Tell whether more pairs are not needed: a "no worse" that may yet turn out improved is not settled."""
    if found is Standing.NO_WORSE:
        return interval.low > 1 / (1 + margin)
    return found is not Standing.INCONCLUSIVE


def together(whole: Standing, steps: Iterable[Standing]) -> Standing:
    """Return the verdict on all: worse if anything is, inconclusive if anything is, else the whole's own."""
    everything = (whole, *steps)
    for first in (Standing.WORSE, Standing.INCONCLUSIVE):
        if first in everything:
            return first
    return whole

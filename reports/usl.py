"""The Universal Scalability Law, fitted to a sweep over concurrencies.

Gunther (1993): throughput X(C) = lambda C / (1 + sigma (C - 1) + kappa C (C - 1)), with lambda the
throughput of one slot, sigma the contention and kappa the coherence between slots.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from reports.measuring.definition import INLINE_MAP_CEILING
from reports.records import Interval

FEWEST_POINTS = 4
"""Three parameters leave nothing over to judge them by with fewer than four concurrencies."""

FEW_LEFT = 1
"""Degrees of freedom at which Student's t makes every interval wide (12.7 standard errors at 1)."""

FEWEST_GAIN = 0.05
PERFECT_DIMINISHES_AT = 21
_ZERO = 1e-8
"""What a fit leaves of a parameter whose best value is its bound, zero."""

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """A throughput (tickets/s) at a concurrency; `error` is its standard error where it is known."""

    concurrency: int
    throughput_per_s: float
    makespan_s: float = math.nan


@dataclass(frozen=True, slots=True)
class UslFit:
    """A Universal Scalability Law and how well it is known.

    `usable` is False where the points do not carry a fit; `reason` then says why, and parameters are NaN.
    `peak` is the concurrency of the largest throughput, infinite where kappa is 0; `peak_interval` follows
    from kappa's, and reaches to infinity where these points do not show that there is a peak at all.
    `diminishing_at` is the first C at which one more slot gains under 5 %. Perfect scaling gains 1 / C for
    a slot, and so falls under 5 % at `PERFECT_DIMINISHES_AT`; a law that does so sooner has contention.
    """

    usable: bool
    reason: str
    lambda_: float
    sigma: float
    kappa: float
    lambda_interval: Interval
    sigma_interval: Interval
    kappa_interval: Interval
    peak: float
    peak_interval: Interval
    diminishing_at: int | None
    points: tuple[Point, ...]
    covariance: tuple[tuple[float, ...], ...] = ()
    r_squared: float = math.nan

    def at(self, concurrency: float) -> float:
        """Return the throughput the law gives for a concurrency, tickets/s."""
        return float(usl(np.asarray([concurrency], float), self.lambda_, self.sigma, self.kappa)[0])

    def band(self, concurrencies: Sequence[float], confidence: float = 0.95) -> list[Interval]:
        """Return the interval of the law's mean at each concurrency, from the parameters' covariance."""
        if not self.usable:
            return [Interval(math.nan, math.nan, confidence) for _ in concurrencies]
        quantile = float(stats.t.ppf(0.5 + confidence / 2, max(1, len(self.points) - 3)))
        return [self._interval(concurrency, quantile, confidence) for concurrency in concurrencies]

    def _interval(self, concurrency: float, quantile: float, confidence: float) -> Interval:
        slope = _gradient(concurrency, self.lambda_, self.sigma, self.kappa)
        reach = quantile * math.sqrt(max(0.0, float(slope @ np.asarray(self.covariance) @ slope)))
        value = self.at(concurrency)
        return Interval(max(0.0, value - reach), value + reach, confidence)


def usl(concurrency: _Floats, lambda_: float, sigma: float, kappa: float) -> _Floats:
    """Return the throughput at each concurrency by the Universal Scalability Law."""
    result: _Floats = (
        lambda_ * concurrency / (1 + sigma * (concurrency - 1) + kappa * concurrency * (concurrency - 1))
    )
    return result


def fit_usl(points: Sequence[Point]) -> UslFit:
    """Fit the law by least squares on relative errors; intervals by the covariance and Student's t.

    Refuses (not `usable`, with a reason) fewer than four different concurrencies, throughputs that are not
    above zero, and points that leave a parameter undetermined.
    """
    points = tuple(sorted(points, key=lambda point: point.concurrency))
    if reason := _unfit(points):
        return _no_fit(points, reason)
    at = np.asarray([point.concurrency for point in points], dtype=float)
    seen = np.asarray([point.throughput_per_s for point in points], dtype=float)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", optimize.OptimizeWarning)
            parameters, covariance = optimize.curve_fit(
                usl,
                at,
                seen,
                p0=(seen[0] / at[0], 0.01, 0.0001),
                sigma=seen,
                bounds=([0, 0, 0], [np.inf, 1, 1]),
                x_scale=(seen[0] / at[0], 0.01, 0.001),
            )
    except (RuntimeError, optimize.OptimizeWarning) as error:
        return _no_fit(points, f"the least-squares fit did not settle ({error})")
    return _fit(points, parameters, covariance, _r_squared(seen, usl(at, *parameters)))


def _unfit(points: Sequence[Point]) -> str:
    different = {point.concurrency for point in points}
    if len(different) < FEWEST_POINTS:
        return (
            f"{len(different)} different concurrencies were measured, and three parameters need at least "
            f"{FEWEST_POINTS}; sweep over more"
        )
    if any(not point.throughput_per_s > 0 for point in points):
        return "a point has no throughput above zero"
    return ""


def _no_fit(points: tuple[Point, ...], reason: str) -> UslFit:
    nothing = Interval(math.nan, math.nan)
    nan = math.nan
    return UslFit(
        usable=False,
        reason=reason,
        lambda_=nan,
        sigma=nan,
        kappa=nan,
        lambda_interval=nothing,
        sigma_interval=nothing,
        kappa_interval=nothing,
        peak=nan,
        peak_interval=nothing,
        diminishing_at=None,
        points=points,
    )


def _fit(points: tuple[Point, ...], parameters: _Floats, covariance: _Floats, r_squared: float) -> UslFit:
    lambda_, sigma, kappa = (float(value) if value > _ZERO else 0.0 for value in parameters)
    quantile = float(stats.t.ppf(0.975, max(1, len(points) - len(parameters))))
    reaches = [quantile * math.sqrt(max(0.0, float(value))) for value in np.diag(covariance)]
    intervals = [
        Interval(max(0.0, value - reach), value + reach)
        for value, reach in zip((lambda_, sigma, kappa), reaches, strict=True)
    ]
    if not math.sqrt(max(0.0, float(covariance[0, 0]))) < lambda_:
        return _no_fit(points, "the points scatter so much that even one slot's throughput is undetermined")
    return UslFit(
        usable=True,
        reason="",
        lambda_=lambda_,
        sigma=sigma,
        kappa=kappa,
        lambda_interval=intervals[0],
        sigma_interval=intervals[1],
        kappa_interval=intervals[2],
        peak=_peak(sigma, kappa),
        peak_interval=Interval(_peak(sigma, intervals[2].high), _peak(sigma, intervals[2].low)),
        diminishing_at=_diminishing_at(lambda_, sigma, kappa),
        points=points,
        covariance=tuple(tuple(float(value) for value in row) for row in covariance),
        r_squared=r_squared,
    )


def _peak(sigma: float, kappa: float) -> float:
    return math.sqrt(max(0.0, 1 - sigma) / kappa) if kappa > 0 else math.inf


def _diminishing_at(lambda_: float, sigma: float, kappa: float, ceiling: int = 1000) -> int | None:
    """Return the first C where X(C + 1) is under 1.05 X(C), None when there is none up to the ceiling."""
    at = np.arange(1, ceiling + 2, dtype=float)
    throughput = usl(at, lambda_, sigma, kappa)
    below = np.flatnonzero(throughput[1:] / throughput[:-1] - 1 < FEWEST_GAIN - _ZERO)
    return int(at[below[0]]) if below.size else None


def _gradient(c: float, lambda_: float, sigma: float, kappa: float) -> _Floats:
    """Return the law's derivatives by its three parameters at one concurrency."""
    below = 1 + sigma * (c - 1) + kappa * c * (c - 1)
    by_below = -lambda_ * c / below**2
    return np.asarray([c / below, by_below * (c - 1), by_below * c * (c - 1)])


def _r_squared(seen: _Floats, fitted: _Floats) -> float:
    whole = float(((seen - seen.mean()) ** 2).sum())
    return 1 - float(((seen - fitted) ** 2).sum()) / whole if whole > 0 else math.nan


def describe(fit: UslFit) -> str:
    """Return the fit in two or three sentences of plain language."""
    if not fit.usable:
        return f"No scaling law is fitted: {fit.reason}."
    return " ".join((_parameters_text(fit), _peak_text(fit), _diminishing_text(fit)))


def _parameters_text(fit: UslFit) -> str:
    named = (
        ("one slot does", fit.lambda_, fit.lambda_interval, "tickets/s"),
        ("contention sigma", fit.sigma, fit.sigma_interval, ""),
        ("coherence kappa", fit.kappa, fit.kappa_interval, ""),
    )
    parts = [
        f"{name} {value:.3g}{' ' + unit if unit else ''} (95 % {interval.low:.3g} to {interval.high:.3g})"
        for name, value, interval, unit in named
    ]
    left = len(fit.points) - len(named)
    wide = (
        f" Only {left} more than the law has parameters, so the intervals are wide."
        if left <= FEW_LEFT
        else ""
    )
    return f"Universal Scalability Law from {len(fit.points)} bursts: {', '.join(parts)}.{wide}"


def _peak_text(fit: UslFit) -> str:
    seen = max(point.concurrency for point in fit.points)
    if not math.isfinite(fit.peak_interval.high):
        return f"Up to {seen} slots, the most measured, these points do not show a peak."
    where = "inside" if fit.peak <= INLINE_MAP_CEILING else "beyond"
    return (
        f"The law peaks at {fit.peak:.0f} slots (95 % {fit.peak_interval.low:.0f} to "
        f"{fit.peak_interval.high:.0f}), {where} an inline Map's ceiling of {INLINE_MAP_CEILING}."
    )


def _diminishing_text(fit: UslFit) -> str:
    if fit.diminishing_at is None:
        return "One more slot always gains 5 % or more."
    return (
        f"From {fit.diminishing_at} slots on, one more gains under 5 % "
        f"(perfect scaling gets there at {PERFECT_DIMINISHES_AT}, since 1/{PERFECT_DIMINISHES_AT} < 5 %)."
    )

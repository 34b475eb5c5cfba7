"""Judging: estimates with intervals, and verdicts with three outcomes. Pure functions, SciPy underneath."""

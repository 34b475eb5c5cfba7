"""Metric alarms that change their state.

`settings` is what an alarm watches, `evaluation` the decision from data points, `watching` the states over
time, `moto_seam` their place behind moto's API.
"""

"""Measuring: from a definition and an execution's history to samples and figures. Pure functions."""

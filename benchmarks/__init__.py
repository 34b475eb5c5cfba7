"""Accuracy and speed of the embedded cloud, beside peers. Not tests: nothing here fails on a slow machine."""

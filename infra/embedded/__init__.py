"""The embedded cloud.

A process of its own on 127.0.0.1 that speaks the AWS APIs (see `python -m infra.embedded`).
"""

"""Metric math: `grammar.lark` says what an expression is, `evaluation` what it gives.

Facts: "Using metric math", AWS's CloudWatch user guide. Nothing here is imported before the first expression
is asked for.
"""

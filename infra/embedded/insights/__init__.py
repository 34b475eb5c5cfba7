"""CloudWatch Logs Insights QL: a grammar, a small query engine, and their place behind moto's Logs API.

The way of a query: `parser` (grammar.lark to the frozen tree of `syntax`) -> `checks` (what the grammar
cannot say) -> `engine` (a chain of generators over log events, in place) -> `formatting` (strings, as AWS
writes them) -> `service` (the life of a query) -> `moto_seam` (the API).

Nothing here is imported before the first query arrives, except `moto_seam`, so that an idle cloud stays
small.
"""

from __future__ import annotations


def install() -> None:
    """Put Logs Insights behind moto's Logs API; idempotent."""
    from infra.embedded.insights import moto_seam  # noqa: PLC0415  # the engine is of use without moto

    moto_seam.install()

"""Postprocess: the business rules, how urgent a ticket is and whether a person must look at it."""

from __future__ import annotations

import json
import re
import time
from typing import Any

LEAVING = "cancellation"  # a customer about to go is always urgent
URGENT = re.compile(
    r"urgent|immediately|asap|right now|outage|fraud|dringend|sofort|urgente|عاجل|דחוף|至急|🚨|‼",
    re.IGNORECASE,
)
CONFIDENT = 0.15  # below this cosine the route is close to chance, so a person decides


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return the routed ticket with `priority` (P1, P2) and `action` (HUMAN_REVIEW, AUTO_REPLY)."""
    started = time.perf_counter()
    try:
        priority = "P1" if event["route"] == LEAVING or URGENT.search(event["text"]) else "P2"
        sure = event["route_score"] >= CONFIDENT
        action = "AUTO_REPLY" if priority == "P2" and sure else "HUMAN_REVIEW"
        kept = {name: event[name] for name in ("ticket_id", "route", "route_score", "model", "embedding_dim")}
    except Exception as error:
        log(started, event, level="ERROR", error=f"{type(error).__name__}: {error}")
        raise
    log(started, event, level="INFO", priority=priority, action=action)
    return {**kept, "priority": priority, "action": action}


def log(started: float, event: Any, **fields: Any) -> None:
    """Write the one JSON log line of this call."""
    ticket_id = event.get("ticket_id") if isinstance(event, dict) else None
    duration_ms = round((time.perf_counter() - started) * 1000, 3)
    line = {"step": "postprocess", "ticket_id": ticket_id, "duration_ms": duration_ms, **fields}
    print(json.dumps(line))  # noqa: T201 - what a function prints is its log

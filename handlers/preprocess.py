"""Preprocess: check a ticket and clean its text. A bad one raises ValueError("<Name>: <what is wrong>")."""

from __future__ import annotations

import json
import time
import unicodedata
from typing import Any

MAX_CHARACTERS = 5000


def handler(event: Any, _context: object) -> dict[str, Any]:
    """Return `ticket_id` and the cleaned `text`; raise ValueError for a ticket that cannot be routed."""
    started = time.perf_counter()
    text = ""
    reason = fault_of(event)
    if reason is None:
        text = cleaned(event["text"])
        reason = None if has_content(text) else "EmptyText: nothing is left of the text after cleaning"
    if reason is not None:
        log(started, event, level="ERROR", error=reason)
        raise ValueError(reason)
    log(started, event, level="INFO", characters=len(text))
    return {"ticket_id": event["ticket_id"], "text": text}


def fault_of(event: Any) -> str | None:
    """Return what is wrong with a ticket, None when it has an id and a text of bearable length."""
    if not isinstance(event, dict):
        return f"NotAnObject: a ticket is a JSON object, got {type(event).__name__}"
    if not isinstance(event.get("ticket_id"), str) or not event["ticket_id"].strip():
        return "MissingTicketId: a ticket needs a ticket_id that is a string with something in it"
    if "text" not in event:
        return f"MissingText: ticket {event['ticket_id']} has no text"
    if not isinstance(event["text"], str):
        return f"TextNotAString: text of type {type(event['text']).__name__}, not str"
    if len(event["text"]) > MAX_CHARACTERS:
        return f"PayloadTooLarge: text length {len(event['text'])} > {MAX_CHARACTERS}"
    return None


def cleaned(text: str) -> str:
    """Compose Unicode (NFC), put spaces for control characters and lone surrogates, collapse white space."""
    composed = unicodedata.normalize("NFC", text)
    spaced = "".join(" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in composed)
    return " ".join(spaced.split())


def has_content(text: str) -> bool:
    """Say whether anything can be seen: not when there are only spaces, joiners and direction marks."""
    return any(char != " " and unicodedata.category(char) != "Cf" for char in text)


def log(started: float, event: Any, **fields: Any) -> None:
    """Write the one JSON log line of this call."""
    ticket_id = event.get("ticket_id") if isinstance(event, dict) else None
    duration_ms = round((time.perf_counter() - started) * 1000, 3)
    line = {"step": "preprocess", "ticket_id": ticket_id, "duration_ms": duration_ms, **fields}
    print(json.dumps(line))  # noqa: T201 - what a function prints is its log

"""The tickets that a burst is made of: a file of samples, cycled as often as it takes."""

from __future__ import annotations

import json
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).with_name("samples.jsonl")


@cache
def samples() -> tuple[dict[str, Any], ...]:
    """Return the samples as the file has them.

    `text`, and what a reader takes it for: `topic` (the route it should get) and `language`, None where
    nobody could tell.
    """
    lines = SAMPLES.read_text(encoding="utf-8").split("\n")
    return tuple(json.loads(line) for line in lines if line)


def tickets(count: int) -> list[dict[str, Any]]:
    """Return `count` tickets `{"ticket_id", "text"}` with the ids T-0001, T-0002, ..."""
    texts = islice(cycle(sample["text"] for sample in samples()), count)
    return [{"ticket_id": f"T-{number:04d}", "text": text} for number, text in enumerate(texts, start=1)]


def oversized_ticket(length: int = 5100) -> dict[str, Any]:
    """Return a ticket whose text has `length` characters, by default 100 more than Preprocess takes."""
    words = "please help with my order "
    return {"ticket_id": "T-OVERSIZED", "text": (words * (length // len(words) + 1))[:length]}

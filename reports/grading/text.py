"""What can be checked about a free text without judging it: its length, and whether it answers every part."""

from __future__ import annotations

import re


def words(text: str) -> int:
    """Return how many words a text has."""
    return len(re.findall(r"\w[\w'-]*", text))


def distinct(text: str) -> float:
    """Return the share of words that are not repetitions, 0..1: a text pasted over and over has few."""
    found = [word.casefold() for word in re.findall(r"\w[\w'-]*", text)]
    return len(set(found)) / len(found) if found else 0.0


def sentences(text: str) -> int:
    """Return how many sentences of at least three words a text has."""
    return sum(words(part) >= 3 for part in re.split(r"[.!?]+(?:\s|$)|\n{2,}", text))  # noqa: PLR2004 - as said


def mentions(text: str, any_of: list[str]) -> str:
    """Return the first of some words or phrases that stands in a text, "" when none does."""
    folded = text.casefold()
    for phrase in any_of:
        if re.search(rf"(?<!\w){re.escape(phrase.casefold())}", folded):
            return phrase
    return ""

"""JSON text of the values that flow through an execution, and their sizes.

moto: builds a new encoder for every text, escapes what is not ASCII, writes the same value anew for every
event, and refuses a value of exactly 262,144 bytes.
AWS: compact UTF-8 text; 262,144 bytes are allowed.
Here: one encoder, and the last few texts are remembered by the identity of their value. That is sound
because values are shared and never changed in place (see `values`).
"""

from __future__ import annotations

import json
import threading
from datetime import date
from typing import Any, Final

from moto.stepfunctions.parser import quotas
from moto.stepfunctions.parser.asl.utils import encoding

from infra.embedded.states import seam

MAX_BYTES: Final = 256 * 1024
"""The largest input, output or result, in bytes of UTF-8 (Step Functions quotas)."""

_REMEMBERED: Final = 4


class _Recent(threading.local):
    """The last texts made in this thread, newest last, as (value, text)."""

    def __init__(self) -> None:
        self.pairs: list[tuple[Any, str]] = []


_recent = _Recent()


def _other(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_other).encode


def to_text(value: Any, separators: tuple[str, str] | None = None) -> str:  # noqa: ARG001 (moto's signature)
    """The compact JSON text of a value; `separators` is ignored, because AWS writes compact text."""
    if not isinstance(value, dict | list):
        return _encode(value)
    pairs = _recent.pairs
    for known, text in pairs:
        if known is value:
            return text
    text = _encode(value)
    pairs.append((value, text))
    if len(pairs) > _REMEMBERED:
        del pairs[0]
    return text


def size_of(text: str) -> int:
    """Bytes of UTF-8; a lone surrogate, which JSON may hold, counts three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def is_within_limit(value: Any) -> bool:
    """Whether a value may be passed from state to state."""
    return size_of(to_text(value)) <= MAX_BYTES


def install() -> None:
    """Use these functions wherever moto's interpreter writes JSON or checks a size."""
    seam.replace_name("to_json_str", encoding.to_json_str, to_text, at_least=15)
    seam.replace_name("is_within_size_quota", quotas.is_within_size_quota, is_within_limit, at_least=3)

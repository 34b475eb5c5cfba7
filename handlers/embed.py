"""Embed: the "model", a deterministic stand-in for all-MiniLM-L6-v2 that routes a ticket by similarity.

A text becomes a normalised vector of 384 hashed features (words and word pairs) and is compared by cosine
with one prototype a route. Inference time is imitated by sleeping SIMULATED_INFER_MS.
"""

from __future__ import annotations

import json
import math
import os
import re
import time
import zlib
from itertools import pairwise
from typing import Any

MODEL = "hashed-minilm-384"
DIMENSION = 384
STEM = 6  # "refund", "refunded" and "refunds" share their first six letters
LONGEST_S = 900  # Lambda's own limit
ROUTES = {
    "billing": "invoice bill charge payment refund card price receipt tax subscription money paid discount "
    "factura cobro pago rechnung bezahlt facture paiement الدفع דוח חשבונית 請求書",
    "delivery": "delivery parcel package shipping courier tracking order address arrive box lost driver "
    "pedido paquete paket lieferung colis livraison شحنة משלוח 配送",
    "technical": "error crash login password app website bug screen update install loading slow code device "
    "contraseña fehler anmelden connexion erreur خطأ שגיאה エラー",
    "cancellation": "cancel cancellation close account unsubscribe terminate stop membership leave end "
    "delete cancelar baja kündigen kündigung résilier résiliation إلغاء לבטל 解約",
}


def words(text: str) -> list[str]:
    """Split a text into stems; a text without letters (emoji alone) counts each character as a word."""
    return [word[:STEM] for word in re.findall(r"\w+", text.casefold())] or list(text)


DOMAIN = {stem for keywords in ROUTES.values() for stem in words(keywords)}


def embed(stems: list[str]) -> list[float]:
    """Return the unit vector of the stems: words of the domain weigh more than others, pairs less."""
    vector = [0.0] * DIMENSION
    weights = [(stem, 3.0 if stem in DOMAIN else 1.0) for stem in stems]
    for feature, weight in weights + [(" ".join(pair), 0.5) for pair in pairwise(stems)]:
        digest = zlib.crc32(feature.encode())
        vector[digest % DIMENSION] += weight if digest & 0x80000000 else -weight
    norm = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / norm for value in vector]


def inference_s() -> float:
    """Read SIMULATED_INFER_MS (milliseconds, 250 when not set) as seconds."""
    given = os.environ.get("SIMULATED_INFER_MS", "250")
    seconds = float(given) / 1000 if re.fullmatch(r"\d+(\.\d+)?", given) else math.inf
    if seconds > LONGEST_S:
        raise ValueError(f"InvalidSimulatedInferMs: SIMULATED_INFER_MS is {given!r}; give 0 to 900000")
    return seconds


INFERENCE_S = inference_s()
PROTOTYPES = {route: embed(sorted(set(words(keywords)))) for route, keywords in ROUTES.items()}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return the ticket with `route`, `route_score` (cosine, 0..1), `model` and `embedding_dim`.

    The vector stays here: no later step reads it, and its 384 numbers would add some 8 KB to every event
    of the execution's history that carries the ticket.
    """
    started = time.perf_counter()
    try:
        time.sleep(INFERENCE_S)
        ticket = {"ticket_id": event["ticket_id"], "text": event["text"]}
        routed = nearest_route(embed(words(event["text"])))
    except Exception as error:
        log(started, event, level="ERROR", error=f"{type(error).__name__}: {error}")
        raise
    log(started, event, level="INFO", **routed)
    return {**ticket, **routed, "model": MODEL, "embedding_dim": DIMENSION}


def nearest_route(vector: list[float]) -> dict[str, Any]:
    """Return the route whose prototype is nearest to the vector, with its cosine (0 at least)."""
    scores = {route: cosine(vector, prototype) for route, prototype in PROTOTYPES.items()}
    route = max(scores, key=scores.__getitem__)
    return {"route": route, "route_score": round(min(1.0, max(0.0, scores[route])), 4)}


def cosine(one: list[float], other: list[float]) -> float:
    """Return the cosine of two unit vectors."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def log(started: float, event: Any, **fields: Any) -> None:
    """Write the one JSON log line of this call."""
    ticket_id = event.get("ticket_id") if isinstance(event, dict) else None
    duration_ms = round((time.perf_counter() - started) * 1000, 3)
    line = {"step": "embed", "ticket_id": ticket_id, "duration_ms": duration_ms, **fields}
    print(json.dumps(line))  # noqa: T201 - what a function prints is its log

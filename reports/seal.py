"""The seal of an evidence file: a hash chain over its raw samples, closed by everything else in it.

Each link of a burst hashes one ticket's sample together with the link before, the first one the burst's plan
and figures; the document's own hash closes over all chains, the claims and the environment. Whoever changes a
figure afterwards breaks the chain, and the first broken link says where. There is no secret in it: it finds
careless edits, and a forger who computes the chain again has to be found by other means
(`reports.grading.integrity`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MEMBER: Final = "seal"
ALGORITHM: Final = "SHA-256 chain, one link a sample, over canonical JSON"
LINK_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class BrokenSeal:
    """A place where a document is not what was sealed: a member's path and a sentence."""

    place: str
    saying: str


def digest(value: Any, before: str = "") -> str:
    """Return the SHA-256 (hex) of a link before and a value's canonical JSON.

    Canonical: keys sorted, no spaces, whole numbers without a fraction, because 60 and 60.0 are one number.
    """
    text = json.dumps(_canonical(value), sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {name: _canonical(inner) for name, inner in value.items()}
    return [_canonical(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def links_of(burst: Mapping[str, Any]) -> list[str]:
    """Return a burst's chain: the link of all that is not a sample, then one for each sample."""
    chain = [digest({name: value for name, value in burst.items() if name != "samples"})]
    for sample in burst.get("samples", ()):
        chain.append(digest(sample, chain[-1]))
    return chain


def seal(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the seal of a document with `bursts` and their `samples`; a seal already in it is left out."""
    return _seal(document, [links_of(burst) for burst in document.get("bursts", ())])


def check(document: Mapping[str, Any]) -> tuple[BrokenSeal, ...]:
    """Return where a document is not what was sealed; a document without a seal is one such place."""
    sealed = document.get(MEMBER)
    if not isinstance(sealed, Mapping) or not isinstance(sealed.get("chains"), Sequence):
        return (BrokenSeal(MEMBER, "the file has no seal"),)
    bursts = document.get("bursts", ())
    chains = [links_of(burst) for burst in bursts]
    broken = [_broken(number, found, sealed["chains"]) for number, found in enumerate(chains)]
    said = [place for place in broken if place is not None]
    if len(sealed["chains"]) != len(chains):
        said.append(
            BrokenSeal("bursts", f"{len(sealed['chains'])} bursts were sealed and {len(chains)} are there")
        )
    if not said and sealed.get("document") != _seal(document, chains)["document"]:
        said.append(BrokenSeal("claims or environment", "they are not what was sealed with these samples"))
    return tuple(said)


def _seal(document: Mapping[str, Any], chains: Sequence[Sequence[str]]) -> dict[str, Any]:
    others = {name: value for name, value in document.items() if name not in {MEMBER, "bursts"}}
    return {
        "algorithm": ALGORITHM,
        "chains": [[link[:LINK_LENGTH] for link in chain] for chain in chains],
        "document": digest({"others": others, "heads": [chain[-1] for chain in chains]}),
    }


def _broken(number: int, found: Sequence[str], sealed: Sequence[Any]) -> BrokenSeal | None:
    place = f"bursts[{number}]"
    if number >= len(sealed) or not isinstance(sealed[number], list):
        return BrokenSeal(place, "this burst is not among those sealed")
    was = sealed[number]
    if len(was) != len(found):
        return BrokenSeal(place, f"{len(was) - 1} samples were sealed and {len(found) - 1} are there")
    differing = next((at for at, link in enumerate(found) if link[:LINK_LENGTH] != was[at]), None)
    if differing is None:
        return None
    if differing == 0:
        return BrokenSeal(place, "its plan, status, times or computed figures were changed after sealing")
    return BrokenSeal(f"{place}.samples[{differing - 1}]", "this sample was changed after sealing")

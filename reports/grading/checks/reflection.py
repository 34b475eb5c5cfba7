"""Free texts: length, sentences, signals named, every part of the question touched. The rest is read."""

from __future__ import annotations

from reports.grading.case import Case, Decision, check
from reports.grading.marks import Part, State
from reports.grading.rubric import Criterion
from reports.grading.signals import signals_of
from reports.grading.text import distinct, mentions, sentences, words

LEAST_DISTINCT = 0.35
"""A text of which two thirds are repetitions is padded."""


@check("reflection")
def reflection(case: Case, criterion: Criterion) -> Decision:
    """A text long enough, in sentences, naming signals that exist, touching each part of the question."""
    place = str(criterion.given["place"])
    text, look = case.answers.text(place), case.answers.where(place)
    touched: dict[str, list[str]] = criterion.given.get("touches", {})
    fewest, least = int(criterion.given["words"]), int(criterion.given["sentences"])
    expected = f"at least {least} sentences and {fewest} words, not repeated"
    asked = [expected, *(["names a signal that exists"] if criterion.given.get("signal") else [])]
    asked += [f"says {part}" for part in touched]
    weight = float(len(asked))
    if not text:
        parts = [Part(one, "not answered", State.MISSING, look) for one in asked]
        return Decision((*parts, Part("what it says", "not answered", State.MISSING, look, weight)))
    met = words(text) >= fewest and sentences(text) >= least and distinct(text) >= LEAST_DISTINCT
    said = f"{sentences(text)} sentences, {words(text)} words, {distinct(text):.0%} of them different"
    parts = [Part(expected, said, _state(met), look)]
    if criterion.given.get("signal"):
        cited = signals_of(case.evidence).named(text)
        parts.append(Part(asked[1], cited or "none found", _state(bool(cited)), look))
    for part, phrases in touched.items():
        phrase = mentions(text, phrases)
        parts.append(Part(f"says {part}", phrase or "no word of it found", _state(bool(phrase)), look))
    read = Part("what it says", "to be read", State.ASSESSOR, look, weight)
    return Decision((*parts, read), text)


@check("transfer_table")
def transfer_table(case: Case, criterion: Criterion) -> Decision:
    """Each thing of this pipeline has its counterpart elsewhere: known names are recognised, others are read.

    The question is optional: a row that is left empty costs nothing.
    """
    given = {
        name.casefold().replace("_", " "): text for name, text in case.answers.table("transfer_table").items()
    }
    look = case.answers.where("transfer_table")
    parts = []
    for thing, phrases in dict(criterion.given["pairs"]).items():
        answer = str(given.get(thing.casefold().replace("_", " "), ""))
        known = mentions(answer, list(phrases))
        state = State.SKIPPED if not answer else State.MET if known else State.ASSESSOR
        found = answer if known else f"{answer}, to be read" if answer else "left empty, as it may be"
        parts.append(Part(f"{thing}: {' or '.join(phrases)}, or another that fits", found, state, look))
    return Decision(tuple(parts), "\n".join(f"{name}: {text}" for name, text in given.items()))


def _state(met: bool) -> State:  # noqa: FBT001 - a question's answer
    return State.MET if met else State.UNMET

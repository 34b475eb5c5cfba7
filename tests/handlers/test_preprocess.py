import json
import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.tickets import oversized_ticket
from tests.handlers.step_files import load, log_lines

preprocess = load("preprocess")

TOO_LARGE = "PayloadTooLarge: text length 5100 > 5000"
MISSING_ID = "MissingTicketId: a ticket needs a ticket_id that is a string with something in it"
EMPTY = "EmptyText: nothing is left of the text after cleaning"
BAD = {
    "too-large": (oversized_ticket(), TOO_LARGE),
    "one-too-many": ({"ticket_id": "T", "text": "x" * 5001}, "PayloadTooLarge: text length 5001 > 5000"),
    "no-text": ({"ticket_id": "T-1"}, "MissingText: ticket T-1 has no text"),
    "null-text": ({"ticket_id": "T", "text": None}, "TextNotAString: text of type NoneType, not str"),
    "number-text": ({"ticket_id": "T", "text": 7}, "TextNotAString: text of type int, not str"),
    "empty": ({"ticket_id": "T", "text": ""}, EMPTY),
    "blank": ({"ticket_id": "T", "text": " \t\n\u00a0"}, EMPTY),
    "control": ({"ticket_id": "T", "text": "\x00\x07\x1b"}, EMPTY),
    "invisible": ({"ticket_id": "T", "text": "\u200b\u200f\ufeff \u200d"}, EMPTY),
    "surrogate": ({"ticket_id": "T", "text": "\ud83d"}, EMPTY),
    "no-id": ({"text": "help"}, MISSING_ID),
    "number-id": ({"ticket_id": 7, "text": "help"}, MISSING_ID),
    "blank-id": ({"ticket_id": " ", "text": "help"}, MISSING_ID),
    "list": ([1], "NotAnObject: a ticket is a JSON object, got list"),
    "string": ("help", "NotAnObject: a ticket is a JSON object, got str"),
    "null": (None, "NotAnObject: a ticket is a JSON object, got NoneType"),
}


@pytest.mark.parametrize(("ticket", "message"), BAD.values(), ids=BAD)
def test_a_bad_ticket_raises_its_named_error(ticket, message):
    """Each kind of bad ticket raises ValueError with a message that starts with the error's own name."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared below
        preprocess.handler(ticket, None)
    assert type(caught.value) is ValueError
    assert str(caught.value) == message


@pytest.mark.parametrize(("ticket", "message"), BAD.values(), ids=BAD)
def test_a_refused_ticket_leaves_one_log_line_with_the_error(ticket, message, capsys):
    """A refusal writes exactly one JSON line that names step, ticket, duration and the error."""
    with pytest.raises(ValueError, match=r"^\w+: "):
        preprocess.handler(ticket, None)
    (line,) = log_lines(capsys.readouterr().out)
    assert (line["step"], line["level"], line["error"]) == ("preprocess", "ERROR", message)
    assert line["ticket_id"] == (ticket.get("ticket_id") if isinstance(ticket, dict) else None)
    assert line["duration_ms"] >= 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Olá, não recebi o pedido", "Olá, não recebi o pedido"),
        ("e\u0301te\u0301", "été"),
        ("👩🏽‍💻 help 🚨", "👩🏽‍💻 help 🚨"),
        ("where\x00is\tmy\r\n\x1bparcel  ", "where is my parcel"),
        ("\u200fמשלח", "\u200fמשלח"),
        ("مرحبا", "مرحبا"),
        ("half \ud83d pair", "half pair"),
        ("x" * 5000, "x" * 5000),
    ],
    ids=["accents", "composed", "emoji", "control", "hebrew", "arabic", "surrogate", "longest"],
)
def test_unusual_text_passes_cleaned(text, expected):
    """Unicode, emoji, right-to-left and control characters pass; only control characters are taken out."""
    assert preprocess.handler({"ticket_id": "T-1", "text": text}, None) == {
        "ticket_id": "T-1",
        "text": expected,
    }


def test_a_good_ticket_leaves_one_log_line(capsys, monkeypatch):
    """A ticket that passes writes exactly one JSON line, with what it took in milliseconds."""
    clock = iter((7.0, 7.25))
    monkeypatch.setattr(preprocess, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    preprocess.handler({"ticket_id": "T-1", "text": "My  parcel"}, None)
    (line,) = log_lines(capsys.readouterr().out)
    told = {"step": "preprocess", "ticket_id": "T-1", "level": "INFO", "characters": 9}
    assert line == {**told, "duration_ms": 250.0}


@settings(deadline=None)
@given(st.text(alphabet=st.characters(), max_size=200))
def test_cleaning_any_text_is_stable_and_can_be_encoded(text):
    """Whatever the text: cleaned once or twice is the same, without control characters, and valid UTF-8."""
    once = preprocess.cleaned(text)
    assert preprocess.cleaned(once) == once
    assert json.loads(json.dumps(once, ensure_ascii=False).encode()) == once
    assert not any(unicodedata.category(char) == "Cc" for char in once)

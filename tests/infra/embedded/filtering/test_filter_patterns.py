"""What a filter pattern matches; the cases are those of AWS's documentation, or follow from its words."""

from __future__ import annotations

import json

import pytest

from infra.embedded.filtering.errors import InvalidPattern
from infra.embedded.filtering.patterns import compile_pattern
from infra.embedded.refusals import NotImplementedHere

LINES = ("ERROR WARN message", "ERROR message", "WARN message")
TEXTS = [
    ("", LINES),
    ("ERROR", ("ERROR WARN message", "ERROR message")),
    ("error", ()),
    ("ERROR WARN", ("ERROR WARN message",)),
    ("message ERROR", ("ERROR WARN message", "ERROR message")),
    ('"ERROR message"', ("ERROR message",)),
    ('WARN "ERROR WARN"', ("ERROR WARN message",)),
    ("?ERROR ?WARN", LINES),
    ('?"N message" ?nothing', ("ERROR WARN message", "WARN message")),
    ("-ERROR", ("WARN message",)),
    ("ERROR -WARN", ("ERROR message",)),
    ('ERROR - "N m"', ("ERROR message",)),
    ("?ERROR WARN", ("ERROR WARN message", "WARN message")),
    ("?WARN -ERROR", ("WARN message",)),
    ("%^ERROR%", ("ERROR WARN message", "ERROR message")),
    (r"%^[EW]\w{3}\s%", ("WARN message",)),
    (r"%R\x20m|^WARN%", ("ERROR message", "WARN message")),
]


@pytest.mark.parametrize(("pattern", "matched"), TEXTS)
def test_a_text_pattern_matches_exactly_these(pattern, matched):
    """Words and phrases must all occur, `?` one of them, `-` none, `%...%` is a regular expression."""
    assert tuple(line for line in LINES if compile_pattern(pattern)(line)) == matched


def test_a_quotation_mark_in_a_phrase_is_written_with_a_backslash():
    """A phrase may hold quotation marks."""
    assert compile_pattern(r'"say \"hi\""')('they say "hi" again')
    assert not compile_pattern(r'"say \"hi\""')("they say hi again")


DOCUMENT = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "ThisFlag": True,
    "other": False,
    "latency": 12.5,
    "errorCode": 400,
    "asText": "400",
    "user": {"id": 1, "email": "John.Stiles@example.com"},
    "coordinates": [[0, 1, 2], [4, 5, 6]],
    "actions": ["GET", "PUT", "DELETE"],
    "detail-type": "late",
    "with.dot": "yes",
}
HOLDING = [
    '{ $.eventType = "UpdateTrail" }',
    "{$.eventType=UpdateTrail}",
    "{ $.eventType = Update* }",
    '{ $.eventType = "*Trail" }',
    "{ $.eventType = *teTr* }",
    "{ $.eventType = %^Up[a-z]+Tr% }",
    "{ $.eventType != %^Down% }",
    "{ $.sourceIPAddress != 123.123.* }",
    '{ $.arrayKey[0] = "value" }',
    "{ $.objectList[1].id = 2 }",
    "{ $.objectList[*].id = 2 }",
    "{ $.user.* = 1 }",
    "{ $.SomeObject IS NULL }",
    "{ $.SomeObject EXISTS }",
    "{ $.SomeOtherObject NOT EXISTS }",
    "{ $.ThisFlag IS TRUE }",
    "{ $.other IS FALSE }",
    "{ $.latency = * }",
    "{ $.latency >= 12.5 }",
    "{ $.latency > +1e1 }",
    "{ $.latency < 10e3 }",
    "{ $.coordinates[1][0] <= 4 }",
    "{ $.errorCode = 400 }",
    "{ $.asText = 400 }",
    "{ $.errorCode = 4* }",
    "{ $.errorCode != 500 }",
    "{ $.detail-type = late }",
    "{ $.['with.dot'] = yes }",
    '{ ($.user.id = 1) && ($.actions[0] = "GET") }',
    '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = 9 && $.actions[2] = nomatch }',
]
FAILING = [
    '{ $.eventType = "updateTrail" }',
    "{ $.eventType = Up*Trail }",
    "{ $.eventType = Trail* }",
    '{ $.eventType != "UpdateTrail" }',
    "{ $.sourceIPAddress != 111.* }",
    "{ $.arrayKey = value }",
    "{ $.arrayKey != value }",
    "{ $.arrayKey[7] = * }",
    "{ $.user[0] = 1 }",
    "{ $.missing != 1 }",
    "{ $.missing IS NULL }",
    "{ $.missing EXISTS }",
    "{ $.ThisFlag IS FALSE }",
    "{ $.errorCode IS TRUE }",
    "{ $.latency > 12.5 }",
    "{ $.asText > 1 }",
    "{ $.ThisFlag = 1 }",
    '{ ($.user.id = 2 && $.actions[0] = "GET") || $.actions[2] = "GET" }',
    '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = 9) && $.actions[2] = nomatch }',
]


@pytest.mark.parametrize("pattern", HOLDING)
def test_a_condition_holds_for_the_document(pattern):
    """The message matches."""
    assert compile_pattern(pattern)(json.dumps(DOCUMENT))


@pytest.mark.parametrize("pattern", FAILING)
def test_a_condition_does_not_hold_for_the_document(pattern):
    """The message does not match."""
    assert not compile_pattern(pattern)(json.dumps(DOCUMENT))


@pytest.mark.parametrize("message", ["", "plain", '{"a": ', "[" * 100_000, '"text"'])
def test_a_message_that_is_no_document_matches_no_condition(message):
    """Not even one that something is missing."""
    assert not compile_pattern("{ $.a NOT EXISTS }")(message)


@pytest.mark.parametrize(
    ("pattern", "term"),
    [
        ("?Status: timeout", ":"),
        ("foo-bar", "-"),
        ("(ERROR", "("),
        ('{ $."sc-status" = 5* }', '."'),
        ("{ $.message = a@b }", "@"),
        ("%ERROR (fatal)%", " "),
        ("%what!%", "!"),
        (r"%\Z%", r"\Z"),
    ],
)
def test_a_character_out_of_place_is_named(pattern, term):
    """The message is AWS's, with what cannot stand there."""
    with pytest.raises(InvalidPattern) as refused:
        compile_pattern(pattern)
    assert str(refused.value).startswith("Invalid character(s) in term '")
    assert term in str(refused.value)


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.a = 1",
        "{ $.a }",
        "{ $.a = 1 && }",
        "{ $.a > text }",
        "{ $.a = 1 } ERROR",
        "%a%%b%",
        "%[a%",
        "%a**%",
        "?",
        "{ $.a[*].b[*] = 1 }",
        "{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.d[*] = 1 }",
        "{ $.a = %a% || $.a = %b% || $.a = %c% }",
        "x" * 1025,
    ],
)
def test_what_is_no_pattern_is_refused(pattern):
    """Nothing that cannot be read matches every event without a word."""
    with pytest.raises(InvalidPattern):
        compile_pattern(pattern)


def test_a_pattern_of_fields_is_refused_by_name():
    """What AWS has and this cloud lacks is said to be so."""
    with pytest.raises(NotImplementedHere, match="fields between spaces"):
        compile_pattern("[ip, user, ..., status_code = 4*, bytes]")

"""FilterLogEvents from outside: the order, the pages, the streams and the refusals."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError
from moto.logs.models import logs_backends
from moto.logs.utils import EventMessageFilter

from infra.embedded.cloudformation.client import Clients
from infra.embedded.filtering import paging
from infra.embedded.server import build_application

ACCOUNT, REGION, GROUP = "123456789012", "us-east-1", "/aws/lambda/filtered"
NOW = int(time.time() * 1000)


@pytest.fixture(scope="module")
def clients():
    return Clients(build_application())


@pytest.fixture
def logs(clients):
    """A client, and a group with three streams whose events alternate in time."""
    client = clients.client("logs", REGION)
    client.create_log_group(logGroupName=GROUP)
    for name in ("b", "a", "c/1"):
        client.create_log_stream(logGroupName=GROUP, logStreamName=name)
    for number in range(9):
        put(client, ("b", "a", "c/1")[number % 3], NOW - 9000 + 1000 * (number * 5 % 9), f"event {number}")
    yield client
    logs_backends[ACCOUNT][REGION].reset()


def put(logs, stream, timestamp, *messages):
    events = [{"timestamp": timestamp, "message": message} for message in messages]
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def pages(logs, between=lambda _number: None, **asked):
    """Every page; `between` is called behind each."""
    found, more = [], {}
    while not found or more:
        answer = logs.filter_log_events(logGroupName=GROUP, **asked, **more)
        found.append(answer["events"])
        more = {"nextToken": answer["nextToken"]} if "nextToken" in answer else {}
        between(len(found))
    return found


def messages(events):
    return [event["message"] for event in events]


def refused(call, **asked):
    with pytest.raises(ClientError) as caught:
        call(**asked)
    return caught.value.response


@pytest.mark.parametrize("interleaved", [{}, {"interleaved": False}, {"interleaved": True}])
def test_events_come_in_order_of_time_across_streams(logs, interleaved):
    """Whatever `interleaved` says, no stream comes before another."""
    (events,) = pages(logs, **interleaved)
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert [event["logStreamName"] for event in events[:3]] != ["b", "b", "b"]
    assert len({event["eventId"] for event in events}) == 9


@pytest.mark.parametrize("limit", [1, 2, 4, 9])
def test_pages_neither_lose_nor_repeat(logs, limit):
    """All pages together are the events in order; no page is longer than the limit, the last has no token."""
    put(logs, "a", NOW - 5000, "same time 1", "same time 2")
    put(logs, "b", NOW - 5000, "same time 3")
    found = pages(logs, limit=limit)
    (whole,) = pages(logs)
    assert all(len(page) <= limit for page in found)
    assert [event for page in found for event in page] == whole
    assert [text for text in messages(whole) if text.startswith("same")] == [
        f"same time {n}" for n in (1, 2, 3)
    ]


def test_what_is_written_between_pages_repeats_nothing(logs):
    """An event that arrives behind the token shifts no other into a second page."""
    found = pages(logs, lambda number: put(logs, "a", NOW - 20_000, f"late {number}"), limit=3)
    assert [len(page) for page in found] == [3, 3, 3]
    assert len(set(messages(event for page in found for event in page))) == 9


def test_a_page_holds_no_more_than_a_megabyte(logs, monkeypatch):
    """A page ends before it is too large, yet always has an event."""
    monkeypatch.setattr(paging, "PAGE_BYTES", 20)
    assert [len(page) for page in pages(logs)] == [2, 2, 2, 2, 1]
    put(logs, "a", NOW, "x" * 100)
    assert messages(pages(logs)[-1]) == ["x" * 100]


def test_newest_first_on_every_page(logs):
    """The direction stays that of the first page."""
    (oldest_first,) = pages(logs)
    found = pages(logs, startFromHead=False, startTime=NOW - 60_000, limit=4)
    assert [event for page in found for event in page] == oldest_first[::-1]
    assert refused(logs.filter_log_events, logGroupName=GROUP, startFromHead=False)["Error"]["Code"] == (
        "InvalidParameterException"
    )


def test_the_window_holds_both_its_ends(logs):
    """The times of the window belong to it."""
    (events,) = pages(logs, startTime=NOW - 9000, endTime=NOW - 8000)
    assert [event["timestamp"] for event in events] == [NOW - 9000, NOW - 8000]


def test_streams_are_chosen_by_name_or_prefix(logs):
    """Only the streams asked for are searched; one that is not there is not found."""
    assert {event["logStreamName"] for event in pages(logs, logStreamNames=["a", "b"])[0]} == {"a", "b"}
    assert {event["logStreamName"] for event in pages(logs, logStreamNamePrefix="c/")[0]} == {"c/1"}
    call = logs.filter_log_events
    missing = refused(call, logGroupName=GROUP, logStreamNames=["a", "nothing"])
    assert missing["Error"]["Code"] == "ResourceNotFoundException"
    assert "nothing" in missing["Error"]["Message"]
    both = refused(call, logGroupName=GROUP, logStreamNames=["a"], logStreamNamePrefix="a")
    assert both["Error"]["Code"] == "InvalidParameterException"


def test_a_group_goes_by_its_name_or_arn(logs):
    """Either identifies it, never both; one that is not there is not found."""
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"
    for identifier in (GROUP, arn, arn + ":*"):
        assert len(logs.filter_log_events(logGroupIdentifier=identifier)["events"]) == 9
    call = logs.filter_log_events
    assert refused(call, logGroupName="x")["Error"]["Code"] == "ResourceNotFoundException"
    both = refused(call, logGroupName=GROUP, logGroupIdentifier=arn)
    assert both["Error"]["Code"] == "InvalidParameterException"


def test_only_what_matches_the_pattern_comes(logs):
    """A pattern is applied before the limit counts."""
    put(
        logs,
        "a",
        NOW,
        '{"level": "ERROR", "n": 1}',
        '{"level": "INFO", "n": 2}',
        '{"level": "ERROR", "n": 3}',
    )
    found = pages(logs, filterPattern='{ $.level = "ERROR" && $.n > 0 }', limit=1)
    assert [messages(page) for page in found] == [
        ['{"level": "ERROR", "n": 1}'],
        ['{"level": "ERROR", "n": 3}'],
    ]
    assert messages(pages(logs, filterPattern='event -"event 3" -INFO')[0]).count("event 3") == 0
    assert messages(pages(logs, filterPattern='event "t 3"')[0]) == ["event 3"]


def test_a_pattern_that_cannot_be_read_is_refused(logs):
    """A malformed pattern is the caller's mistake; one that is not emulated is said to be so."""
    wrong = refused(logs.filter_log_events, logGroupName=GROUP, filterPattern="a:b")
    assert wrong["Error"] == {
        "Code": "InvalidParameterException",
        "Message": "Invalid character(s) in term ':'",
    }
    fields = refused(logs.filter_log_events, logGroupName=GROUP, filterPattern="[a, b]")
    assert fields["Error"]["Code"] == "NotImplemented"
    assert fields["ResponseMetadata"]["HTTPStatusCode"] == 501


@pytest.mark.parametrize("token", ["x", "bm90IGpzb24=", paging.token("/other", (1, 1, "a", 0), forward=True)])
def test_a_token_that_no_page_gave_is_refused(logs, token):
    """A broken token ends in an error, never in a page without events."""
    answer = refused(logs.filter_log_events, logGroupName=GROUP, nextToken=token)
    assert answer["Error"]["Code"] == "InvalidParameterException"


def test_stock_moto_still_matches_everything_with_what_it_does_not_know():
    """If moto learns the patterns, this module may use them."""
    assert EventMessageFilter('{ $.level = "ERROR" }').matches("anything")
    assert EventMessageFilter("?ERROR ?WARN").matches("anything")

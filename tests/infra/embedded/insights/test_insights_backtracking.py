"""Regular expressions whose matching could hold every thread of the cloud."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import psutil
import pytest

from infra.embedded.insights import apart, backtracking, engine, parser, service
from infra.embedded.process import ROOT
from tests.infra.embedded.functions.conftest import PATIENCE_S

ENDLESS = "a" * 60 + "b"
"""On this, `(a+)+$` takes longer than the world has been there."""

NESTED = [
    "(a+)+$",
    "(?:a*)*",
    "(?<word>(\\w+\\s?)+)",
    "(a|aa)+$",
    "(a?b)*",
    "((ab)*c)+",
    "(a{1,3}){2,}",
    "(?:x(?:a+)){3,5}",
    "(.*?,){11}P",
]
BEARABLE = [
    "plain",
    "\\d+",
    "[(a+)+]",
    "\\(a+\\)+",
    "(?<step>\\w+)",
    "(ab)+",
    "(abc|abd)",
    "(a+)?b",
    "(a+){1}b",
    "(\\d{3}-){2}",
    '"step": "(?<s>\\w+)".*"duration_ms": (?<d>[\\d.]+)',
    "Duration: (?<d>[\\d.]+) ms\\s+Billed Duration: (?<b>\\d+) ms\\s+Memory Size: (?<m>\\d+) MB",
]


def cost(expression):
    return backtracking.cost(parser.parse(f"filter @message like /{expression}/"))


@pytest.mark.parametrize("expression", NESTED)
def test_a_repetition_of_what_varies_is_bearable_for_no_message(expression):
    """Even a short message could take for ever."""
    assert not cost(expression).is_bearable(30)


@pytest.mark.parametrize("expression", BEARABLE)
def test_an_ordinary_expression_is_bearable_for_ordinary_messages(expression):
    """It runs where the events are."""
    assert cost(expression).is_bearable(400)


@pytest.mark.parametrize(
    ("expression", "length"), [("a+b", 40_000), (".*a.*b", 1_100), ("\\d+\\d+\\d+x", 200)]
)
def test_several_repetitions_are_bearable_up_to_a_length(expression, length):
    """A message twice as long as is bearable is not."""
    assert cost(expression).is_bearable(length // 2)
    assert not cost(expression).is_bearable(length)


def test_every_place_of_an_expression_counts():
    """In `parse`, in `like` inside a calculation, and in a glob."""
    for query in (
        "parse @message /(?<x>(a+)+)$/",
        "fields strlen(@message) as n | filter n > 1 and not (@message =~ /(a+)+$/)",
    ):
        assert backtracking.cost(parser.parse(query)).is_nested
    assert backtracking.cost(parser.parse("parse @message '*a*b*c' as x, y, z")).power > 1
    assert backtracking.cost(parser.parse("filter @message like '(a+)+'")).power == 0


class Group:
    """A log group of one stream, as moto keeps it."""

    account_id, name = "123456789012", "a-group"

    def __init__(self, *messages):
        self.streams = {"one": self}
        self.log_stream_name = "one"
        self.events = [apart.Event(1000 + n, 2000 + n, n, message) for n, message in enumerate(messages)]


def run_of(text, *messages):
    return service.QueryRun(
        query_id="an-id",
        text=text,
        query=parser.parse(text),
        groups=(Group(*messages),),
        group_names=("a-group",),
        window=engine.Window(1000, 1002),
        limit=10,
        created=5000,
    )


def test_a_process_of_its_own_gives_the_same_result():
    """Rows and statistics are those of the engine in place; what is outside the window stays away."""
    messages = ("one two", "schön \ud800 drei", '{"step": "Embed", "n": 1.5}', "outside the window")
    text = (
        "parse @message /(?<first>(\\w+\\s?)+)/ | fields @timestamp, @ptr, step, n | sort first, @timestamp"
    )
    run = run_of(text, *messages)
    in_place = engine.run(run.query, service.streams_of(run.groups), run.window, now=5000, limit=10)
    assert not backtracking.cost(run.query).is_bearable(10)
    run.run()
    assert (run.status, run.result) == ("Complete", in_place)
    assert len(in_place.rows) == 3


def test_what_never_ends_ends_as_timeout(monkeypatch):
    """At the limit the query ends, and its process with it."""
    monkeypatch.setattr(apart, "LIMIT_S", 0.5)
    run = run_of("parse @message /(?<x>(a+)+)$/", ENDLESS)
    run.run()
    assert run.status == "Timeout"
    assert service.results({"an-id": run}, "an-id")["status"] == "Timeout"


def test_what_never_ends_can_be_stopped():
    """Other threads go on meanwhile, or nobody could stop it."""
    run = run_of("filter @message like /(a+)+$/", ENDLESS)
    thread = threading.Thread(target=run.run)
    thread.start()
    assert service.stop({"an-id": run}, "an-id")
    thread.join(PATIENCE_S)
    assert run.status == "Cancelled"


def test_the_process_ends_with_the_cloud():
    """Killed without a chance to clean up, the cloud leaves no matching behind."""
    code = (
        "from tests.infra.embedded.insights.test_insights_backtracking import *;"
        "run_of('filter @message like /(a+)+$/', ENDLESS).run()"
    )
    cloud = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        assert eventually(lambda: [each for each in children(cloud) if each.cpu_times().user > 1])
        (matching,) = children(cloud)
    finally:
        cloud.kill()
        cloud.wait()
    assert eventually(lambda: not matching.is_running() or matching.status() == psutil.STATUS_ZOMBIE)


def children(process):
    return psutil.Process(process.pid).children()


def eventually(holds):
    end = time.monotonic() + PATIENCE_S
    while not (answer := holds()) and time.monotonic() < end:
        time.sleep(0.02)
    return answer

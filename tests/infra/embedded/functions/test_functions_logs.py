"""What CloudWatch Logs holds after an invocation, and that logs, metrics and runs agree."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.logs.models import logs_backends

from infra.embedded.functions.logs import LineSplitter, LogLine, tail
from tests.infra.embedded.functions.conftest import PATIENCE_S


def frame(message: str, microseconds: int = 1_700_000_000_000_000) -> bytes:
    """Return a record as the runtime frames it."""
    data = message.encode()
    return b"\xa5\x5a\x00\x03" + len(data).to_bytes(4, "big") + microseconds.to_bytes(8, "big") + data


def test_the_lines_of_an_environment_in_order(lambdas):
    """One stream an environment: INIT_START, then for each invocation START, its lines, END and REPORT."""
    name = lambdas.create("def handler(e, c):\n    print('one')\n    print('two')")
    first, second = lambdas.invoke(name), lambdas.invoke(name)
    (lines,) = lambdas.messages(name)
    kinds = [line.split(" ")[0].rstrip("\n") for line in lines]
    assert kinds == ["INIT_START", *["START", "one", "two", "END", "REPORT"] * 2]
    assert lines[1] == f"START RequestId: {first.result.request_id} Version: $LATEST\n"
    assert lines[9] == f"END RequestId: {second.result.request_id}\n"
    assert re.match(
        r"INIT_START Runtime Version: python:3\.\d+\.v\d+\tRuntime Version ARN: arn:aws:lambda:", lines[0]
    )


def test_printed_and_logged_lines_keep_their_order(lambdas):
    """`print` and `logging` become events in the order of writing, a record of several lines one event."""
    source = """
        import json, logging
        logger = logging.getLogger()
        logger.setLevel("INFO")
        def handler(event, context):
            print(json.dumps({"step": "a"}))
            logger.info("two\\nlines")
            print("last, without end", end="")
    """
    name = lambdas.create(source)
    answer = lambdas.invoke(name)
    printed, logged, last = lambdas.messages(name)[0][2:5]
    assert json.loads(printed) == {"step": "a"}
    assert logged.startswith("[INFO]\t")
    assert answer.result.request_id in logged
    assert "two\nlines" in logged
    assert last == "last, without end"


def test_much_output_does_not_block_the_handler(lambdas):
    """A handler may print far more than a pipe holds."""
    name = lambdas.create("def handler(e, c):\n    for i in range(3000): print('x' * 100)\n    return 'done'")
    assert lambdas.invoke(name).value == "done"
    assert sum(line == "x" * 100 + "\n" for line in lambdas.messages(name)[0]) == 3000


def test_the_group_is_made_again_when_it_was_deleted(lambdas):
    """A log group deleted between invocations comes back with the next one."""
    name = lambdas.create()
    lambdas.invoke(name)
    logs_backends["123456789012"]["us-east-1"].delete_log_group(f"/aws/lambda/{name}")
    lambdas.invoke(name)
    assert [line.split(" ")[0] for line in lambdas.messages(name)[0]] == ["START", "END", "REPORT"]


def test_lines_show_while_the_handler_still_runs(lambdas, tmp_path, monkeypatch):
    """A long invocation's lines can be read before it ends."""
    monkeypatch.setattr("infra.embedded.functions.environment.FLUSH_S", 0.02)
    source = """
        import pathlib, time
        def handler(event, context):
            print("under way")
            while not pathlib.Path(event["gate"]).exists():
                time.sleep(0.005)
    """
    name = lambdas.create(source)
    gate = tmp_path / "gate"
    caller = threading.Thread(target=lambdas.invoke, args=(name, {"gate": str(gate)}))
    caller.start()
    try:
        seen = lambdas.eventually(lambda: _has(lambdas, name, "under way\n"))
    finally:
        gate.touch()
        caller.join(PATIENCE_S)
    assert seen


def _has(lambdas, name, line):
    try:
        return any(line in stream for stream in lambdas.messages(name))
    except KeyError:
        return False


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), min_size=1))
    ),
    st.data(),
)
def test_any_cut_of_the_pipe_gives_the_same_events(parts, data):
    """However the log pipe's bytes are cut, prints and frames come out whole and in order."""
    raw = b"".join(frame(text) if framed else text.encode() + b"\n" for framed, text in parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=4)))
    splitter = LineSplitter()
    lines: list[LogLine] = []
    for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        lines += splitter.feed(raw[start:end])
    lines += splitter.finish()
    assert [line.message for line in lines] == [text if framed else text + "\n" for framed, text in parts]


def test_a_frame_ends_an_unfinished_line():
    """A record written in the middle of a printed line does not swallow it."""
    lines = LineSplitter().feed(b"half" + frame("record") + b"rest\n")
    assert [line.message for line in lines] == ["half", "record", "rest\n"]
    assert lines[1].timestamp == 1_700_000_000_000


def test_the_tail_is_cut_from_the_front():
    """The tail is the last 4,096 bytes."""
    text = tail([LogLine(0, "a" * 5000), LogLine(0, "end")])
    assert len(text) == 4096
    assert text.endswith(b"aend")


SOURCE = """
    import os, time
    def handler(event, context):
        kind = event["kind"]
        print("ran", kind)
        if kind == "error":
            raise ValueError(kind)
        if kind == "crash":
            os._exit(4)
        return kind
"""


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(["ok", "error", "crash"]), min_size=1, max_size=8))
def test_logs_and_metrics_count_what_ran(lambdas, kinds):
    """For any mix of outcomes, log lines and metrics count exactly the invocations, failures and starts."""
    name = lambdas.create(SOURCE)
    answers = [lambdas.invoke(name, {"kind": kind}) for kind in kinds]
    failures = sum(kind != "ok" for kind in kinds)
    assert sum(answer.error is not None for answer in answers) == failures
    words = Counter(line.split(" ")[0] for stream in lambdas.messages(name) for line in stream)
    assert words["START"] == words["END"] == words["REPORT"] == words["ran"] == len(kinds)
    assert sum(lambdas.metric("Invocations", name)) == len(kinds)
    assert sum(lambdas.metric("Errors", name)) == failures
    assert len(lambdas.metric("Duration", name)) == len(kinds)
    assert lambdas.metric("ConcurrentExecutions", name) == [1.0] * len(kinds)
    cold = 1 + sum(kind == "crash" for kind in kinds[:-1])
    assert words["INIT_START"] == len(lambdas.messages(name)) == cold


def test_metrics_exist_without_a_dimension_too(lambdas):
    """The account's own metrics hold every function's invocations."""
    for _ in range(2):
        lambdas.invoke(lambdas.create())
    for metric in ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"):
        assert len(lambdas.metric(metric, None)) == 2, metric
    assert lambdas.metric("Duration", None)[0] == pytest.approx(
        lambdas.metric("Duration", lambdas.names[0])[0]
    )

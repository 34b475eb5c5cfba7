"""Logs Insights from outside: boto3 against moto's server, with the seam installed."""

from __future__ import annotations

import inspect
import threading
import time
from datetime import timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.logs import responses
from moto.logs.logs_query import execute_query
from moto.logs.models import LogGroup, LogsBackend, logs_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from infra.embedded.insights import engine, install, moto_seam, parser, service

ACCOUNT = "123456789012"
GROUP = "/aws/lambda/sof-embed"
OTHER = "/aws/lambda/sof-preprocess"
PATIENCE_S = 120.0
"""How long a test waits for what must come: on a quiet machine it is there at once."""


@pytest.fixture(scope="module")
def logs():
    """A Logs client of a moto server with the seam, and two groups with events of the last minute."""
    install()
    install()  # a second time changes nothing
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    client = boto3.client(
        "logs",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        yield _with_events(client)
    finally:
        client.close()
        server.shutdown()
        thread.join()
        server.server_close()
        logs_backends[ACCOUNT].reset()


def _with_events(client):
    now = int(time.time() * 1000)
    for group, step, duration in ((GROUP, "Embed", 250.5), (OTHER, "Preprocess", 0.5)):
        client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName="one")
        messages = [
            f'{{"step": "{step}", "ticket_id": "T-{n}", "duration_ms": {duration + n}}}' for n in range(3)
        ]
        events = [{"timestamp": now - 3000 + n, "message": message} for n, message in enumerate(messages)]
        client.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)
    return client


def _start(logs, query, **where):
    now = int(time.time())
    window = {"startTime": now - 3600, "endTime": now + 1}
    return logs.start_query(queryString=query, **(window | (where or {"logGroupName": GROUP})))["queryId"]


def _results(logs, query, **where):
    return _ended(logs, _start(logs, query, **where))


def _ended(logs, query_id):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        answer = logs.get_query_results(queryId=query_id)
        if answer["status"] not in ("Scheduled", "Running"):
            return answer
    pytest.fail("the query did not end")


def _rows(answer):
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]


def _error(call, *arguments, **keywords):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **keywords)
    return caught.value.response


def test_average_by_step_over_several_groups(logs):
    """A query over several groups gives rows of field and value, statistics as floats, and Complete."""
    query = "stats avg(duration_ms) as mean, count(*) as n by step | sort step"
    answer = _results(logs, query, logGroupNames=[GROUP, OTHER])
    assert answer["status"] == "Complete"
    assert _rows(answer) == [
        {"step": "Embed", "mean": "251.5", "n": "3"},
        {"step": "Preprocess", "mean": "1.5", "n": "3"},
    ]
    statistics = answer["statistics"]
    assert (statistics["recordsMatched"], statistics["recordsScanned"]) == (6.0, 6.0)
    assert statistics["bytesScanned"] > 0
    assert all(isinstance(value, float) for value in statistics.values())


def test_matched_counts_what_passes_the_filter_before_the_limit(logs):
    """The figure recordsMatched counts the events that pass the filters, whatever the limit shows."""
    answer = _results(logs, 'filter ticket_id != "T-1" | limit 1')
    assert len(answer["results"]) == 1
    assert answer["statistics"]["recordsMatched"] == 2.0
    assert answer["statistics"]["recordsScanned"] == 3.0


def test_pointer_leads_to_the_record(logs):
    """`@ptr` comes with every log event, and GetLogRecord gives all fields of that event."""
    (row,) = _rows(_results(logs, "fields duration_ms | sort duration_ms desc | limit 1"))
    record = logs.get_log_record(logRecordPointer=row["@ptr"])["logRecord"]
    assert record["ticket_id"] == "T-2"
    assert record["@log"] == f"{ACCOUNT}:{GROUP}"


def test_groups_by_arn_and_by_source(logs):
    """Groups may be given by ARN, or chosen by a SOURCE command."""
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{OTHER}"
    assert len(_results(logs, "fields step", logGroupIdentifiers=[arn])["results"]) == 3
    now = int(time.time())
    query = f"SOURCE logGroups(namePrefix: ['{OTHER[:-3]}']) | stats count(*) as n by step"
    query_id = logs.start_query(startTime=now - 3600, endTime=now + 1, queryString=query)["queryId"]
    assert _rows(_ended(logs, query_id)) == [{"step": "Preprocess", "n": "3"}]


def test_limit_of_the_call_counts_where_the_query_has_none(logs):
    """StartQuery's limit counts, and a limit command goes before it."""
    assert len(_results(logs, "fields step", logGroupName=GROUP, limit=2)["results"]) == 2
    assert len(_results(logs, "fields step | limit 3", logGroupName=GROUP, limit=2)["results"]) == 3


def test_malformed_query_says_where(logs):
    """A query that does not compile is a MalformedQueryException with the place of the error."""
    response = _error(_start, logs, "fields a | fliter b = 1")
    assert response["Error"]["Code"] == "MalformedQueryException"
    assert "fliter" in response["Error"]["Message"]
    assert response["queryCompileError"]["location"] == {"startCharOffset": 11, "endCharOffset": 17}
    assert response["queryCompileError"]["message"] == response["Error"]["Message"]


def test_what_is_not_emulated_answers_501(logs):
    """`pattern` and other query languages are refused by name with 501."""
    for keywords in ({"logGroupName": GROUP}, {"logGroupName": GROUP, "queryLanguage": "SQL"}):
        query = "pattern @message" if "queryLanguage" not in keywords else "SELECT 1"
        response = _error(_start, logs, query, **keywords)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert response["Error"]["Code"] == "NotImplemented"


@pytest.mark.parametrize(
    ("keywords", "code"),
    [
        ({"logGroupName": "absent"}, "ResourceNotFoundException"),
        ({"logGroupIdentifiers": ["arn:aws:logs:us-east-1:1:log-group:absent"]}, "ResourceNotFoundException"),
        ({"logGroupName": GROUP, "startTime": 20, "endTime": 10}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "logGroupNames": [GROUP]}, "InvalidParameterException"),
        ({"startTime": 10}, "InvalidParameterException"),
        ({"logGroupNames": [f"g{n}" for n in range(51)]}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "limit": 10_001}, "InvalidParameterException"),
    ],
)
def test_parameters_that_cannot_be(logs, keywords, code):
    """A missing group, a window that ends before it begins, no group or too many are refused as AWS does."""
    assert _error(_start, logs, "fields a", **keywords)["Error"]["Code"] == code


def test_a_window_before_the_group_is_refused(logs):
    """A window that ends before the group was made, or before what its retention keeps, is refused."""
    query, hour, now = "fields a", 3600, int(time.time())
    early = {"startTime": now - 2 * hour, "endTime": now - hour}
    told = _error(_start, logs, query, logGroupName=GROUP, **early)
    assert told["Error"]["Code"] == "MalformedQueryException"
    assert told["Error"]["Message"] == (
        "Query's end date and time is either before the log groups creation time or exceeds the log groups "
        "log retention settings ([0,8])"
    )
    assert told["queryCompileError"]["location"] == {"startCharOffset": 0, "endCharOffset": 8}
    group = logs_backends[ACCOUNT]["us-east-1"].groups[GROUP]
    made = group.creation_time
    try:
        group.creation_time = made - timedelta(days=2)
        assert _start(logs, query, logGroupName=GROUP, **early)
        assert _start(logs, query, logGroupNames=[OTHER, GROUP], **early)
        old = {"startTime": now - 30 * hour, "endTime": now - 25 * hour}
        assert _start(logs, query, logGroupName=GROUP, **old)
        logs.put_retention_policy(logGroupName=GROUP, retentionInDays=1)
        assert _error(_start, logs, query, logGroupName=GROUP, **old)["Error"]["Code"] == (
            "MalformedQueryException"
        )
    finally:
        logs.delete_retention_policy(logGroupName=GROUP)
        group.creation_time = made


def test_unknown_query_and_ended_query(logs):
    """An unknown id is not found; a query that has ended cannot be stopped."""
    assert _error(logs.get_query_results, queryId="none")["Error"]["Code"] == "ResourceNotFoundException"
    query_id = _start(logs, "fields a")
    _ended(logs, query_id)
    assert _error(logs.stop_query, queryId=query_id)["Error"]["Code"] == "InvalidParameterException"


def test_queries_are_described_newest_first(logs):
    """DescribeQueries lists queries by group and status, the newest first."""
    first, second = _start(logs, "fields a"), _start(logs, "fields b")
    for query_id in (first, second):
        _ended(logs, query_id)
    described = logs.describe_queries(logGroupName=GROUP, status="Complete", maxResults=2)["queries"]
    assert [query["queryId"] for query in described] == [second, first]
    assert described[0]["queryString"] == "fields b"


def test_fields_of_a_group(logs):
    """GetLogGroupFields gives the discovered fields with the share of events that have them."""
    fields = logs.get_log_group_fields(logGroupName=GROUP)["logGroupFields"]
    assert {field["name"]: field["percent"] for field in fields}["duration_ms"] == 100


def test_window_takes_seconds_and_milliseconds():
    """Times are seconds, the last second as a whole, or milliseconds."""
    assert service.window_of(1_714_557_600, 1_714_557_601) == engine.Window(
        1_714_557_600_000, 1_714_557_601_999
    )
    assert service.window_of(1_714_557_600_000, 1_714_557_601_000).end == 1_714_557_601_000


def test_a_running_query_can_be_stopped():
    """A stopped query ends as Cancelled, and its rows are not given."""
    run = _run_of(parser.parse("fields a"), groups=[_SlowGroup()])
    runs = {run.query_id: run}
    thread = threading.Thread(target=run.run)
    thread.start()
    assert _SlowGroup.reached.wait(PATIENCE_S)
    assert service.stop(runs, run.query_id)
    _SlowGroup.may_go_on.set()
    thread.join(PATIENCE_S)
    assert service.results(runs, run.query_id)["status"] == "Cancelled"


def test_a_query_that_breaks_ends_as_failed(caplog):
    """An error inside the engine ends the query as Failed and is logged with its text."""
    run = _run_of(parser.parse("fields a"), groups=[object()])
    run.run()
    assert run.status == "Failed"
    assert run.groups == ()
    assert "the query of a test" in caplog.text


def test_too_many_queries_at_once():
    """One query more than an account may run at once is refused."""
    query = parser.parse("fields a")
    runs = {str(n): _run_of(query, groups=[]) for n in range(service.MAXIMUM_CONCURRENT)}
    with pytest.raises(service.TooManyQueries):
        service.start(runs, query=query, query_text="", groups=[], window=engine.Window(0, 1), limit=None)


def test_old_results_are_forgotten():
    """When the kept rows pass the bound, the oldest ended queries go."""
    query = parser.parse("fields a")
    runs = {}
    for name in ("old", "new"):
        runs[name] = _run_of(query, groups=[])
        runs[name].status = "Complete"
        rows = [[]] * (service.MAXIMUM_KEPT_ROWS // 2 + 1)
        runs[name].result = engine.Result(rows, engine.Statistics(0, 0, 0))
    service.start(runs, query=query, query_text="", groups=[], window=engine.Window(0, 1), limit=None)
    assert "old" not in runs
    assert "new" in runs


def test_moto_still_has_what_the_seam_replaces():
    """The seam fits moto as it is: its operations, the backend's queries, the streams' lists of events."""
    assert responses.LogsResponse.start_query is moto_seam.start_query
    assert set(moto_seam.REPLACED) <= set(dir(LogsBackend))
    assert not set(moto_seam.ADDED) & set(dir(LogsBackend))
    assert "self.queries" in inspect.getsource(LogsBackend.__init__)
    source = inspect.getsource(inspect.getmodule(LogsBackend))
    assert "self.events: list[LogEvent] = []" in source
    assert "self.streams: dict[str, LogStream] = {}" in source


def test_stock_moto_still_ignores_filters():
    """Moto's own engine gives every event to a filter that none passes: the reason for the seam."""
    group = LogGroup(ACCOUNT, "us-east-1", "stock")
    group.create_log_stream("one")
    group.put_log_events("one", [{"timestamp": 1000, "message": "text"}])
    query = "fields @message | filter @message = 'other' | stats count(*)"
    rows = execute_query([group], query, start_time=0, end_time=2)
    assert [row["@message"] for row in rows] == ["text"]


def _run_of(query, groups):
    return service.QueryRun(
        query_id="an-id",
        text="the query of a test",
        query=query,
        groups=tuple(groups),
        group_names=("a-group",),
        window=engine.Window(0, 10**13),
        limit=10,
        created=0,
    )


class _SlowGroup:
    """A log group that tells when it is read, and waits."""

    reached = threading.Event()
    may_go_on = threading.Event()
    account_id, name = ACCOUNT, "slow"

    @property
    def streams(self):
        self.reached.set()
        assert self.may_go_on.wait(PATIENCE_S)
        return {"one": _Stream()}


class _Stream:
    log_stream_name = "one"

    def __init__(self):
        self.events = [_Event()]


class _Event:
    timestamp, ingestion_time, event_id, message = 1, 1, 1, "text"

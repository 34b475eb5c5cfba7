"""A Lambda for one test: functions made from source text, invoked in-process or over HTTP."""

from __future__ import annotations

import base64
import io
import itertools
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.awslambda.models import lambda_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from infra.embedded.functions import api, moto_seam
from infra.embedded.metrics import store

ACCOUNT = "123456789012"
REGION = "us-east-1"
PATIENCE_S = 120.0
"""How long a test waits for what must come: on a quiet machine it is there at once."""
UNHURRIED_S = 300
"""The timeout of a function in which nothing is to time out."""
ROLE = f"arn:aws:iam::{ACCOUNT}:role/handlers"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
LOGGING = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}

_numbers = itertools.count(1)


def zipped(files: dict[str, str]) -> bytes:
    """Return a deployment package."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, dedent(text))
    return package.getvalue()


@dataclass
class Answer:
    """An invocation's result, its payload parsed."""

    result: api.InvocationResult

    @property
    def value(self) -> Any:
        """The payload, parsed."""
        return json.loads(self.result.payload)

    @property
    def error(self) -> str | None:
        """What FunctionError says."""
        return self.result.function_error

    @property
    def tail(self) -> str:
        """The log tail as text."""
        return self.result.log_tail.decode()


@dataclass
class Lambdas:
    """Makes and invokes functions."""

    restart: Callable[[], None]
    names: list[str] = field(default_factory=list)

    @staticmethod
    def eventually(holds: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
        """Return the first true answer of `holds`; the last one when patience is over."""
        end = time.monotonic() + patience_s
        while not (answer := holds()) and time.monotonic() < end:
            time.sleep(0.01)
        return answer

    @property
    def backend(self) -> Any:
        """The Lambda that moto keeps the functions in."""
        return lambda_backends[ACCOUNT][REGION]

    def create(self, source: str = "def handler(event, context): return event", **spec: Any) -> str:
        """Create a function whose index.py is `source`; returns its name."""
        name = spec.pop("FunctionName", f"function-{next(_numbers)}")
        files = spec.pop("files", {"index.py": source})
        package = base64.b64encode(zipped(files)).decode()
        base = {"FunctionName": name, "Runtime": "python3.11", "Role": ROLE, "Handler": "index.handler"}
        given = {"Code": {"ZipFile": package}, "Timeout": UNHURRIED_S} | spec
        self.backend.create_function(base | given)
        self.names.append(name)
        return name

    def invoke(self, name: str, event: Any = None, **options: Any) -> Answer:
        """Invoke in-process with an event that becomes JSON."""
        return Answer(api.invoke(ACCOUNT, REGION, name, json.dumps(event or {}).encode(), **options))

    def messages(self, name: str, group: str = "") -> list[list[str]]:
        """Return the messages of each log stream of a function, or of another log group."""
        found = logs_backends[ACCOUNT][REGION].groups[group or f"/aws/lambda/{name}"]
        return [[event.message for event in stream.events] for stream in list(found.streams.values())]

    def metric(self, metric: str, name: str | None) -> list[float]:
        """Return every value recorded of a metric, by function or (None) for the account."""
        dimensions = {"FunctionName": name} if name else {}
        now = time.time()
        found = store.points(ACCOUNT, REGION, "AWS/Lambda", metric, dimensions, start=now - 600, end=now + 60)
        return [total for points in found.values() for _, total, *_ in points]


def _forget_everything() -> None:
    lambda_backends[ACCOUNT][REGION].reset()
    logs_backends[ACCOUNT][REGION].reset()
    store.clear()
    iam = iam_backends[ACCOUNT]["aws"]
    iam.reset()
    iam.create_role("handlers", json.dumps(TRUST), "/", None, "", [], None)
    allow(LOGGING)


def allow(*statements: dict[str, Any]) -> None:
    """Let the role of the functions do this, and nothing else."""
    iam = iam_backends[ACCOUNT]["aws"]
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_role_policy("handlers", "allowed", document)
    else:
        iam.delete_role_policy("handlers", "allowed")


@pytest.fixture
def account_concurrency() -> int:
    """The account's concurrency; override it by parametrizing."""
    return 1000


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "cloud"


@pytest.fixture
def lambdas(scratch: Path, account_concurrency: int) -> Iterator[Lambdas]:
    """A configured Lambda with nothing in it."""
    moto_seam.install()
    start = partial(api.configure, account_concurrency, "http://127.0.0.1:9", scratch)
    start()
    _forget_everything()
    yield Lambdas(start)
    api.shutdown()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """The server of moto itself, in a thread."""
    moto_seam.install()
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def aws(moto_url: str) -> Callable[[str], Any]:
    """boto3 clients of that server, which retry nothing."""

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=moto_url,
            region_name=REGION,
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries={"max_attempts": 0}),
        )

    return client


@pytest.fixture
def zip_of() -> Callable[[dict[str, str]], bytes]:
    """Packs files into a deployment package."""
    return zipped

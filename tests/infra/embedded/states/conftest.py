"""State machines run in this process, with functions that are Python callables."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.embedded import states
from infra.embedded.states import backend as _backend
from infra.embedded.states import executions, history, invoking, throttling

ACCOUNT = "123456789012"
REGION = "us-east-1"
PATIENCE_S = 120.0
"""How long a test waits for what must come: on a quiet machine it is there at once."""
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"

states.install()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a stand-in function gave back."""

    payload: bytes
    function_error: str | None = None
    request_id: str = "11111111-2222-3333-4444-555555555555"
    log_tail: bytes = b""
    executed_version: str = "$LATEST"


class RefusedError(Exception):
    """Lambda refuses, with the fields of the real error."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status
        self.request_id = "66666666-7777-8888-9999-000000000000"


@dataclass
class Functions:
    """Stand-in functions by name; counts how many run at once."""

    known: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    running: int = 0
    peak: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, account_id, region, function, payload, *, qualifier=None):
        """Invoke, as `infra.embedded.functions.api.invoke` does."""
        name = function.rsplit(":", 1)[-1]
        with self.lock:
            self.calls.append((name, json.loads(payload)))
            self.running += 1
            self.peak = max(self.peak, self.running)
        try:
            return Answer(json.dumps(self.known[name](json.loads(payload))).encode())
        except RefusedError:
            raise
        except Exception as error:  # noqa: BLE001 (a handler may raise anything)
            said = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
            return Answer(json.dumps(said).encode(), "Unhandled")
        finally:
            with self.lock:
                self.running -= 1


@dataclass
class Ran:
    """An execution that has ended (or was left running)."""

    execution: Any

    @property
    def events(self) -> list[history.Event]:
        """The history so far."""
        return list(history.of(self.execution.exec_worker.env).events)

    @property
    def kinds(self) -> list[str]:
        """The kinds of the events so far."""
        return [event.kind for event in self.events]

    @property
    def status(self) -> str:
        """As DescribeExecution says it."""
        return self.execution.status

    def wait(self) -> Ran:
        """Wait until it has ended."""
        assert self.execution.exec_worker.done.wait(PATIENCE_S), "the execution does not end"
        return self

    def details(self, kind: str) -> dict[str, Any]:
        """What the first event of a kind says."""
        event = next(event for event in self.events if event.kind == kind)
        return dict(next(iter(event.details.values())))


class Cloud:
    """Step Functions alone, with stand-in functions."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.backend = _backend.stepfunctions_parser_backends[ACCOUNT][REGION]

    def machine(self, definition: dict[str, Any], name: str = "machine") -> str:
        """The ARN of a new state machine."""
        return self.backend.create_state_machine(name, json.dumps(definition), ROLE).arn

    def start(self, arn: str, data: Any = None, name: str | None = None) -> Ran:
        """Start an execution with this input."""
        return Ran(self.backend.start_execution(arn, name, json.dumps({} if data is None else data)))

    def run(self, definition: dict[str, Any], data: Any = None) -> Ran:
        """Run a definition to its end."""
        return self.start(self.machine(definition), data).wait()

    def end(self) -> None:
        """Abort what still runs, so that none of it happens in the next test."""
        for machine in self.backend.state_machines:
            for execution in machine.executions:
                executions.stop(execution, None, None)


@pytest.fixture
def functions() -> Functions:
    return Functions({"echo": lambda payload: payload})


@pytest.fixture
def cloud(functions: Functions) -> Iterator[Cloud]:
    _backend.stepfunctions_parser_backends[ACCOUNT][REGION].reset()
    throttling.reset()
    with invoking.instead(functions):
        running = Cloud(functions)
        yield running
        running.end()

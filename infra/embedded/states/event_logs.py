"""Logging of executions to CloudWatch Logs, as a state machine's LoggingConfiguration asks for it.

moto: keeps the configuration, and writes nothing.
AWS: writes each event of the history that the level lets through as one JSON log event, in a stream
`states/<state machine>/<time>/<number>` of the group; without includeExecutionData what the states were given
and gave is left out; a group that is gone is no error for the execution. A configuration needs one group that
exists, and a role that may deliver logs.
Here: the same, written as the event is; an execution that does not log pays nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogsBackend, logs_backends
from moto.stepfunctions.parser.api import InvalidLoggingConfiguration
from moto.stepfunctions.parser.backend.execution import Execution

from infra.embedded.states import invoking, refusals
from infra.embedded.states.history import Event

_WRONG: Final = "Invalid Logging Configuration: "
_DATA: Final = frozenset(
    {"input", "inputDetails", "output", "outputDetails", "parameters", "assignedVariables"}
) | {"assignedVariablesDetails"}
_ERRORS: Final = ("Failed", "Aborted", "TimedOut", "FailStateEntered")
_FATAL: Final = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
_LEVELS: Final[Mapping[str, Callable[[str], bool]]] = {
    "ALL": lambda _kind: True,
    "ERROR": lambda kind: kind.endswith(_ERRORS),
    "FATAL": lambda kind: kind in _FATAL,
}


@dataclass(frozen=True, slots=True)
class Group:
    """A log group, as its ARN `arn:aws:logs:<region>:<account>:log-group:<name>:*` names it."""

    account: str
    region: str
    name: str

    @property
    def backend(self) -> LogsBackend:
        """The logs of its account and region."""
        return logs_backends[self.account][self.region]


def checked(configuration: Mapping[str, Any] | None, role_arn: str, account: str) -> dict[str, Any] | None:
    """The configuration with its defaults; raises what CreateStateMachine answers to one that is refused."""
    if not configuration:
        return None
    whole = {"level": "OFF", "includeExecutionData": False, **configuration}
    destinations = whole.get("destinations") or []
    if len(destinations) > 1 or (whole["level"] != "OFF" and not destinations):
        raise InvalidLoggingConfiguration(f"{_WRONG}Must specify exactly one Log Destination.")
    if whole["level"] != "OFF":
        _check_group(_group(whole), role_arn, account)
    return whole


def writer(execution: Execution) -> Callable[[Event], None] | None:
    """What writes an execution's events to its group; None where it does not log."""
    configuration = execution.state_machine.loggingConfiguration
    passes = _LEVELS.get(configuration.get("level", "OFF"))
    group = _group(configuration)
    if passes is None or group is None:
        return None
    stream = f"states/{execution.state_machine.name}/{execution.start_date:%Y-%m-%d-%H-%M}"
    name, arn = f"{stream}/{secrets.token_hex(4)}", execution.exec_arn
    with_data = bool(configuration.get("includeExecutionData"))

    def write(event: Event) -> None:
        if passes(event.kind):
            _put(group, name, event.at_ms, _message(event, arn, with_data=with_data))

    return write


def _check_group(group: Group | None, role_arn: str, account: str) -> None:
    if group is None:
        raise InvalidLoggingConfiguration(f"{_WRONG}Must specify exactly one Log Destination.")
    if group.name not in group.backend.groups:
        raise InvalidLoggingConfiguration(f"{_WRONG}Log Destination not found.")
    if not invoking.is_allowed()(account, role_arn, "logs:CreateLogDelivery", "*"):
        raise refusals.AccessDeniedException(
            "The state machine IAM Role is not authorized to access the Log Destination"
        )


def _group(configuration: Mapping[str, Any]) -> Group | None:
    for destination in configuration.get("destinations") or []:
        parts = str((destination.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn")).split(":")
        if len(parts) > 6 and parts[5] == "log-group":  # noqa: PLR2004 (an ARN has six fields, then the name)
            return Group(parts[4], parts[3], parts[6])
    return None


def _message(event: Event, execution_arn: str, *, with_data: bool) -> str:
    details = dict(next(iter(event.details.values()), {}))
    shown = details if with_data else {key: value for key, value in details.items() if key not in _DATA}
    body = {
        "id": str(event.number),
        "type": event.kind,
        "details": shown,
        "previous_event_id": str(event.previous),
        "event_timestamp": str(event.at_ms),
        "execution_arn": execution_arn,
        "redrive_count": "0",
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=str)


def _put(group: Group, stream: str, at_ms: int, message: str) -> None:
    known = group.backend.groups.get(group.name)
    if known is None:
        return
    with suppress(ResourceNotFoundException):  # the stream was deleted meanwhile
        if stream not in known.streams:
            known.create_log_stream(stream)
        known.put_log_events(stream, [{"timestamp": at_ms, "message": message}])

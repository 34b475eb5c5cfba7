"""The operations of Step Functions that read and end executions, as the API answers them.

moto: answers the whole history on one page, by a serialiser that takes seconds for 500 tickets; ignores
maxResults, reverseOrder, includeExecutionData, error and cause.
AWS: pages of at most 1,000 events (100 unless told), tokens that lead on, and token buckets.
Here: the answers are written as JSON directly.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import InvalidToken
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.responses import StepFunctionResponse

from infra.embedded.states import executions, history, refusals, seam, texts, throttling

_DEFAULT_PAGE: Final = 100
_LARGEST_PAGE: Final = 1000
_MOTO_START = StepFunctionResponse.start_execution
_MOTO_LIST = StepFunctionResponse.list_executions
_MOTO_DESCRIBE_MACHINE = StepFunctionResponse.describe_state_machine


def _throttle(response: StepFunctionResponse, operation: str) -> None:
    throttling.check(response.current_account, response.region, operation)


def _answer(response: StepFunctionResponse, body: dict[str, Any]) -> str:
    response.response_headers["Content-Type"] = "application/x-amz-json-1.0"
    return json.dumps({key: value for key, value in body.items() if value is not None})


def _start_execution(self: StepFunctionResponse) -> ActionResult:
    _throttle(self, "StartExecution")
    return _MOTO_START(self)


def _list_executions(self: StepFunctionResponse) -> ActionResult:
    _throttle(self, "ListExecutions")
    answer = _MOTO_LIST(self)
    for item in answer.result["executions"]:
        execution = self.stepfunction_backend.describe_execution(item["executionArn"])
        item["redriveCount"] = 0
        if execution.status != "RUNNING":
            item["stopDate"] = execution.stop_date
    return answer


def _describe_state_machine(self: StepFunctionResponse) -> ActionResult:
    _throttle(self, "DescribeStateMachine")
    return _MOTO_DESCRIBE_MACHINE(self)


def _execution(self: StepFunctionResponse) -> Execution:
    return self.stepfunction_backend.describe_execution(self._get_param("executionArn"))


def _describe_execution(self: StepFunctionResponse) -> str:
    _throttle(self, "DescribeExecution")
    return _answer(self, described(_execution(self)))


def _stop_execution(self: StepFunctionResponse) -> str:
    _throttle(self, "StopExecution")
    execution = _execution(self)
    executions.stop(execution, self._get_param("error"), self._get_param("cause"))
    return _answer(self, {"stopDate": _seconds(execution.stop_date)})


def _get_execution_history(self: StepFunctionResponse) -> str:
    _throttle(self, "GetExecutionHistory")
    execution = _execution(self)
    page = history_page(
        execution,
        limit=_page_size(self._get_param("maxResults")),
        token=self._get_param("nextToken"),
        newest_first=bool(self._get_param("reverseOrder")),
        with_data=self._get_param("includeExecutionData") is not False,
    )
    return _answer(self, page)


def described(execution: Execution) -> dict[str, Any]:
    """DescribeExecution's answer; members that have no value are None."""
    status = execution.status
    succeeded = status == "SUCCEEDED"
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": status,
        "startDate": _seconds(execution.start_date),
        "stopDate": None if status == "RUNNING" else _seconds(execution.stop_date),
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "output": texts.to_text(execution.output) if succeeded else None,
        "outputDetails": {"included": True} if succeeded else None,
        "traceHeader": execution.trace_header,
        "error": execution.error,
        "cause": execution.cause,
        "redriveCount": 0,
        **_redrivable(execution, status),
    }


def _redrivable(execution: Execution, status: str) -> dict[str, str]:
    """Whether RedriveExecution would take the execution, as DescribeExecution says it."""
    reason = None
    if status in {"RUNNING", "SUCCEEDED"}:
        reason = f"Execution is {status} and cannot be redriven"
    elif history.of(execution.exec_worker.env).last_number() >= history.MAX_EVENTS:
        reason = "Execution history event limit exceeded"
    if reason is None:
        return {"redriveStatus": "REDRIVABLE"}
    return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}


def history_page(
    execution: Execution, *, limit: int, token: str | None, newest_first: bool, with_data: bool
) -> dict[str, Any]:
    """One page of an execution's events, and the token of the next page where there is one."""
    events = history.of(execution.exec_worker.env).events
    count = len(events)
    start = _position(
        token, execution.exec_arn, newest_first=newest_first, default=count if newest_first else 0
    )
    end = max(0, start - limit) if newest_first else min(count, start + limit)
    chosen = events[end:start][::-1] if newest_first else events[start:end]
    more = end > 0 if newest_first else end < count
    return {
        "events": [history.as_response(event, with_data=with_data) for event in chosen],
        "nextToken": _token(execution.exec_arn, end, newest_first=newest_first) if more else None,
    }


def _page_size(asked: int | None) -> int:
    if asked is None or asked == 0:
        return _DEFAULT_PAGE
    if not 0 < asked <= _LARGEST_PAGE:
        raise refusals.ValidationException(
            f"1 validation error detected: Value '{asked}' at 'maxResults' failed to satisfy constraint: "
            f"Member must have value between 0 and {_LARGEST_PAGE}"
        )
    return asked


def _token(arn: str, position: int, *, newest_first: bool) -> str:
    return base64.urlsafe_b64encode(json.dumps([arn, position, newest_first]).encode()).decode()


def _position(token: str | None, arn: str, *, newest_first: bool, default: int) -> int:
    if not token:
        return default
    try:
        of_arn, position, of_order = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise InvalidToken(token) from error
    if of_arn != arn or of_order != newest_first or not isinstance(position, int):
        raise InvalidToken(token)
    return position


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def install() -> None:
    """Answer these operations as above."""
    operations = {
        "start_execution": _start_execution,
        "list_executions": _list_executions,
        "describe_state_machine": _describe_state_machine,
        "describe_execution": _describe_execution,
        "stop_execution": _stop_execution,
        "get_execution_history": _get_execution_history,
    }
    for name, operation in operations.items():
        seam.replace(StepFunctionResponse, name, ("self",), operation)

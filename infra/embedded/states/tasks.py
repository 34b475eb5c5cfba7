"""Tasks that invoke Lambda functions: `arn:aws:states:::lambda:invoke`, and a function's ARN as Resource.

moto: builds a boto3 client for each task, calls its own server over HTTP, translates parameters and
response by the service model (11 to 25 ms in all), asks nobody for permission, and calls every error of a
plain ARN "Exception".
AWS: checks the execution role, names Lambda's errors `Lambda.<Code>` with a cause that ends in "(Service:
AWSLambda; ...)", and a function's own error by its errorType with the payload as the cause.
Here: the function is invoked directly, in the thread of the iteration.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, Final

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.credentials import StateCredentials
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
from moto.stepfunctions.parser.asl.eval.environment import Environment

from infra.embedded.states import errors, history, invoking, seam, texts

_MOTO_SERVICE_EVAL = StateTaskServiceLambda._eval_execution
_MOTO_SERVICE_ERROR = StateTaskServiceLambda._from_error
_MOTO_PLAIN_ERROR = StateTaskLambda._from_error
_NOT_TRUNCATED: Final = {"truncated": False}
_INVOKE: Final = {"resource": "invoke", "resourceType": "lambda"}
_FUNCTION: Final = re.compile(
    r"(?:arn:(?P<partition>[^:]+):lambda:(?P<region>[^:]+):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?"
)


@dataclass(frozen=True, slots=True)
class Target:
    """A function as a task names it, made out."""

    account: str
    region: str
    arn: str


class TaskRefusedError(Exception):
    """A task that failed before or instead of its function: the error name and the cause that AWS gives."""

    def __init__(self, error: str, cause: str) -> None:
        self.error = error
        self.cause = cause
        super().__init__(f"{error}: {cause}")


def target_of(env: Environment, function: str, qualifier: str | None) -> Target:
    """The function that a name, partial or full ARN means in this execution."""
    here = env.aws_execution_details
    match = _FUNCTION.fullmatch(function)
    if match is None:
        raise TaskRefusedError("Lambda.ValidationException", f"'{function}' is not the name of a function")
    region = match["region"] or here.region
    account = match["account"] or here.account
    version = qualifier or match["qualifier"]
    arn = f"arn:{match['partition'] or 'aws'}:lambda:{region}:{account}:function:{match['name']}"
    return Target(account, region, f"{arn}:{version}" if version else arn)


def call(
    env: Environment, function: str, payload: bytes, role_arn: str, qualifier: str | None = None
) -> invoking.Invocation:
    """Invoke a function for a task, with the execution role's permission.

    Raises TaskRefusedError where the role or Lambda refuses, and moto's LambdaFunctionErrorException where
    the function fails.
    """
    target = target_of(env, function, qualifier)
    _check_permission(env, target, role_arn)
    try:
        done = invoking.invoke()(target.account, target.region, function, payload, qualifier=qualifier)
    except Exception as error:
        raise _refusal_of(error) from error
    if done.function_error:
        raise lambda_eval_utils.LambdaFunctionErrorException(
            done.function_error, done.payload.decode("utf-8", "replace")
        )
    return done


def _check_permission(env: Environment, target: Target, role_arn: str) -> None:
    if invoking.is_allowed()(
        env.aws_execution_details.account, role_arn, "lambda:InvokeFunction", target.arn
    ):
        return
    account, role = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    session = uuid.uuid4().hex
    message = (
        f"User: arn:aws:sts::{account}:assumed-role/{role}/{session} is not authorized to perform: "
        f"lambda:InvokeFunction on resource: {target.arn} because no identity-based policy allows the "
        "lambda:InvokeFunction action"
    )
    cause = _service_cause(message, 403, "AccessDeniedException", str(uuid.uuid4()))
    raise TaskRefusedError("Lambda.AWSLambdaException", cause)


def _refusal_of(error: Exception) -> Exception:
    """Lambda's refusal as Step Functions names it; any other exception as it is."""
    code, status = getattr(error, "code", None), getattr(error, "status", None)
    if not isinstance(code, str) or not isinstance(status, int):
        return error
    message, request_id = str(getattr(error, "message", "")), str(getattr(error, "request_id", uuid.uuid4()))
    return TaskRefusedError(f"Lambda.{code}", _service_cause(message, status, code, request_id))


def _service_cause(message: str, status: int, code: str, request_id: str) -> str:
    where = f"Service: AWSLambda; Status Code: {status}; Error Code: {code}; Request ID: {request_id}"
    return f"{message} ({where}; Proxy: null)"


def _payload_value(payload: bytes) -> Any:
    text = payload.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def response_of(done: invoking.Invocation) -> dict[str, Any]:
    """The result of `lambda:invoke`: Lambda's response with the metadata that Step Functions adds."""
    headers = {
        "Content-Length": str(len(done.payload)),
        "Content-Type": "application/json",
        "X-Amz-Executed-Version": done.executed_version,
        "x-amzn-RequestId": done.request_id,
    }
    return {
        "ExecutedVersion": done.executed_version,
        "Payload": _payload_value(done.payload),
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": done.request_id},
        "StatusCode": 200,
    }


def _integration(
    env: Environment,
    parameters: dict[str, Any],
    region: str,  # noqa: ARG001 (moto's signature; the function's ARN says where it is)
    state_credentials: StateCredentials,
) -> None:
    """Moto's own entry, still used by `.waitForTaskToken`."""
    payload = lambda_eval_utils.to_payload_type(parameters.get("Payload")) or b""
    function, qualifier = parameters["FunctionName"], parameters.get("Qualifier")
    env.stack.append(response_of(call(env, function, payload, state_credentials.role_arn, qualifier)))


def _seconds(state: StateTask, env: Environment) -> dict[str, int]:
    """The task's timeout and heartbeat, as TaskScheduled shows them."""
    shown = {}
    if not state.timeout.is_default_value():
        state.timeout.eval(env=env)
        shown["timeoutInSeconds"] = env.stack.pop()
    if state.heartbeat is not None:
        state.heartbeat.eval(env=env)
        shown["heartbeatInSeconds"] = env.stack.pop()
    return shown


def _credentials(state: StateTask, role_arn: str) -> dict[str, Any]:
    return {"taskCredentials": {"roleArn": role_arn}} if state.credentials else {}


def _eval_service(self: StateTaskServiceLambda, env: Environment) -> None:
    if self.resource.condition is not None or env.is_mocked_mode():
        _MOTO_SERVICE_EVAL(self, env)
        return
    parameters = self._eval_parameters(env=env)
    role_arn = self._eval_state_credentials(env=env).role_arn
    _announce_service(self, env, parameters, role_arn)
    payload = _payload_bytes(parameters.get("Payload"))
    done = call(env, parameters.get("FunctionName", ""), payload, role_arn, parameters.get("Qualifier"))
    output = response_of(done)
    self._verify_size_quota(env=env, value=output)
    history.of(env).add_event(
        env.event_history_context,
        "TaskSucceeded",
        {
            "taskSucceededEventDetails": {
                **_INVOKE,
                "output": texts.to_text(output),
                "outputDetails": _NOT_TRUNCATED,
            }
        },
    )
    env.stack.append(output)


def _announce_service(
    self: StateTaskServiceLambda, env: Environment, parameters: dict[str, Any], role_arn: str
) -> None:
    scheduled = {
        **_INVOKE,
        "region": env.aws_execution_details.region,
        "parameters": texts.to_text(parameters),
        **_seconds(self, env),
        **_credentials(self, role_arn),
    }
    written, chain = history.of(env), env.event_history_context
    written.add_event(chain, "TaskScheduled", {"taskScheduledEventDetails": scheduled})
    written.add_event(chain, "TaskStarted", {"taskStartedEventDetails": _INVOKE})


def _payload_bytes(payload: Any) -> bytes:
    """What the function receives: nothing given is an empty object, as moto and AWS have it."""
    if isinstance(payload, dict | list):
        return texts.to_text(payload).encode("utf-8", "surrogatepass")
    return lambda_eval_utils.to_payload_type(payload) or b""


def _eval_plain(self: StateTaskLambda, env: Environment) -> None:
    if self.parargs:
        self.parargs.eval(env=env)
    given = env.stack.pop()
    role_arn = self._eval_state_credentials(env=env).role_arn
    text = texts.to_text(given)
    scheduled = {
        "resource": self.resource.resource_arn,
        "input": text,
        "inputDetails": _NOT_TRUNCATED,
        **_seconds(self, env),
        **_credentials(self, role_arn),
    }
    written, chain = history.of(env), env.event_history_context
    written.add_event(chain, "LambdaFunctionScheduled", {"lambdaFunctionScheduledEventDetails": scheduled})
    written.add_event(chain, "LambdaFunctionStarted")
    done = call(env, self.resource.resource_arn, text.encode("utf-8", "surrogatepass"), role_arn)
    output = _payload_value(done.payload)
    self._verify_size_quota(env=env, value=output)
    succeeded = {"output": texts.to_text(output), "outputDetails": _NOT_TRUNCATED}
    written.add_event(chain, "LambdaFunctionSucceeded", {"lambdaFunctionSucceededEventDetails": succeeded})
    env.stack.append(output)


def _error_type(payload: str) -> str:
    try:
        said = json.loads(payload).get("errorType")
    except (ValueError, AttributeError):
        return "Exception"
    return said if isinstance(said, str) else "Exception"


def _described(error: Exception) -> tuple[str, str] | None:
    if isinstance(error, TaskRefusedError):
        return error.error, error.cause
    if isinstance(error, lambda_eval_utils.LambdaFunctionErrorException):
        return _error_type(error.payload), error.payload
    return None


def _service_error(self: StateTaskServiceLambda, env: Environment, ex: Exception) -> FailureEvent:
    said = _described(ex)
    if said is None:
        return _MOTO_SERVICE_ERROR(self, env, ex)
    more = {"resource": self._get_sfn_resource(), "resourceType": "lambda"}
    return errors.failure(env, "TaskFailed", said[0], said[1], **more).failure_event


def _plain_error(self: StateTaskLambda, env: Environment, ex: Exception) -> FailureEvent:
    said = _described(ex)
    if said is None:
        return _MOTO_PLAIN_ERROR(self, env, ex)
    return errors.failure(env, "LambdaFunctionFailed", *said).failure_event


def install() -> None:
    """Invoke functions directly from both kinds of task."""
    seam.replace(
        lambda_eval_utils,
        "execute_lambda_function_integration",
        ("env", "parameters", "region", "state_credentials"),
        _integration,
    )
    seam.replace(StateTaskServiceLambda, "_eval_execution", ("self", "env"), _eval_service)
    seam.replace(StateTaskLambda, "_eval_execution", ("self", "env"), _eval_plain)
    seam.replace(StateTaskServiceLambda, "_from_error", ("self", "env", "ex"), _service_error)
    seam.replace(StateTaskLambda, "_from_error", ("self", "env", "ex"), _plain_error)

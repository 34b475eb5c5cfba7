"""Lambda's API: moto keeps the functions, we run them.

- Invoke. moto runs a container (or answers a canned text); AWS runs the handler. We put `api.invoke` behind
  the HTTP operation, with AWS's headers and error shapes, and behind `LambdaFunction.invoke`, which moto's
  own triggers call.
- PutFunctionConcurrency and the template's ReservedConcurrentExecutions. moto accepts any number; AWS keeps
  100 (all, in a smaller account) unreserved. We check on both ways in.
- GetAccountSettings. moto has no such operation; we answer with the configured concurrency.
- Creating and updating. moto takes any memory and timeout; AWS refuses what is out of range. moto takes any
  role that exists; AWS one that Lambda may assume. moto drops `LoggingConfig`; see `logging_config`.
- The request id. moto answers with a random one; on AWS it is the one in the function's log.
- DeleteFunction. moto forgets the function; we also end its environments.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.awslambda import urls
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse

from infra.embedded.functions import api, asynchronous, logging_config, registry, templates
from infra.embedded.functions.errors import EVENT_LIMIT_BYTES, LambdaApiError, request_too_large
from infra.embedded.functions.logging_config import check_logging, keep_logging
from infra.embedded.functions.reservations import checked_reservation
from infra.embedded.functions.validation import check_code_size, check_role, whole_numbers

Answer = tuple[int, dict[str, str], str | bytes]
ACCOUNT_SETTINGS = r"{0}/(?P<api_version>[^/]+)/account-settings/?$"
RETRY_AFTER_S = "1"
REQUEST_ID = "x-amzn-requestid"
INSTALLED = "_runs_handlers_for_real"

GIBIBYTE = 1024**3
MEBIBYTE = 1024**2


def install() -> None:
    """Put our Lambda behind moto's API. Idempotent."""
    if getattr(LambdaBackend, INSTALLED, False):
        return
    setattr(LambdaBackend, INSTALLED, True)
    LambdaResponse.invoke = _invoke
    LambdaResponse.get_account_settings = _get_account_settings
    LambdaResponse._enrich_response = staticmethod(_keeping_request_id(LambdaResponse._enrich_response))
    urls.url_paths[ACCOUNT_SETTINGS] = LambdaResponse.dispatch
    LambdaFunction.invoke = _invoke_from_moto
    templates.install()
    logging_config.install()
    LambdaBackend.put_function_concurrency = _put_function_concurrency
    LambdaBackend.create_function = _checked_create(LambdaBackend.create_function)
    LambdaBackend.delete_function = _ending_delete(LambdaBackend.delete_function)
    LambdaFunction.update_configuration = _checked_update(LambdaFunction.update_configuration)


# -- Invoke


def _invoke(response: LambdaResponse) -> Answer:
    """Answer the HTTP operation Invoke."""
    try:
        return _invoke_by_type(response)
    except LambdaApiError as error:
        return error_answer(error)


def _invoke_by_type(response: LambdaResponse) -> Answer:
    name = unquote(response.path.rsplit("/", 2)[-2])
    qualifier = response.querystring.get("Qualifier", [None])[0]
    kind = response.headers.get("X-Amz-Invocation-Type", "RequestResponse")
    payload = _payload(response)
    if kind == "DryRun":
        registry.deployed(response.current_account, response.region, name, qualifier)
        return with_status(204, {}, "")
    if kind == "Event":
        return _invoke_event(response, name, qualifier, payload)
    context = _client_context(response.headers.get("X-Amz-Client-Context"))
    result = api.invoke(
        response.current_account, response.region, name, payload, qualifier=qualifier, client_context=context
    )
    headers = _result_headers(result, tail=response.headers.get("X-Amz-Log-Type") == "Tail")
    return with_status(200, headers, result.payload)


def _invoke_event(response: LambdaResponse, name: str, qualifier: str | None, payload: bytes) -> Answer:
    if len(payload) > EVENT_LIMIT_BYTES:
        raise request_too_large(len(payload), EVENT_LIMIT_BYTES)
    registry.deployed(response.current_account, response.region, name, qualifier)
    asynchronous.submit(response.current_account, response.region, name, payload, qualifier)
    return with_status(202, {}, "")


def _payload(response: LambdaResponse) -> bytes:
    raw = response.body
    payload: bytes = raw.encode() if isinstance(raw, str) else raw or b""
    if payload:
        try:
            json.loads(payload)
        except ValueError as error:
            message = f"Could not parse request body into json: {error}"
            raise LambdaApiError("InvalidRequestContentException", message, 400) from None
    return payload


def _client_context(header: str | None) -> str:
    return base64.b64decode(header).decode().replace("\n", " ") if header else ""


def _result_headers(result: api.InvocationResult, *, tail: bool) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "X-Amz-Executed-Version": result.executed_version,
        REQUEST_ID: result.request_id,
    }
    if result.function_error:
        headers["X-Amz-Function-Error"] = result.function_error
    if tail:
        headers["X-Amz-Log-Result"] = base64.b64encode(result.log_tail).decode()
    return headers


def error_answer(error: LambdaApiError) -> Answer:
    """Return an error in the rest-json shape that botocore reads."""
    body = {"Type": error.type, "message": error.message, "Message": error.message}
    headers = {
        "Content-Type": "application/json",
        "x-amzn-ErrorType": error.code,
        REQUEST_ID: error.request_id,
    }
    if error.reason:
        body["Reason"] = error.reason
        headers["Retry-After"] = RETRY_AFTER_S
    return with_status(error.status, headers, json.dumps(body))


Enrich = Callable[[dict[str, str], Any], tuple[dict[str, str], Any]]


def _keeping_request_id(enrich: Enrich) -> Enrich:
    def keeping(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
        own = headers.get(REQUEST_ID)
        headers, body = enrich(headers, body)
        return (headers | {REQUEST_ID: own} if own else headers), body

    return keeping


def with_status(status: int, headers: dict[str, str], body: str | bytes) -> Answer:
    """Return an answer as moto's dispatcher takes it: it reads the status from the headers alone."""
    return status, headers | {"status": str(status)}, body


def _invoke_from_moto(
    function: LambdaFunction, body: str, request_headers: Any, response_headers: Any
) -> bytes:
    """Run a function for one of moto's own triggers (queues, topics, log subscriptions)."""
    del request_headers
    result = api.invoke(function.account_id, function.region, function.function_name, (body or "{}").encode())
    if result.function_error:
        response_headers["x-amz-function-error"] = result.function_error
    return result.payload


# -- concurrency


def _put_function_concurrency(backend: LambdaBackend, function_name: str, reserved_concurrency: Any) -> int:
    """Reserve concurrency, by AWS's rule."""
    function = backend.get_function(function_name)
    function.reserved_concurrency = checked_reservation(backend, function.function_name, reserved_concurrency)
    return int(function.reserved_concurrency)


def _get_account_settings(response: LambdaResponse) -> str:
    backend = response.backend
    limit = api.service().settings.account_concurrency
    functions = list(backend.list_functions())
    size = sum(function.code_size for function in functions)
    settings = {
        "AccountLimit": {
            "TotalCodeSize": 75 * GIBIBYTE,
            "CodeSizeUnzipped": 250 * MEBIBYTE,
            "CodeSizeZipped": 50 * MEBIBYTE,
            "ConcurrentExecutions": limit,
            "UnreservedConcurrentExecutions": limit - sum(registry.reservations(backend).values()),
        },
        "AccountUsage": {"TotalCodeSize": size, "FunctionCount": len(functions)},
    }
    return json.dumps(settings)


# -- the function's life

Create = Callable[[LambdaBackend, dict[str, Any]], LambdaFunction]
Delete = Callable[..., None]
Update = Callable[[LambdaFunction, dict[str, Any]], dict[str, Any]]


def _checked_create(create: Create) -> Create:
    def create_function(self: LambdaBackend, spec: dict[str, Any]) -> LambdaFunction:
        checked = whole_numbers(spec)
        check_code_size(checked)
        check_role(self.account_id, checked["Role"])
        check_logging(checked, "CreateFunction")
        if checked.get("ReservedConcurrentExecutions") is not None:
            checked_reservation(self, checked["FunctionName"], checked["ReservedConcurrentExecutions"])
        return create(self, checked)

    return create_function


def _ending_delete(delete: Delete) -> Delete:
    def delete_function(self: LambdaBackend, function_name: str, qualifier: str | None = None) -> None:
        try:
            name = self.get_function(function_name, qualifier).function_name
        except LambdaClientError:
            name = None
        delete(self, function_name, qualifier)
        if name is not None and qualifier is None:
            api.service().forget(self.account_id, self.region_name, name)

    return delete_function


def _checked_update(update: Update) -> Update:
    def update_configuration(self: LambdaFunction, config_updates: dict[str, Any]) -> dict[str, Any]:
        checked = whole_numbers(config_updates)
        if checked.get("Role"):
            check_role(self.account_id, checked["Role"])
        check_logging(checked, "UpdateFunctionConfiguration")
        keep_logging(self, checked)
        return update(self, checked)

    return update_configuration

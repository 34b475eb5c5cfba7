"""What the Lambda API refuses: AWS's error codes, messages and HTTP statuses (botocore's service model)."""

from __future__ import annotations

import uuid

REQUEST_LIMIT_BYTES = 6 * 1024 * 1024
EVENT_LIMIT_BYTES = 1024 * 1024
RESPONSE_LIMIT_BYTES = 6_291_556

CONCURRENT_LIMIT = "ConcurrentInvocationLimitExceeded"
RESERVED_LIMIT = "ReservedFunctionConcurrentInvocationLimitExceeded"
SCALING_RATE = "FunctionInvocationRateLimitExceeded"


class LambdaApiError(Exception):
    """An error of the Lambda API itself, not of a handler.

    `code` is AWS's error code, `status` the HTTP status, `reason` the throttle's Reason (None otherwise),
    `type` whose fault it is: "User" or "Service".
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int,
        *,
        reason: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.reason = reason
        self.request_id = request_id or str(uuid.uuid4())
        self.type = "User" if status < 500 else "Service"  # noqa: PLR2004 - HTTP's own boundary


def throttled(reason: str) -> LambdaApiError:
    """A refused invocation, by the limit that `reason` names."""
    return LambdaApiError("TooManyRequestsException", "Rate Exceeded.", 429, reason=reason)


def not_found(arn: str) -> LambdaApiError:
    """No function, version or alias of this ARN."""
    return LambdaApiError("ResourceNotFoundException", f"Function not found: {arn}", 404)


def request_too_large(size: int, limit: int) -> LambdaApiError:
    """A payload over the limit, both in bytes."""
    message = f"{size} byte payload is too large for the Invoke operation (limit {limit} bytes)"
    if limit == REQUEST_LIMIT_BYTES:
        message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
    return LambdaApiError("RequestTooLargeException", message, 413)


def unsupported_runtime(runtime: str | None, function: str) -> LambdaApiError:
    """A function whose runtime cannot be run on this machine."""
    message = f"Function {function} has runtime {runtime!r}; here only python3.x runtimes (zip packages) run."
    return LambdaApiError("InvalidRuntimeException", message, 502)


def invalid_code(function: str, why: str) -> LambdaApiError:
    """A deployment package that cannot be unpacked."""
    message = f"Lambda could not unzip the deployment package of {function}: {why}"
    return LambdaApiError("InvalidZipFileException", message, 502)


def unavailable(why: str) -> LambdaApiError:
    """The embedded Lambda itself cannot serve."""
    return LambdaApiError("ServiceException", why, 500)

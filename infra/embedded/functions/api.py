"""AWS Lambda's contract inside the cloud: configure once, invoke from any thread, shut down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra.embedded.functions import registry
from infra.embedded.functions.errors import (
    REQUEST_LIMIT_BYTES,
    LambdaApiError,
    request_too_large,
    unavailable,
)
from infra.embedded.functions.pool import IDLE_S
from infra.embedded.functions.service import LambdaService, Settings, new_request_id

__all__ = ["InvocationResult", "LambdaApiError", "configure", "invoke", "service", "shutdown"]


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """What an invocation answers: `function_error` is "Unhandled" or None, `log_tail` the log's last 4 KB."""

    payload: bytes
    function_error: str | None
    request_id: str
    log_tail: bytes
    executed_version: str = "$LATEST"


class _Running:
    service: LambdaService | None = None


def configure(account_concurrency: int, endpoint_url: str, scratch: Path, *, idle_s: float = IDLE_S) -> None:
    """Start Lambda for this process.

    `account_concurrency` holds in each account and region. `endpoint_url` is the cloud's own, given to
    handlers. In `scratch`, the cloud's own folder, Lambda makes a folder `functions`, which goes at the end
    (after a kill -9 with all of `scratch`, if the cloud's lock file stands in it).
    `idle_s` is how long an environment may wait unused.
    """
    shutdown()
    _Running.service = LambdaService(Settings(account_concurrency, endpoint_url, scratch, idle_s=idle_s))
    _Running.service.open()


def service() -> LambdaService:
    """Return the configured service; raises `LambdaApiError` (ServiceException) when there is none."""
    if _Running.service is None:
        raise unavailable("The embedded Lambda is not running: api.configure() has not been called.")
    return _Running.service


def invoke(
    account_id: str,
    region: str,
    function: str,
    payload: bytes,
    *,
    qualifier: str | None = None,
    client_context: str = "",
) -> InvocationResult:
    """Invoke a function (name, partial or full ARN) and wait for its answer, in the caller's thread.

    Raises `LambdaApiError`: TooManyRequestsException 429, ResourceNotFoundException 404,
    RequestTooLargeException 413, InvalidRuntimeException 502, NotImplemented 501.
    """
    if len(payload) > REQUEST_LIMIT_BYTES:
        raise request_too_large(len(payload), REQUEST_LIMIT_BYTES)
    deployed = registry.deployed(account_id, region, function, qualifier)
    request_id = new_request_id()
    ran = service().invoke(deployed, payload or b"{}", request_id, client_context)
    version = deployed.function.version
    return InvocationResult(ran.payload, ran.function_error, request_id, ran.log_tail, version)


def shutdown() -> None:
    """Kill every environment and remove what Lambda put on disk. Idempotent."""
    running, _Running.service = _Running.service, None
    if running is not None:
        running.close()

"""Functions as moto's backend knows them, read into our records."""

from __future__ import annotations

import re

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends

from infra.embedded.functions.errors import LambdaApiError, not_found, unsupported_runtime
from infra.embedded.functions.function import Function
from infra.embedded.functions.logging_config import own_log_group
from infra.embedded.functions.service import Deployed

PARTIAL_ARN = re.compile(r"^(\d{12}):function:(.+)$")
LAYERS = "Function {} has layers, which are not emulated. Put their content into the function's package."


def deployed(account_id: str, region: str, function: str, qualifier: str | None) -> Deployed:
    """Find a function by name, partial or full ARN; raises `LambdaApiError` when it cannot be run."""
    backend = backend_of(account_id, region)
    found = _find(backend, function, qualifier)
    _check_runnable(found)
    return Deployed(describe(found), found.code_bytes, lambda: reservations(backend))


def backend_of(account_id: str, region: str) -> LambdaBackend:
    """Return moto's Lambda of one account in one region."""
    return lambda_backends[account_id][region]


def describe(found: LambdaFunction) -> Function:
    """Read moto's object."""
    return Function(
        account_id=found.account_id,
        region=found.region,
        name=found.function_name,
        version=str(found.version),
        arn=found.function_arn,
        handler=found.handler or "",
        runtime=found.run_time or "",
        role=found.role,
        memory_mb=int(found.memory_size),
        timeout_s=int(found.timeout),
        code_sha256=found.code_digest,
        variables=found.environment_vars,
        own_log_group=own_log_group(found),
    )


def reservations(backend: LambdaBackend) -> dict[str, int]:
    """Return the reserved concurrency of each function that has one."""
    functions = list(backend._lambdas._functions.values())
    latest = (group["latest"] for group in functions)
    return {
        f.function_name: int(f.reserved_concurrency)
        for f in latest
        if f and f.reserved_concurrency is not None
    }


def _find(backend: LambdaBackend, function: str, qualifier: str | None) -> LambdaFunction:
    partial = PARTIAL_ARN.match(function)
    name = partial.group(2) if partial else function
    try:
        found: LambdaFunction = backend.get_function(name, qualifier)
    except (LambdaClientError, ValueError):
        found = None
    if found is None:
        arn = (
            function
            if function.startswith("arn:")
            else f"arn:aws:lambda:{backend.region_name}:{backend.account_id}:function:{name}"
        )
        raise not_found(arn if qualifier is None else f"{arn}:{qualifier}")
    return found


def _check_runnable(found: LambdaFunction) -> None:
    if found.package_type != "Zip" or not (found.run_time or "").startswith("python3"):
        raise unsupported_runtime(found.run_time, found.function_name)
    if found.layers:
        raise LambdaApiError("NotImplemented", LAYERS.format(found.function_name), 501)


def maximum_retries(account_id: str, region: str, function: str, default: int) -> int:
    """Return how often an event that failed is tried again."""
    try:
        found = _find(backend_of(account_id, region), function, None)
    except LambdaApiError:
        return 0
    configured = found.event_invoke_config
    return int(configured[0].config.get("MaximumRetryAttempts", default)) if configured else default

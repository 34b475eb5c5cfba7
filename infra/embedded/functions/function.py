"""What Lambda needs to know of a function to run it, as a value that invocations compare."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

TASK_ROOT = "LAMBDA_TASK_ROOT"
PATH = "/usr/local/bin:/usr/bin:/bin:/opt/bin"


@dataclass(frozen=True, slots=True)
class Function:
    """One version of a function. `memory_mb` in MB, `timeout_s` in seconds; `code_sha256` names the package.

    `own_log_group` is the log group of its LoggingConfig, empty where it has none.
    Two equal records may share execution environments; any difference retires them.
    """

    account_id: str
    region: str
    name: str
    version: str
    arn: str
    handler: str
    runtime: str
    role: str
    memory_mb: int
    timeout_s: int
    code_sha256: str
    variables: Mapping[str, str] = field(default_factory=dict)
    own_log_group: str = ""

    @property
    def log_group(self) -> str:
        """The log group that Lambda writes to."""
        return self.own_log_group or f"/aws/lambda/{self.name}"

    @property
    def key(self) -> tuple[str, str, str]:
        """The function whatever its version: what concurrency is counted by."""
        return (self.account_id, self.region, self.name)


def handler_environment(
    function: Function, *, endpoint_url: str, runtime_api: str, task_root: str, temp: str, log_stream: str
) -> dict[str, str]:
    """Return all variables a handler sees: Lambda's reserved names win over the function's, as on AWS."""
    access = "ASIA" + hashlib.sha256(function.role.encode()).hexdigest()[:16].upper()
    reserved = {
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": access,
        "AWS_SECRET_ACCESS_KEY": hashlib.sha256(function.arn.encode()).hexdigest()[:40],
        "AWS_SESSION_TOKEN": hashlib.sha256(log_stream.encode()).hexdigest(),
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": function.region,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        TASK_ROOT: task_root,
        "TZ": ":UTC",
    }
    defaults = {"AWS_ENDPOINT_URL": endpoint_url, "LANG": "en_US.UTF-8", "PATH": PATH, "TMPDIR": temp}
    return defaults | dict(function.variables) | reserved


def runtime_version(region: str) -> str:
    """Return the INIT_START line: the interpreter that really runs, in AWS's notation."""
    version = sys.version_info
    digest = hashlib.sha256(sys.version.encode()).hexdigest()
    return (
        f"INIT_START Runtime Version: python:{version.major}.{version.minor}.v{version.micro}\t"
        f"Runtime Version ARN: arn:aws:lambda:{region}::runtime:{digest}"
    )

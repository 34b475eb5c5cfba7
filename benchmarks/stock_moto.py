"""Moto's server as it comes, but for a Lambda that sleeps in moto's own process instead of in Docker.

Run as `python -m benchmarks.stock_moto PORT`. It is the yardstick for what the embedded cloud changes.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from moto import server
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.config import default_user_config


def _sleep(self: Any, function_name: str, qualifier: str | None, body: Any, *_headers: Any) -> bytes:
    """Do what the benchmark's handler does: sleep as the function's environment says and return the event."""
    function = self.get_function(function_name, qualifier)
    time.sleep(int(function.environment_vars.get("SLEEP_MS", "0")) / 1000)
    return body if isinstance(body, bytes) else str(body or "{}").encode()


if __name__ == "__main__":
    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    LambdaSimpleBackend.invoke = _sleep
    server.main(["-p", sys.argv[1]])

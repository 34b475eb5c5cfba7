"""Tasks that call other services than Lambda.

moto: builds a client for each task, which calls port 5000 of this machine or the port that an environment
variable names. AWS: calls the service. Here: clients are kept and call this cloud, which refuses by name
what it does not carry.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from moto.core.models import botocore_stubber
from moto.stepfunctions.parser.asl.utils import boto_client

from infra.embedded.states import seam

_MOTO_CLIENT = boto_client.boto_client_for


def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    """A boto3 client that calls this cloud, without retries of its own: the state machine has its own."""
    if botocore_stubber.enabled:
        return _MOTO_CLIENT(region, service, state_credentials)
    return _client(_endpoint_url(), region, service)


@lru_cache(maxsize=64)
def _client(endpoint_url: str, region: str, service: str) -> Any:
    return boto3.session.Session().client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id="states",
        aws_secret_access_key="states",  # noqa: S106 (any credentials do here)
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


def _endpoint_url() -> str:
    from infra.embedded.functions import api  # noqa: PLC0415 (the interpreter works without Lambda in tests)

    return api.service().settings.endpoint_url


def install() -> None:
    """Use these clients in every integration."""
    seam.replace_name("boto_client_for", _MOTO_CLIENT, client_for, at_least=8)

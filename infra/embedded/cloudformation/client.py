"""Calling this cloud's own services.

Boto3 clients whose requests go straight to the WSGI application, without a socket.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from threading import Lock
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from moto.core.request import Request

from infra.embedded.refusals import Wsgi

_ENDPOINT = "http://127.0.0.1"
_ONCE = Config(retries={"total_max_attempts": 1}, parameter_validation=True)


@dataclass
class Clients:
    """boto3 clients for one application, made when first needed and kept by service and region."""

    application: Wsgi
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @cached_property
    def _session(self) -> boto3.Session:
        return boto3.Session(aws_access_key_id="embedded", aws_secret_access_key="embedded")  # noqa: S106 (any will do)

    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region."""
        with self._lock:
            if (service, region) not in self._made:
                self._made[service, region] = self._make(service, region)
            return self._made[service, region]

    def _make(self, service: str, region: str) -> Any:
        client = self._session.client(service, region_name=region, endpoint_url=_ENDPOINT, config=_ONCE)
        client.meta.events.register("before-send", self._send)
        return client

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        environ = Request.from_primitives(request.method, request.url, request.headers, request.body).environ
        started: list[Any] = []
        body = b"".join(self.application(environ, lambda *answer: started.extend(answer)))
        return AWSResponse(request.url, int(started[0].split()[0]), dict(started[1]), _Raw(body))


class _Raw(BytesIO):
    """A body in the shape botocore reads it from."""

    def stream(self, **_: Any) -> Any:
        while chunk := self.read(65536):
            yield chunk

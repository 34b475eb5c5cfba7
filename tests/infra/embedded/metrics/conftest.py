"""A CloudWatch in this process, and a store that is empty before and after each test."""

from __future__ import annotations

import pytest
from moto.cloudwatch.models import cloudwatch_backends

from infra.embedded.cloudformation.client import Clients
from infra.embedded.metrics import store
from infra.embedded.server import build_application

ACCOUNT, REGION = "123456789012", "us-east-1"


@pytest.fixture(scope="session")
def clients():
    return Clients(build_application())


@pytest.fixture(scope="session")
def watch(clients):
    return clients.client("cloudwatch", REGION)


@pytest.fixture(autouse=True)
def _empty():
    store.clear()
    cloudwatch_backends[ACCOUNT][REGION].reset()
    yield
    store.clear()
    cloudwatch_backends[ACCOUNT][REGION].reset()

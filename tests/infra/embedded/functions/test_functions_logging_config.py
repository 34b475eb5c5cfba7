"""LoggingConfig: a log group of the function's choice."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError
from moto.logs.models import logs_backends

from infra.embedded.refusals import NotImplementedHere
from tests.infra.embedded.functions.conftest import ACCOUNT, REGION

TELLING = "def handler(e, c): return [c.log_group_name, c.log_stream_name]"
SHARED = {"LoggingConfig": {"LogFormat": "Text", "LogGroup": "/shop/shared"}}


def shown(aws, name):
    return aws("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"]


def test_the_log_goes_to_the_group_of_the_configuration(lambdas, aws):
    """The group is written to, shown, and told to the handler; the stream's name has the function's."""
    name = lambdas.create(TELLING, **SHARED)
    group, stream = lambdas.invoke(name).value
    assert shown(aws, name) == {"LogFormat": "Text", "LogGroup": "/shop/shared"}
    assert group == "/shop/shared"
    assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/{name}\[\$LATEST\][0-9a-f]{{32}}", stream)
    logs = logs_backends[ACCOUNT][REGION]
    assert list(logs.groups) == ["/shop/shared"]
    assert list(logs.groups["/shop/shared"].streams) == [stream]
    (lines,) = lambdas.messages(name, "/shop/shared")
    assert lines[-1].startswith("REPORT")


def test_without_a_configuration_the_group_has_the_functions_name(lambdas, aws):
    """The default is shown too."""
    name = lambdas.create(TELLING)
    assert shown(aws, name) == {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
    assert lambdas.invoke(name).value[0] == f"/aws/lambda/{name}"


def test_a_changed_group_counts_from_the_next_invocation(lambdas, aws):
    """A change starts a new environment, and leaving the group out goes back to the default."""
    name = lambdas.create(TELLING)
    lambdas.invoke(name)
    change = aws("lambda").update_function_configuration
    change(FunctionName=name, **SHARED)
    assert lambdas.invoke(name).value[0] == "/shop/shared"
    change(FunctionName=name, Description="another change keeps it")
    assert lambdas.invoke(name).value[0] == "/shop/shared"
    change(FunctionName=name, LoggingConfig={"LogFormat": "Text"})
    assert lambdas.invoke(name).value[0] == f"/aws/lambda/{name}"


def test_a_published_version_keeps_its_group(lambdas, aws):
    """A version logs where the function did when it was published."""
    name = lambdas.create(TELLING, **SHARED)
    version = aws("lambda").publish_version(FunctionName=name)["Version"]
    aws("lambda").update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "Text"})
    assert lambdas.invoke(name, qualifier=version).value[0] == "/shop/shared"


def test_lambda_cannot_make_a_group_below_aws(lambdas):
    """Such a group is not made, and the function runs without a log."""
    name = lambdas.create(TELLING, LoggingConfig={"LogGroup": "aws/mine"})
    assert lambdas.invoke(name).value[0] == "aws/mine"
    assert list(logs_backends[ACCOUNT][REGION].groups) == []


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"LogFormat": "JSON"}, "LogFormat JSON"),
        ({"LogFormat": "Text", "ApplicationLogLevel": "INFO"}, "ApplicationLogLevel"),
        ({"SystemLogLevel": "WARN"}, "SystemLogLevel"),
    ],
)
def test_what_is_not_emulated_is_refused_by_name(lambdas, wanted, named):
    """JSON and levels are refused on both ways in, and nothing is kept."""
    with pytest.raises(NotImplementedHere, match=f"CreateFunction.*{named}"):
        lambdas.create(LoggingConfig=wanted)
    name = lambdas.create(TELLING)
    with pytest.raises(NotImplementedHere, match=f"UpdateFunctionConfiguration.*{named}"):
        lambdas.backend.update_function_configuration(name, None, {"LoggingConfig": wanted})
    assert lambdas.invoke(name).value[0] == f"/aws/lambda/{name}"


def test_a_group_that_cannot_be_is_refused(lambdas, aws):
    """A name that no log group may have is the caller's mistake."""
    with pytest.raises(ClientError) as caught:
        aws("lambda").update_function_configuration(
            FunctionName=lambdas.create(), LoggingConfig={"LogGroup": "with space"}
        )
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert "with space" in error["Message"]

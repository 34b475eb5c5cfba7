from __future__ import annotations

import importlib
from io import BytesIO

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from botocore.session import get_session

from infra.embedded import hollow, refusals
from infra.embedded.cloudformation.client import Clients
from infra.embedded.refusals import Failure, NotImplementedHere
from infra.embedded.server import build_application


@pytest.fixture(scope="module")
def clients():
    return Clients(build_application())


def sign(service):
    scope = f"x/20260101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=h, Signature=0"


def call(app, **environ):
    answer = []
    base = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": BytesIO(), "QUERY_STRING": ""}
    body = b"".join(app({**base, **environ}, lambda *args: answer.extend(args)))
    return answer[0], dict(answer[1]), body


REQUESTS = {
    "json": {"HTTP_X_AMZ_TARGET": "Logs_20140328.StartQuery", "HTTP_AUTHORIZATION": sign("logs")},
    "query": {
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "wsgi.input": BytesIO(b"Action=ListRoles"),
        "HTTP_AUTHORIZATION": sign("iam"),
    },
    "ec2": {"QUERY_STRING": "Action=DescribeInstances", "HTTP_AUTHORIZATION": sign("ec2")},
    "rest-json": {"REQUEST_METHOD": "GET", "PATH_INFO": "/nowhere", "HTTP_AUTHORIZATION": sign("lambda")},
    "rest-xml": {"REQUEST_METHOD": "GET", "PATH_INFO": "/bucket", "HTTP_AUTHORIZATION": sign("s3")},
    "smithy-rpc-v2-cbor": {
        "HTTP_SMITHY_PROTOCOL": "rpc-v2-cbor",
        "PATH_INFO": "/service/GraniteServiceVersion20100801/operation/ListMetrics",
        "HTTP_AUTHORIZATION": sign("monitoring"),
    },
}


@pytest.mark.parametrize("protocol", REQUESTS)
def test_every_protocol_is_answered_so_that_botocore_reads_it(protocol):
    """Botocore's own parser of the protocol finds code, message and status in the refusal."""

    def refuse(environ, start_response):
        return refusals.answer(environ, start_response, Failure(501, "NotImplemented", "x:Y is <not> & here"))

    status, headers, body = call(refuse, **REQUESTS[protocol])
    assert status.startswith("501")
    response = {
        "status_code": 501,
        "headers": {k.lower(): v for k, v in headers.items()},
        "body": body,
        "context": {},
    }
    shape = get_session().get_service_model("sts").operation_model("GetCallerIdentity").output_shape
    error = create_parser(protocol).parse(response, shape)["Error"]
    assert error["Code"] == "NotImplemented"
    assert error["Message"] == "x:Y is <not> & here"


def test_an_exception_becomes_a_500_with_its_place_on_stderr(capsys):
    """A handler that breaks answers in the protocol, and stderr says where."""

    def broken(_environ, _start):
        raise KeyError("boom")

    status, _, body = call(refusals.guard("lambda", broken), **REQUESTS["rest-json"])
    assert status.startswith("500 ServiceException")
    assert b"boom" in body
    said = capsys.readouterr().err
    assert "test_refusals.py" in said
    assert "in broken" in said


def test_a_refusal_inside_a_handler_names_what_is_missing():
    """NotImplementedHere becomes 501 with its own words."""

    def refusing(_environ, _start):
        raise NotImplementedHere("logs: the moon")

    status, _, body = call(refusals.guard("logs", refusing), **REQUESTS["json"])
    assert status.startswith("501")
    assert b"logs: the moon is not emulated here" in body


def test_a_page_of_the_web_framework_never_reaches_the_caller():
    """A path that no operation has is a refusal in the protocol, not an HTML page."""

    def lost(_environ, start):
        start("404 NOT FOUND", [("Content-Type", "text/html; charset=utf-8")])
        return [b"<html>"]

    status, _, body = call(refusals.guard("lambda", lost), **REQUESTS["rest-json"])
    assert status.startswith("501")
    assert b"<html>" not in body


ROLE = "arn:aws:iam::123456789012:role/xxxxxxxx"
DESTINATION = {"destinationName": "d", "targetArn": "arn:t", "roleArn": ROLE}
SUBSCRIPTION = {
    "logGroupName": "g",
    "filterName": "f",
    "filterPattern": "?ERROR",
    "destinationArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
}
METRIC_FILTER = {
    "logGroupName": "g",
    "filterName": "f",
    "filterPattern": "?ERROR",
    "metricTransformations": [{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
}
REFUSED = [
    ("lambda", "list_code_signing_configs", {}),
    ("lambda", "create_event_source_mapping", {"FunctionName": "f"}),
    ("lambda", "create_function_url_config", {"FunctionName": "f", "AuthType": "NONE"}),
    ("logs", "put_destination", DESTINATION),
    ("logs", "put_metric_filter", METRIC_FILTER),
    ("logs", "put_subscription_filter", SUBSCRIPTION),
    ("logs", "start_live_tail", {"logGroupIdentifiers": ["arn:aws:logs:us-east-1:123456789012:log-group:g"]}),
    ("cloudwatch", "describe_anomaly_detectors", {}),
    ("iam", "generate_service_last_accessed_details", {"Arn": ROLE}),
    ("cloudformation", "create_stack_set", {"StackSetName": "s"}),
    ("dynamodb", "list_tables", {}),
    ("sagemaker", "list_endpoints", {}),
    ("apigateway", "get_rest_apis", {}),
    ("cloudfront", "list_distributions", {}),
]


@pytest.mark.parametrize(("service", "operation", "arguments"), REFUSED)
def test_what_is_not_emulated_is_refused_by_name(clients, service, operation, arguments):
    """The refusal has the code NotImplemented, status 501, and names the operation."""
    with pytest.raises(ClientError) as refused:
        getattr(clients.client(service, "us-east-1"), operation)(**arguments)
    answer = refused.value.response
    assert answer["Error"]["Code"] == "NotImplemented"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    named = clients.client(service, "us-east-1").meta.method_to_api_mapping[operation]
    assert named in answer["Error"]["Message"]


def test_an_object_that_is_not_there_is_not_found_and_not_refused(clients):
    """S3's own 404 reaches the caller, also without a body."""
    s3 = clients.client("s3", "us-east-1")
    s3.create_bucket(Bucket="here")
    for call, code in ((s3.head_object, "404"), (s3.get_object, "NoSuchKey")):
        with pytest.raises(ClientError) as missing:
            call(Bucket="here", Key="nothing")
        assert missing.value.response["Error"]["Code"] == code
    s3.delete_bucket(Bucket="here")


def test_an_operation_that_aws_does_not_have_is_no_refusal(clients):
    """A name that is not in AWS's model is the caller's mistake."""
    environ = {
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "wsgi.input": BytesIO(b"Action=MakeCoffee&Version=2010-05-15"),
        "CONTENT_LENGTH": "36",
        "HTTP_AUTHORIZATION": sign("cloudformation"),
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
    }
    status, _, body = call(clients.application, **environ)
    assert status.startswith("400")
    assert b"MakeCoffee" in body


@pytest.mark.parametrize("place", hollow.HOLLOW, ids=lambda place: place[0])
def test_stock_moto_still_has_the_hollow_operations(place):
    """Each refused method is still one of moto's; a new version that drops or fills it must be looked at."""
    _, module, owner = place
    target = getattr(importlib.import_module(module), owner)
    assert [name for name in hollow.HOLLOW[place] if not hasattr(target, name)] == []

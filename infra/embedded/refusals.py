"""Saying no by name, and failing in the service's own words.

moto: an operation it lacks ends in a NotImplementedError and an HTML page, or in a canned success; an
error in a handler ends in an HTML page. AWS: every answer, also a failure, is in the protocol of the
service. We: what is not emulated answers 501 `NotImplemented` naming service and operation, and an
unexpected exception answers 500, both in the protocol of the request, with the place of the exception on
stderr.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4
from xml.sax.saxutils import escape

from botocore.model import OperationNotFoundError

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

CARRIED = frozenset(
    {"cloudformation", "cloudwatch", "awslambda", "iam", "lambda", "logs", "s3", "stepfunctions", "sts"}
)


class NotImplementedHere(Exception):
    """Raised by a handler for what this cloud does not emulate; `what` completes "...

    Is not emulated here".
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not emulated here")
        self.what = what


@dataclass(frozen=True, slots=True)
class Failure:
    """An error answer, before it is written in a protocol."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Call:
    """What a request asks for, as far as it can be told without a service's model."""

    protocol: str
    service: str
    operation: str


def guard(service: str | None, app: Wsgi) -> Wsgi:
    """The app, with exceptions and unknown routes answered in the protocol of the request."""

    def guarded(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        call = _Captured()
        try:
            body = b"".join(app(environ, call.start_response))
        except NotImplementedHere as error:
            return answer(environ, start_response, Failure(501, "NotImplemented", f"{error}."))
        except NotImplementedError:
            return answer(environ, start_response, _refusal(environ, service))
        except OperationNotFoundError:
            return answer(environ, start_response, _unknown(environ, service))
        except Exception as error:  # noqa: BLE001 (whatever a handler raises must reach the caller as an answer)
            return answer(environ, start_response, _internal(environ, service, error))
        if call.unrouted and service not in {None, "s3"}:  # S3 answers HEAD with a 404 and no content type
            return answer(environ, start_response, _refusal(environ, service))
        start_response(call.status, call.headers)
        return [body]

    return guarded


def refuse(service: str | None) -> Wsgi:
    """An app for a service that is not carried: every operation answers 501."""

    def refused(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return answer(environ, start_response, _refusal(environ, service))

    return refused


def answer(environ: Environ, start_response: StartResponse, failure: Failure) -> Iterable[bytes]:
    """Write the failure in the protocol of the request."""
    call = describe(environ)
    body, headers = _WRITERS[call.protocol](failure)
    length = [("Content-Length", str(len(body))), ("x-amzn-RequestId", str(uuid4()))]
    start_response(f"{failure.status} {failure.code}", [*headers, *length])
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]


def describe(environ: Environ) -> Call:
    """Protocol, service and operation, read from the request's own form."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    service = _signed_service(environ)
    if target:
        return Call("json", service or target.split(".")[0], target.split(".")[-1])
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return Call("cbor", service or "", environ.get("PATH_INFO", "").rsplit("/", 1)[-1])
    action = _form_action(environ)
    if action:
        return Call("ec2" if service == "ec2" else "query", service or "", action)
    protocol = "rest-xml" if service in {None, "s3", "route53", "cloudfront"} else "rest-json"
    return Call(protocol, service or "s3", _routed_operation(environ, service or "s3"))


class _Captured:
    """Holds back the start of a response until it is known to be one of the service's own."""

    def __init__(self) -> None:
        self.status = "500 no response"
        self.headers: list[tuple[str, str]] = []

    def start_response(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        self.status, self.headers = status, headers

    @property
    def unrouted(self) -> bool:
        """Whether this is the web framework's page for a path that no operation has."""
        kind = next((value for name, value in self.headers if name.lower() == "content-type"), "")
        return self.status[:3] in {"404", "405"} and kind.startswith("text/html")


def _refusal(environ: Environ, service: str | None) -> Failure:
    call = describe(environ)
    name = call.service or service
    kind = "operation" if service in CARRIED else "service"
    text = f"{name}:{call.operation} is not emulated here: the {kind} is not part of the embedded cloud."
    return Failure(501, "NotImplemented", text)


def _unknown(environ: Environ, service: str | None) -> Failure:
    operation = describe(environ).operation
    return Failure(
        400, "InvalidAction", f"Could not find operation {operation} of {service} in AWS's own model."
    )


def _internal(environ: Environ, service: str | None, error: Exception) -> Failure:
    call = describe(environ)
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{place.filename}:{place.lineno} in {place.name}"
    sys.stderr.write(
        f"{service}:{call.operation} failed at {where}\n{''.join(traceback.format_exception(error))}"
    )
    sys.stderr.flush()
    code = "ServiceException" if service == "lambda" else "InternalFailure"
    return Failure(500, code, f"{service}:{call.operation} failed inside the embedded cloud: {error!r}")


def _signed_service(environ: Environ) -> str | None:
    """The service in the credential scope: `Credential=KEY/20260101/us-east-1/SERVICE/aws4_request`."""
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0].split("/")
    return scope[3].lower() if len(scope) == 5 else None  # noqa: PLR2004 (the five parts of a scope)


def _form_action(environ: Environ) -> str | None:
    form = parse_qs(environ.get("QUERY_STRING", ""))
    body = environ.get("wsgi.input")
    is_form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    if "Action" not in form and is_form and isinstance(body, BytesIO):
        form = parse_qs(body.getvalue().decode("utf-8", "replace"))
    return next(iter(form.get("Action", [])), None)


def _routed_operation(environ: Environ, service: str) -> str:
    from moto.core.request import Request  # noqa: PLC0415 (only a failure needs it)
    from moto.core.routing import get_service_router  # noqa: PLC0415

    try:
        operation, _ = get_service_router(service).match(Request(environ))
    except Exception:  # noqa: BLE001 (no model, no route: the path says what was asked)
        return f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
    return str(operation.name)


def _json(failure: Failure) -> tuple[bytes, list[tuple[str, str]]]:
    body = json.dumps({"__type": failure.code, "message": failure.message}).encode()
    return body, [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", failure.code)]


def _rest_json(failure: Failure) -> tuple[bytes, list[tuple[str, str]]]:
    body = json.dumps({"Message": failure.message, "Type": "Service"}).encode()
    return body, [("Content-Type", "application/json"), ("x-amzn-ErrorType", failure.code)]


def _error_element(failure: Failure) -> str:
    kind = "Sender" if failure.status < 500 else "Receiver"  # noqa: PLR2004 (HTTP's own border)
    return (
        f"<Error><Type>{kind}</Type><Code>{escape(failure.code)}</Code>"
        f"<Message>{escape(failure.message)}</Message></Error>"
    )


def _query(failure: Failure) -> tuple[bytes, list[tuple[str, str]]]:
    text = f"<ErrorResponse>{_error_element(failure)}<RequestId>{uuid4()}</RequestId></ErrorResponse>"
    return text.encode(), [("Content-Type", "text/xml")]


def _ec2(failure: Failure) -> tuple[bytes, list[tuple[str, str]]]:
    text = f"<Response><Errors>{_error_element(failure)}</Errors><RequestID>{uuid4()}</RequestID></Response>"
    return text.encode(), [("Content-Type", "text/xml")]


def _rest_xml(failure: Failure) -> tuple[bytes, list[tuple[str, str]]]:
    return _error_element(failure).encode(), [("Content-Type", "application/xml")]


def _cbor(failure: Failure) -> tuple[bytes, list[tuple[str, str]]]:
    members = {"__type": failure.code, "message": failure.message}
    body = bytes([0xA0 | len(members)]) + b"".join(_cbor_text(k) + _cbor_text(v) for k, v in members.items())
    return body, [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]


def _cbor_text(text: str) -> bytes:
    """A text string with a two-byte length (RFC 8949, major type 3, additional information 25)."""
    data = text.encode()[:65535]
    return b"\x79" + len(data).to_bytes(2, "big") + data


_WRITERS: dict[str, Callable[[Failure], tuple[bytes, list[tuple[str, str]]]]] = {
    "json": _json,
    "rest-json": _rest_json,
    "query": _query,
    "ec2": _ec2,
    "rest-xml": _rest_xml,
    "cbor": _cbor,
}

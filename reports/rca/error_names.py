"""Error names: what Step Functions, Lambda and SageMaker call a failure, and what each name means.

Older and newer spellings lead to one canonical name; a vague one is made out by its cause. A name that is
in no table is UNKNOWN: nothing is guessed from how it sounds.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from reports.rca.error_table import ALIASES, EXITED, FAMILIES, TIMED_OUT, Family


@dataclass(frozen=True, slots=True)
class Recognised:
    """What an error is. `reason` is a throttle's Reason code where the text holds one."""

    given: str
    canonical: str
    family: Family
    reason: str | None = None


RESERVED_LIMIT: Final = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT_LIMIT: Final = "ConcurrentInvocationLimitExceeded"
FUNCTION_RATE: Final = "FunctionInvocationRateLimitExceeded"
RESERVED_RATE: Final = "ReservedFunctionInvocationRateLimitExceeded"
CALLER_RATE: Final = "CallerRateLimitExceeded"
SNAPSHOT_RATE: Final = "ConcurrentSnapshotCreateLimitExceeded"
REASONS: Final = (
    RESERVED_LIMIT,
    RESERVED_RATE,
    FUNCTION_RATE,
    ACCOUNT_LIMIT,
    CALLER_RATE,
    SNAPSHOT_RATE,
)
"""Every value of Lambda's ThrottleReason; longer names first where one ends in another."""

_VAGUE: Final = frozenset({"Lambda.Unknown", "Unhandled", "Lambda.Unhandled", "Exception", "Runtime.Unknown"})
"""Names that say nothing themselves: older material puts time-outs and lost processes under them."""

_CLIENT_ERROR: Final = re.compile(
    r"An error occurred \((?P<code>[\w.]+)\)(?: \(.*?\))? when calling the (?P<operation>\w+)"
)
_SERVICE_CODE: Final = re.compile(r"Error Code: (?P<code>[\w.]+)")
_TIMED_OUT_TEXT: Final = re.compile(r"Task timed out after [\d.]+ seconds")
_EXITED_TEXT: Final = re.compile(
    r"Runtime exited (?:with error|without)|Process exited before completing request"
)
_KILLED_TEXT: Final = re.compile(r"signal: killed|signal 9|Out ?[Oo]f ?[Mm]emory|OOM")
_DENIED_TEXT: Final = re.compile(r"is not authorized to perform")


def recognise(error: str | None, cause: str | None = None) -> Recognised:
    """Return what an error name means, with what its cause adds."""
    given, text = error or "", cause or ""
    name = _canonical(given, text)
    return Recognised(given, name, _family_of(name, text), reason_in(text) or reason_in(given))


def reason_in(text: str) -> str | None:
    """Return the throttle's Reason code that a text holds."""
    return next((reason for reason in REASONS if re.search(rf"\b{reason}\b", text)), None)


def message_of(cause: str | None) -> str:
    """Return the message in a cause: a function's own error arrives as JSON with an errorMessage."""
    text = cause or ""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return text
    message = said.get("errorMessage") if isinstance(said, dict) else None
    return message if isinstance(message, str) else text


def _canonical(given: str, text: str) -> str:
    """Return one name for all spellings; a vague name is made out by its cause."""
    if given in FAMILIES:
        return given
    if given in ALIASES:
        return ALIASES[given]
    if given == "ClientError" or given.endswith(".ClientError"):
        return _client_error(given, text)
    if given in _VAGUE:
        return _by_cause(given, text)
    lambda_name = f"Lambda.{given}"
    return lambda_name if lambda_name in FAMILIES else given


def _client_error(given: str, text: str) -> str:
    """Return the code inside a botocore ClientError, by the service whose operation was called."""
    found = _CLIENT_ERROR.search(text)
    if found is None:
        return given
    code = found["code"]
    if found["operation"] == "Invoke":
        return _canonical(f"Lambda.{code}", "")
    if found["operation"] == "StartExecution":
        return _canonical(f"StepFunctions.{code}", "")
    return _canonical(code, "")


def _by_cause(given: str, text: str) -> str:
    if _TIMED_OUT_TEXT.search(text):
        return TIMED_OUT
    if _EXITED_TEXT.search(text) or _KILLED_TEXT.search(text):
        return EXITED
    code = _SERVICE_CODE.search(text)
    return _canonical(f"Lambda.{code['code']}", "") if code else given


def _family_of(name: str, text: str) -> Family:
    family = FAMILIES.get(name, Family.UNKNOWN)
    if name == EXITED and _KILLED_TEXT.search(text):
        return Family.OUT_OF_MEMORY
    if name == "Lambda.AWSLambdaException" and not _DENIED_TEXT.search(text):
        return Family.UNKNOWN
    return family

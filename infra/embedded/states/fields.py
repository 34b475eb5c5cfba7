"""The fields of the Amazon States Language: which kind of state has which, in which query language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MACHINE: Final = frozenset({"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"})
BRANCH: Final = frozenset({"Comment", "QueryLanguage", "StartAt", "States"})
PROCESSOR: Final = BRANCH | {"ProcessorConfig"}

WITHOUT_TRANSITION: Final = frozenset({"Choice", "Succeed", "Fail"})
WAITS: Final = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
WITH_PATH: Final = (
    "MaxConcurrency",
    "TimeoutSeconds",
    "HeartbeatSeconds",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
    "Error",
    "Cause",
)
RETRY_LEAST: Final[Mapping[str, float]] = {
    "IntervalSeconds": 1,
    "MaxAttempts": 0,
    "BackoffRate": 1,
    "MaxDelaySeconds": 1,
}
HANDLER: Final[Mapping[str, frozenset[str]]] = {
    "Retry": frozenset({"Comment", "ErrorEquals", "JitterStrategy", *RETRY_LEAST}),
    "Catch": frozenset({"Comment", "ErrorEquals", "Next", "ResultPath", "Assign", "Output"}),
}

_COMMON: Final = frozenset({"Type", "Comment", "QueryLanguage"})
_FLOW: Final = frozenset({"Next", "End"})
_DATA: Final = frozenset({"InputPath", "OutputPath", "Output", "Assign"})
_RESULT: Final = frozenset({"ResultPath", "ResultSelector", "Retry", "Catch"})
_TIMES: Final = frozenset(
    {"TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"}
)
_TOLERANCE: Final = frozenset(
    {
        "ToleratedFailureCount",
        "ToleratedFailureCountPath",
        "ToleratedFailurePercentage",
        "ToleratedFailurePercentagePath",
    }
)
_MAP: Final = frozenset(
    {
        "ItemProcessor",
        "Iterator",
        "Items",
        "ItemsPath",
        "ItemSelector",
        "ItemReader",
        "ItemBatcher",
        "ResultWriter",
        "MaxConcurrency",
        "MaxConcurrencyPath",
        "Label",
        "Parameters",
    }
)

BY_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "Task": _COMMON
    | _FLOW
    | _DATA
    | _RESULT
    | _TIMES
    | {"Resource", "Parameters", "Arguments", "Credentials"},
    "Pass": _COMMON | _FLOW | _DATA | {"Result", "ResultPath", "Parameters"},
    "Wait": _COMMON | _FLOW | _DATA | frozenset(WAITS),
    "Parallel": _COMMON | _FLOW | _DATA | _RESULT | {"Branches", "Parameters", "Arguments"},
    "Map": _COMMON | _FLOW | _DATA | _RESULT | _MAP | _TOLERANCE,
    "Choice": _COMMON | _DATA | {"Choices", "Default"},
    "Succeed": _COMMON | _DATA,
    "Fail": _COMMON | {"Error", "ErrorPath", "Cause", "CausePath"},
}

_JSONPATH_ONLY: Final = frozenset(
    {
        "InputPath",
        "OutputPath",
        "ResultPath",
        "ResultSelector",
        "Parameters",
        "ItemsPath",
        "SecondsPath",
        "TimestampPath",
        *(f"{name}Path" for name in WITH_PATH),
    }
)
_JSONATA_ONLY: Final = frozenset({"Arguments", "Output", "Items"})


def allowed(kind: str, language: str) -> frozenset[str]:
    """The fields that a state of this kind may have in this query language."""
    return BY_TYPE[kind] - (_JSONPATH_ONLY if language == "JSONata" else _JSONATA_ONLY)

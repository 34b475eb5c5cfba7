"""A function's LoggingConfig: the log group of its choice.

moto drops LoggingConfig; AWS writes to the group that it names, shows it in the configuration, and can
write JSON and leave out what is below a level. We keep the group and show it; JSON and levels are refused
by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.awslambda.exceptions import ValidationException
from moto.awslambda.models import LambdaFunction

from infra.embedded.refusals import NotImplementedHere

LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
LEVELS = ("ApplicationLogLevel", "SystemLogLevel")
_KEPT = "own_log_group"

Make = Callable[..., None]
Show = Callable[..., dict[str, Any]]


def install() -> None:
    """Have moto's functions keep and show their LoggingConfig."""
    LambdaFunction.__init__ = _keeping(LambdaFunction.__init__)
    LambdaFunction.get_configuration = _showing(LambdaFunction.get_configuration)


def own_log_group(function: LambdaFunction) -> str:
    """Return the log group that the function names; empty where it names none."""
    return str(getattr(function, _KEPT, ""))


def check_logging(spec: Mapping[str, Any], operation: str) -> None:
    """Refuse a LoggingConfig that is wrong or not emulated; `operation` is the API's name for the call."""
    wanted = spec.get("LoggingConfig") or {}
    if wanted.get("LogFormat", "Text") != "Text":
        raise NotImplementedHere(f"lambda:{operation} with LoggingConfig.LogFormat {wanted['LogFormat']}")
    for level in LEVELS:
        if wanted.get(level):
            raise NotImplementedHere(f"lambda:{operation} with LoggingConfig.{level}")
    group = wanted.get("LogGroup")
    if group is not None and not LOG_GROUP.fullmatch(group):
        raise ValidationException(
            group,
            "loggingConfig.logGroup",
            "Member must have length between 1 and 512 and satisfy the pattern [\\.\\-_/#A-Za-z0-9]+",
        )


def keep_logging(function: LambdaFunction, spec: Mapping[str, Any]) -> None:
    """Keep what the specification says of logging, if it says anything."""
    if "LoggingConfig" in spec:
        setattr(function, _KEPT, (spec["LoggingConfig"] or {}).get("LogGroup") or "")


def _keeping(make: Make) -> Make:
    def __init__(  # noqa: N807 - it takes the place of one
        self: LambdaFunction, account_id: str, spec: dict[str, Any], *rest: Any, **named: Any
    ) -> None:
        make(self, account_id, spec, *rest, **named)
        keep_logging(self, spec)

    return __init__


def _showing(show: Show) -> Show:
    def get_configuration(self: LambdaFunction, *rest: Any, **named: Any) -> dict[str, Any]:
        group = own_log_group(self) or self.logs_group_name
        return show(self, *rest, **named) | {"LoggingConfig": {"LogFormat": "Text", "LogGroup": group}}

    return get_configuration

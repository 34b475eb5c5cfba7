"""Whether a role may do something: its inline and attached identity policies, evaluated as IAM does.

moto keeps the policies, and has an evaluator of its own (`moto.iam.access_control`) that is not used
here, because it reads `?` and `.` in a pattern as regular expressions, compares actions with case, allows
what a statement with `NotResource` names, and takes an unmet condition for a denial. AWS: an explicit
Deny wins, otherwise one Allow is enough, otherwise no. A statement with a `Condition` is taken as not
applying, since no request context is known here, but for what AWS advises in a trust policy against confused
deputies: aws:SourceAccount, and aws:SourceArn, of which the account is looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from moto.iam.models import IAMBackend, Policy, Role, iam_backends

TOLD_APART = frozenset({"StringEquals", "StringLike", "ArnEquals", "ArnLike"})
"""The condition operators that are understood, `IfExists` aside."""
ARN_COLONS = 5


def is_allowed(account_id: str, role_arn: str, action: str, resource: str) -> bool:
    """Whether the role's policies allow `action` (e.g. lambda:InvokeFunction) on `resource` (an ARN).

    A role that does not exist may do nothing.
    """
    role = _role(account_id, role_arn)
    return role is not None and _evaluate(tuple(_documents(role)), action, resource)


def can_be_assumed_by(account_id: str, role_arn: str, service: str) -> bool:
    """Whether the role exists and its trust policy lets `service` (e.g. states.amazonaws.com) assume it."""
    role = _role(account_id, role_arn)
    return role is not None and _trusts(_text(role.assume_role_policy_document), service, account_id)


def role_exists(account_id: str, role_arn: str) -> bool:
    """Whether the account has a role of this ARN."""
    return _role(account_id, role_arn) is not None


def _role(account_id: str, role_arn: str) -> Role | None:
    parts = role_arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or parts[4] != account_id:  # noqa: PLR2004 (an ARN has six fields)
        return None
    backend: IAMBackend = iam_backends[account_id][parts[1]]
    return next((role for role in list(backend.roles.values()) if role.arn == role_arn), None)


def _documents(role: Role) -> Iterable[str]:
    for document in list(role.policies.values()):
        yield _text(document)
    for policy in list(role.managed_policies.values()):
        yield _default_version(policy)


def _default_version(policy: Policy) -> str:
    return next(_text(version.document) for version in policy.versions if version.is_default)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


@lru_cache(maxsize=4096)
def _evaluate(documents: tuple[str, ...], action: str, resource: str) -> bool:
    """The verdict of these policy texts; cached on the texts, so that a changed policy counts at once."""
    effects = {
        statement.get("Effect")
        for document in documents
        for statement in _statements(document)
        if _applies(statement, action, resource)
    }
    return "Allow" in effects and "Deny" not in effects


@lru_cache(maxsize=256)
def _trusts(document: str, service: str, account_id: str) -> bool:
    effects = {
        statement.get("Effect")
        for statement in _statements(document)
        if _names_service(statement.get("Principal"), service)
        and _names_action(statement, "sts:AssumeRole")
        and _holds(statement.get("Condition", {}), account_id)
    }
    return "Allow" in effects and "Deny" not in effects


def _holds(condition: Any, account_id: str) -> bool:
    """Whether a trust policy's condition holds for a service that acts for this account."""
    if not isinstance(condition, dict):
        return False
    return all(
        operator.removesuffix("IfExists") in TOLD_APART and _is_ours(key, values, account_id)
        for operator, keys in condition.items()
        for key, values in (keys.items() if isinstance(keys, dict) else [("", None)])
    )


def _is_ours(key: str, values: Any, account_id: str) -> bool:
    accounts = {
        "aws:sourceaccount": lambda value: value,
        "aws:sourcearn": lambda value: value.split(":")[4] if value.count(":") >= ARN_COLONS else value,
    }.get(key.lower())
    if accounts is None:
        return False
    return _any_matches([accounts(str(value)) for value in _as_list(values)], account_id, ignore_case=False)


def _statements(document: str) -> list[Mapping[str, Any]]:
    parsed = json.loads(document)
    return _as_list(parsed.get("Statement")) if isinstance(parsed, dict) else []


def _applies(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    return (
        "Condition" not in statement
        and _names_action(statement, action)
        and _names_resource(statement, resource)
    )


def _names_action(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _any_matches(statement["NotAction"], action, ignore_case=True)
    return _any_matches(statement.get("Action"), action, ignore_case=True)


def _names_resource(statement: Mapping[str, Any], resource: str) -> bool:
    if "NotResource" in statement:
        return not _any_matches(statement["NotResource"], resource, ignore_case=False)
    return _any_matches(statement.get("Resource"), resource, ignore_case=False)


def _names_service(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    return isinstance(principal, dict) and service in _as_list(principal.get("Service"))


def _any_matches(patterns: Any, value: str, *, ignore_case: bool) -> bool:
    return any(_pattern(str(pattern), ignore_case).fullmatch(value) for pattern in _as_list(patterns))


@lru_cache(maxsize=1024)
def _pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 (lru_cache wants it positional)
    """IAM's wildcards: `*` is any number of characters, `?` is one."""
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

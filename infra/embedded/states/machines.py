"""Making and changing state machines: definitions, roles and settings are checked; one name is one machine.

moto: checks the syntax of a definition, takes any role and every setting, and gives the existing state
machine back whatever is created under its name; has no ValidateStateMachineDefinition.
AWS: refuses a faulty definition (InvalidDefinition), a role that Step Functions may not assume
(AccessDeniedException) and the same name with another definition (StateMachineAlreadyExists); creating the
same again gives the existing one.
Here: the same; tracing is refused by name, because there is no X-Ray.
"""

from __future__ import annotations

import json
from typing import Any, Final

from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.api import InvalidDefinition
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from infra.embedded.refusals import NotImplementedHere
from infra.embedded.states import event_logs, executions, invoking, refusals, seam
from infra.embedded.states.definition import Diagnostic, diagnose

MAX_DEFINITION: Final = 1_048_576
_MOTO_CREATE = StepFunctionsParserBackend.create_state_machine
_MOTO_UPDATE = StepFunctionsParserBackend.update_state_machine
_MOST_DIAGNOSTICS: Final = 100


def faults(definition: str) -> list[Diagnostic]:
    """The faults of a definition: of structure, else of syntax as moto's grammar sees it."""
    if len(definition) > MAX_DEFINITION:
        return [
            Diagnostic("SCHEMA_VALIDATION_FAILED", f"At most {MAX_DEFINITION} characters are allowed", "/")
        ]
    found = diagnose(definition)
    if found:
        return found
    try:
        executions.parsed(definition)
    except Exception as error:  # noqa: BLE001 (the grammar raises whatever it meets)
        return [Diagnostic("SCHEMA_VALIDATION_FAILED", str(error) or type(error).__name__, "/")]
    return []


def _validate_definition(definition: str) -> None:
    found = faults(definition)
    if found:
        said = ", ".join(str(fault) for fault in found)
        raise InvalidDefinition(f"Invalid State Machine Definition: '{said}'")


def _create_state_machine(
    self: StepFunctionsParserBackend,
    name: str,
    definition: str,
    roleArn: str,  # noqa: N803 (moto passes it by this name)
    **settings: Any,
) -> StateMachine:
    self._validate_name(name)
    self._validate_role_arn(roleArn)
    _validate_definition(definition)
    _check_role(self, roleArn)
    _check_tracing(settings.get("tracingConfiguration"))
    logging = event_logs.checked(settings.get("loggingConfiguration"), roleArn, self.account_id)
    known = self._revision_by_name(name)
    machine = _MOTO_CREATE(self, name, definition, roleArn, **{**settings, "loggingConfiguration": logging})
    if known is not None and known.definition != definition:
        raise refusals.StateMachineAlreadyExists(f"State Machine Already Exists: '{known.arn}'")
    return machine


def _update_state_machine(
    self: StepFunctionsParserBackend,
    arn: str,
    definition: str | None = None,
    role_arn: str | None = None,
    **settings: Any,
) -> StateMachine:
    if definition is not None:
        _validate_definition(definition)
    if role_arn is not None:
        self._validate_role_arn(role_arn)
        _check_role(self, role_arn)
    _check_tracing(settings.get("tracing_configuration"))
    role = role_arn or self.describe_state_machine(arn).roleArn
    logging = event_logs.checked(settings.get("logging_configuration"), role, self.account_id)
    return _MOTO_UPDATE(self, arn, definition, role_arn, **{**settings, "logging_configuration": logging})


def _check_role(backend: StepFunctionsParserBackend, role_arn: str) -> None:
    trusts, account = invoking.is_trusting(), backend.account_id
    principals = ("states.amazonaws.com", f"states.{backend.region_name}.amazonaws.com")
    if not any(trusts(account, role_arn, principal) for principal in principals):
        raise refusals.AccessDeniedException(
            f"Neither the global service principal {principals[0]}, nor the regional one is authorized to "
            "assume the provided role."
        )


def _check_tracing(configuration: dict[str, Any] | None) -> None:
    if configuration and configuration.get("enabled"):
        raise NotImplementedHere("stepfunctions: tracingConfiguration enabled=true (tracing with X-Ray)")


def _validate_operation(self: StepFunctionResponse) -> str:
    found = faults(self._get_param("definition"))
    most = self._get_param("maxResults") or _MOST_DIAGNOSTICS
    shown = [
        {"severity": "ERROR", "code": fault.code, "message": fault.message, "location": fault.location}
        for fault in found[:most]
    ]
    self.response_headers["Content-Type"] = "application/x-amz-json-1.0"
    return json.dumps(
        {"result": "FAIL" if found else "OK", "diagnostics": shown, "truncated": len(found) > most}
    )


_CREATE: Final = (
    "self",
    "name",
    "definition",
    "roleArn",
    "tags",
    "publish",
    "loggingConfiguration",
    "tracingConfiguration",
    "encryptionConfiguration",
    "version_description",
    "sm_type",
)


_UPDATE: Final = (
    "self",
    "arn",
    "definition",
    "role_arn",
    "logging_configuration",
    "tracing_configuration",
    "encryption_configuration",
    "publish",
    "version_description",
)


def install() -> None:
    """Check wherever a state machine is made or changed, and where only that is asked."""
    seam.replace(StepFunctionsParserBackend, "_validate_definition", ("definition",), _validate_definition)
    seam.replace(StepFunctionsParserBackend, "create_state_machine", _CREATE, _create_state_machine)
    seam.replace(StepFunctionsParserBackend, "update_state_machine", _UPDATE, _update_state_machine)
    StepFunctionResponse.validate_state_machine_definition = _validate_operation

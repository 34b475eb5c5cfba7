"""Making and changing state machines: definitions are checked, and one name is one state machine.

moto: checks the syntax of a definition, and gives the existing state machine back whatever is created
under its name; has no ValidateStateMachineDefinition.
AWS: refuses a faulty definition (InvalidDefinition) and the same name with another definition
(StateMachineAlreadyExists); creating the same again gives the existing one.
"""

from __future__ import annotations

import json
from typing import Any, Final

from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.api import InvalidDefinition
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from infra.embedded.states import executions, refusals, seam
from infra.embedded.states.definition import Diagnostic, diagnose

MAX_DEFINITION: Final = 1_048_576
_MOTO_CREATE = StepFunctionsParserBackend.create_state_machine
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
    *args: Any,
    **kwargs: Any,
) -> StateMachine:
    known = self._revision_by_name(name)
    machine = _MOTO_CREATE(self, name, definition, roleArn, *args, **kwargs)
    if known is not None and known.definition != definition:
        raise refusals.StateMachineAlreadyExists(f"State Machine Already Exists: '{known.arn}'")
    return machine


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


def install() -> None:
    """Check definitions wherever a state machine is made or changed, and where only that is asked."""
    seam.replace(StepFunctionsParserBackend, "_validate_definition", ("definition",), _validate_definition)
    seam.replace(StepFunctionsParserBackend, "create_state_machine", _CREATE, _create_state_machine)
    StepFunctionResponse.validate_state_machine_definition = _validate_operation

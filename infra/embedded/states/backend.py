"""The interpreter switched on, with every seam of this package in place.

moto: runs state machines only when told so, and then CloudFormation still makes them in the other
backend, where the API does not find them.
Here: the interpreter is the only backend.
"""

from __future__ import annotations

from moto.core.config import default_user_config
from moto.stepfunctions import models
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from infra.embedded.states import (
    api,
    branches,
    callbacks,
    entering,
    environments,
    errors,
    executions,
    history,
    iterations,
    jsonata,
    machines,
    paths,
    pauses,
    programs,
    refusals,
    services,
    tasks,
    texts,
    timeouts,
    values,
)

_SEAMS = (
    texts,
    paths,
    values,
    errors,
    refusals,
    history,
    environments,
    entering,
    programs,
    iterations,
    branches,
    jsonata,
    machines,
    timeouts,
    callbacks,
    services,
    tasks,
    executions,
    api,
    pauses,
)


def install() -> None:
    """Switch the interpreter on and put every seam in place."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    models.stepfunctions_backends = stepfunctions_parser_backends
    for part in _SEAMS:
        part.install()

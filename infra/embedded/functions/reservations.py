"""Reserving concurrency for a function, from whichever way it is asked for."""

from __future__ import annotations

from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend

from infra.embedded.functions import api
from infra.embedded.functions.concurrency import reservation_fault
from infra.embedded.functions.registry import reservations
from infra.embedded.functions.validation import whole_numbers


def checked_reservation(backend: LambdaBackend, name: str, wanted: Any) -> int:
    """Return a reservation as a number; raises moto's InvalidParameterValueException in AWS's words."""
    number = int(whole_numbers({"ReservedConcurrentExecutions": wanted})["ReservedConcurrentExecutions"])
    others = (n for other, n in reservations(backend).items() if other != name)
    fault = reservation_fault(number, others, api.service().settings.account_concurrency)
    if fault:
        raise InvalidParameterValueException(fault)
    return number

"""JSONata: expressions between `{%` and `%}`, and variables in JSONPath states.

moto: writes the values into the text of the expression and hands it to a Java library that is not there,
so that nothing evaluates. AWS: evaluates with $states, the assigned variables and six functions of its
own bound; an expression that fails, gives nothing or a function fails the state with
States.QueryEvaluationError.
Here: the package jsonata-python evaluates, with the values bound as values.
"""

from __future__ import annotations

import hashlib
import json
import random
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.utils import Utils
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguageMode
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment

from infra.embedded.states import errors, history, seam, texts

_EVALUATION: Final = "States.QueryEvaluationError"
_NULL: Final = Utils.NULL_VALUE
_SHARED_LIMIT: Final = 256


class JsonataError(Exception):
    """An expression that does not give a JSON value."""


class _Compiled(threading.local):
    """The expressions of this thread; the library's objects are not made for several threads."""

    def __init__(self) -> None:
        self.expressions: dict[str, Jsonata] = {}


_compiled = _Compiled()


def evaluate(expression: str, bindings: Mapping[str, Any]) -> Any:
    """The JSON value of an expression; raises JsonataError where there is none."""
    try:
        result = _expression(expression).evaluate(None, {**_FUNCTIONS, **bindings})
    except (JException, RecursionError, TypeError, ValueError, ArithmeticError) as error:
        raise JsonataError(_message(error)) from error
    if result is None:
        raise JsonataError("returned nothing (undefined).")
    return _as_json(result)


def _message(error: Exception) -> str:
    code = f"{error.get_error()}: " if isinstance(error, JException) else ""
    return f"threw an error during evaluation. {code}{error}"


def _expression(text: str) -> Jsonata:
    known = _compiled.expressions
    if text not in known:
        if len(known) >= _SHARED_LIMIT:
            known.clear()
        known[text] = Jsonata(text)
        known[text].set_output_convert_nulls(False)
    return known[text]


def with_nulls(value: Any) -> Any:
    """A JSON value as the library wants it, where None means nothing and null is an object of its own."""
    if value is None:
        return _NULL
    if not isinstance(value, dict | list) or "null" not in texts.to_text(value):
        return value
    if isinstance(value, dict):
        return {key: with_nulls(part) for key, part in value.items()}
    return [with_nulls(part) for part in value]


def _as_json(value: Any) -> Any:
    if value is None or value is _NULL:
        return None
    if isinstance(value, dict):
        return {key: _as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple | range):
        return [_as_json(part) for part in value]
    if isinstance(value, str | int | float | bool):
        return value
    raise JsonataError("returned an unsupported result type.")


def _partition(values: list[Any], size: int) -> list[list[Any]]:
    size = int(size)
    return [list(values[start : start + size]) for start in range(0, len(values), size)]


def _range(first: int, last: int, step: int) -> list[int]:
    return list(range(int(first), int(last) + (1 if step > 0 else -1), int(step)))


def _hash(text: Any, algorithm: str = "SHA-256") -> str:
    said = text if isinstance(text, str) else texts.to_text(text)
    return hashlib.new(algorithm.replace("-", "").lower(), said.encode(), usedforsecurity=False).hexdigest()


def _random(seed: Any = None) -> float:
    return random.Random(seed).random()  # noqa: S311 (JSONata's $random, no secret)


def _function(python: Callable[..., Any]) -> Any:
    return Jsonata.JLambda(python)


_FUNCTIONS: Final[Mapping[str, Any]] = {
    "partition": _function(_partition),
    "range": _function(_range),
    "hash": _function(_hash),
    "random": _function(_random),
    "uuid": _function(lambda: str(uuid.uuid4())),
    "parse": _function(lambda text: with_nulls(json.loads(text))),
}


def _states(env: Environment) -> dict[str, Any]:
    data = env.states._states_data
    bound = {"input": with_nulls(data["input"]), "context": data["context"]}
    for key in ("result", "errorOutput"):
        if data.get(key) is not None:
            bound[key] = with_nulls(data[key])
    return bound


def _variables(env: Environment) -> dict[str, Any]:
    store = env.variable_store
    return {key: with_nulls(value) for key, value in (store._outer_scope | store._inner_scope).items()}


def _evaluate_in(env: Environment, expression: str, bindings: Mapping[str, Any]) -> Any:
    try:
        return evaluate(expression, bindings)
    except JsonataError as error:
        raise _failure(env, expression, str(error)) from error


def _failure(env: Environment, expression: str, what: str) -> FailureEventException:
    field = env.next_field_name
    cause = f"The JSONata expression '{expression}' specified for the field '{field}' {what}"
    raised = errors.failure(env, "EvaluationFailed", _EVALUATION, cause)
    details = {"evaluationFailedEventDetails": raised.get_evaluation_failed_event_details()}
    history.of(env).add_event(env.event_history_context, "EvaluationFailed", details)
    return raised


def _eval_jsonata(self: StringJSONata, env: Environment) -> None:
    bindings = {"states": _states(env), **_variables(env)}
    env.stack.append(_evaluate_in(env, self.expression, bindings))


def _eval_variable(self: StringVariableSample, env: Environment) -> None:
    bindings = _variables(env)
    if self.query_language_mode == QueryLanguageMode.JSONata:
        bindings["states"] = _states(env)
    env.stack.append(_evaluate_in(env, self.expression, bindings))


def install() -> None:
    """Evaluate expressions and variables as above."""
    seam.replace(StringJSONata, "_eval_body", ("self", "env"), _eval_jsonata)
    seam.replace(StringVariableSample, "_eval_body", ("self", "env"), _eval_variable)

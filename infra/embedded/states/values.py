"""Values pass from state to state without being copied.

moto: makes a deep copy of the state's input at every read and every write, about twenty for one task.
AWS: the copies cannot be seen from outside.
Here: values are shared and nothing changes one in place. The one place that did, ResultPath, copies the
objects along its path; a context object that will change is copied when it is read.
"""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any, Final

from jsonpath_ng.parser import parse as parse_path
from moto.stepfunctions.parser.asl.component.common.path.result_path import ResultPath
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.state.exec.state_map import state_map
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import state_parallel
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.eval import states
from moto.stepfunctions.parser.asl.eval.environment import Environment

from infra.embedded.states import paths, seam


class _Listing:
    """Stands in for the module `copy` where a new list of the same values is enough."""

    @staticmethod
    def deepcopy(stack: list[Any]) -> list[Any]:
        return list(stack)


class _Sharing:
    """Stands in for the module `copy` where a copy serves nothing."""

    @staticmethod
    def deepcopy(value: Any) -> Any:
        return value


_COPYING: Final = (
    (states, _Sharing),
    (string_expression, _Sharing),
    (state_parallel, _Sharing),
    (state_map, _Listing),
)


def with_result(state_input: Any, path: str, result: Any) -> Any:
    """The state's input with `result` put at `path`, as ResultPath says; the input is left as it was."""
    names = paths.simple_names(path)
    if names is None:
        return _parsed(path).update_or_create(copy.deepcopy(state_input), copy.deepcopy(result))
    if not names:
        return result
    return _put(state_input, names, result)


def _put(value: Any, names: tuple[str, ...], result: Any) -> Any:
    if not names:
        return result
    target = dict(value) if isinstance(value, dict) else {}
    target[names[0]] = _put(target.get(names[0]), names[1:], result)
    return target


@lru_cache(maxsize=1024)
def _parsed(path: str) -> Any:
    return parse_path(path)


def _eval_result_path(self: ResultPath, env: Environment) -> None:
    state_input = env.states.get_input()
    if self.result_path_src is None:
        env.stack.clear()
        env.stack.append(state_input)
        return
    env.stack.append(with_result(state_input, self.result_path_src, env.stack.pop()))


def _eval_parameters(self: StateTask, env: Environment) -> dict[str, Any]:
    """The task's parameters that its service knows, in a dictionary of their own."""
    if self.parargs is None:
        return {}
    self.parargs.eval(env=env)
    parameters = env.stack.pop()
    supported = self._get_supported_parameters()
    return {key: value for key, value in parameters.items() if not supported or key in supported}


def install() -> None:
    """Share values in the modules of the interpreter that copied them."""
    for module, stand_in in _COPYING:
        if not hasattr(module, "copy"):
            raise seam.SeamMovedError(f"{module.__name__}.copy", "the module copy", "missing")
        module.copy = stand_in
    seam.replace(ResultPath, "_eval_body", ("self", "env"), _eval_result_path)
    seam.replace(StateTask, "_eval_parameters", ("self", "env"), _eval_parameters)

"""JSONPath, parsed once.

moto: parses the text of a path at every use (milliseconds each), and reads the context object through it.
AWS: a definition's paths are fixed when the state machine is made.
Here: parsed paths are kept, and plain paths of names (`$.a.b`) are walked without the JSONPath library.
"""

from __future__ import annotations

import copy
import re
from functools import lru_cache
from typing import Any

from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringContextPath
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.utils import json_path

from infra.embedded.states import seam

_PLAIN = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_MOTO_EXTRACT = json_path.extract_json
_MOTO_PARSE = json_path.parse
_MOTO_EVAL_CONTEXT = StringContextPath._eval_body
_CHANGING = frozenset({"$", "$.State"})


@lru_cache(maxsize=4096)
def simple_names(path: str) -> tuple[str, ...] | None:
    """The names of a path that is names only (`$.a.b` gives a, b; `$` gives none), else None."""
    if _PLAIN.fullmatch(path) is None:
        return None
    return tuple(path.split(".")[1:])


def extract(path: str, data: Any) -> Any:
    """What `path` selects from `data`; raises moto's NoSuchJsonPathError where it selects nothing."""
    names = simple_names(path)
    if names is None:
        return _MOTO_EXTRACT(path, data)
    value = data
    for name in names:
        if not isinstance(value, dict) or name not in value:
            raise json_path.NoSuchJsonPathError(json_path=path, data=data)
        value = value[name]
    return value


def _eval_context_path(self: StringContextPath, env: Environment) -> None:
    _MOTO_EVAL_CONTEXT(self, env)
    if self.json_path in _CHANGING:
        env.stack[-1] = copy.deepcopy(env.stack[-1])


def install() -> None:
    """Use the kept paths everywhere in the interpreter."""
    seam.replace_name("extract_json", json_path.extract_json, extract, at_least=3)
    if json_path.parse is _MOTO_PARSE:
        json_path.parse = lru_cache(maxsize=4096)(_MOTO_PARSE)
    seam.replace(StringContextPath, "_eval_body", ("self", "env"), _eval_context_path)

"""Importing moto without what this cloud does not carry.

moto: `moto.stepfunctions.parser` imports one enumeration from `moto.batch.utils`, and with it
`moto.batch`, `moto.ecs` and the whole of `moto.ec2` (0.8 s and 100 MB at every start). AWS: nothing to
compare. We: put an empty `moto.batch` package in place whose path is the real one, so that its light
submodules load and its models do not.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

_PACKAGE = "moto.batch"


def install() -> None:
    """Put the light package in place; does nothing when the real one is already imported."""
    if _PACKAGE in sys.modules:
        return
    moto = importlib.util.find_spec("moto")
    if moto is None or moto.origin is None:
        raise ModuleNotFoundError(
            "moto is not installed: install the project's dependencies first", name="moto"
        )
    spec = importlib.machinery.ModuleSpec(_PACKAGE, loader=None, is_package=True)
    spec.submodule_search_locations = [str(Path(moto.origin).parent / "batch")]
    sys.modules[_PACKAGE] = importlib.util.module_from_spec(spec)

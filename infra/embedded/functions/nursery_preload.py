"""What the nursery loads before it forks, so that every environment shares it."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.abc
import importlib.util
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType

READ_AT_IMPORT = ("awslambdaric.__main__", "awslambdaric.lambda_runtime_client", "awslambdaric.bootstrap")


def preload(load_beside: Callable[[str], ModuleType]) -> None:
    """Load what every environment needs, so that forks share it."""
    import decimal  # noqa: F401, PLC0415 - loaded for the forks
    import http.client  # noqa: F401, PLC0415 - loaded for the forks
    import logging  # noqa: F401, PLC0415 - loaded for the forks
    import traceback  # noqa: F401, PLC0415 - loaded for the forks

    import awslambdaric.lambda_config  # noqa: PLC0415 - loaded for the forks
    import awslambdaric.lambda_context  # noqa: PLC0415 - loaded for the forks
    import awslambdaric.lambda_literals  # noqa: PLC0415 - loaded for the forks
    import awslambdaric.lambda_runtime_exception  # noqa: PLC0415 - loaded for the forks
    import awslambdaric.lambda_runtime_log_utils  # noqa: PLC0415 - loaded for the forks
    import awslambdaric.lambda_runtime_marshaller  # noqa: F401, PLC0415 - loaded for the forks

    if importlib.util.find_spec("runtime_client") is None:
        sys.modules["runtime_client"] = load_beside("runtime_client_standin")
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            ctypes.CDLL("libstdc++.so.6")
    sys.meta_path.insert(0, Preread(READ_AT_IMPORT))
    gc.collect()
    gc.freeze()


class Preread(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a few modules from code read beforehand: ones that must be run in the fork, not here.

    They look at the environment when they are imported.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        specs = {name: importlib.util.find_spec(name) for name in names}
        self.specs = {name: spec for name, spec in specs.items() if spec is not None}
        loaders = {name: spec.loader for name, spec in self.specs.items()}
        self.code = {
            name: loader.get_code(name)
            for name, loader in loaders.items()
            if isinstance(loader, importlib.abc.InspectLoader)
        }

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return the spec of a module that was read, None for any other."""
        del path, target
        found = self.specs.get(fullname)
        if found is None or self.code.get(fullname) is None:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=found.origin)

    def exec_module(self, module: ModuleType) -> None:
        """Run the code."""
        spec = self.specs[module.__name__]
        module.__file__ = spec.origin
        code = self.code[module.__name__]
        if code is not None:
            exec(code, module.__dict__)  # noqa: S102 - this is what importing is

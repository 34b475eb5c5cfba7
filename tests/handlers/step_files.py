"""Loads a handler by its path, as Lambda does: each time a fresh module, not part of any package."""

import importlib.util
import itertools
import json
from pathlib import Path
from types import ModuleType

HANDLERS = Path(__file__).parents[2] / "handlers"
_count = itertools.count()


def load(step: str) -> ModuleType:
    """Return a fresh module of handlers/<step>.py."""
    name = f"handler_{step}_{next(_count)}"
    spec = importlib.util.spec_from_file_location(name, HANDLERS / f"{step}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def log_lines(printed: str) -> list[dict]:
    """Return what was printed as JSON, one record a line."""
    return [json.loads(line) for line in printed.splitlines()]

"""Every seam between moto and this cloud.

Installed in one place and in one order, before the first request.
"""

from __future__ import annotations

import importlib
from threading import Lock

SEAMS = (
    "imports",
    "tracking",
    "functions",
    "states",
    "metrics",
    "insights",
    "hollow",
)

_lock = Lock()
_installed: set[str] = set()


def install_all() -> tuple[str, ...]:
    """Install what is not installed yet; returns the names installed so far, in order."""
    with _lock:
        for name in SEAMS:
            if name not in _installed and _install(name):
                _installed.add(name)
        return tuple(name for name in SEAMS if name in _installed)


def _install(name: str) -> bool:
    module_name = f"infra.embedded.{name}"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise
        return False
    if not hasattr(module, "install"):
        return False
    module.install()
    return True

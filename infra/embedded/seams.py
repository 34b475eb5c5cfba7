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
    "filtering",
    "hollow",
)

_lock = Lock()
_installed: set[str] = set()


def install_all() -> tuple[str, ...]:
    """Install what is not installed yet; returns the names, in order."""
    with _lock:
        for name in SEAMS:
            if name not in _installed:
                importlib.import_module(f"infra.embedded.{name}").install()
                _installed.add(name)
    return SEAMS

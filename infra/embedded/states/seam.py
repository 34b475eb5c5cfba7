"""How the modules of this package take the place of parts of moto, and notice when moto has moved them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any


class SeamMovedError(Exception):
    """A part of moto that is replaced here is not what it was when the replacement was written."""

    def __init__(self, place: str, expected: str, actual: str) -> None:
        self.place = place
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"{place} is expected to be {expected}, but is {actual}: "
            "this version of moto differs from the one the seam was written for; adapt the seam or pin moto"
        )


REPLACED: dict[str, Callable[..., Any]] = {}
"""What stood in each place before, so that a test can see whether a new moto version says it differently."""


def replace(owner: Any, name: str, parameters: tuple[str, ...], replacement: Callable[..., Any]) -> None:
    """Put `replacement` in the place of the function `owner.name`, which takes exactly `parameters`.

    Does nothing when it is there already. Raises SeamMovedError where moto has no such function or where
    its parameters differ.
    """
    if _is_ours(getattr(owner, name, None)):
        return
    expect(owner, name, parameters)
    REPLACED[_place(owner, name)] = getattr(owner, name)
    setattr(owner, name, _like(inspect.getattr_static(owner, name), replacement))


def expect(owner: Any, name: str, parameters: tuple[str, ...]) -> None:
    """Raise SeamMovedError unless `owner.name` is a function of exactly `parameters`."""
    place = _place(owner, name)
    function = getattr(owner, name, None)
    if function is None:
        raise SeamMovedError(place, "a function", "missing")
    actual = tuple(inspect.signature(getattr(function, "__func__", function)).parameters)
    if actual != parameters:
        raise SeamMovedError(place, f"a function of {parameters}", f"one of {actual}")


def replace_name(name: str, original: Any, replacement: Any, at_least: int) -> None:
    """Bind `name` to `replacement` in every loaded moto module that has it bound to `original`.

    moto imports functions by name, so that one place is not enough. Raises SeamMovedError where fewer than
    `at_least` modules have it.
    """
    if name in REPLACED:
        return
    modules = [
        module
        for key, module in list(sys.modules.items())
        if key.startswith("moto.stepfunctions") and getattr(module, name, None) is original
    ]
    if len(modules) < at_least:
        raise SeamMovedError(f"moto.stepfunctions: {name}", f"in {at_least} modules", f"in {len(modules)}")
    REPLACED[name] = original
    for module in modules:
        setattr(module, name, replacement)


def _place(owner: Any, name: str) -> str:
    return f"{str(getattr(owner, '__name__', owner)).rsplit('.', 1)[-1]}.{name}"


def _like(original: Any, replacement: Callable[..., Any]) -> Any:
    return staticmethod(replacement) if isinstance(original, staticmethod) else replacement


def _is_ours(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).startswith("infra.embedded.states")

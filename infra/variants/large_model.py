"""A fault: the model needs `MODEL_MB` of memory, which are filled when the first ticket comes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any, object], Any]


def faulty(handler: Handler) -> Handler:
    """Return a handler that loads a large model first, once an environment."""
    model: list[bytes] = []

    def with_the_model(event: Any, context: object) -> Any:
        if not model:
            model.append(b"\x01" * (int(os.environ["MODEL_MB"]) << 20))
        return handler(event, context)

    return with_the_model

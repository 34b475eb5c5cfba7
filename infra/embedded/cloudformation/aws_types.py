"""Which resource types AWS has, beyond the few that are made here: from cfn-lint's list of them."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_LIST = ("data", "schemas", "providers", "us-east-1.json")


def exists_on_aws(resource_type: str) -> bool:
    """Whether CloudFormation knows the type, a custom resource among them."""
    return resource_type.startswith("Custom::") or resource_type in _known()


@cache
def _known() -> frozenset[str]:
    """The names on the list. Read when a template first has a type that is not made here."""
    package = find_spec("cfnlint")
    assert package is not None
    assert package.origin is not None
    return frozenset(json.loads(Path(package.origin).parent.joinpath(*_LIST).read_bytes()))

"""A learner's answers, read from answers.yaml: what is there, what is missing, and on which line.

Nothing is filled in for a learner: a question without an answer is None and is shown as missing.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from reports.grading.errors import AnswersError

TEXT: Final = "text"
NUMBER: Final = "number"
LIST: Final = "list of texts"
ANY: Final = "*"
"""A key of the shape that stands for any key: names of steps, of leaves, of things compared."""
LARGEST_BYTES: Final = 1_000_000
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")

_REPORT: Final = {"what_happened": TEXT, "evidence": LIST, "hypothesis": TEXT, "first_safe_action": TEXT}
_BURST: Final = {
    "tickets": NUMBER,
    "max_concurrency": NUMBER,
    "makespan_s": NUMBER,
    "throughput_per_s": NUMBER,
    "peak_concurrency": NUMBER,
    "embed_p95_ms": NUMBER,
}
SHAPE: Final[Mapping[str, Any]] = {
    "learner": {"name": TEXT, "id": TEXT},
    "happy_path": {"model_step": TEXT, "durations_ms": {ANY: NUMBER}},
    "bottleneck": {"step": TEXT, "why": TEXT},
    "figures": {"low": _BURST, "high": _BURST, "speed_up": NUMBER},
    "scaling_map": {ANY: {"does": TEXT, "knob": TEXT, "fails_under_load": TEXT}},
    "scale_first": {"step": TEXT, "why": TEXT},
    "bad_input": {"classification": TEXT, "ruled_out": {ANY: TEXT}, "report": _REPORT},
    "throttling": {
        "classification": TEXT,
        "fishbone": {"bone": TEXT, "cause": TEXT, "evidence": LIST},
        "fix": {"before": NUMBER, "after": NUMBER},
        "report": _REPORT,
    },
    "reflection": TEXT,
    "second_reflection": TEXT,
    "transfer_table": {ANY: TEXT},
}
"""Every question, by its place. The template in portfolio/ asks them in words."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a learner answered. Places are dotted: `figures.low.makespan_s`.

    Where a number belongs and something else stands, `given` has it as it was written, and `wrong` says by
    place what is wrong with it.
    """

    path: Path
    given: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)
    wrong: Mapping[str, str] = field(default_factory=dict)

    def at(self, place: str) -> Any:
        """Return the answer at a place; None where it is missing or empty."""
        value: Any = self.given
        for name in place.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def text(self, place: str) -> str:
        """Return a text, "" where it is missing."""
        value = self.at(place)
        return value if isinstance(value, str) else ""

    def number(self, place: str) -> float | None:
        """Return a number, None where it is missing or cannot be read as one."""
        value = self.at(place)
        return float(value) if isinstance(value, (int, float)) else None

    def texts(self, place: str) -> tuple[str, ...]:
        """Return a list of texts, empty where it is missing."""
        value = self.at(place)
        return tuple(value) if isinstance(value, (list, tuple)) else ()

    def table(self, place: str) -> Mapping[str, Any]:
        """Return a mapping, empty where it is missing."""
        value = self.at(place)
        return value if isinstance(value, Mapping) else {}

    def where(self, place: str) -> str:
        """Return the file and line of an answer, or of the nearest question above it."""
        parts = place.split(".")
        for length in range(len(parts), 0, -1):
            line = self.lines.get(".".join(parts[:length]))
            if line:
                return f"{self.path.name}, line {line}"
        return self.path.name


def read(path: Path) -> Answers:
    """Return the answers in a file. Raises `AnswersError` with line and column."""
    if not path.is_file():
        raise AnswersError(path, "there is no such file; `make answers` writes one with every question in it")
    if path.stat().st_size > LARGEST_BYTES:
        raise AnswersError(
            path, f"it is {path.stat().st_size:,} bytes, limit {LARGEST_BYTES:,}; keep it to answers"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnswersError(path, f"it is not UTF-8 text ({error.reason} at byte {error.start})") from error
    return parse(text, path)


def parse(text: str, path: Path) -> Answers:
    """Return the answers in a text; `path` is for messages."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise AnswersError(path, f"this is not YAML: {error.problem}", line, column) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise AnswersError(path, f"this is not YAML: {' '.join(str(error).split())}") from error
    reader = _Reader(path)
    given = reader.value(root, SHAPE, "") if root is not None else {}
    return Answers(path, given or {}, reader.lines, reader.wrong)


class _Reader:
    """Builds answers out of YAML nodes by the shape, and keeps the line of each and what no number is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: dict[str, int] = {}
        self.wrong: dict[str, str] = {}

    def value(self, node: yaml.Node, shape: Any, place: str) -> Any:
        self.lines[place] = node.start_mark.line + 1
        if _is_empty(node):
            return None
        if isinstance(shape, Mapping):
            return self._mapping(node, shape, place)
        if shape == LIST:
            return self._list(node, place)
        return self._number(node, place) if shape == NUMBER else self._text(node, place)

    def _mapping(self, node: yaml.Node, shape: Mapping[str, Any], place: str) -> dict[str, Any] | None:
        if not isinstance(node, yaml.MappingNode):
            names = ", ".join(name for name in shape if name != ANY) or "names"
            raise self._wrong(node, f"{place or 'the file'} needs entries ({names}), one on each line")
        found: dict[str, Any] = {}
        for key, item in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if name in found:
                raise self._wrong(key, f"{name} is answered twice; keep one of the two")
            inner = shape.get(name, shape.get(ANY))
            if inner is None:
                raise self._wrong(key, _unknown(name, shape, place))
            found[name] = self.value(item, inner, f"{place}.{name}".lstrip("."))
        kept = {name: value for name, value in found.items() if value is not None}
        return kept or None

    def _list(self, node: yaml.Node, place: str) -> list[str] | None:
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return [self._text(item, place) for item in items if not _is_empty(item)] or None

    def _text(self, node: yaml.Node, place: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._wrong(node, f"{place} needs a text; put it in quotes or after `|`")
        return str(node.value).strip()

    def _number(self, node: yaml.Node, place: str) -> float | str:
        """Return a number; what is none as it stands there: it costs its own question and no other."""
        if not isinstance(node, yaml.ScalarNode):
            raise self._wrong(
                node, f"{place} needs a number without a unit, such as 64.4, not a list or mapping"
            )
        text = str(node.value).strip()
        found = _plain_number(text)
        if found is None:
            hint = "without a unit, and with a point for decimals, such as 64.4"
            self.wrong[place] = str(self._wrong(node, f"{place} needs a number {hint}, not {text!r}"))
            return text
        return found

    def _wrong(self, node: yaml.Node, saying: str) -> AnswersError:
        return AnswersError(self._path, saying, node.start_mark.line + 1, node.start_mark.column + 1)


def _plain_number(text: str) -> float | None:
    """Return a number as people write it; None for what is none, or may be read as two.

    64,4 is 64.4 where the comma is for decimals; 1,234 may be a thousand and more, and is not guessed at.
    """
    plain = text.replace("_", "")
    if _DECIMAL_COMMA.fullmatch(plain) and not _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", ".")
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _is_empty(node: yaml.Node) -> bool:
    """Tell whether nothing was answered: no value, `~`, an empty text or list."""
    if isinstance(node, yaml.ScalarNode):
        return node.tag.endswith(":null") or not str(node.value).strip()
    return not node.value


def _unknown(name: str, shape: Mapping[str, Any], place: str) -> str:
    near = difflib.get_close_matches(name, list(shape), 1)
    guess = f"did you mean {near[0]}?" if near else f"there is {', '.join(shape)}"
    return f"nothing asks for {name!r}{f' in {place}' if place else ''}; {guess}"


def places(shape: Mapping[str, Any] = SHAPE, before: str = "") -> Iterator[str]:
    """Return the place of every question, in order; `*` where any name may stand."""
    for name, inner in shape.items():
        place = f"{before}.{name}".lstrip(".")
        if isinstance(inner, Mapping):
            yield from places(inner, place)
        else:
            yield place

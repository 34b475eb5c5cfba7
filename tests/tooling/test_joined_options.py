"""What the plugin does to a command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tooling import joined_options

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--out", "here"], ["--out=here"]),
        (
            ["-m", "activity3", "--template", "a b.yaml", "-k", "x"],
            ["-m", "activity3", "--template=a b.yaml", "-k", "x"],
        ),
        (["--out=here", "there"], ["--out=here", "there"]),
        (["--out", "--quick"], ["--out", "--quick"]),
        (["--out"], ["--out"]),
    ],
)
def test_paths_are_joined_to_their_options(given: list[str], expected: list[str]) -> None:
    """Only a path that follows one of our options is joined to it; all else stays as it was."""
    assert joined_options.joined(given) == expected


def test_only_pytest_is_run_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program that happens to load the plugin is left alone."""
    monkeypatch.setattr(joined_options.os, "execv", lambda *_: pytest.fail("was run anew"))

    joined_options.run_anew(["/usr/bin/xdist-worker", "--out", "here"])


def test_a_template_elsewhere_does_not_move_the_project(tmp_path: Path) -> None:
    """With a template outside the project, pytest still finds the project's own settings and options."""
    template = tmp_path / "other.yaml"
    template.write_text("Resources: {}", encoding="utf-8")

    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--template", str(template)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert "unrecognized arguments" not in said.stderr
    assert str(template) in said.stderr, "the template has no state machine, and that is what is said"

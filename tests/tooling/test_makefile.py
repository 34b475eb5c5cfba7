"""The Makefile's promises that can be checked without running an experiment."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def make(*arguments: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", "-C", str(ROOT), *arguments]
    environment = {"PATH": path, "HOME": "/nonexistent"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_help_is_the_default_and_names_every_way_in() -> None:
    """`make` alone names the activities, the tests, the checks, the cloud and the report."""
    said = make().stdout

    for target in ("activity1", "activity3", "test", "check", "bench", "cloud", "report", "clean"):
        assert f"make {target} " in said


def test_options_reach_pytest() -> None:
    """TICKETS, LOW, HIGH, QUICK, OUT and ARGS arrive at pytest as its own options."""
    said = make("--dry-run", "activity3", "TICKETS=60", "LOW=3", "HIGH=9", "QUICK=1", "OUT=x", "ARGS=-k wall")

    expected = "pytest -m activity3 --tickets=60 --low=3 --high=9 --quick --out=x -k wall"
    assert expected in re.sub(r" +", " ", said.stdout)


@pytest.mark.parametrize("number", range(1, 10))
def test_every_activity_has_a_target(number: int) -> None:
    """`make activity1` to `make activity9` each select their own marker."""
    assert f"pytest -m activity{number} " in make("--dry-run", f"activity{number}").stdout


def test_report_is_built_even_when_pytest_fails(tmp_path: Path) -> None:
    """After failing experiments the report is built all the same, and the exit status is pytest's."""
    calls = tmp_path / "calls"
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$2" >> {calls}\ntest "$2" != pytest || exit 3\n')
    python.chmod(0o755)
    (tmp_path / "venv" / ".installed").touch()

    said = make("activity3", f"VENV={tmp_path}/venv", f"--assume-old={tmp_path}/venv/.installed")

    assert calls.read_text().split() == ["pytest", "reports.site"]
    assert "Error 3" in said.stderr


def test_no_python_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Without a Python that will do, one sentence says so and what to pass."""
    (tmp_path / "sh").symlink_to("/bin/sh")

    said = subprocess.run(
        [ROOT / "tooling" / "find-python"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 1
    assert "No Python 3.11 or newer" in said.stderr
    assert "make PYTHON=" in said.stderr


def test_a_name_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    """A `python3.13` on PATH that does not start is passed over for one that does."""
    broken, good = tmp_path / "python3.13", tmp_path / "python3.12"
    broken.write_text("#!/bin/sh\nexit 127\n")
    good.write_text("#!/bin/sh\nexit 0\n")
    broken.chmod(0o755)
    good.chmod(0o755)

    said = subprocess.run(
        ["/bin/sh", ROOT / "tooling" / "find-python"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.stdout == "python3.12\n"

"""The lock files: exact, hashed, and without an address."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def pins(lock: Path) -> dict[str, set[str]]:
    """Return the versions pinned for each package (several where Python versions differ)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==(\S+)", lock.read_text(), re.MULTILINE
    ):
        found.setdefault(name, set()).add(version)
    return found


def test_the_locks_are_there() -> None:
    """There is a lock for running, one for development, one for benchmarks and one for the installer."""
    assert {lock.name for lock in LOCKS} == {
        "requirements.lock",
        "requirements-dev.lock",
        "requirements-bench.lock",
        "requirements-uv.lock",
    }


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_exact_and_hashed(lock: Path) -> None:
    """Each requirement names one version and at least one SHA-256."""
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())

    assert entries
    for entry in entries:
        assert "==" in entry.splitlines()[0]
        assert "--hash=sha256:" in entry


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_address_stands_in_a_lock(lock: Path) -> None:
    """No index, no URL and no path of the machine that made it stands in a lock."""
    text = lock.read_text()

    assert "://" not in text
    assert "index-url" not in text
    assert "find-links" not in text


@pytest.mark.parametrize("name", ["requirements-dev.lock", "requirements-bench.lock"])
def test_later_locks_agree_with_the_first(name: str) -> None:
    """Installing the tools or the peers never changes the version of something the experiments run on."""
    first, later = pins(ROOT / "requirements.lock"), pins(ROOT / name)

    assert later
    assert {package: later[package] for package in first.keys() & later.keys()} == {
        package: first[package] for package in first.keys() & later.keys()
    }


def test_moto_is_pinned_exactly() -> None:
    """Seams reach into moto, so pyproject.toml names one exact version, and it is the locked one."""
    declared = re.search(r'"moto\[[^]]*]==([0-9.]+)"', (ROOT / "pyproject.toml").read_text())

    assert declared
    assert pins(ROOT / "requirements.lock")["moto"] == {declared[1]}

"""Installing: uv where it can, pip where it cannot, and a stamp only when it is done."""

from pathlib import Path

import pytest

from tooling import environment


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which installers were asked; none of them succeeds."""
    asked: list[str] = []

    def with_uv(*_: object) -> bool:
        asked.append("uv")
        return False

    def with_pip(*_: object) -> bool:
        asked.append("pip")
        return False

    monkeypatch.setattr(environment.shutil, "which", lambda _: "/usr/bin/uv")
    monkeypatch.setattr(environment, "add_plugin", lambda _: None)
    monkeypatch.setattr(environment, "make", lambda *_: Path("python"))
    monkeypatch.setattr(environment, "with_uv", with_uv)
    monkeypatch.setattr(environment, "with_pip", with_pip)
    return asked


def test_pip_installs_where_uv_cannot(
    tried: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """When uv fails (a mirror that only pip knows of, say), pip does the work and the stamp is left."""
    monkeypatch.setattr(environment, "with_pip", lambda *_: True)
    stamp = tmp_path / "stamp"

    assert environment.main([str(tmp_path), "some.lock", str(stamp)]) == 0
    assert tried == ["uv"]
    assert stamp.exists()


def test_failure_is_one_sentence_and_no_stamp(
    tried: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """When neither can, the exit status is 1, the lock is named, and the next `make` tries again."""
    stamp = tmp_path / "stamp"

    assert environment.main([str(tmp_path), "some.lock", str(stamp)]) == 1
    assert tried == ["uv", "pip"]
    assert "some.lock could not be installed" in capsys.readouterr().err
    assert not stamp.exists()


def test_a_python_that_does_not_start_does_not_work(tmp_path: Path) -> None:
    """An environment whose Python was removed under it counts as none."""
    dangling = tmp_path / "python"
    dangling.symlink_to(tmp_path / "gone")

    assert not environment.works(dangling)

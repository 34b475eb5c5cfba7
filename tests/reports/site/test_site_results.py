"""What is written beside the tests' own results, and descriptions with figures."""

import json
from pathlib import Path

from reports.site.description import with_figure
from reports.site.results import write_categories, write_environment, write_executor


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

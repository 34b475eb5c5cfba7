"""The page fetches nothing."""

import base64
import json

import pytest

from reports.site.errors import SiteError
from reports.site.standalone import standalone

ANALYTICS = """<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
    <script>
        function gtag(){dataLayer.push(arguments);}
        gtag('config', 'G-1', {});
    </script>
"""


def page(body: str) -> str:
    return f"<html><head><title>x</title></head><body>{body}<script defer>render()</script></body></html>"


def test_analytics_is_removed_and_nothing_else() -> None:
    """The analytics tag and the script that configures it go; the page's own scripts stay."""
    cleaned = standalone(page(ANALYTICS))

    assert "googletagmanager" not in cleaned
    assert "gtag" not in cleaned
    assert "<script defer>render()</script>" in cleaned


def test_the_browser_is_told_to_forbid_requests() -> None:
    """The page carries a policy under which nothing outside the file may be loaded."""
    cleaned = standalone(page(""))

    assert cleaned.index("Content-Security-Policy") < cleaned.index("<title>")
    assert "default-src 'none'" in cleaned
    assert "http:" not in cleaned
    assert "https:" not in cleaned


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="https://example.org/a.js"></script>',
        '<img alt="" src=//example.org/a.png>',
        '<link rel="stylesheet" href="http://example.org/a.css">',
    ],
)
def test_what_would_be_fetched_is_refused(markup: str) -> None:
    """A tag that would fetch something new stops the build and is named."""
    with pytest.raises(SiteError, match=r"example\.org"):
        standalone(page(markup))


def test_a_url_inside_a_script_is_data() -> None:
    """An address in the embedded data (a trace, a log line) is no request."""
    kept = "<script>const log = '<img src=https://example.org/a.png>'</script>"

    assert kept in standalone(page(kept))


def test_groups_are_opened() -> None:
    """The groups of the tree start open, so that a run in which everything passed does not look empty."""
    tree = base64.b64encode(json.dumps({"groupsById": {"g1": {}, "g2": {}}}).encode()).decode()

    assert '["g1", "g2"]' in standalone(page(f'<script>d("widgets/tree.json","{tree}")</script>'))

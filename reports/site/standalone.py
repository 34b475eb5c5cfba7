"""Make a single-file report ask the network for nothing, open its groups, and fit a phone."""

from __future__ import annotations

import base64
import json
import re

from reports.site.errors import SiteError

# The analytics tag of Allure and the inline script that configures it.
ANALYTICS = re.compile(
    r"<script\b[^>]*\bsrc=[\"']?https?://www\.googletagmanager\.com/[^>]*>\s*</script>\s*"
    r"(?:<script>(?:(?!</script>).)*?\bgtag\((?:(?!</script>).)*?</script>\s*)?",
    re.DOTALL,
)

# Any other element that would fetch something as the page loads.
FETCHING = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]{0,500}?\bsrc=[\"']?(?:https?:)?//[^\s\"'>]+"
    r"|<link\b[^>]{0,500}?\bhref=[\"']?(?:https?:)?//[^\s\"'>]+",
)

# Nothing but what is in the file itself: a report that tried to fetch something would be stopped here.
POLICY = (
    "default-src 'none'; "
    "script-src 'unsafe-inline' 'unsafe-eval' data: blob:; style-src 'unsafe-inline' data: blob:; "
    "img-src data: blob:; media-src data: blob:; font-src data: blob:; connect-src data: blob:; "
    "frame-src data: blob:; worker-src data: blob:; form-action 'none'; base-uri 'self'"
)


# On a phone the bars of a group would leave no room for its name, and Metadata's two columns none for either.
STYLE = """<style>
@media (max-width: 600px) {
  [data-testid="tree-section"] [class*="tree-status-bar"] { display: none; }
  [data-testid="tree-content"] { padding-left: 6px !important; }
  [data-testid="base-layout"] { padding-left: 4px !important; padding-right: 4px !important; }
  [data-testid="metadata-list"] > *, [class*="metadata-list"] { grid-template-columns: 1fr !important; }
}
</style>"""

# Allure opens only the groups with failures in them; a run that passed would look empty.
TREE = re.compile(r'd\("widgets/tree\.json","([A-Za-z0-9+/=]+)"\)')
BODY = re.compile(r"<body\b[^>]*>")
OPENER = """<script>
try {
  const opened = JSON.parse(localStorage.getItem("expandedTrees") ?? "[]");
  localStorage.setItem("expandedTrees", JSON.stringify([...new Set([...opened, ...GROUPS])]));
} catch { /* without storage the groups stay closed */ }
</script>"""


# A reader in a hurry finds the portfolio without knowing how the report is arranged.
LINK = (
    '<p style="margin:0;padding:.5rem 1rem;text-align:center;font:1rem/1.4 system-ui,sans-serif;'
    'background:#00568c;color:#fff"><a href="{page}" style="color:#fff">The portfolio on one page, to read '
    "and to print</a></p>"
)


def standalone(html: str, portfolio: str | None = None) -> str:
    """Return the page without analytics, with a policy that forbids every request, and with its groups open.

    `portfolio` is the file name of a page beside it, linked at the top.

    Raises:
        SiteError: something in the page's own markup would still be fetched.

    """
    html = ANALYTICS.sub("", html)
    _require_nothing_fetched(html)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    additions = "\n    ".join(("<head>", policy, STYLE, _opener(html)))
    html = html.replace("<head>", additions, 1)
    return BODY.sub(lambda body: body[0] + LINK.format(page=portfolio), html, count=1) if portfolio else html


def _require_nothing_fetched(html: str) -> None:
    markup = re.sub(r"(<script\b[^>]*>)(.*?)(</script>)", r"\1\3", html, flags=re.DOTALL)
    fetched = FETCHING.search(markup)
    if fetched:
        raise SiteError(
            f"The built page would fetch something from the network: {fetched[0][:200]}.",
            "reports/site/standalone.py must learn to remove it.",
        )


def _opener(html: str) -> str:
    """Return the script that opens the groups of the tree in this page."""
    tree = TREE.search(html)
    groups = json.loads(base64.b64decode(tree[1])).get("groupsById", {}) if tree else {}
    return OPENER.replace("GROUPS", json.dumps(list(groups)))

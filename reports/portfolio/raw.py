"""The raw samples behind the page: links that open where the folder is kept whole, sizes and checksums."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from reports.portfolio import markup
from reports.portfolio.manifest import checksum
from reports.portfolio.summary import Portfolio

TITLE, ANCHOR = "Raw samples", "raw"
TOLD = (
    "Each experiment's file has its claims, and every ticket's times step by step, sealed by a chain of "
    "checksums; an incident's has what its diagnosis was read from: history, metrics, log lines, settings. "
    "The links open where the folder was kept whole: hand in report, portfolio, evidence and observations "
    "together. In the report, index.html, the same files are attached to each experiment."
)


@dataclass(frozen=True, slots=True)
class Raw:
    """A file of raw samples: its place in the output folder, its size in bytes and its checksum."""

    file: str
    size: int
    sha256: str


def files(portfolio: Portfolio) -> tuple[Raw, ...]:
    """Return the files that the experiments of a portfolio left, each once, as they are now."""
    entries = [one.entry for one in portfolio.experiments]
    names = [f"evidence/{entry.evidence}" for entry in entries if entry.evidence]
    names += [f"observations/{name}" for entry in entries for name in entry.observations]
    out = portfolio.folder.parent
    found = {name: out / name for name in names}
    return tuple(_raw(name, path.read_bytes()) for name, path in found.items() if path.is_file())


def _raw(name: str, content: bytes) -> Raw:
    return Raw(name, len(content), checksum(content))


def link(file: str) -> str:
    """Return a link from the page to a file in the output folder."""
    return f'<a href="../{quote(file)}"><code>{escape(file)}</code></a>'


def section(portfolio: Portfolio) -> str:
    """Return the page's part: what the files hold, what to hand in, and each with its checksum."""
    found = files(portfolio)
    rows = [(link(one.file), kilobytes(one.size), f"<code>{one.sha256}</code>") for one in found]
    listed = markup.table(("file", "size", "SHA-256"), rows, "As they were when this page was written.")
    total = sum(one.size for one in found) / 1e6
    summary = f"{len(found)} files, {total:.1f} MB, with every raw sample"
    return (
        f'<h2 id="{ANCHOR}">{TITLE}</h2>{markup.paragraph(TOLD)}{markup.folded(summary, listed, bulk=True)}'
        f'<p class="printed">{escape(summary)}.</p>'
    )


def kilobytes(size: int) -> str:
    """Return a size as a person reads it."""
    return f"{size / 1000:.1f} kB"

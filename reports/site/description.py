"""A description with its figure in it, visible at once.

Allure folds attachments away and strips scripts from HTML. What a reader must see without a click stands in
the description. Allure 3 shows Markdown images with data URIs as they are (seen with 3.18.0), and prefers
the HTML description where there are both.
"""

from __future__ import annotations

import base64


def with_figure(markdown: str, png: bytes, alt: str) -> str:
    """Return the Markdown with the figure after its first paragraph, so that the claim is read first.

    It is meant for `allure.dynamic.description`. Leave the HTML description empty: it would be shown instead.
    """
    first, gap, rest = markdown.strip().partition("\n\n")
    return f"{first}\n\n{figure(png, alt)}{gap}{rest}"


def figure(png: bytes, alt: str) -> str:
    """Return a Markdown image with the PNG in it; `alt` is what a screen reader says."""
    said = " ".join(alt.replace("[", "(").replace("]", ")").split())
    return f"![{said}](data:image/png;base64,{base64.b64encode(png).decode('ascii')})"

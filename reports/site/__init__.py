"""The HTML report: Allure results in, one file out that opens with a double click and fetches nothing.

    python -m reports.site RESULTS OUT

Node does the building (the `allure` package, pinned in package-lock.json). Where it cannot be had, nothing
fails: the result says what is missing and how to build the report later.
"""

from reports.site.builder import SiteResult, build
from reports.site.description import with_figure
from reports.site.results import write_categories, write_environment, write_executor

__all__ = ["SiteResult", "build", "with_figure", "write_categories", "write_environment", "write_executor"]

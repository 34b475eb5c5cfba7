"""Build the report: `python -m reports.site RESULTS OUT`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reports.site.builder import build


def main(arguments: list[str] | None = None) -> int:
    """Build, and say where the report is. Returns 0 when it was built, else 1."""
    parser = argparse.ArgumentParser(prog="python -m reports.site", description="Build the HTML report.")
    parser.add_argument("results", type=Path, help="the folder of Allure results")
    parser.add_argument("out", type=Path, help="the HTML file to write")
    options = parser.parse_args(arguments)
    result = build(options.results, options.out)
    stream = sys.stdout if result.built else sys.stderr
    stream.write(f"{result.message}\n")
    return 0 if result.built else 1


if __name__ == "__main__":
    sys.exit(main())

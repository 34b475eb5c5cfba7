"""Write the portfolio's page again, say after the answers were written: `python -m reports.portfolio OUT`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reports.portfolio.gathering import write_page
from reports.portfolio.manifest import NotAManifest


def main(arguments: list[str] | None = None) -> int:
    """Write the page and say where it is. Returns 0, and 1 where no portfolio was made yet."""
    parser = argparse.ArgumentParser(prog="python -m reports.portfolio", description="Write the portfolio.")
    parser.add_argument("out", type=Path, help="the folder that holds portfolio/ and evidence/")
    parser.add_argument("--answers", type=Path, default=Path("portfolio/answers.yaml"), help="your answers")
    options = parser.parse_args(arguments)
    try:
        path = write_page(options.out, options.answers)
    except NotAManifest as error:
        sys.stderr.write(f"No portfolio was written. {error}\n")
        return 1
    sys.stdout.write(f"Portfolio: {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Keeping Python's garbage collector out of what is measured.

A full collection walks every object of the process: with moto loaded and a few histories kept, 110 to 150
ms in which no thread runs, on a machine of two cores; a learner would read it as a slow step. What stays
for good, moto's modules and the histories of ended executions, is therefore taken out of the collector's
sight. It is still freed when nothing refers to it, which is why an ended execution has no circles in it (see
`executions`).
"""

from __future__ import annotations

import gc


def settle() -> None:
    """Take what is alive now out of the collector's sight, after a small collection of what is young."""
    gc.collect(1)
    gc.freeze()


def install() -> None:
    """Take moto's modules out of the collector's sight."""
    settle()

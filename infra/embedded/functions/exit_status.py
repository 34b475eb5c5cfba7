"""How a process ended, in Lambda's words."""

from __future__ import annotations

import os

SIGNALS = {
    1: "hangup",
    2: "interrupt",
    3: "quit",
    4: "illegal instruction",
    6: "aborted",
    7: "bus error",
    8: "floating point exception",
    9: "killed",
    11: "segmentation fault",
    13: "broken pipe",
    14: "alarm clock",
    15: "terminated",
}


def describe_exit(status: int | None) -> str:
    """Return Lambda's words for a wait status; None means that the process vanished with its nursery."""
    if status is None:
        return "Runtime exited with error: signal: killed"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"Runtime exited with error: signal: {SIGNALS.get(number, f'signal {number}')}"
    code = os.waitstatus_to_exitcode(status)
    return (
        f"Runtime exited with error: exit status {code}"
        if code
        else "Runtime exited without providing a reason"
    )

"""The result as Markdown for a job's page, and as a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reports.records import Interval
from reports.regression.comparing import Comparison, Performance
from reports.regression.findings import Check
from reports.regression.report import BROKEN_PROMISE, FINE, PASSED, UNKNOWN, Experiment, Regression

MARKS = {0: "✅", 1: "❌", 2: "⚠️"}
CAVEAT = (
    "The baseline was recorded at another time: what the machine did in between is in the difference and not "
    "in the interval, so that no error rate can be given."
)


def markdown(found: Regression) -> str:
    """Return the whole result; the verdict and what is wrong come first."""
    parts = [
        f"## {MARKS[found.exit_code]} Template check: {found.headline}",
        f"`{found.new.name}` against `{found.baseline.name}`. {meaning(found)}",
        CAVEAT if _is_recorded(found) else "",
        _list("What is wrong", found.broken_promises),
        _list("What could not be told", found.open_questions),
        "### Performance",
        performance(found),
        "### Checks of the template",
        _checks(found.checks),
        "### Claims of the activities",
        _experiments(found.experiments),
        _where(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def meaning(found: Regression) -> str:
    """Return what the headline stands for, and no more than was looked at."""
    left_out = f" Not looked at: {', '.join(found.not_looked_at)}." if found.not_looked_at else ""
    if found.exit_code == BROKEN_PROMISE:
        return f"Something is worse or wrong.{left_out}"
    if found.exit_code == UNKNOWN:
        return f"It could not be told. Nothing is known to be wrong.{left_out}"
    good = []
    if found.performance is not None:
        good.append("nothing got worse by as much as matters")
    elif found.unchanged:
        good.append("template and code are the same on both sides")
    good.append("every check passed")
    if found.claims:
        good.append("every claim that was judged was confirmed")
    words = "; ".join(good)
    return f"{words[0].upper()}{words[1:]}.{left_out}"


def terminal(found: Regression) -> str:
    """Return the result for people who look at a terminal: no tables, no marks."""
    passed = sum(check.passed for check in found.checks)
    lines = [
        f"{found.headline.upper()}: {found.new.name} against {found.baseline.name}",
        *([f"  {CAVEAT}"] if _is_recorded(found) else []),
        f"  checks: {passed} of {len(found.checks)} passed",
    ]
    if found.experiments:
        good = sum(one.status == PASSED for one in found.experiments)
        lines.append(f"  experiments: {good} of {len(found.experiments)} passed")
    if found.performance is not None:
        lines += [f"  {_in_words(comparison)}" for comparison in found.performance.comparisons]
        if found.performance.not_compared:
            lines.append(f"  not compared: {_not_compared(found.performance)}")
    elif found.no_timings:
        lines.append(f"  not timed: {found.no_timings}")
    if found.not_looked_at:
        lines.append(f"  not looked at: {', '.join(found.not_looked_at)}")
    lines += [f"  WRONG: {line}" for line in found.broken_promises]
    lines += [f"  UNKNOWN: {line}" for line in found.open_questions]
    return "\n".join(lines) + "\n"


def performance(found: Regression) -> str:
    """Return the comparisons as a table, with what they rest on."""
    if found.performance is None:
        return f"Not timed: {found.no_timings or 'nobody asked for it'}."
    rows = [_row(comparison) for comparison in found.performance.comparisons]
    header = ("", "baseline", "new", "new over baseline", "interval", "matters from", "verdict")
    return f"{_table(header, rows)}\n\n{_method(found.performance)}"


def _row(one: Comparison) -> tuple[str, ...]:
    return (
        one.subject,
        _time(one.baseline_s),
        _time(one.new_s),
        f"{one.ratio:.3f}",
        _interval(one.interval),
        f"+{one.margin:.1%}",
        f"**{one.standing.value}**",
    )


def _method(done: Performance) -> str:
    left_out = f" Not compared: {_not_compared(done)}." if done.not_compared else ""
    method = f"Method: {done.method}.{left_out}"
    if done.recorded:
        return f"{done.sample}, run at two times: no error rate, see above. {method}"
    error = f"The chance of any wrong *worse* or *improved* in the table is at most {done.alpha:.0%}."
    return f"{done.pairs} of at most {done.looks[-1]} pairs of bursts. {error} {method}"


def _not_compared(done: Performance) -> str:
    """Return the steps that were not compared, by reason."""
    reasons = dict.fromkeys(one.why for one in done.not_compared)
    parts = [
        f"{', '.join(one.step for one in done.not_compared if one.why == why)} ({why})" for why in reasons
    ]
    return "; ".join(parts)


def _is_recorded(found: Regression) -> bool:
    return found.performance is not None and bool(found.performance.recorded)


def _in_words(one: Comparison) -> str:
    times = f"{_time(one.baseline_s)} -> {_time(one.new_s)}"
    return f"{one.subject}: {one.standing.value}, {one.ratio:.3f} x ({_interval(one.interval)}), {times}"


def _interval(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f} at {interval.confidence:.2%}"


def _time(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


def _checks(checks: Sequence[Check]) -> str:
    rows = [(check.name, check.asks, _passed(check)) for check in checks]
    return _table(("check", "asks whether", ""), rows) if rows else "None were made."


def _passed(check: Check) -> str:
    mark = MARKS[FINE if check.passed else BROKEN_PROMISE]
    return f"{mark} {'passed' if check.passed else f'{len(check.findings)} found'}"


def _experiments(experiments: Sequence[Experiment]) -> str:
    if not experiments:
        return "Nobody asked for them."
    rows = []
    for activity in sorted({one.activity for one in experiments}):
        mine = [one for one in experiments if one.activity == activity]
        counts = [f"{sum(o.status == s for o in mine)} {s}" for s in dict.fromkeys(o.status for o in mine)]
        rows.append((str(activity), ", ".join(counts), str(sum(one.claims for one in mine))))
    return _table(("activity", "experiments", "claims judged"), rows)


def _where(found: Regression) -> str:
    place = found.environment
    machine = ", ".join(f"{name} {value}" for name, value in place.machine.items())
    return f"Measured on the {place.cloud} cloud; {machine}; commit {place.commit or 'unknown'}."


def _list(title: str, lines: Sequence[str]) -> str:
    return f"### {title}\n\n" + "\n".join(f"- {_plain(line)}" for line in lines) if lines else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [header, ["---"] * len(header), *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)

"""The incident report: a diagnosis as Markdown, for somebody who was not there.

Evidence and hypothesis are kept apart; every piece of evidence has a number and its citation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.judging.verdicts import line as verdict_line
from reports.rca.diagnosis import Conclusion, Diagnosis, Finding, Leaf, RuledOut
from reports.rca.evidence import clock, short
from reports.rca.observations import Observations
from reports.records import Burst, Verdict

_NOT_YET = "Not verified yet: apply the fix, run the same burst again, and compare before and after."
_CLASSIFICATION = {
    Conclusion.HEALTHY: "No incident: every ticket succeeded, and nothing that was seen points at one.",
    Conclusion.UNDETERMINED: "**Undetermined.** The evidence does not single out one leaf; none is guessed.",
}


def incident_report(
    diagnosis: Diagnosis,
    observations: Observations,
    *,
    title: str = "Incident report",
    result: Sequence[Verdict] = (),
) -> str:
    """Return the report; `result` are the verdicts on a before and after that verified the fix."""
    sections = (
        ("What happened", _happened(diagnosis, observations)),
        ("Evidence", _evidence(diagnosis)),
        ("Hypothesis", _hypothesis(diagnosis)),
        ("Classification", _classification(diagnosis)),
        ("Ruled out", _ruled_out(diagnosis)),
        ("Fix", _fix(diagnosis)),
        ("Result", _result(diagnosis, result)),
        ("What to look at next", [f"- {step}" for step in diagnosis.look_next]),
        ("How this was concluded", _how(diagnosis)),
    )
    parts = [f"# {title}", f"**{_escaped(diagnosis.headline)}**"]
    parts += [f"## {name}\n\n" + "\n".join(lines) for name, lines in sections if lines]
    return "\n\n".join(parts) + "\n"


def _happened(diagnosis: Diagnosis, observations: Observations) -> list[str]:
    lines = [f"- {_run(burst)}" for burst in observations.bursts]
    known = {burst.execution_arn for burst in observations.bursts}
    for execution in observations.executions:
        if execution.arn not in known:
            plan = f" with {execution.tickets} tickets" if execution.tickets else ""
            when = f", begun {clock(execution.started)}" if execution.started else ""
            lines.append(f"- Execution {short(execution.arn)}{plan} ended {execution.status}{when}.")
    if observations.target_makespan_s is not None:
        lines.append(f"- It was allowed to take {observations.target_makespan_s:g} s.")
    lines = lines or ["- No execution was observed."]
    return [*lines, f"- Blast radius: {_escaped(diagnosis.blast_radius.statement)}."]


def _run(burst: Burst) -> str:
    return (
        f"Execution {short(burst.execution_arn)}, begun {clock(burst.started)}: {burst.plan.tickets} "
        f"ticket{'' if burst.plan.tickets == 1 else 's'} with at most {burst.plan.max_concurrency} at once, "
        f"{burst.status} after {burst.makespan_s:.2f} s{_with(burst)}, {burst.succeeded} succeeded."
    )


def _with(burst: Burst) -> str:
    return f" with {_escaped(burst.error)}" if burst.error and burst.status == "FAILED" else ""


def _evidence(diagnosis: Diagnosis) -> list[str]:
    if not diagnosis.findings and not diagnosis.contradictions:
        return ["None that points at a cause."]
    return list(_numbered(diagnosis))


def _numbered(diagnosis: Diagnosis) -> Iterator[str]:
    number = 0
    told = [(finding.summary, finding.evidence) for finding in diagnosis.findings]
    told += [(f"contradiction: {c.saying}", c.evidence) for c in diagnosis.contradictions]
    for heading, evidence in told:
        if len(told) > 1:
            yield f"\n*{_escaped(heading)}*\n" if number else f"*{_escaped(heading)}*\n"
        for piece in evidence:
            number += 1
            yield f"{number}. {_escaped(_capital(piece.sentence()))}  \n   *{_escaped(piece.citation())}*"


def _hypothesis(diagnosis: Diagnosis) -> list[str]:
    lead = "*What the evidence suggests, and does not prove:*"
    told = [f"- {_escaped(finding.hypothesis)}" for finding in diagnosis.findings]
    return [lead, "", *told] if told else ["None: without a cause there is nothing to suppose."]


def _classification(diagnosis: Diagnosis) -> list[str]:
    if not diagnosis.findings:
        return [_CLASSIFICATION[diagnosis.conclusion]]
    order = ["", "In the order to act on:", ""] if len(diagnosis.findings) > 1 else []
    effects = [f"- Follows from that: {_escaped(text)}" for text in diagnosis.consequences]
    return [*order, *(_classified(finding) for finding in diagnosis.findings), *effects]


def _classified(finding: Finding) -> str:
    where = f", step **{finding.step}**" if finding.step else ""
    if isinstance(finding.classified_as, Leaf):
        kind = f"leaf **{finding.classified_as}**"
    else:
        kind = f"**{finding.classified_as}**, which is none of the four leaves"
    bone = f", bone **{finding.bone}**" if finding.bone else ", on none of the four bones"
    return f"- {kind[:1].upper()}{kind[1:]}{bone}{where}: {_escaped(finding.summary)}."


def _ruled_out(diagnosis: Diagnosis) -> list[str]:
    if not diagnosis.ruled_out:
        return []
    return [line for other in diagnosis.ruled_out for line in _other(other)]


def _other(other: RuledOut) -> Iterator[str]:
    """Yield a leaf with its reason, and its evidence below: a table would be wider than a page."""
    reason = _escaped(other.reason.removeprefix("not ruled out: "))
    yield f"- **{other.leaf}**, {'ruled out' if other.ruled_out else '**not ruled out**'}: {reason}"
    for evidence in other.evidence:
        yield f"    - {_escaped(_capital(evidence.sentence()))}  \n      *{_escaped(evidence.citation())}*"


def _fix(diagnosis: Diagnosis) -> list[str]:
    action = diagnosis.action
    if action is None:
        return ["None: nothing is changed before a cause is known."]
    return [
        f"- First safe action: {_escaped(action.do)}",
        f"- To undo it: {_escaped(action.undo)}",
        f"- It has worked when: {_escaped(action.verify)}",
    ]


def _result(diagnosis: Diagnosis, result: Sequence[Verdict]) -> list[str]:
    if diagnosis.action is None:
        return []
    return [f"- {_escaped(verdict_line(verdict))}" for verdict in result] or [_NOT_YET]


def _how(diagnosis: Diagnosis) -> list[str]:
    return [
        f"- Rules that fired: {', '.join(diagnosis.fired) or 'none'}.",
        f"- Rules that saw nothing: {', '.join(diagnosis.silent) or 'none'}.",
        *(f"- Contradiction: {_escaped(c.saying)}." for c in diagnosis.contradictions),
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _escaped(text: str) -> str:
    """Return a text on one line that Markdown and HTML take as it is."""
    flat = " ".join(text.split())
    for special in "\\`*_<>[]":
        flat = flat.replace(special, {"<": "&lt;", ">": "&gt;"}.get(special, f"\\{special}"))
    return flat

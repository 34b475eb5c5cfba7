"""Every recorded incident is diagnosed as somebody who knows its cause would."""

from __future__ import annotations

import pytest

from reports.rca import Leaf, diagnose
from reports.rca.observations import Observations, observations_from_json
from tests.reports.rca.corpus_reading import CORPUS, Recorded, recorded, summary

CASES = tuple(recorded())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_incident(case: Recorded):
    """The conclusion, the rules in order, the leaves, the bone, the step and the effects are as expected."""
    assert case.faults() == []


def test_corpus_is_broad_enough():
    """At least 40 incidents are recorded, among them each leaf several times, each within 60,000 bytes."""
    leaves = [leaf for case in CASES for leaf in case.expected["leaves"]]
    assert len(CASES) >= 40
    assert all(leaves.count(str(leaf)) >= 5 for leaf in Leaf)
    assert max(path.stat().st_size for path in CORPUS.glob("*.json")) < 60_000


def test_no_recorded_report_uses_more_memory_than_there_is():
    """Lambda never says that a function used more than its memory."""
    reports = [report for case in CASES for report in case.observations.reports]
    assert reports
    assert [report.text for report in reports if report.max_memory_mb > report.memory_mb] == []


def test_summary_counts_the_cases():
    """The line printed at the end names how many of how many are right."""
    assert f"of {len(CASES)} recorded incidents" in summary()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_observations_round_trip(case: Recorded):
    """Observations read back from their JSON form equal those written."""
    assert observations_from_json(case.observations.to_json()) == case.observations


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_evidence_can_be_looked_up(case: Recorded):
    """Every metric, log line and setting that a diagnosis cites is in the observations it was asked of."""
    found = diagnose(case.observations)
    cited = [e for finding in found.findings for e in finding.evidence]
    cited += [e for other in found.ruled_out for e in other.evidence]
    assert all(_is_in(evidence, case.observations) for evidence in cited)


def _is_in(evidence, observations: Observations) -> bool:
    match evidence.kind:
        case "metric":
            return any(s.name == evidence.name and s.window == evidence.window for s in observations.metrics)
        case "log":
            lines = [line.text for line in (*observations.logs, *observations.reports)]
            return evidence.text in lines
        case "history":
            arns = {burst.execution_arn for burst in observations.bursts}
            arns |= {execution.arn for execution in observations.executions}
            ids = {(event.execution, event.id) for event in observations.events}
            known = evidence.event_id is None or (evidence.execution, evidence.event_id) in ids
            return evidence.execution in arns | {event.execution for event in observations.events} and known
        case _:
            settings = {(s.resource, s.property, s.value) for s in observations.settings}
            plan = evidence.property in {"MaxConcurrency", "max_concurrency"} or "input" in evidence.property
            return plan or (evidence.resource, evidence.property, evidence.value) in settings

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import evidence
from reports.judging.estimates import exact, ratio_of_p95, speed_up
from reports.judging.verdicts import judge
from reports.records import (
    Attempt,
    Burst,
    BurstPlan,
    Environment,
    Estimate,
    Interval,
    StepSample,
    TicketSample,
    from_json,
    to_json,
)
from tests.reports.synthetic import burst_of, fixed, make_burst

moments = st.floats(0, 2e9, allow_nan=False)
texts = st.text(max_size=12)
attempts = st.builds(Attempt, moments, st.none() | moments, moments, st.none() | texts, st.none() | texts)
steps = st.builds(StepSample, texts, moments, moments, st.lists(attempts, max_size=3).map(tuple))
outcomes = st.sampled_from(["succeeded", "failed", "aborted", "unfinished"])
tickets = st.builds(
    TicketSample,
    st.integers(0, 9),
    moments,
    moments,
    outcomes,
    st.lists(steps, max_size=3).map(tuple),
    moments,
    st.none() | texts,
)
plans = st.builds(BurstPlan, st.integers(1, 9), st.integers(0, 50), texts, st.integers(0, 3), st.booleans())
bursts = st.builds(
    Burst,
    plan=plans,
    execution_arn=texts,
    status=st.just("SUCCEEDED"),
    started=st.just(0.0),
    ended=moments.map(lambda t: t + 1),
    map_state=texts,
    map_started=moments,
    map_ended=moments,
    step_order=st.lists(texts, max_size=3).map(tuple),
    tickets=st.lists(tickets, max_size=3).map(tuple),
)


def a_file(claims=(), of=()):
    where = Environment("embedded", "us-east-1", {"cpu": "two"}, {"python": "3.11"}, "abc", "def")
    return evidence.EvidenceFile(4, "scale up", tuple(claims), tuple(of), where)


@settings(max_examples=50, deadline=None)
@given(bursts)
def test_a_burst_survives_the_file(burst):
    """Whatever a burst holds, it is read back as it was written, through real JSON text."""
    written = json.dumps(a_file(of=[burst]).to_json(), allow_nan=False)
    assert evidence.parse(json.loads(written)).bursts == (burst,)


def test_a_file_is_read_back_as_written(tmp_path):
    """A file written and read is equal, verdicts, notes and environment included."""
    low, high = burst_of([0.25] * 60, 2, arn="low"), burst_of([0.25] * 60, 10, arn="high")
    claims = [
        judge("faster", speed_up(low, high), at_least=3),
        judge("all done", exact(60, 60, "done"), equals=60),
    ]
    file = a_file(claims, [low, high])
    path = evidence.write(file, tmp_path / "deep" / "a.json")
    assert evidence.read(path) == file


def test_the_schema_s_members_are_there():
    """The document has the members that a reader without this project relies on."""
    burst = make_burst(12, 2, fixed(Alpha=0.1, Beta=0.3))
    document = a_file([judge("done", exact(12, 12, "done"), equals=12)], [burst]).to_json()
    assert set(document) == {"schema", "activity", "experiment", "claims", "bursts", "environment", "seal"}
    expected = {"claim", "outcome", "effect", "interval", "n", "threshold", "method"}
    assert expected <= set(document["claims"][0])
    expected = {"plan", "makespan_s", "ideal_s", "throughput_per_s", "steps", "samples"}
    assert expected <= set(document["bursts"][0])
    assert document["bursts"][0]["ideal_s"] == pytest.approx(2.4)
    assert len(document["bursts"][0]["samples"]) == 12


def test_verdicts_recompute_from_the_samples_alone(tmp_path):
    """A verdict computed again from the file is the same, bootstrap included."""
    low, high = burst_of([0.25] * 60, 2, arn="low"), burst_of([0.24, 0.26] * 30, 10, arn="high")
    claims = [
        judge("faster", speed_up([low], [high]), at_least=3),
        judge("same p95", ratio_of_p95(low, high, "Beta"), within=0.15),
        judge("all done", exact(60, 60, "done"), equals=60),
    ]
    file = evidence.read(evidence.write(a_file(claims, [low, high]), tmp_path / "a.json"))
    assert evidence.recompute(file) == tuple(claims)


def test_a_forged_sample_changes_the_recomputed_verdict():
    """The recomputed verdict follows the samples and not the recorded figures."""
    low, high = burst_of([0.25] * 60, 2, arn="low"), burst_of([0.25] * 60, 10, arn="high")
    claims = [judge("faster", speed_up(low, high), at_least=3)]
    (again,) = evidence.recompute(a_file(claims, [low, burst_of([0.25] * 60, 2, arn="high")]))
    assert (claims[0].outcome, again.outcome) == ("confirmed", "refuted")


def test_an_unknown_effect_is_null_in_json():
    """NaN, which JSON does not know, becomes null and comes back as NaN."""
    unknown = Estimate(float("nan"), Interval(float("-inf"), float("nan")), 0, "bursts", "x", "none")
    document = json.loads(json.dumps(to_json(unknown), allow_nan=False))
    assert document["value"] is None
    back = from_json(Estimate, document)
    assert back.value != back.value
    assert back.interval.low == float("-inf")


@pytest.mark.parametrize("text", ["{", '{"schema": "other/1"}', "[]"])
def test_another_document_is_refused(tmp_path, text):
    """A document of another schema, or no JSON at all, is refused by name."""
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(evidence.NotAnEvidenceFile):
        evidence.read(path)

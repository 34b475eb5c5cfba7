import copy
import json
from dataclasses import replace

import pytest

from reports import evidence, seal
from reports.grading.evidence_set import Origin, read_evidence
from tests.reports.grading.worlds import files, graded, incidents, marks, read


def edited(edit, name="evidence/activity3-a.json", *, resealed=False):
    """Return all evidence with one document edited; resealed as a careful forger would."""
    documents = {**files(), **incidents()}
    edit(documents[name])
    if resealed:
        documents[name]["seal"] = seal.seal(documents[name])
    return documents


def found_in(documents):
    """Return the findings as (file, sentence)."""
    return [(one.file.rpartition("/")[2], f"{one.place}: {one.saying}") for one in read(documents).findings]


def test_what_was_written_is_sound():
    """Evidence as it was written has no finding, metrics and logs of recorded incidents included."""
    assert found_in({**files(), **incidents()}) == []


def shorter(document):
    """Halve a ticket's time in service."""
    ticket = document["bursts"][0]["samples"][17]
    ticket["steps"][1]["attempts"][0]["ended"] -= 0.1


def test_an_edited_sample_is_found_and_named():
    """One sample changed breaks the chain there, and the finding says which ticket."""
    findings = found_in(edited(shorter))
    assert ("activity3-a.json", "bursts[0].samples[17]: this sample was changed after sealing") in findings


def test_an_edited_figure_is_found():
    """A makespan changed beside the samples is found by the seal and by computing it again."""
    told = " ".join(s for _, s in found_in(edited(lambda d: d["bursts"][0].update(makespan_s=1.0))))
    assert "changed after sealing" in told
    assert "makespan_s: it is not what the samples give" in told


def test_an_edited_outcome_is_found():
    """A verdict turned from refuted to confirmed is found, with the seal made anew too."""

    def turn(document):
        document["claims"][1]["outcome"] = "refuted"

    assert any("computed again it is confirmed" in s for _, s in found_in(edited(turn, resealed=True)))


def test_an_effect_that_does_not_follow_is_found():
    """An effect that the samples do not give is found, resealed or not."""

    def raise_it(document):
        document["claims"][1]["effect"] = 0.51

    assert any("is recorded as 0.51" in s for _, s in found_in(edited(raise_it, resealed=True)))


def test_a_missing_seal_is_found():
    """Taking the seal away is a finding."""
    assert ("activity3-a.json", "seal: the file has no seal") in found_in(edited(lambda d: d.pop("seal")))


def test_a_dropped_burst_is_found():
    """Bursts cannot be taken out of a file."""
    findings = found_in(edited(lambda d: d["bursts"].pop(), "evidence/activity4-a.json"))
    assert any("2 bursts were sealed and 1 are there" in s for _, s in findings)


def test_dropped_samples_are_found():
    """Slow tickets cannot be taken out of a burst, even with the seal and the figures made anew."""

    def drop(document):
        burst = document["bursts"][0]
        del burst["samples"][40:]

    assert any("never started" in s for _, s in found_in(edited(drop, resealed=True)))
    assert any("60 samples were sealed and 40 are there" in s for _, s in found_in(edited(drop)))


def test_a_burst_that_is_faster_than_its_slots_allow_is_found():
    """Tickets moved together to shorten a makespan run more at once than the cap allows."""

    def squeeze(document):
        burst = document["bursts"][0]
        start = burst["map_started"]
        for ticket in burst["samples"]:
            shift(ticket, start - ticket["started"])
            ticket["queued_s"] = 0.0

    assert any("ran at once, and the cap was 2" in s for _, s in found_in(edited(squeeze, resealed=True)))


def shift(value, by):
    """Move all times of a ticket."""
    for name, inner in value.items():
        if name in {"started", "ended", "entered", "exited", "scheduled"} and inner is not None:
            value[name] = inner + by
        elif isinstance(inner, list):
            for one in inner:
                shift(one, by)


def test_copied_tickets_are_found():
    """Tickets written by a loop, all alike to a tenth of a millisecond, were not measured."""

    def copies(document):
        burst = document["bursts"][0]
        for number, ticket in enumerate(burst["samples"]):
            at = burst["map_started"] + 0.26 * (number // 2)
            ticket["steps"] = [step(at, "Alpha", 0.002), step(at + 0.002, "Beta", 0.25)]
            ticket |= {"started": at, "ended": at + 0.252, "queued_s": at - burst["map_started"]}

    assert any("took exactly as long" in s for _, s in found_in(edited(copies, resealed=True)))


def step(at, name, service_s):
    """Return a passage through a step."""
    attempt = {"scheduled": at, "started": at, "ended": at + service_s}
    return {"step": name, "entered": at, "exited": at + service_s, "attempts": [attempt]}


def test_one_execution_told_two_ways_is_found():
    """The same execution in two files must have the same samples."""
    documents = {**files(), "evidence/activity3-a.json": forged(shorter)}
    assert any("has other samples of this execution" in s for _, s in found_in(documents))


def forged(edit, name="evidence/activity3-a.json"):
    """Return a document edited by somebody who computes its figures, verdicts and seal again."""
    file = evidence.parse(edited(edit, name)[name])
    return replace(file, claims=evidence.recompute(file)).to_json()


def test_another_region_is_found():
    """An execution of another region than the environment's is found."""

    def move(document):
        document["environment"]["region"] = "eu-west-1"

    assert any("it ran in us-east-1" in s for _, s in found_in(edited(move, resealed=True)))


def test_metrics_that_contradict_the_history_are_found():
    """Fewer invocations than the history has served is a contradiction."""

    def fewer(document):
        for series in document["metrics"]:
            series["values"] = [[at, 1.0] for at, _ in series["values"]]

    findings = found_in(edited(fewer, "evidence/activity7-observations.json"))
    assert any("Invocations of" in s for _, s in findings)


def test_a_status_that_contradicts_the_history_is_found():
    """DescribeExecution and the history have to agree."""

    def succeed(document):
        document["executions"][0]["status"] = "SUCCEEDED"

    findings = found_in(edited(succeed, "evidence/activity6-observations.json"))
    assert any("DescribeExecution says SUCCEEDED, its history FAILED" in s for _, s in findings)


def test_logs_that_contradict_the_history_are_found():
    """A handler that logs ten seconds in an attempt of ten milliseconds is found."""

    def slow(document):
        line = json.loads(document["logs"][0]["text"])
        document["logs"][0]["text"] = json.dumps({**line, "duration_ms": 10_000})

    findings = found_in(edited(slow, "evidence/activity6-observations.json"))
    assert any("preprocess logs 10000 ms" in s for _, s in findings)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"schema": "x"}', '{"schema": "scale-or-fail/evidence/1"}']
)
def test_what_is_no_evidence_is_a_finding_and_no_crash(text):
    """A file that cannot be read is told, and the others are read."""
    good = [(name, json.dumps(value)) for name, value in files().items()]
    found = read_evidence([("evidence/bad.json", text), *good], Origin.LEARNER)
    assert [one.file for one in found.findings] == ["evidence/bad.json"]
    assert len(found.sound) == len(good)


def hurt(document, place, value):
    """Put a value somewhere in a document; the place is a path of names and numbers."""
    *path, last = place
    for name in path:
        document = document[name]
    document[last] = value


@pytest.mark.parametrize("resealed", [True, False])
@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("bursts", 0, "plan", "tickets"), "60", "bursts[0].plan.tickets: '60' stands where a whole number"),
        (("bursts", 0, "plan", "max_concurrency"), None, "bursts[0].plan.max_concurrency: None stands where"),
        (("bursts", 0, "execution_arn"), ["a"], "bursts[0].execution_arn: ['a'] stands where a text"),
        (("bursts", 0, "ended"), None, "bursts[0].ended: nan stands where a number"),
        (("bursts", 0, "samples", 2, "index"), True, "bursts[0].samples[2].index: True stands where"),
        (("bursts", 0, "samples", 2, "steps", 0, "step"), 7, "bursts[0].samples[2].steps[0].step: 7 stands"),
        (("bursts", 0, "samples"), 5, "holds what it should not"),
        (("environment", "region"), 5, "environment.region: 5 stands where a text"),
        (("experiment",), {"a": 1}, "experiment: {'a': 1} stands where a text"),
        (("claims", 1, "n"), "many", "claims[1].estimate.n: 'many' stands where"),
        (
            ("claims", 1, "recipe"),
            {"estimate": "speed_up"},
            "cannot be computed again: KeyError",
        ),
        (("claims", 1, "recipe"), [1], "cannot be computed again: TypeError"),
        (("bursts",), "none", "holds what it should not"),
    ],
)
def test_a_value_of_another_type_is_a_finding_on_its_file_alone(place, value, said, resealed):
    """A text for a number, or what can never be reckoned with, is told with its place; the rest is graded."""
    documents = {**files(), **incidents()}
    name = "evidence/activity3-a.json"
    hurt(documents[name], place, value)
    if resealed and isinstance(documents[name]["bursts"], list):
        documents[name] = resealed_if_possible(documents[name])
    findings = found_in(documents)
    assert {file for file, _ in findings} == {"activity3-a.json"}
    assert any(said in sentence for _, sentence in findings), findings
    found, whole = graded(documents=documents), marks(graded())
    assert not found.broken
    lost = {name for name, mark in marks(found).items() if mark.earned != whole[name].earned}
    assert lost == {"wall", "evidence", "bottleneck", "scale-first"}


def resealed_if_possible(document):
    """Seal a document anew where that can be done."""
    try:
        return {**document, "seal": seal.seal(document)}
    except (TypeError, AttributeError):
        return document


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_json_does_not_have_is_a_finding(number):
    """NaN and infinities, which Python writes and JSON does not know, are told and break nothing."""
    texts = {name: json.dumps(value) for name, value in files().items()}
    name = "evidence/activity3-a.json"
    document = files()[name]
    document["claims"][1]["effect"] = 123.25
    texts[name] = json.dumps(document).replace("123.25", number)
    found = read_evidence(texts.items(), Origin.LEARNER)
    assert [one.file for one in found.findings] == [name]
    assert len(found.sound) == len(texts) - 1


def test_observations_of_another_type_are_a_finding():
    """A log line that is no text, or an error that is a number, is told, and breaks no criterion."""
    for place, value in (
        (("logs", 0, "text"), 5),
        (("events", 0, "error"), 7),
        (("executions", 0, "arn"), {}),
    ):
        documents = {**files(), **incidents()}
        name = "evidence/activity6-observations.json"
        hurt(documents[name], place, value)
        documents[name]["seal"] = seal.seal(documents[name])
        assert {file for file, _ in found_in(documents)} == {"activity6-observations.json"}
        assert not graded(documents=documents).broken


def test_of_two_tellings_neither_is_used():
    """A forged file beside the honest one of the same execution: both are told, neither decides anything."""
    name = "evidence/activity3-a.json"
    for first, second in ((forged(shorter), files()[name]), (files()[name], forged(shorter))):
        found = read({"evidence/activity3-a.json": first, "evidence/activity3-b.json": second})
        assert [one.file for one in found.findings] == [
            "evidence/activity3-a.json",
            "evidence/activity3-b.json",
        ]
        assert found.sound == ()


def test_a_broken_seal_is_no_witness_against_an_honest_file():
    """A file edited without sealing it again loses itself, and not the others that tell the same burst."""
    found = read(edited(shorter))
    assert {one.file for one in found.findings} == {"evidence/activity3-a.json"}
    assert len(found.sound) == len(found.items) - 1


def test_unsound_evidence_earns_nothing():
    """Evidence with a finding is not used, neither its bursts nor its claims."""
    documents = {"evidence/activity3-a.json": edited(shorter)["evidence/activity3-a.json"]}
    found = marks(graded(documents=documents))
    assert [found[name].earned for name in ("wall", "low-makespan", "bottleneck", "evidence")] == [0, 0, 0, 0]
    assert "cannot be used" in found["wall"].parts[0].found


def test_the_seal_survives_being_read_and_written():
    """A file read back and written again has the same seal, byte for byte."""
    for document in files().values():
        again = evidence.parse(json.loads(json.dumps(document))).to_json()
        assert again["seal"] == document["seal"]
        assert seal.check(json.loads(json.dumps(again))) == ()


def test_every_part_of_a_document_is_sealed():
    """Whatever leaf of a document is changed, the seal tells."""
    document = files()["evidence/activity2-a.json"]
    leaves = list(paths({name: value for name, value in document.items() if name != "seal"}))
    assert len(leaves) > 40
    for path in leaves:
        changed = copy.deepcopy(document)
        inner = changed
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = "forged"
        assert seal.check(changed), path


def paths(value, before=()):
    """Yield the path of every leaf."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = False
    for name, one in inner:
        found = True
        yield from paths(one, (*before, name))
    if not found and not isinstance(value, (dict, list)):
        yield before

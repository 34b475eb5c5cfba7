"""A learner's answers and evidence, made for tests: a pipeline of Alpha, Beta and Gamma, Beta the model."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import yaml

from reports import evidence, seal
from reports.bottleneck import attribute
from reports.grading.answers import parse
from reports.grading.case import Case
from reports.grading.evidence_set import Origin, read_evidence
from reports.grading.grading import grade
from reports.grading.rubric import read_rubric
from reports.judging.estimates import exact, share_of_service, speed_up
from reports.judging.verdicts import judge
from reports.measuring.statistics import percentile, service_times
from reports.rca.observations import observations_from_json
from reports.records import Environment
from tests.reports.synthetic import make_burst

WHERE = Environment("embedded", "us-east-1", {"cpu": "two"}, {"python": "3.11"}, "abc", "def")
CORPUS = Path(__file__).parents[1] / "rca" / "corpus"


def service(index, step):
    """Return a service time that varies as measured ones do: Beta a quarter of a second, Alpha 2 ms."""
    wobble = 0.001 * ((index * 7919) % 13)
    return (0.25 if step == "Beta" else 0.002) + wobble


def burst(tickets, concurrency, name):
    """Return a burst under an ARN of its own."""
    made = make_burst(tickets, concurrency, service, startup=0.01, overhead=0.001)
    return replace(made, execution_arn=f"arn:aws:states:us-east-1:123456789012:execution:m:{name}")


ONE, LOW, HIGH = burst(1, 1, "one"), burst(60, 2, "low"), burst(60, 10, "high")


def files():
    """Return the evidence of activities 1 to 4 as JSON documents by file name, fresh copies."""
    done = judge("tickets that succeed", exact(60, 60, "tickets"), equals=60)
    share = judge("Beta's share of service time", share_of_service(LOW, "Beta"), at_least=0.5)
    faster = judge("so many times sooner", speed_up(LOW, HIGH), at_least=3.0)
    made = {
        "evidence/activity1-a.json": evidence.EvidenceFile(1, "orientation", (done,), (), WHERE),
        "evidence/activity2-a.json": evidence.EvidenceFile(2, "one", (done,), (ONE,), WHERE),
        "evidence/activity3-a.json": evidence.EvidenceFile(3, "wall", (done, share), (LOW,), WHERE),
        "evidence/activity4-a.json": evidence.EvidenceFile(4, "scaled", (faster,), (LOW, HIGH), WHERE),
    }
    return {name: copy.deepcopy(file.to_json()) for name, file in made.items()}


def incident(name):
    """Return recorded observations of the corpus, sealed, as a JSON document."""
    seen = observations_from_json(json.loads((CORPUS / f"{name}.json").read_text("utf-8"))["observations"])
    document = json.loads(json.dumps(seen.to_json()))
    return {**document, "seal": seal.seal(document)}


def incidents():
    """Return the evidence of activities 6 and 7."""
    return {
        "evidence/activity6-observations.json": incident("oversized"),
        "evidence/activity7-observations.json": incident("map-cap-before-after"),
    }


def read(documents, origin=Origin.LEARNER):
    """Return documents as evidence, through JSON text."""
    return read_evidence([(name, json.dumps(value)) for name, value in documents.items()], origin)


def right():
    """Return answers that are right in everything."""
    p95 = 1000 * percentile(service_times(HIGH, attribute(HIGH).model_step), 95)
    report = {
        "what_happened": "One ticket of 5,100 characters made the whole execution fail at its first step.",
        "evidence": ["PayloadTooLarge: text length 5100 > 5000", "Errors was 1"],
        "hypothesis": "A client sends whole mail threads as one ticket.",
        "first_safe_action": "Put a validation gate before the queue.",
    }
    throttled = {
        "what_happened": "The burst took many times longer than usual though every ticket succeeded.",
        "evidence": ["ConcurrentExecutions was flat at the cap", "Duration p95 unchanged"],
        "hypothesis": "The cap was set for quiet days.",
        "first_safe_action": "Raise max_concurrency from 2 to 10.",
    }
    return {
        "learner": {"name": "Ada"},
        "happy_path": {"model_step": "Beta", "durations_ms": {"Alpha": 2.0, "Beta": 250.0, "Gamma": 2.0}},
        "figures": {
            "low": {
                "tickets": 60,
                "max_concurrency": 2,
                "makespan_s": round(LOW.makespan_s, 1),
                "peak_concurrency": 2,
            },
            "high": {
                "max_concurrency": 10,
                "makespan_s": round(HIGH.makespan_s, 2),
                "embed_p95_ms": round(p95),
            },
            "speed_up": round(LOW.makespan_s / HIGH.makespan_s, 2),
        },
        "bottleneck": {
            "step": "beta",
            "why": "Beta has by far the largest Duration, a p95 near 260 ms; Alpha takes 10 ms at most.",
        },
        "scaling_map": {
            "Alpha": {
                "does": "checks the text",
                "knob": "memory",
                "fails_under_load": "bad tickets fail",
            },
            "Beta": {
                "does": "computes the model",
                "knob": "max_concurrency",
                "fails_under_load": "tickets wait for slots",
            },
            "Gamma": {
                "does": "applies the rules",
                "knob": "none",
                "fails_under_load": "hardly ever fails",
            },
        },
        "scale_first": {"step": "Beta"},
        "bad_input": {
            "classification": "bad input",
            "ruled_out": {
                "THROTTLED": "Throttles was 0, and a single ticket ran alone",
                "EXHAUSTED": "Max Memory Used stayed far below the configured size",
                "TIMED OUT": "it failed within ten milliseconds, before any timeout",
            },
            "report": report,
        },
        "throttling": {
            "classification": "THROTTLED",
            "fishbone": {
                "bone": "Limits/Throttling",
                "cause": "the Map's cap was two",
                "evidence": ["ConcurrentExecutions flat at 2"],
            },
            "fix": {"before": round(LOW.makespan_s, 1), "after": round(HIGH.makespan_s, 2)},
            "report": throttled,
        },
        "reflection": "First I look at ConcurrentExecutions and Throttles: a flat line says that work "
        "waits. Then I classify the incident by the RCA tree, leaf after leaf. Evidence comes before any "
        "hypothesis, because a guess at night is cheap and a wrong fix is not.",
        "second_reflection": "I would write down the plan of a burst before running it. I would repeat each "
        "burst too, so that noise can be told from an effect the next time I compare two settings.",
        "transfer_table": {
            "Lambda concurrency": "pod replicas",
            "Lambda memory": "resource requests",
            "Map state": "a Job",
            "MaxConcurrency": "parallelism",
        },
    }


def answers(given):
    """Return answers through YAML text."""
    return parse(yaml.safe_dump(given, sort_keys=False), Path("answers.yaml"))


@lru_cache(maxsize=1)
def all_of_it():
    """Return the evidence of all activities but 5, read once."""
    return read({**files(), **incidents()})


def graded(given=None, documents=None, **case):
    """Return the grade of answers and evidence, both right unless given."""
    evidence_set = all_of_it() if documents is None else read(documents)
    one = Case(answers(right() if given is None else given), evidence_set, **case)
    return grade("ada", one, read_rubric())


def marks(grade_):
    """Return marks by criterion."""
    return {mark.criterion.id: mark for mark in grade_.marks}

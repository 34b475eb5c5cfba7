"""The three handlers in a row over the sample tickets, against a golden file.

After an intended change of the model or the samples, `PYTHONPATH=. python tests/handlers/test_routing.py`
writes the file anew.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from infra.preflight import INPUT_LIMIT_BYTES
from infra.tickets import samples, tickets
from tests.handlers.step_files import load

GOLDEN = Path(__file__).with_name("golden_routes.json")


def route_all():
    preprocess, embed, postprocess = load("preprocess"), load("embed"), load("postprocess")
    return [
        postprocess.handler(embed.handler(preprocess.handler(ticket, None), None), None)
        for ticket in tickets(len(samples()))
    ]


@pytest.fixture(scope="module")
def results():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMULATED_INFER_MS", "0")
        return route_all()


def test_routes_of_the_sample_tickets_are_stable(results):
    """Every sample ticket gets the route, score, priority and action of the golden file."""
    assert results == json.loads(GOLDEN.read_text())


def test_routing_agrees_with_a_reader(results):
    """At least nine of ten tickets go where a reader would send them."""
    pairs = [(result["route"], sample["topic"]) for result, sample in zip(results, samples(), strict=True)]
    told = [route == topic for route, topic in pairs if topic is not None]
    assert sum(told) >= 0.9 * len(told)


def test_the_samples_reach_every_route_priority_and_action(results):
    """The samples exercise each route, and each pair of priority and action that the rules allow."""
    routes = Counter(result["route"] for result in results)
    assert min(routes[name] for name in ("billing", "delivery", "technical", "cancellation")) >= 5
    decisions = {(result["priority"], result["action"]) for result in results}
    assert decisions == {("P1", "HUMAN_REVIEW"), ("P2", "HUMAN_REVIEW"), ("P2", "AUTO_REPLY")}


def test_the_result_of_the_largest_burst_fits(results):
    """1,470 results, as many as a history holds, stay below the 256 KiB of a state's output."""
    largest = [results[index % len(results)] for index in range(1470)]
    assert len(json.dumps(largest).encode()) <= INPUT_LIMIT_BYTES


if __name__ == "__main__":
    os.environ["SIMULATED_INFER_MS"] = "0"
    lines = ",\n".join(json.dumps(result) for result in route_all())
    GOLDEN.write_text(f"[\n{lines}\n]\n")

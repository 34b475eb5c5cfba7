"""Each fault does what it says to a handler, and nothing else."""

from __future__ import annotations

import importlib.util
import json
import time

import pytest

from fixtures.options import ROOT


def fault(name: str):
    """Return a fault's module, loaded from its file as it is deployed."""
    path = ROOT / "infra" / "variants" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"fault_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def echo(event: object, _context: object) -> object:
    """Return the event, after the model's sleep."""
    time.sleep(0.25)
    return event


@pytest.fixture
def slept(monkeypatch):
    """Return the sleeps that were asked for; none is slept."""
    kept: list[float] = []
    monkeypatch.setattr(time, "sleep", kept.append)
    return kept


def test_one_ticket_is_slow_and_the_others_are_not(monkeypatch, slept):
    """The model's sleep is longer for the ticket that is named, before and after it as ever."""
    monkeypatch.setenv("SLOW_TICKET", "T-2")
    monkeypatch.setenv("SLOW_MS", "500")
    usual = time.sleep
    handler = fault("one_slow_ticket").faulty(echo)
    for name in ("T-1", "T-2", "T-3"):
        assert handler({"ticket_id": name}, None) == {"ticket_id": name}
    assert slept == [0.25, 0.75, 0.25]
    assert time.sleep is usual


def test_a_handler_that_fails_leaves_the_sleep_as_it_was(monkeypatch, slept):
    """The sleep is put back also when the handler raises."""
    monkeypatch.setenv("SLOW_TICKET", "T-1")
    monkeypatch.setenv("SLOW_MS", "500")
    usual = time.sleep

    def breaks(_event, _context):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fault("one_slow_ticket").faulty(breaks)({"ticket_id": "T-1"}, None)
    assert time.sleep is usual


def test_the_large_model_is_loaded_once_and_filled(monkeypatch, slept):
    """The memory is filled at the first ticket, and kept: an environment loads its model once."""
    monkeypatch.setenv("MODEL_MB", "3")
    module = fault("large_model")
    handler = module.faulty(echo)
    held = dict(zip(handler.__code__.co_freevars, handler.__closure__, strict=True))["model"].cell_contents
    assert held == []
    for name in ("a", "b"):
        assert handler(name, None) == name
    assert [len(part) for part in held] == [3 << 20]
    assert held[0].count(b"\x01") == 3 << 20


@pytest.mark.parametrize(("under_way", "seconds"), [(1, 0.1), (2, 0.1), (4, 0.4), (8, 1.6)])
def test_the_dependency_slows_with_the_square_of_its_load(under_way, seconds):
    """Up to what it takes it answers as when alone; at twice that in four times the time."""
    assert fault("slow_dependency").answer_s(under_way, 2, 0.1) == pytest.approx(seconds)


def test_the_dependency_is_asked_before_the_work_and_its_time_is_logged(monkeypatch, slept, capsys):
    """The step waits for the dependency, logs how long that took, and hands its own code the ticket alone."""
    monkeypatch.setenv("DEPENDENCY_TAKES", "2")
    monkeypatch.setenv("DEPENDENCY_MS", "100")
    handler = fault("slow_dependency").faulty(echo)
    ticket = {"ticket_id": "T-1"}
    assert handler({"ticket": ticket, "under_way": 4}, None) == ticket
    assert slept == [pytest.approx(0.4), 0.25]
    line = json.loads(capsys.readouterr().out)
    assert line["ticket_id"] == "T-1"
    assert line["dependency_ms"] >= 0

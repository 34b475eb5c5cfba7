import json
import math
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.handlers.step_files import HANDLERS, load, log_lines


@pytest.fixture(scope="module")
def embed():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMULATED_INFER_MS", "0")
        return load("embed")


def test_the_vector_has_384_dimensions_and_unit_length(embed):
    """A text becomes 384 numbers of Euclidean length 1, and so does each of the four prototypes."""
    assert set(embed.PROTOTYPES) == {"billing", "delivery", "technical", "cancellation"}
    for vector in [embed.embed(embed.words("My parcel is lost")), *embed.PROTOTYPES.values()]:
        assert len(vector) == 384
        assert math.hypot(*vector) == pytest.approx(1.0)


def test_the_vector_is_the_same_in_another_process(embed):
    """The embedding does not hang on Python's salted hash: another process, another seed, the same vector."""
    program = "import sys, json; sys.path.insert(0, sys.argv[1]); import embed"
    program += "; print(json.dumps(embed.embed(embed.words('Où est mon colis ?'))))"
    other = subprocess.run(
        [sys.executable, "-c", program, str(HANDLERS)],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(other.stdout) == embed.embed(embed.words("Où est mon colis ?"))


def test_different_texts_get_different_vectors(embed):
    """The order of words counts, because pairs of words are features."""
    assert embed.embed(["order", "lost"]) != embed.embed(["lost", "order"])


def test_the_ticket_comes_back_with_its_route_and_without_its_vector(embed):
    """The output names route, score, model and dimension, and carries no vector."""
    ticket = {"ticket_id": "T-1", "text": "I was charged twice, refund my card"}
    result = embed.handler(ticket, None)
    assert 0 < result.pop("route_score") <= 1
    assert result == {**ticket, "route": "billing", "model": "hashed-minilm-384", "embedding_dim": 384}


def test_one_log_line_names_the_route(embed, capsys):
    """A call writes exactly one JSON line, with the route and the score of the result."""
    result = embed.handler({"ticket_id": "T-1", "text": "cancel my account"}, None)
    (line,) = log_lines(capsys.readouterr().out)
    assert (line["step"], line["ticket_id"], line["level"]) == ("embed", "T-1", "INFO")
    assert (line["route"], line["route_score"]) == (result["route"], result["route_score"])


def test_a_ticket_without_text_leaves_one_log_line_with_the_error(embed, capsys):
    """A ticket that skipped Preprocess raises, and its one log line says what was missing."""
    with pytest.raises(KeyError, match="text"):
        embed.handler({"ticket_id": "T-1"}, None)
    (line,) = log_lines(capsys.readouterr().out)
    assert (line["ticket_id"], line["level"], line["error"]) == ("T-1", "ERROR", "KeyError: 'text'")


def test_inference_takes_as_long_as_the_variable_says(embed, monkeypatch):
    """SIMULATED_INFER_MS is what the handler sleeps, 250 ms when it is not set."""
    naps = []
    monkeypatch.setattr(embed.time, "sleep", naps.append)
    for given_ms in ("120", "0.5", None):
        if given_ms is None:
            monkeypatch.delenv("SIMULATED_INFER_MS")
        else:
            monkeypatch.setenv("SIMULATED_INFER_MS", given_ms)
        load("embed").handler({"ticket_id": "T-1", "text": "hello"}, None)
    assert naps == [0.12, 0.0005, 0.25]


@pytest.mark.parametrize("given_ms", ["", "abc", "-1", "nan", "inf", "1e3", "900001"])
def test_a_senseless_inference_time_stops_the_import(given_ms, monkeypatch):
    """A SIMULATED_INFER_MS that is no number of milliseconds fails at import, by name and with the range."""
    monkeypatch.setenv("SIMULATED_INFER_MS", given_ms)
    with pytest.raises(ValueError, match=f"^InvalidSimulatedInferMs: .*'{given_ms}'; give 0 to 900000$"):
        load("embed")


@settings(deadline=None)
@given(text=st.text(min_size=1).filter(str.strip))
def test_any_text_gets_a_route_and_a_score_between_0_and_1(embed, text):
    """Whatever the text, one of the four routes comes out, with a score in 0..1."""
    result = embed.handler({"ticket_id": "T-1", "text": text.encode(errors="ignore").decode() or "?"}, None)
    assert result["route"] in embed.PROTOTYPES
    assert 0 <= result["route_score"] <= 1

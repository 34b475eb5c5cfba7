import pytest

from tests.handlers.step_files import load, log_lines

postprocess = load("postprocess")


def routed(**changes):
    ticket = {"ticket_id": "T-1", "text": "hello", "route": "billing", "route_score": 0.4}
    return {**ticket, "model": "m", "embedding_dim": 384, **changes}


@pytest.mark.parametrize(
    ("changes", "priority", "action"),
    [
        ({}, "P2", "AUTO_REPLY"),
        ({"route": "cancellation"}, "P1", "HUMAN_REVIEW"),
        ({"text": "This is URGENT, please"}, "P1", "HUMAN_REVIEW"),
        ({"text": "bitte sofort helfen"}, "P1", "HUMAN_REVIEW"),
        ({"text": "no signal 🚨"}, "P1", "HUMAN_REVIEW"),
        ({"route_score": 0.15}, "P2", "AUTO_REPLY"),
        ({"route_score": 0.1499}, "P2", "HUMAN_REVIEW"),
        ({"route_score": 0.0, "route": "cancellation"}, "P1", "HUMAN_REVIEW"),
    ],
    ids=["plain", "leaving", "urgent", "sofort", "alarm", "just-sure", "not-sure", "both"],
)
def test_priority_and_action_follow_the_rules(changes, priority, action):
    """Leaving or urgent customers are P1; a person sees every P1 and every route that is close to chance."""
    result = postprocess.handler(routed(**changes), None)
    assert (result["priority"], result["action"]) == (priority, action)


def test_the_output_has_every_field_but_the_text():
    """The result holds what the brief names, and leaves the text out to stay small."""
    assert postprocess.handler(routed(), None) == {
        "ticket_id": "T-1",
        "route": "billing",
        "route_score": 0.4,
        "model": "m",
        "embedding_dim": 384,
        "priority": "P2",
        "action": "AUTO_REPLY",
    }


def test_one_log_line_names_the_decision(capsys):
    """A call writes exactly one JSON line with priority and action."""
    postprocess.handler(routed(), None)
    (line,) = log_lines(capsys.readouterr().out)
    assert line.pop("duration_ms") >= 0
    assert line == {
        "step": "postprocess",
        "ticket_id": "T-1",
        "level": "INFO",
        "priority": "P2",
        "action": "AUTO_REPLY",
    }


def test_a_ticket_that_was_not_routed_leaves_one_log_line_with_the_error(capsys):
    """A ticket without a route raises, and its one log line says what was missing."""
    with pytest.raises(KeyError, match="route"):
        postprocess.handler({"ticket_id": "T-1", "text": "hello"}, None)
    (line,) = log_lines(capsys.readouterr().out)
    assert (line["level"], line["error"]) == ("ERROR", "KeyError: 'route'")

import pytest

from reports.bottleneck import NothingMeasured, attribute, conclusion, scaling_map
from reports.simulation import makespan_of, replay_s
from tests.reports.synthetic import definition, fixed, make_burst


@pytest.fixture(scope="module")
def wall():
    """A burst at the wall: 40 tickets, 2 slots, one step with nearly all the service time."""
    return make_burst(40, 2, fixed(Alpha=0.01, Beta=0.25, Gamma=0.02), overhead=0.01, startup=0.1)


@pytest.mark.parametrize(
    ("durations", "slots", "makespan"),
    [([1, 1, 1, 1], 2, 2), ([3, 1, 1, 1], 2, 3), ([1, 1, 3], 2, 4), ([], 3, 0)],
)
def test_list_scheduling_known_answers(durations, slots, makespan):
    """Each slot takes the next ticket in order."""
    assert makespan_of(durations, slots) == makespan


def test_the_replay_of_a_burst_is_the_burst(wall):
    """With nothing changed the replay gives the measured makespan."""
    assert replay_s(wall) == pytest.approx(wall.makespan_s)


def test_the_heaviest_step_is_found(wall):
    """The model step is the one with the largest share of service time."""
    found = attribute(wall)
    assert found.model_step == "Beta"
    assert found.share == pytest.approx(0.25 / 0.28)


def test_another_step_is_found_when_it_is_the_heavy_one():
    """The attribution follows the measurements, not the place of a step."""
    assert attribute(make_burst(40, 2, fixed(Alpha=0.01, Gamma=0.2))).model_step == "Gamma"


def test_the_counterfactual_halves_one_step_alone(wall):
    """With Beta twice as fast, each of 20 rounds takes 0.31 - 0.125 s, and the rest stays."""
    assert attribute(wall).counterfactual_s == pytest.approx(20 * (0.31 - 0.125) + 0.2)


def test_waiting_before_a_step_is_measured(wall):
    """The time added before each step shows as waiting before it."""
    assert [part.waiting_before_s for part in attribute(wall).steps] == pytest.approx([0.01] * 3, abs=1e-6)


def test_saturation_is_seen_and_its_absence_too(wall):
    """Slots that are full while tickets wait are a wall; slots never filled are not."""
    assert attribute(wall).saturated
    assert "the concurrency cap is the wall" in conclusion(attribute(wall))
    easy = attribute(make_burst(5, 20, fixed(Beta=0.25)))
    assert not easy.saturated
    assert "the cap is not the wall" in conclusion(easy)


def test_the_scaling_map_speaks_of_what_was_measured(wall):
    """Each row holds the step's share and knob, and one row is marked to be scaled first."""
    rows = scaling_map(wall, definition())
    assert [row.step for row in rows if row.scale_first] == ["Beta"]
    assert "$.max_concurrency" in rows[1].knob
    assert "89.3%" in rows[1].does
    assert "needs no knob" in rows[0].knob


def test_errors_show_in_the_scaling_map():
    """A step that failed under load says so in its row."""
    burst = make_burst(20, 4, fixed(Beta=0.2), failures={(3, "Beta"): ["Throttled"]}, retries=1)
    assert "1 of its attempts failed" in scaling_map(burst, definition())[1].under_load


def test_a_burst_without_service_names_no_step():
    """When nothing was served the attribution is refused, with the execution's error."""
    burst = make_burst(4, 2, fixed(), failures={(0, "Alpha"): ["Boom"]})
    with pytest.raises(NothingMeasured, match="Broken"):
        attribute(burst)

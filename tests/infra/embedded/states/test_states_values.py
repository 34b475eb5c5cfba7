"""Values, paths and texts: as moto's own, without its copies."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonpath_ng import parse
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from infra.embedded.states import paths, seam, texts, values
from tests.infra.embedded.states.shapes import one, task

NAMES = st.sampled_from(["a", "b", "c_1"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)
PATHS = st.lists(NAMES, max_size=3).map(lambda names: ".".join(["$", *names]))


def outcome(extract, path, data):
    try:
        return extract(path, data)
    except NoSuchJsonPathError:
        return NoSuchJsonPathError


@settings(deadline=None)
@given(path=PATHS, data=JSON)
def test_plain_paths_select_what_moto_selects(path, data):
    """Walking names gives what the JSONPath library gives, also where there is nothing."""
    assert outcome(paths.extract, path, data) == outcome(seam.REPLACED["extract_json"], path, data)


@pytest.mark.parametrize(
    ("path", "value"), [("$.l[0]", 1), ("$.l[*]", [1, 2]), ("$['o']['x y']", 3), ("$..z", 4), ("$.l[5:]", [])]
)
def test_other_paths_go_to_the_library(path, value):
    """Indexes, wildcards, quoted names and descents still work."""
    assert paths.extract(path, {"l": [1, 2], "o": {"x y": 3}, "p": {"z": 4}}) == value


@settings(deadline=None)
@given(path=PATHS, data=st.dictionaries(NAMES, JSON, max_size=3), result=JSON)
def test_a_result_is_put_where_moto_puts_it(path, data, result):
    """ResultPath gives what moto's update gives, and leaves the state's input as it was."""
    before = copy.deepcopy(data)
    ours = values.with_result(data, path, result)
    assert data == before
    if _is_made_of_objects(data, path):
        assert ours == parse(path).update_or_create(copy.deepcopy(data), copy.deepcopy(result))


def _is_made_of_objects(data, path):
    """Whether the path leads through objects only; moto's library fails on anything else."""
    for name in path.split(".")[1:-1]:
        if not isinstance(data, dict):
            return False
        data = data.get(name, {})
    return isinstance(data, dict)


def test_a_result_path_with_an_index():
    """A ResultPath that is not names only is left to the library, on a copy."""
    data = {"l": [1, 2]}
    assert values.with_result(data, "$.l[0]", 9) == {"l": [9, 2]}
    assert data == {"l": [1, 2]}


def test_states_share_their_values(cloud):
    """What a state passes on is the same object, not a copy."""
    ran = cloud.run(one({"Type": "Pass", "End": True}), {"a": [1]})
    assert ran.execution.output is ran.execution.input_data


def test_an_iteration_does_not_change_its_neighbours(cloud):
    """Results put into a shared item stay in their own iteration."""
    state = {**task(), "ResultPath": "$.seen"}
    del state["OutputPath"]
    branches = [one(state), one({"Type": "Pass", "End": True})]
    ran = cloud.run(one({"Type": "Parallel", "Branches": branches, "End": True}), {"a": 1})
    assert "seen" in ran.execution.output[0]
    assert ran.execution.output[1] == {"a": 1}


@settings(deadline=None)
@given(JSON)
def test_texts_read_back(value):
    """A text reads back as the value, is compact, and its size is that of its UTF-8."""
    text = texts.to_text(value)
    assert json.loads(text) == value
    assert texts.size_of(text) == len(text.encode())
    assert text == texts.to_text(copy.deepcopy(value))


def test_equal_objects_do_not_share_a_text():
    """Texts are remembered by identity: 1, 1.0 and true are equal in Python and different in JSON."""
    assert [texts.to_text([1]), texts.to_text([1.0]), texts.to_text([True])] == ["[1]", "[1.0]", "[true]"]


def test_a_lone_surrogate_counts_three_bytes():
    """JSON may hold half a surrogate pair; it has a size and no error."""
    assert texts.size_of("\ud800") == 3


def test_a_context_path_is_a_snapshot(cloud):
    """A value read from the context object does not change when the context does."""
    states = {
        "S": {"Type": "Pass", "Parameters": {"context.$": "$$"}, "ResultPath": "$.first", "Next": "T"},
        "T": {"Type": "Pass", "End": True},
    }
    ran = cloud.run({"StartAt": "S", "States": states})
    assert ran.execution.output["first"]["context"]["State"]["Name"] == "S"

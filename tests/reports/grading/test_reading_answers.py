import re
from pathlib import Path

import pytest
import yaml

from reports.grading.answers import AnswersError, parse, places, read
from reports.grading.case import CHECKS
from reports.grading.rubric import RUBRIC, RubricError, read_rubric

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "portfolio" / "answers.template.yaml"
HERE = Path("answers.yaml")


def test_the_template_asks_every_question_and_answers_none():
    """The template parses, has a place for every question, and nothing in it counts as an answer."""
    found = read(TEMPLATE)
    assert found.given == {}
    asked = set(found.lines)
    for place in places():
        pattern = re.compile(re.escape(place).replace(r"\*", "[^.]+"))
        assert any(pattern.fullmatch(one) for one in asked), place


def test_a_missing_file_says_what_to_do(tmp_path):
    """No answers.yaml: the sentence names the file and `make answers`."""
    with pytest.raises(AnswersError, match=r"nothing\.yaml: there is no such file; `make answers`"):
        read(tmp_path / "nothing.yaml")


@pytest.mark.parametrize(
    ("text", "said", "line", "column"),
    [
        ("bottleneck: [Embed", "this is not YAML", 1, 19),
        ("learner:\n  name: Ada\n\tid: 3\n", "this is not YAML", 3, 1),
        ("botleneck:\n  step: Embed\n", "nothing asks for 'botleneck'; did you mean bottleneck?", 1, 1),
        ("bottleneck:\n  stp: Embed\n", "nothing asks for 'stp' in bottleneck; did you mean step?", 2, 3),
        ("reflection: a\nreflection: b\n", "reflection is answered twice", 2, 1),
        ("figures:\n  low:\n    makespan_s: 64 s\n", "needs a number without a unit", 3, 17),
        ("figures:\n  low:\n    makespan_s: .nan\n", "needs a number without a unit", 3, 17),
        ("bottleneck: Embed\n", "bottleneck needs entries (step, why)", 1, 13),
        ("bottleneck:\n  step: [a, b]\n", "bottleneck.step needs a text", 2, 9),
        ("- a\n- b\n", "the file needs entries", 1, 1),
    ],
)
def test_what_cannot_be_read_is_said_with_line_and_column(text, said, line, column):
    """Each mistake is named in a sentence with its line and column."""
    with pytest.raises(AnswersError) as caught:
        parse(text, HERE)
    assert said in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("text", ["", "# nothing\n", "bottleneck:\n", "bottleneck:\n  step: ''\n  why: ~\n"])
def test_what_is_empty_is_missing(text):
    """An empty file, question or text is no answer."""
    assert parse(text, HERE).text("bottleneck.step") == ""
    assert parse(text, HERE).at("bottleneck.step") is None


def test_no_tag_of_yaml_makes_anything_run():
    """Tags that would build Python objects are not obeyed: the value is text or refused."""
    text = "reflection: !!python/object/apply:os.system ['touch /tmp/never']\n"
    with pytest.raises(AnswersError):
        parse(text, HERE)


def test_anchors_that_swell_are_bounded():
    """An alias bomb is read node by node of the shape, and refused where a text is due."""
    text = "a: &a [x, x]\nreflection: [*a, *a, *a]\n"
    with pytest.raises(AnswersError):
        parse(text, HERE)


def test_a_file_too_large_is_refused(tmp_path):
    """More than a megabyte of answers is refused with both sizes."""
    path = tmp_path / "answers.yaml"
    path.write_text("reflection: " + "x" * 1_100_000)
    with pytest.raises(AnswersError, match="limit 1,000,000"):
        read(path)


def test_the_rubric_adds_up_and_names_checks_that_exist():
    """A hundred points over activities 1 to 8; each criterion has a KSB, words, and a check that exists."""
    rubric = read_rubric()
    assert rubric.points == 100
    for criterion in rubric.criteria:
        assert criterion.check in CHECKS
        assert criterion.ksb
        assert criterion.expects
    assert {criterion.activity for criterion in rubric.criteria} == set(range(1, 9))


def test_a_rubric_s_places_are_questions():
    """What the rubric holds against evidence is asked in the template."""
    answers = read(TEMPLATE)
    for criterion in read_rubric().criteria:
        if "place" in criterion.given:
            assert criterion.given["place"] in answers.lines, criterion.id


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"decided": "by feeling"}, "decided by 'by feeling'"),
        ({"points": 0}, "has 0 points"),
        ({"ksb": None, "drop": "ksb"}, "has no ksb"),
        ({"id": "deploys", "twice": True}, "stands in it twice"),
    ],
)
def test_a_bad_rubric_is_refused_by_criterion(tmp_path, change, said):
    """A rubric that leaves something out or says it twice is refused, naming the criterion."""
    document = yaml.safe_load(RUBRIC.read_text(encoding="utf-8"))
    document["criteria"][0] |= {k: v for k, v in change.items() if k not in {"drop", "twice"}}
    if "drop" in change:
        del document["criteria"][0][change["drop"]]
    if "twice" in change:
        document["criteria"].append(document["criteria"][0])
    path = tmp_path / "rubric.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(RubricError, match=said):
        read_rubric(path)

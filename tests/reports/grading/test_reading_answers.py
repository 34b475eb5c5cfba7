import re
from pathlib import Path

import pytest
import yaml

import reports.grading.checks  # noqa: F401 - importing registers the checks
from reports.grading.answers import AnswersError, parse, places, read
from reports.grading.case import CHECKS
from reports.grading.rubric import RUBRIC, RubricError, read_rubric
from reports.portfolio.words import answers_in, words_of

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
        ("figures:\n  low:\n    makespan_s: [64]\n", "needs a number without a unit", 3, 17),
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


@pytest.mark.parametrize("said", ["62 s", ".nan", "1e999", "about 60", "1,234", "1.234,5", "60,"])
def test_one_bad_figure_is_said_with_its_place_and_loses_nothing_else(said):
    """What is no number is kept as it was written, with line, column and what to write; the rest is read."""
    found = parse(f"bottleneck:\n  step: Embed\nfigures:\n  low:\n    makespan_s: {said}\n", HERE)
    assert found.text("bottleneck.step") == "Embed"
    assert found.number("figures.low.makespan_s") is None
    assert found.at("figures.low.makespan_s") == said
    assert list(found.wrong) == ["figures.low.makespan_s"]
    told = found.wrong["figures.low.makespan_s"]
    assert told.startswith("answers.yaml, line 5, column 17: figures.low.makespan_s needs a number without a")
    assert said in told


@pytest.mark.parametrize(
    ("said", "number"), [("64,4", 64.4), ("-0,25", -0.25), ("0,256", 0.256), ("1_000", 1000.0), ("6e1", 60.0)]
)
def test_a_decimal_comma_is_a_number(said, number):
    """One comma for decimals is understood, unless it may as well part thousands."""
    found = parse(f"figures:\n  speed_up: {said}\n", HERE)
    assert found.number("figures.speed_up") == number
    assert found.wrong == {}


def test_one_bad_figure_leaves_the_other_words_in_the_portfolio(tmp_path):
    """The portfolio's page has every other answer, and the bad figure as it was written."""
    path = tmp_path / "answers.yaml"
    path.write_text("bottleneck:\n  step: Embed\nfigures:\n  low:\n    makespan_s: 62 s\n")
    answers, trouble = answers_in(path)
    words = {word.place: word.answer for word in words_of(answers, 3)}
    assert trouble == ""
    assert (words["bottleneck.step"], words["figures.low"]["makespan_s"]) == ("Embed", "62 s")


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

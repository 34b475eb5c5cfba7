import base64
import csv
import io
import json
import re
import xml.etree.ElementTree as ET

import jsonschema
import pytest

from reports.grading.case import Experiment, Run
from reports.grading.exporters import (
    FILES,
    classroom,
    document,
    gradescope,
    junit,
    markdown,
    prairielearn,
    tables,
)
from reports.grading.marks import Grade, State
from tests.reports.grading.schemas import CLASSROOM, GRADESCOPE, JUNIT, PRAIRIELEARN
from tests.reports.grading.worlds import files, graded, marks, right

NASTY = "=1+1 | <b>`x`</b> \x00\x1b[31m ]]> & \N{RIGHT-TO-LEFT OVERRIDE} \ud7ff"


def with_nasty_text():
    """Return a grade whose answers hold markup, control characters and a formula."""
    given = right()
    given["bottleneck"]["why"] = NASTY.replace("\x00", "").replace("\x1b", "") + " Duration " * 12
    return graded(given)


def broken_in_part():
    """Return a grade in which one experiment of ours broke."""
    ran = Run(
        (Experiment("test_a", 3, "passed"), Experiment("test_b", 3, "broken", "no \x1b cloud", "harness"))
    )
    return graded(run=ran, own_pipeline=True)


def cut_short():
    """Return a grade with one criterion met of which one experiment was skipped, and one wholly skipped."""
    half = (Experiment("test_a", 3, "passed"), Experiment("test_b", 3, "skipped", "unsupported here"))
    return graded(run=Run((*half, Experiment("test_c", 4, "skipped", "unsupported here"))), own_pipeline=True)


def wholly_broken():
    """Return a grade of which nothing could be decided."""
    return Grade("ada", "rubric", trouble=("the grader failed: KeyError: 'x'",))


GRADES = {
    "right": graded,
    "empty": lambda: graded({}, {}),
    "nasty": with_nasty_text,
    "broken in part": broken_in_part,
    "cut short": cut_short,
    "not gradable": lambda: Grade("ada", "rubric", not_gradable="answers.yaml, line 3, column 1: not YAML"),
}


@pytest.fixture(params=GRADES)
def grade(request):
    """Return one grade of each kind."""
    return GRADES[request.param]()


def test_gradescope_takes_it(grade):
    """results.json is as Gradescope publishes it."""
    jsonschema.validate(json.loads(gradescope.text(grade)), GRADESCOPE)


def test_gradescope_gives_what_was_earned():
    """The tests' scores add up to what was earned, of what could be decided."""
    found = graded()
    tests = [test for test in gradescope.results(found)["tests"] if "score" in test]
    assert sum(test["score"] for test in tests) == pytest.approx(found.earned)
    assert sum(test["max_score"] for test in tests) == pytest.approx(found.out_of)


def wall(tests):
    """Return the entries of the criterion that was cut short, by what its name ends in."""
    return {one["name"].partition("(wall)")[2]: one for one in tests if "(wall)" in one["name"]}


def test_what_was_skipped_does_not_read_as_passed_in_gradescope():
    """A part that was skipped is a test of its own without score; the other says that it is not the whole."""
    tests = gradescope.results(cut_short())["tests"]
    found = wall(tests)
    assert list(found) == [", as far as it was decided", ", not decided"]
    decided, rest = found.values()
    assert (decided["score"], decided["max_score"], decided["status"]) == (2.0, 2.0, "passed")
    assert not {"score", "max_score", "status"} & set(rest)
    assert "unsupported here" in rest["output"]
    (skipped,) = [one for one in tests if "(scaled)" in one["name"]]
    assert not {"score", "max_score", "status"} & set(skipped)


def test_what_was_skipped_does_not_read_as_passed_in_prairielearn():
    """The same: what was not decided has no points of which it could have all."""
    tests = prairielearn.results(cut_short())["tests"]
    found = wall(tests)
    assert list(found) == [", as far as it was decided", ", not decided"]
    assert "points" not in found[", not decided"]
    (skipped,) = [one for one in tests if "(scaled)" in one["name"]]
    assert "points" not in skipped
    assert "skipped" in skipped["message"]


def test_what_was_skipped_does_not_read_as_passed_in_github_classroom():
    """It has no word for skipped: what was not decided is not among the tests, and the rest says so."""
    result = classroom.results(cut_short())
    assert list(wall(result["tests"])) == [", as far as it was decided"]
    assert not [one for one in result["tests"] if "(scaled)" in one["name"]]
    nothing = Grade("ada", "rubric", (marks(cut_short())["scaled"],))
    assert nothing.marks[0].state is State.SKIPPED
    assert classroom.results(nothing)["status"] == "error"


def test_what_was_skipped_does_not_read_as_passed_in_junit_tables_and_words():
    """JUnit says skipped; CSV and Markdown say the state, and how many points were not decided."""
    root = ET.fromstring(junit.text(cut_short()))
    kinds = {case.get("name").partition(":")[0]: [c.tag for c in case] for case in root.iter("testcase")}
    assert kinds["wall"] == kinds["scaled"] == ["skipped"]
    rows = {row["criterion"]: row for row in csv.DictReader(io.StringIO(tables.one(cut_short())[1:]))}
    assert (rows["wall"]["state"], rows["wall"]["undecided"]) == ("met, part skipped", "2")
    assert "| 2 | 2 | met, part skipped |" in markdown.feedback(cut_short())
    assert "2 points could not be decided here" in markdown.feedback(cut_short())


def test_gradescope_is_told_nothing_when_nothing_was_decided():
    """A grader that failed wholly gives no score at all, which Gradescope takes for a failed autograder."""
    result = gradescope.results(wholly_broken())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(result, GRADESCOPE)
    assert "score" not in json.dumps(result["tests"])
    assert "KeyError" in result["output"]


def test_prairielearn_takes_it(grade):
    """results.json is as PrairieLearn publishes it, and below its limit of 1 MB."""
    text = prairielearn.text(grade)
    jsonschema.validate(json.loads(text), PRAIRIELEARN)
    assert len(text.encode()) < 1_000_000


def test_prairielearn_costs_nothing_when_we_failed():
    """Broken in part or wholly: not gradable, no score; graded right: gradable with the share earned."""
    for make in (broken_in_part, wholly_broken):
        result = prairielearn.results(make())
        assert result["gradable"] is False
        assert "score" not in result
    found = graded()
    result = prairielearn.results(found)
    assert (result["gradable"], result["score"]) == (True, pytest.approx(found.score, abs=1e-6))


def test_prairielearn_says_where_answers_do_not_parse():
    """Answers that do not parse are a format error with its place."""
    result = prairielearn.results(GRADES["not gradable"]())
    assert "line 3, column 1" in result["format_errors"][0]


def test_github_classroom_takes_it(grade):
    """The runner's result is as the reporter reads it, from JSON and from base64."""
    jsonschema.validate(json.loads(classroom.text(grade)), CLASSROOM)
    encoded = classroom.encoded(grade).strip()
    assert json.loads(base64.b64decode(encoded, validate=True)) == json.loads(classroom.text(grade))


def test_github_classroom_tells_error_from_failure():
    """What we could not decide is an error whose points are left out; what was lost is a failure."""
    broken = classroom.results(broken_in_part())
    assert broken["status"] == "error"
    assert broken["max_score"] == broken_in_part().out_of
    assert classroom.results(graded({}, {}))["status"] == "fail"
    assert classroom.results(wholly_broken())["status"] == "error"


def conforms(element):
    """Hold an element and all below it against the XSD's table."""
    required, allowed, children = JUNIT[element.tag]
    assert set(required) <= set(element.attrib) <= {*required, *allowed}, element.tag
    assert {child.tag for child in element} <= set(children), element.tag
    if "#text" not in children:
        assert not (element.text or "").strip(), element.tag
    for child in element:
        conforms(child)


def test_junit_is_of_the_schema(grade):
    """The XML is well-formed, has no element or attribute that the XSD lacks, and counts right."""
    root = ET.fromstring(junit.text(grade))
    assert root.tag == "testsuites"
    conforms(root)
    for suite in root:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        for kind in ("failure", "error", "skipped"):
            counted = suite.get("skipped", "0") if kind == "skipped" else suite.get(f"{kind}s")
            assert int(counted) == len(suite.findall(f"testcase/{kind}"))
        assert re.fullmatch(r"[0-9]*(\.[0-9]*)?", suite.get("time", ""))


def test_junit_keeps_broken_failed_and_skipped_apart():
    """Broken is an error, lost points a failure, not run is skipped."""
    ran = Run(
        (
            Experiment("a", 1, "skipped", "unsupported here"),
            Experiment("b", 2, "broken", "no cloud", "harness"),
            Experiment("c", 3, "failed", "REFUTED"),
            Experiment("d", 4, "passed"),
        )
    )
    root = ET.fromstring(junit.text(graded(run=ran, own_pipeline=True)))
    kinds = {case.get("name").partition(":")[0]: [c.tag for c in case] for case in root.iter("testcase")}
    assert [kinds[name] for name in ("deploys", "one-ticket", "wall", "scaled")] == [
        ["skipped"],
        ["error"],
        ["failure"],
        ["system-out"],
    ]


def test_csv_can_be_read_back(grade):
    """RFC 4180: as many cells in each row as in the head, and points that add up."""
    text = tables.one(grade)
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}criterion,")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert all(None not in row and None not in row.values() for row in rows)
    assert sum(float(row["earned"]) for row in rows) == pytest.approx(grade.earned)


def test_a_class_is_a_line_each():
    """A class's CSV has a line for each submission with its state, and nothing where nothing was decided."""
    names = ("ok", "=SUM(A1)", "broken", "bad")
    made = (graded(), graded({}, {}), broken_in_part(), GRADES["not gradable"]())
    grades = [
        Grade(name, "", g.marks, g.findings, g.not_gradable, g.trouble)
        for name, g in zip(names, made, strict=True)
    ]
    rows = list(csv.DictReader(io.StringIO(tables.of_class(grades)[1:])))
    assert [row["state"] for row in rows] == ["to be read", "graded", "grade again", "cannot be read"]
    assert rows[1]["submission"] == "'=SUM(A1)"
    assert (rows[3]["earned"], rows[3]["per_cent"]) == ("", "")
    assert rows[0]["bottleneck"] == "5"


def test_markdown_shows_expected_found_and_where():
    """Feedback has every criterion; for what was lost, what was expected, what was found, and where."""
    given = right()
    given["bottleneck"]["step"] = "Alpha"
    text = markdown.feedback(graded(given))
    assert text.count("\n## ") == 28
    assert re.search(
        r"expected: the step that the measurements name; found: Alpha; measured: Beta \(look at", text
    )


def test_markdown_is_not_broken_by_what_a_learner_wrote():
    """Markup, cell borders and line breaks in answers stay text."""
    text = markdown.for_assessor(with_nasty_text())
    assert "<b>" not in text.replace("\\<b", "")
    assert "\\|" in text


def test_the_whole_grade_is_read_back():
    """grade.json read back gives the same totals, states and findings."""
    for make in GRADES.values():
        found = make()
        again = document.read(document.text(found))
        assert (again.earned, again.out_of, again.awaiting) == (found.earned, found.out_of, found.awaiting)
        assert [mark.state for mark in again.marks] == [mark.state for mark in found.marks]
        assert again.findings == found.findings


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "scale-or-fail/grade/1"}'])
def test_what_is_no_grade_is_refused(text):
    """A document that is not a grade is refused and not taken for one."""
    with pytest.raises(document.NotAGrade):
        document.read(text)


def test_every_form_is_written(grade):
    """Every exporter gives text for every kind of grade that UTF-8 can hold."""
    for name, export in FILES.items():
        assert export(grade).encode("utf-8"), name


def test_evidence_alone_is_enough_for_no_marks_of_answers():
    """Evidence without answers earns what evidence decides, and no answer is filled in."""
    found = graded({}, files())
    assert {m.criterion.check for m in found.marks if m.earned} == {"activity_claims", "evidence_is_sound"}

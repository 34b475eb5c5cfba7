import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.packaging import (
    CodeError,
    NotATemplateError,
    PackagingError,
    TemplateNotFoundError,
    UnreadableTemplateError,
    package,
)

PIPELINE = Path(__file__).parents[2] / "infra" / "pipeline.yaml"


def function(code, handler="app.main", runtime="python3.12"):
    return (
        "Resources:\n  Step:\n    Type: AWS::Lambda::Function\n    Properties:\n"
        f"      Code: {code}\n      Handler: {handler}\n      Runtime: {runtime}\n"
    )


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="template.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


@pytest.fixture
def folder_template(write):
    write("def main(event, context): ...\n", "step/app.py")
    write("VALUE = 1\n", "step/inner/helper.py")
    write("left out", "step/__pycache__/app.cpython-312.pyc")
    return write(function("step"))


def properties(packaged, name="Step"):
    return json.loads(packaged.body)["Resources"][name]["Properties"]


def test_our_template_carries_its_handlers_inline():
    """Each function of the pipeline becomes inline code: the file as it is, as module index."""
    packaged = package(PIPELINE)
    assert not packaged.needs_bucket
    for step in ("Preprocess", "Embed", "Postprocess"):
        given = properties(packaged, f"{step}Function")
        source = PIPELINE.parents[1] / "handlers" / f"{step.lower()}.py"
        assert given["Code"] == {"ZipFile": source.read_text(encoding="utf-8")}
        assert given["Handler"] == "index.handler"


def test_packaging_again_elsewhere_and_later_gives_the_same_bytes(folder_template, monkeypatch, tmp_path):
    """Another working directory, other modification times, a longer path: body, zip and hash are the same."""
    first = package(folder_template)
    for file in tmp_path.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    moved = tmp_path / "else" / "where"
    moved.parent.mkdir()
    os.rename(tmp_path / "step", tmp_path / "else" / "step")  # noqa: PTH104 - keeps the times set above
    (moved.parent / "template.yaml").write_text(folder_template.read_text())
    monkeypatch.chdir(moved.parent)
    assert package(Path("template.yaml")) == first
    assert package(PIPELINE) == package(Path(os.path.relpath(PIPELINE)))


def test_a_folder_becomes_a_zip_under_the_hash_of_its_content(folder_template):
    """A folder becomes one zip with its files in order and without caches, whose key the template names."""
    packaged = package(folder_template, bucket="my-bucket")
    (zipped,) = packaged.objects
    assert properties(packaged)["Code"] == {"S3Bucket": "my-bucket", "S3Key": zipped.key}
    assert properties(packaged)["Handler"] == "app.main"
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as archive:
        assert archive.namelist() == ["app.py", "inner/helper.py"]
        assert archive.read("inner/helper.py") == b"VALUE = 1\n"
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {oct(entry.external_attr >> 16) for entry in archive.infolist()} == {"0o100644"}


def test_the_hash_follows_the_code_and_not_the_bucket(folder_template, write):
    """Changed code changes the template hash and the key; another bucket changes neither."""
    first = package(folder_template)
    assert package(folder_template, bucket="other").template_hash == first.template_hash
    write("VALUE = 2\n", "step/inner/helper.py")
    second = package(folder_template)
    assert second.template_hash != first.template_hash
    assert second.objects[0].key != first.objects[0].key


def test_the_hash_follows_inline_code(write):
    """Changed inline code changes the template hash."""
    template = write(function("app.py"))
    write("def main(e, c): return 1\n", "app.py")
    first = package(template).template_hash
    write("def main(e, c): return 2\n", "app.py")
    assert package(template).template_hash != first


def test_a_long_file_goes_to_the_bucket_under_its_own_name(write):
    """A file too long to stay in the template becomes a zip under the module name of its Handler."""
    write("# " + "x" * 20_000 + "\ndef main(event, context): ...\n", "app.py")
    packaged = package(write(function("app.py")))
    assert packaged.needs_bucket
    assert properties(packaged)["Handler"] == "app.main"
    assert zipfile.ZipFile(io.BytesIO(packaged.objects[0].content)).namelist() == ["app.py"]
    inline_name = package(write(function("app.py", "index.main")))
    assert zipfile.ZipFile(io.BytesIO(inline_name.objects[0].content)).namelist() == ["index.py"]


def test_two_functions_with_the_same_code_share_one_object(write):
    """The same folder named twice is uploaded once."""
    write("def main(e, c): ...\ndef other(e, c): ...\n", "step/app.py")
    two = function("step") + function("step", "app.other").replace("Resources:\n", "").replace(
        "Step:", "Other:"
    )
    packaged = package(write(two))
    assert len(packaged.objects) == 1
    assert properties(packaged)["Code"] == properties(packaged, "Other")["Code"]


def test_code_that_is_not_local_stays_as_it_is(write):
    """Inline code and code in a bucket are CloudFormation's already."""
    code = "{S3Bucket: b, S3Key: k}"
    assert properties(package(write(function(code))))["Code"] == {"S3Bucket": "b", "S3Key": "k"}


def test_a_zip_is_taken_as_it_is(write, tmp_path):
    """A ready zip is uploaded byte for byte."""
    (tmp_path / "ready.zip").write_bytes(b"PK-anything")
    assert package(write(function("ready.zip"))).objects[0].content == b"PK-anything"


def test_short_forms_of_intrinsics_become_long_ones(write):
    """Every kind of tag keeps its meaning in the JSON: names, lists, mappings, nested, and GetAtt in two."""
    text = """
Conditions: {A: !Equals [!Ref P, "x"], B: !Not [!Condition A]}
Resources:
  R:
    Type: AWS::SNS::Topic
    Properties:
      One: !GetAtt Some.Nested.Arn
      Two: !Sub ["${A}-b", {A: !Ref P}]
      Three: !If [A, !Ref "AWS::NoValue", !Join [":", [a, !GetAtt [X, Y]]]]
      Four: !Transform {Name: Include, Parameters: {Location: here}}
      Version: 2012-10-17
"""
    body = json.loads(package(write(text)).body)
    assert body["Conditions"] == {
        "A": {"Fn::Equals": [{"Ref": "P"}, "x"]},
        "B": {"Fn::Not": [{"Condition": "A"}]},
    }
    assert body["Resources"]["R"]["Properties"] == {
        "One": {"Fn::GetAtt": ["Some", "Nested.Arn"]},
        "Two": {"Fn::Sub": ["${A}-b", {"A": {"Ref": "P"}}]},
        "Three": {
            "Fn::If": ["A", {"Ref": "AWS::NoValue"}, {"Fn::Join": [":", ["a", {"Fn::GetAtt": ["X", "Y"]}]]}]
        },
        "Four": {"Fn::Transform": {"Name": "Include", "Parameters": {"Location": "here"}}},
        "Version": "2012-10-17",
    }


def test_anchors_are_written_out(write):
    """YAML anchors and merges, which CloudFormation does not take, are resolved."""
    text = "Resources:\n  A: &a {Type: 'AWS::SNS::Topic', X: 1}\n  B: {<<: *a, X: 2}\n"
    resources = json.loads(package(write(text)).body)["Resources"]
    assert resources["B"] == {"Type": "AWS::SNS::Topic", "X": 2}


def test_a_json_template_is_read_too(write):
    """A template in JSON gives what the same template in YAML gives."""
    write("def main(e, c): ...\n", "app.py")
    yaml_template = package(write(function("app.py")))
    given = {"Code": "app.py", "Handler": "app.main", "Runtime": "python3.12"}
    text = json.dumps({"Resources": {"Step": {"Type": "AWS::Lambda::Function", "Properties": given}}})
    assert package(write(text, "template.json")) == yaml_template


def test_a_large_body_says_that_it_needs_the_bucket(write):
    """Over 51,200 bytes the body cannot go in the request, and names a key for the bucket."""
    packaged = package(write("Description: " + "x" * 51_200 + "\n" + function("{ZipFile: a}")))
    assert packaged.body_is_too_large
    assert packaged.needs_bucket
    assert packaged.body_key == f"templates/{packaged.template_hash}.json"
    assert not package(PIPELINE).body_is_too_large


def test_the_package_tells_parameters_resources_and_definitions():
    """What a deployer has to know is told: parameters with defaults, resource types, readable definitions."""
    packaged = package(PIPELINE)
    assert packaged.parameters["SimulatedInferMs"] == "250"
    assert packaged.resources["Dashboard"] == "AWS::CloudWatch::Dashboard"
    (machine,) = packaged.state_machines
    assert machine.definition["States"]["ProcessTickets"]["Type"] == "Map"


def test_a_definition_is_read_with_its_substitutions(write):
    """Substitutions are put into text and object, where a parameter's default or a text tells their value."""
    text = """
Parameters: {Most: {Type: Number, Default: 5}}
Resources:
  Text:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: '{"Most": ${Cap}, "Say": "${Said}", "Arn": "${Arn}"}'
      DefinitionSubstitutions: {Cap: !Ref Most, Said: 'a "b"', Arn: !GetAtt F.Arn}
  Object:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      Definition: {Most: "${Cap}"}
      DefinitionSubstitutions: {Cap: 7}
"""
    found = {machine.logical_id: machine.definition for machine in package(write(text)).state_machines}
    assert found == {"Text": {"Most": 5, "Say": 'a "b"', "Arn": "${Arn}"}, "Object": {"Most": "7"}}


def test_a_definition_is_read_with_parameters_at_their_defaults(write):
    """A Sub with a parameter where a number belongs, and a Join, both give the definition."""
    text = """
Parameters: {Most: {Type: Number, Default: 5}}
Resources:
  Subbed:
    Type: AWS::StepFunctions::StateMachine
    Properties: {DefinitionString: !Sub '{"Most": ${Most}, "Arn": "${F.Arn}"}'}
  Joined:
    Type: AWS::StepFunctions::StateMachine
    Properties: {DefinitionString: !Join ["", ['{"Arn": "', !GetAtt F.Arn, '", "Most": ', !Ref Most, "}"]]}
  Unknown:
    Type: AWS::StepFunctions::StateMachine
    Properties: {DefinitionString: !ImportValue elsewhere}
"""
    found = {machine.logical_id: machine.definition for machine in package(write(text)).state_machines}
    assert found == {
        "Subbed": {"Most": 5, "Arn": "${F.Arn}"},
        "Joined": {"Arn": "unresolved", "Most": 5},
        "Unknown": None,
    }


@pytest.mark.parametrize(
    ("name", "text", "line", "column"),
    [
        ("t.yaml", "Resources:\n  A: [1\n  B: 2\n", 3, 4),
        ("t.yaml", "Resources:\n\tA: 1\n", 2, 1),
        ("t.yaml", "Resources:\n  A: {Type: x}\n  A: {Type: y}\n", 3, 3),
        ("t.json", '{"Resources":\n {,}}', 2, 3),
    ],
    ids=["flow", "tab", "key-twice", "json"],
)
def test_a_template_that_does_not_parse_is_refused_with_line_and_column(write, name, text, line, column):
    """A syntax error is placed by line and column, counted from 1."""
    path = write(text, name)
    with pytest.raises(UnreadableTemplateError, match=rf"{path}:{line}:{column} does not parse: ") as caught:
        package(path)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_template_that_is_not_there_is_refused(tmp_path):
    """A missing file, or a folder in its place, is refused by its path."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(TemplateNotFoundError, match=f"There is no template at {path};"):
            package(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it holds a NoneType where a mapping is due"),
        ("[1, 2]", "it holds a list where a mapping is due"),
        ("Parameters: {}", "it has no Resources"),
        ("Resources: {}", "it has no Resources"),
        ("Resources: {A: {}}", "its resource A has no Type"),
        ("Resources: {A: {Type: [x]}}", "its resource A has no Type"),
        ("Resources: [A]", "its Resources are a list where a mapping is due"),
        ("Resources: {A: [1]}", "its resource A is a list where a mapping is due"),
        ("Resources: {A: }", "its resource A is empty where a mapping is due"),
        (
            "Resources: {A: {Type: x, Properties: [1]}}",
            "the Properties of its resource A are a list where a mapping is due",
        ),
        (
            "Resources: {A: {Type: x, Properties: }}",
            "the Properties of its resource A are empty where a mapping is due",
        ),
        (
            "Parameters:\n  WorkshopName:\n  Type: String\nResources: {A: {Type: x}}",
            "its parameter WorkshopName is empty where a mapping is due",
        ),
        (
            "Parameters: {P: String}\nResources: {A: {Type: x}}",
            "its parameter P is a text where a mapping is due",
        ),
        ("Parameters: [P]\nResources: {A: {Type: x}}", "its Parameters are a list where a mapping is due"),
        ("Conditions: 5\nResources: {A: {Type: x}}", "its Conditions are a number where a mapping is due"),
    ],
)
def test_a_file_that_is_no_template_is_refused(write, text, problem):
    """A file that parses but is no template is refused by the part that is wrong and what belongs there."""
    with pytest.raises(NotATemplateError, match=problem):
        package(write(text))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("!!timestamp 2020-01-01", "A.X is a date, which JSON cannot say"),
        (".nan", "A.X is nan, which JSON cannot say"),
        ('"\\ud800"', "A.X has half of a character pair"),
        ("{1.5: x}", "a key of Resources.A.X is a float; put it in quotes"),
        ("[" * 110 + "]" * 110, "is nested more than 100 levels deep"),
    ],
    ids=["date", "nan", "surrogate", "key", "depth"],
)
def test_what_json_cannot_say_is_refused_with_its_place(write, value, problem):
    """A value that cannot be sent to CloudFormation is refused by its place in the template."""
    with pytest.raises(NotATemplateError, match=problem):
        package(write(f"Resources: {{A: {{Type: x, X: {value}}}}}\n"))


def test_a_template_that_unfolds_without_end_is_refused(write):
    """A few lines of aliases that stand for gigabytes are refused at CloudFormation's limit."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(
        NotATemplateError, match="more than the 1,000,000 characters that CloudFormation takes"
    ):
        package(write("\n".join([*lines, "Resources: {A: {Type: x}}"])))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.yaml", "A: 0x_\n"),
        ("t.yaml", "A: !!timestamp soon\n"),
        ("t.yaml", 'A: "\\U00110000"\n'),
        ("t.yaml", "A: " + "[" * 5000 + "]" * 5000),
        ("t.json", '{"A": ' + "[" * 100_000 + "]" * 100_000 + "}"),
        ("t.json", '{"A": ' + "1" * 5000 + "}"),
    ],
    ids=["hexadecimal", "timestamp", "character", "deep-yaml", "deep-json", "digits"],
)
def test_what_a_parser_stumbles_over_does_not_parse(write, name, text):
    """Text that makes a parser raise something of its own is refused as what does not parse."""
    with pytest.raises(UnreadableTemplateError, match="does not parse"):
        package(write(text, name))


WORDS = ["a", "Ref", "Fn::Sub", "Type", "Default", "States", "${P}", "\ud800", "{", "AWS::Lambda::Function"]
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5)
)
JSON_LIKE = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
PROPERTIES = JSON_LIKE | st.fixed_dictionaries(
    {},
    optional={
        "Code": JSON_LIKE | st.sampled_from(["app.py", "gone.py", "a\0b", "x" * 5000, "app.py/inner", ""]),
        "Handler": JSON_LIKE | st.sampled_from(["app.main", "index.main", "/", "..", "a\0.b"]),
        "Runtime": JSON_LIKE | st.just("python3.12"),
        "Definition": JSON_LIKE,
        "DefinitionString": JSON_LIKE | st.just('{"States": {}}'),
        "DefinitionSubstitutions": JSON_LIKE,
    },
)
TYPES = st.sampled_from(["AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"])
RESOURCES = JSON_LIKE | st.fixed_dictionaries(
    {"Type": JSON_LIKE | TYPES}, optional={"Properties": PROPERTIES}
)
DOCUMENTS = JSON_LIKE | st.fixed_dictionaries(
    {"Resources": JSON_LIKE | st.dictionaries(st.sampled_from(WORDS), RESOURCES, min_size=1, max_size=2)},
    optional={
        "Parameters": JSON_LIKE | st.dictionaries(st.sampled_from(WORDS), JSON_LIKE, max_size=2),
        "Conditions": JSON_LIKE,
    },
)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(document=DOCUMENTS)
def test_any_document_is_packaged_or_refused(document, tmp_path_factory):
    """Whatever a file holds that looks like JSON, it packages or is refused with an error of ours."""
    folder = tmp_path_factory.getbasetemp() / "any-document"
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text("def main(event, context): ...\n")
    path = folder / "template.json"
    path.write_text(json.dumps(document))
    try:
        packaged = package(path)
    except PackagingError as refusal:
        assert str(refusal).endswith(".")  # noqa: PT017 - either outcome is right, each in its own way
    else:
        assert json.loads(packaged.body)["Resources"].keys() == document["Resources"].keys()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: \x01b"])
def test_a_file_that_is_no_text_is_refused(tmp_path, content):
    """A binary file is a clear error, not a traceback of the parser."""
    path = tmp_path / "t.yaml"
    path.write_bytes(content)
    with pytest.raises(UnreadableTemplateError, match="does not parse"):
        package(path)


@pytest.mark.parametrize(
    ("code", "handler", "problem"),
    [
        ("nowhere.py", "app.main", "there is nothing at .*nowhere.py"),
        ("app.py", "app.absent", "its Handler is app.absent, but .*app.py defines no absent"),
        ("app.py", "other.main", "its Handler is other.main, but there is no file .*other.py"),
        ("step", "gone.main", "its Handler is gone.main, but there is no file .*gone.py"),
        ("app.py", "app.inner", "its Handler is app.inner, but .*app.py defines no inner"),
        ("step", "app.absent", "its Handler is app.absent, but .*app.py defines no absent"),
        ("broken.py", "broken.main", r".*broken.py:1:\d+ is not Python"),
        ("deep.py", "deep.main", r".*deep.py cannot be read as Python"),
        ('"a\\0b"', "app.main", "its Code is no path that can be read: embedded null byte"),
        ("x" * 5000, "app.main", "its Code is no path that can be read: .*File name too long"),
        ("/dev/null", "app.main", "/dev/null is neither a file nor a folder"),
    ],
)
def test_code_that_cannot_be_used_is_refused_by_function(write, code, handler, problem):
    """Code that is not there, or does not define its handler, is refused naming the function and the file."""
    for name in ("app.py", "step/app.py"):
        write("def main(event, context):\n    def inner(): ...\n", name)
    write("def main(:\n", "broken.py")
    write("-" * 100_000 + "1", "deep.py")
    with pytest.raises(CodeError, match=f"The code of Step cannot be packaged: {problem}") as caught:
        package(write(function(code, handler)))
    assert caught.value.function == "Step"
    assert isinstance(caught.value, PackagingError)


def test_code_that_is_not_beside_the_template_is_refused_with_the_way_out(write):
    """A copy of the pipeline outside its folder is told where its Code is looked for, and what to do."""
    copied = write(PIPELINE.read_text(encoding="utf-8"), "elsewhere/new.yaml")
    with pytest.raises(CodeError, match=r"from the template's own folder; put the template where .* infra/"):
        package(copied)


def test_a_warning_of_the_compiler_does_not_make_a_file_unreadable(write):
    """A handler with an escape that Python only warns of is packaged, also where warnings are errors."""
    write("PATTERN = '\\d'\ndef main(event, context): ...\n", "app.py")
    assert properties(package(write(function("app.py"))))["Handler"] == "index.main"


@pytest.mark.parametrize(
    "source",
    ["from lib import main", "import lib as main", "main = make()", "class main: ...", "from lib import *"],
)
def test_a_handler_may_be_defined_in_other_ways(write, source):
    """An imported or assigned handler counts as defined."""
    write(source + "\n", "app.py")
    assert properties(package(write(function("app.py"))))["Handler"] == "index.main"

"""Functions that come from a CloudFormation template."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.embedded.functions import nursery
from tests.infra.embedded.functions.conftest import TRUST

SOURCE = "import os\ndef handler(e, c): return [1, os.environ.get('SIMULATED_INFER_MS')]"
TEMPLATE = {
    "Parameters": {"Memory": {"Type": "Number"}},
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"RoleName": "from-template", "AssumeRolePolicyDocument": TRUST},
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "from-template",
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "MemorySize": {"Ref": "Memory"},
                "Timeout": "700",
                "Tags": [{"Key": "team", "Value": "support"}],
                "EphemeralStorage": {"Size": "1024"},
                "ReservedConcurrentExecutions": "5",
                "Environment": {"Variables": {"SIMULATED_INFER_MS": "0"}},
                "Code": {"ZipFile": SOURCE},
            },
        },
    },
}


def parameters(memory):
    """Return stack parameters."""
    return [{"ParameterKey": "Memory", "ParameterValue": str(memory)}]


@pytest.fixture
def stacks(lambdas, aws):
    """CloudFormation, with the stack deleted afterwards."""
    client = aws("cloudformation")
    yield client
    client.delete_stack(StackName="pipeline")


def create(stacks, template, memory=256):
    """Create the stack of this test."""
    stacks.create_stack(
        StackName="pipeline",
        TemplateBody=json.dumps(template),
        Parameters=parameters(memory),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )


def test_a_function_from_a_template_runs(stacks, lambdas, aws):
    """Inline code is index.py; numbers that a template gives as text are numbers; the reservation holds."""
    create(stacks, TEMPLATE)
    assert lambdas.invoke("from-template").value == [1, "0"]
    client = aws("lambda")
    configuration = client.get_function_configuration(FunctionName="from-template")
    assert (configuration["MemorySize"], configuration["Timeout"]) == (256, 700)
    assert configuration["EphemeralStorage"]["Size"] == 1024
    assert client.list_tags(Resource=configuration["FunctionArn"])["Tags"] == {"team": "support"}
    reserved = client.get_function_concurrency(FunctionName="from-template")
    assert reserved["ReservedConcurrentExecutions"] == 5


def test_an_updated_template_changes_the_function(stacks, lambdas, aws):
    """New inline code runs, a new memory holds, and what the template no longer says is gone."""
    create(stacks, TEMPLATE)
    changed = json.loads(json.dumps(TEMPLATE))
    properties = changed["Resources"]["Function"]["Properties"]
    properties["Code"]["ZipFile"] = SOURCE.replace("[1", "[2")
    del properties["Environment"]
    del properties["ReservedConcurrentExecutions"]
    stacks.update_stack(
        StackName="pipeline",
        TemplateBody=json.dumps(changed),
        Parameters=parameters(512),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    assert lambdas.invoke("from-template").value == [2, None]
    client = aws("lambda")
    assert client.get_function_configuration(FunctionName="from-template")["MemorySize"] == 512
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="from-template")


def test_deleting_the_stack_ends_the_environments(stacks, lambdas, scratch):
    """With its stack a function's environments go."""
    create(stacks, TEMPLATE)
    lambdas.invoke("from-template")
    assert list((scratch / "functions").glob("environment-*"))
    stacks.delete_stack(StackName="pipeline")
    assert lambdas.eventually(lambda: not list((scratch / "functions").glob("environment-*")))


@pytest.mark.parametrize("runtime", ["python3.11", "python3.12"])
def test_the_stand_in_client_serves_where_the_wheel_has_none(lambdas, tmp_path, monkeypatch, runtime):
    """Without the C client the same handlers run over the Python one, polled from a thread or not."""
    blind = tmp_path / "blind.py"
    blind.write_text(
        "import importlib.util, runpy, sys\n"
        "find = importlib.util.find_spec\n"
        "def blind(name, *rest): return None if name == 'runtime_client' else find(name, *rest)\n"
        "importlib.util.find_spec = blind\n"
        f"runpy.run_path({str(nursery.MAIN)!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr(nursery, "MAIN", Path(blind))
    lambdas.restart()
    source = """
        import sys
        def handler(event, context):
            if event:
                raise ValueError("x")
            return sys.modules["runtime_client"].__file__
    """
    name = lambdas.create(source, Runtime=runtime)
    assert lambdas.invoke(name).value.endswith("runtime_client_standin.py")
    assert lambdas.invoke(name, {"fail": 1}).value["errorType"] == "ValueError"
    assert lambdas.invoke(name).error is None


def test_a_runtime_that_polls_from_a_thread(lambdas):
    """python3.12 and newer poll `next` from a fresh thread each time; the environment stays warm."""
    name = lambdas.create("import os\ndef handler(e, c): return os.getpid()", Runtime="python3.13")
    assert len({lambdas.invoke(name).value for _ in range(4)}) == 1

"""Whole runs of the experiments on the embedded cloud, as a person starts them, with a quick model."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest

from fixtures.options import ROOT
from infra.embedded.process import start
from reports import evidence

MODEL_MS = 150
"""Quick, and still long beside what a busy machine adds to a step."""
SLOW_ENOUGH = "--tickets=400"
"""With the model as it is, the better part of a minute at two at a time: nobody misses the burst."""
RUN_LIMIT_S = 900
PATIENCE_S = 300.0
ATTEMPTS = 3


@pytest.fixture
def template(tmp_path):
    """Return a copy of the pipeline with a quicker model."""
    shutil.copytree(ROOT / "handlers", tmp_path / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    text = (ROOT / "infra" / "pipeline.yaml").read_text(encoding="utf-8")
    before, knob, after = text.partition("  SimulatedInferMs:\n")
    assert knob
    (tmp_path / "infra").mkdir()
    path = tmp_path / "infra" / "pipeline.yaml"
    path.write_text(before + knob + after.replace('"250"', f'"{MODEL_MS}"', 1), encoding="utf-8")
    return path


def command(template: Path, *arguments: str) -> list[str]:
    """Return the command line of a run; what it writes goes beside the template's folder."""
    out = template.parent.parent / "out"
    options = [f"--template={template}", f"--out={out}", "-p", "no:cacheprovider", *arguments]
    return [sys.executable, "-m", "pytest", *options]


def run(template: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run to the end."""
    done = subprocess.run(
        command(template, *arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
        check=False,
    )
    return done, template.parent.parent / "out"


def measured_run(template: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run to the end, anew where a claim did not come out.

    A machine that is busy with something else is honestly measured as slow, so one such run says nothing
    about the pipeline. One that is broken fails every time.
    """
    for _ in range(ATTEMPTS):
        done, out = run(template, *arguments)
        if done.returncode == 0:
            break
    return done, out


def statuses(out: Path) -> dict[str, str]:
    """Return Allure's status of each experiment."""
    found = [json.loads(path.read_text("utf-8")) for path in (out / "allure-results").glob("*-result.json")]
    return {one["fullName"].rpartition("#")[2]: one["status"] for one in found}


def test_three_activities_pass_and_leave_evidence_that_recomputes(template):
    """Orientation, happy path and wall pass in one run, and their verdicts follow from the files alone."""
    picked = "activity1 or activity2 or activity3"
    done, out = measured_run(template, "-m", picked, "--tickets=40", "--high=8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(statuses(out).values()) == {"passed"}
    files = [evidence.read(path) for path in (out / "evidence").glob("*.json")]
    assert {file.activity for file in files} == {1, 2, 3}
    for file in files:
        assert [verdict.outcome for verdict in evidence.recompute(file)] == ["confirmed"] * len(file.claims)
    (wall,) = {burst.execution_arn for file in files if file.activity == 3 for burst in file.bursts}
    assert wall
    assert "CONFIRMED" in done.stdout
    assert "\x1b[" not in done.stdout


def test_a_pipeline_with_a_fixed_cap_is_refuted_and_its_burst_is_trouble(template):
    """With the knob cast into the definition the claim about it fails, and a burst is broken, not failed."""
    text = template.read_text(encoding="utf-8")
    fixed = text.replace('"MaxConcurrencyPath": "$.max_concurrency"', '"MaxConcurrency": 3')
    assert fixed != text
    template.write_text(fixed, encoding="utf-8")
    picked = "concurrency_from_the_input or stack_is_complete or comes_through"
    done, out = run(template, "-m", "activity1 or activity3", "-k", picked, "--tickets=40")
    assert done.returncode == 1, done.stdout + done.stderr
    assert statuses(out) == {
        "test_stack_is_complete": "passed",
        "test_map_state_takes_its_concurrency_from_the_input": "failed",
        "test_every_ticket_comes_through": "broken",
    }
    assert "give it an ItemsPath" in done.stdout


def test_ctrl_c_in_the_middle_of_a_burst_leaves_nothing(template):
    """Interrupted, a run stops its execution, deletes its stack and ends, with nothing left in the cloud."""
    shutil.copy(ROOT / "infra" / "pipeline.yaml", template)
    with start(start_limit_s=PATIENCE_S) as cloud:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        states = boto3.client("stepfunctions", endpoint_url=cloud.endpoint_url, **keys)
        where = ("--cloud=endpoint", f"--endpoint-url={cloud.endpoint_url}")
        process = subprocess.Popen(
            command(template, "-m", "activity3", SLOW_ENOUGH, *where),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=hear_ctrl_c,  # noqa: PLW1509 - one call, before exec
        )
        try:
            wait_for_burst(states, process)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
        assert process.returncode == pytest.ExitCode.INTERRUPTED, said
        assert states.list_state_machines()["stateMachines"] == []
        for service, ask, key in (
            ("lambda", "list_functions", "Functions"),
            ("logs", "describe_log_groups", "logGroups"),
            ("iam", "list_roles", "Roles"),
        ):
            client = boto3.client(service, endpoint_url=cloud.endpoint_url, **keys)
            assert getattr(client, ask)()[key] == []


def hear_ctrl_c() -> None:
    """Undo what a shell does to a job in the background: it ignores SIGINT, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_for_burst(states, process, limit_s: float = PATIENCE_S) -> None:
    """Wait until the burst itself, not its warm-up, is under way."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until and process.poll() is None:
        for machine in states.list_state_machines()["stateMachines"]:
            running = states.list_executions(
                stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING"
            )
            if any(execution["name"].startswith("burst-at-2-") for execution in running["executions"]):
                return
        time.sleep(0.2)
    pytest.fail(f"no burst began: {process.stdout.read() if process.poll() is not None else 'still waiting'}")

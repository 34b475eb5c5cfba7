from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
import psutil
import pytest
from botocore.exceptions import ClientError

from infra.embedded import process
from infra.embedded.lifecycle import SCRATCH_PREFIX, Scratch, remove_stale_scratch

PATIENCE_S = 120.0
"""How long a test waits for what must come: on a quiet machine it is there at once."""
KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "us-east-1"}


@contextmanager
def client(cloud, service):
    made = boto3.client(service, endpoint_url=cloud.endpoint_url, **KEYS)
    try:
        yield made
    finally:
        made.close()


def scratch_of(pid):
    locks = Path(tempfile.gettempdir()).glob(f"{SCRATCH_PREFIX}*/owner.lock")
    return [lock.parent for lock in locks if owner(lock) == str(pid)]


def owner(lock):
    """The process that a lock file names; none when another cloud's has just gone with its folder."""
    try:
        return lock.read_text().strip()
    except FileNotFoundError:
        return None


@pytest.fixture(scope="module")
def cloud():
    with process.start() as running:
        yield running


def test_any_credentials_are_good(cloud):
    """The cloud answers boto3 as account 123456789012."""
    with client(cloud, "sts") as sts:
        assert sts.get_caller_identity()["Account"] == "123456789012"


def test_it_listens_on_the_loopback_address_only(cloud):
    """Nobody else on the network can reach it."""
    listening = [
        c.laddr for c in psutil.Process(cloud.pid).net_connections() if c.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_a_connection_is_kept_open(cloud):
    """Two requests go over one connection, also after one with a body that nobody read."""
    host, port = cloud.endpoint_url.removeprefix("http://").split(":")
    signed = (
        "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"
    )
    head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: {signed}\r\nContent-Length: 5\r\n\r\nhello"
    with ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection((host, int(port)), timeout=PATIENCE_S))
        answers = stack.enter_context(connection.makefile("rb"))
        for _ in range(2):
            connection.sendall(head.encode())
            assert answers.readline().split()[1] == b"501"
            length = 0
            while (line := answers.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answers.read(length)


def test_a_service_that_is_not_carried_is_refused_by_name(cloud):
    """An operation of another service answers 501 NotImplemented, and boto3 reads it so."""
    for service, operation in (
        ("dynamodb", "list_tables"),
        ("sqs", "list_queues"),
        ("ec2", "describe_instances"),
    ):
        with client(cloud, service) as made, pytest.raises(ClientError) as refused:
            getattr(made, operation)()
        assert refused.value.response["Error"]["Code"] == "NotImplemented"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert service in refused.value.response["Error"]["Message"]


def test_stopping_leaves_nothing_behind():
    """After stop the process, its children and its scratch folder are gone; a second stop does nothing."""
    cloud = process.start()
    with client(cloud, "lambda") as functions:
        functions.list_functions()
    family = [psutil.Process(cloud.pid), *psutil.Process(cloud.pid).children(recursive=True)]
    assert scratch_of(cloud.pid)
    assert cloud.stop() == 0
    assert cloud.stop() == 0
    _, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
    assert alive == []
    assert scratch_of(cloud.pid) == []


def test_ctrl_c_ends_it_in_order_even_twice():
    """SIGINT means exit code 130, and a second one does not cut the clean-up short."""
    cloud = process.start()
    os.kill(cloud.pid, signal.SIGINT)
    os.kill(cloud.pid, signal.SIGINT)
    assert cloud._process.wait(PATIENCE_S) == 130
    assert scratch_of(cloud.pid) == []
    cloud.stop()


def test_the_scratch_of_a_killed_cloud_is_removed_by_the_next(tmp_path):
    """A folder whose owner lives stays; one whose owner is gone, and so holds no lock, is removed."""
    living, killed = Scratch(tmp_path), Scratch(tmp_path)
    (killed.path / "left.txt").write_text("x")
    killed._lock.close()  # what the kernel does when a process is killed
    assert remove_stale_scratch(tmp_path) == [killed.path]
    assert [folder for folder in tmp_path.iterdir() if folder.is_dir()] == [living.path]
    living.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_scratch_that_is_being_made_is_left_alone(tmp_path, monkeypatch):
    """A cloud that looks for stale folders while another one makes its own does not remove it."""
    removed, flock = [], fcntl.flock

    def look_first(file, how):
        if how == fcntl.LOCK_EX:
            removed.extend(remove_stale_scratch(tmp_path))
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", look_first)
    scratch = Scratch(tmp_path)
    assert (removed, scratch.path.is_dir()) == ([], True)
    scratch.remove()


def test_it_ends_when_its_parent_is_killed():
    """A parent that is killed takes the cloud with it."""
    code = (
        "from infra.embedded import process; import time; "
        "c = process.start(); print(c.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=process.ROOT
    )
    with parent:
        running = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        assert running.wait(PATIENCE_S) in {0, None}
    assert scratch_of(running.pid) == []


def test_a_port_in_use_is_said_in_one_sentence(cloud):
    """A taken port ends the process with one sentence that names it."""
    port = int(cloud.endpoint_url.rsplit(":", 1)[1])
    with pytest.raises(process.CloudDidNotStart, match=f"port {port} .* cannot be used") as problem:
        process.start(port=port)
    assert "exit code 2" in str(problem.value)
    assert len(problem.value.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--port", "70000"],
        ["--port", "x"],
        ["--region", "moon"],
        ["--account-concurrency", "0"],
        ["--account-concurrency", "ten"],
        ["--nonsense"],
    ],
)
def test_a_bad_option_is_said_in_one_sentence(options):
    """A bad option ends with exit code 2 and one line that names it."""
    command = [sys.executable, "-m", "infra.embedded", *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=process.ROOT)
    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1
    assert options[-1].lstrip("-") in ended.stderr

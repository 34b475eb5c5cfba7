"""Environments end: outdated, idle, deleted, at shutdown, and when the cloud is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import psutil
import pytest

from infra.embedded.functions import api
from infra.embedded.functions.environment import Environment
from infra.embedded.functions.errors import LambdaApiError
from infra.embedded.functions.runtime_server import End
from tests.infra.embedded.functions.conftest import ACCOUNT, PATIENCE_S, REGION

PID = "import os\ndef handler(e, c): return os.getpid()"
ROOT = Path(__file__).parents[4]


def gone(pid: int) -> bool:
    """Tell whether a process has ended (a zombie has)."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_idle_environments_are_reaped(lambdas, scratch):
    """An environment that nobody uses ends by itself, with its folder."""
    api.service().pools._idle_s = 0.05
    api.service().pools._every_s = 0.05
    name = lambdas.create(PID)
    pid = lambdas.invoke(name).value
    assert lambdas.eventually(lambda: gone(pid))
    assert lambdas.eventually(lambda: not list((scratch / "functions").glob("environment-*")))
    assert lambdas.invoke(name).value != pid


def test_deleting_a_function_ends_its_environments(lambdas):
    """After DeleteFunction its processes are gone, and the name means nothing."""
    name, other = lambdas.create(PID), lambdas.create(PID)
    pid, other_pid = lambdas.invoke(name).value, lambdas.invoke(other).value
    lambdas.backend.delete_function(name)
    assert gone(pid)
    assert not gone(other_pid)
    with pytest.raises(LambdaApiError, match="Function not found"):
        lambdas.invoke(name)


def test_a_changed_function_retires_its_environments(lambdas):
    """The first invocation after a change ends what ran the old configuration."""
    name = lambdas.create(PID)
    pid = lambdas.invoke(name).value
    lambdas.backend.update_function_configuration(name, None, {"MemorySize": 512})
    assert lambdas.invoke(name).value != pid
    assert gone(pid)


def test_what_a_handler_started_ends_with_it(lambdas):
    """A process that a handler left behind is killed with the environment."""
    source = """
        import os, subprocess
        def handler(event, context):
            return subprocess.Popen(["sleep", "1000"]).pid
    """
    name = lambdas.create(source)
    pid = lambdas.invoke(name).value
    assert not gone(pid)
    lambdas.backend.delete_function(name)
    assert lambdas.eventually(lambda: gone(pid))


def test_an_environment_that_died_while_idle_is_replaced(lambdas):
    """When a warm environment is gone, the next invocation gets a new one and succeeds."""
    name = lambdas.create(PID)
    pid = lambdas.invoke(name).value
    os.kill(pid, signal.SIGKILL)
    assert lambdas.eventually(lambda: gone(pid))
    answer = lambdas.invoke(name)
    assert answer.error is None
    assert answer.value != pid


def test_a_death_that_the_nursery_has_not_told_yet_is_noticed(lambdas):
    """An environment that died while idle gets no event, even before anybody told of its end."""
    name = lambdas.create(PID)
    pid, nursery = lambdas.invoke(name).value, psutil.Process(api.service().nursery_pid)
    time.sleep(0.2)  # the runtime asks for the next event; it would be dead before it asked otherwise
    nursery.suspend()
    try:
        os.kill(pid, signal.SIGKILL)
        assert lambdas.eventually(lambda: gone(pid))
        with ThreadPoolExecutor(1) as threads:
            answering = threads.submit(lambdas.invoke, name)
            wait([answering], timeout=0.2)
            nursery.resume()
            answer = answering.result()
    finally:
        nursery.resume()
    assert answer.error is None
    assert answer.value != pid


def test_an_event_that_nobody_read_runs_elsewhere(lambdas, monkeypatch):
    """An environment that dies just when it is given its event is replaced, and the event runs once."""
    monkeypatch.setattr(Environment, "waits", lambda _: True)  # as if it died right after it was looked at
    name = lambdas.create(PID)
    pid = lambdas.invoke(name).value
    ((idle,),) = [pool._idle for pool in api.service().pools._pools.values()]
    assert idle.initialise(time.monotonic() + PATIENCE_S).end is End.READY
    os.kill(pid, signal.SIGKILL)
    assert lambdas.eventually(lambda: gone(pid))
    answer = lambdas.invoke(name)
    assert answer.error is None
    assert answer.value != pid
    starts = [line for stream in lambdas.messages(name) for line in stream if line.startswith("START")]
    assert len(starts) == 2


def test_a_nursery_that_died_is_started_again(lambdas):
    """When the fork server is killed its environments die and the next invocation starts afresh."""
    name = lambdas.create(PID)
    pid = lambdas.invoke(name).value
    os.kill(api.service().nursery_pid, signal.SIGKILL)
    assert lambdas.eventually(lambda: gone(pid))
    assert lambdas.invoke(name).error is None


def test_shutdown_leaves_nothing(lambdas, scratch):
    """After shutdown there is no process, thread or folder, and invoking is refused."""
    others = set(threading.enumerate())
    name = lambdas.create(PID)
    pid, nursery = lambdas.invoke(name).value, api.service().nursery_pid
    assert [thread for thread in threading.enumerate() if is_ours(thread, others)]
    api.shutdown()
    assert gone(pid)
    assert gone(nursery)
    assert not (scratch / "functions").exists()
    assert not [thread for thread in threading.enumerate() if is_ours(thread, others)]
    with pytest.raises(LambdaApiError, match="not running"):
        lambdas.invoke(name)


def is_ours(thread: threading.Thread, others: set[threading.Thread]) -> bool:
    """Tell whether a thread is one of Lambda's, and none of another test's that has yet to end."""
    return thread.name.startswith("lambda-") and thread not in others


def test_shutdown_ends_an_invocation_under_way(lambdas, tmp_path):
    """A handler that still runs at shutdown is killed, and its caller is told."""
    source = (
        "import pathlib, time\ndef handler(e, c):\n    pathlib.Path(e['mark']).touch()\n    time.sleep(600)"
    )
    name = lambdas.create(source, Timeout=900)
    answers = []
    mark = tmp_path / "mark"
    caller = threading.Thread(target=lambda: answers.append(lambdas.invoke(name, {"mark": str(mark)})))
    caller.start()
    assert lambdas.eventually(mark.exists)
    api.shutdown()
    caller.join(PATIENCE_S)
    assert [answer.value["errorType"] for answer in answers] == ["Runtime.ExitError"]


CLOUD = """
    import sys, threading
    from pathlib import Path
    from moto.awslambda.models import lambda_backends
    from moto.iam.models import iam_backends
    from infra.embedded.functions import api, moto_seam
    import base64, io, json, zipfile

    SOURCE = '''
    import os, pathlib, subprocess, time
    def handler(event, context):
        child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        mark = pathlib.Path(event["folder"], f"pid-{event['kind']}-{os.getpid()}-{child.pid}")
        mark.touch()
        while True:
            if event["kind"] == "sleep":
                time.sleep(600)
    '''
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        import textwrap
        archive.writestr("index.py", textwrap.dedent(SOURCE))
    folder = sys.argv[1]
    moto_seam.install()
    Path(folder, "scratch").mkdir()
    Path(folder, "scratch", "owner.lock").touch()
    api.configure(1000, "http://127.0.0.1:9", Path(folder, "scratch"))
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:*"}
    trust = json.dumps({"Statement": [statement]})
    iam_backends["123456789012"]["aws"].create_role("r", trust, "/", None, "", [], None)
    lambda_backends["123456789012"]["us-east-1"].create_function({
        "FunctionName": "endless", "Runtime": "python3.11", "Role": "arn:aws:iam::123456789012:role/r",
        "Handler": "index.handler", "Timeout": 900,
        "Code": {"ZipFile": base64.b64encode(package.getvalue()).decode()},
    })
    for kind in ("sleep", "busy"):
        event = json.dumps({"folder": folder, "kind": kind}).encode()
        threading.Thread(target=api.invoke, args=("123456789012", "us-east-1", "endless", event)).start()
    threading.Event().wait()
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_killing_the_cloud_leaves_no_process_and_no_folder(lambdas, tmp_path, end):
    """When the cloud is killed, sleeping and busy handlers, their children and the scratch folder all go."""
    program = tmp_path / "cloud.py"
    program.write_text(textwrap.dedent(CLOUD))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(program), str(tmp_path)], env=environment) as cloud:
        marks = lambdas.eventually(lambda: two(tmp_path))
        nursery = [child.pid for child in psutil.Process(cloud.pid).children()]
        cloud.send_signal(end)
        cloud.wait(PATIENCE_S)
    pids = [int(part) for mark in marks for part in mark.name.split("-")[2:]]
    assert len(pids) == 4
    assert lambdas.eventually(lambda: all(gone(pid) for pid in pids + nursery))
    assert lambdas.eventually(lambda: not (tmp_path / "scratch").exists())


def two(folder: Path) -> list[Path]:
    """Return both handlers' marks once they are there."""
    marks = list(folder.glob("pid-*"))
    return marks if len(marks) == 2 else []


def descriptors() -> set[tuple[int, int, int]]:
    """Return what is open in this process: the number, and which file, pipe or socket it is."""
    found = set()
    for number in [int(path.name) for path in Path("/dev/fd").iterdir()]:
        with contextlib.suppress(OSError):  # the one that listed has gone
            status = os.fstat(number)
            found.add((number, status.st_dev, status.st_ino))
    return found


def test_ended_environments_leave_no_descriptor(lambdas):
    """Crashes, failed INITs and changed configurations leak no file descriptor."""
    crash = lambdas.create("import os\ndef handler(e, c): os._exit(1)")
    broken = lambdas.create("import nothing_of_that_name")
    fine = lambdas.create(PID)

    def all_ways(timeout):
        lambdas.backend.update_function_configuration(fine, None, {"Timeout": timeout})
        for name in (crash, broken, fine):
            lambdas.invoke(name)

    def end_the_last():
        while_it_waits = descriptors()
        api.service().forget(ACCOUNT, REGION, fine)
        assert while_it_waits - descriptors()

    all_ways(500)
    end_the_last()
    before = descriptors()
    for timeout in range(501, 507):
        all_ways(timeout)
    end_the_last()
    assert descriptors() - before == set()


def test_a_burst_of_mixed_outcomes_loses_nothing(lambdas):
    """Many threads, many outcomes: each caller gets the answer to its own event, and no slot stays taken."""
    source = """
        import os, time
        def handler(event, context):
            if event["n"] % 7 == 0:
                os._exit(1)
            if event["n"] % 5 == 0:
                raise ValueError(event["n"])
            time.sleep(0.002)
            return event["n"]
    """
    name = lambdas.create(source)
    with ThreadPoolExecutor(12) as workers:
        answers = list(workers.map(lambda n: lambdas.invoke(name, {"n": n}), range(120)))
    for n, answer in enumerate(answers):
        if n % 7 == 0:
            assert answer.value["errorType"] == "Runtime.ExitError"
        elif n % 5 == 0:
            assert answer.value["errorMessage"] == str(n)
        else:
            assert answer.value == n
    assert api.service().limiter("123456789012", "us-east-1").running(name) == 0
    assert api.service().pools.waiting() <= 12
    assert sum(lambdas.metric("Invocations", name)) == 120

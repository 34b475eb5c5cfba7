"""What a handler's success and every kind of failure look like from outside."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from infra.embedded.functions.errors import RESPONSE_LIMIT_BYTES

REPORT = re.compile(
    r"REPORT RequestId: (?P<id>[-0-9a-f]{36})\tDuration: (?P<ms>\d+\.\d\d) ms\t"
    r"Billed Duration: (?P<billed>\d+) ms\tMemory Size: (?P<size>\d+) MB\tMax Memory Used: (?P<used>\d+) MB\t"
    r"(Init Duration: (?P<init>\d+\.\d\d) ms\t)?"
)

COUNTER = """
    import os
    calls = 0
    def handler(event, context):
        global calls
        calls += 1
        return {"calls": calls, "pid": os.getpid()}
"""


def test_the_handler_runs_in_a_process_of_its_own(lambdas):
    """A handler answers from another process than the cloud's."""
    answer = lambdas.invoke(lambdas.create(COUNTER))
    assert answer.error is None
    assert answer.value["pid"] != os.getpid()


def test_a_warm_environment_is_reused_and_keeps_module_state(lambdas):
    """The second invocation finds what the first left in the module, in the same process."""
    name = lambdas.create(COUNTER)
    first, second = (lambdas.invoke(name).value for _ in range(2))
    assert (first["calls"], second["calls"]) == (1, 2)
    assert first["pid"] == second["pid"]


def test_only_a_cold_start_reports_an_init_duration(lambdas):
    """Init Duration stands in the first REPORT line of an environment and in no later one."""
    name = lambdas.create(COUNTER)
    first, second = (REPORT.search(lambdas.invoke(name).tail) for _ in range(2))
    assert float(first["init"]) > 0
    assert second["init"] is None


def test_report_figures_are_what_happened(lambdas):
    """REPORT's duration covers the handler's own time, and billed is it rounded up."""
    name = lambdas.create("import time\ndef handler(e, c): time.sleep(0.05)", MemorySize=256)
    lambdas.invoke(name)
    report = REPORT.search(lambdas.invoke(name).tail)
    assert float(report["ms"]) >= 50
    assert 0 <= int(report["billed"]) - float(report["ms"]) < 1
    assert report["size"] == "256"
    assert 5 < int(report["used"]) < 256


def test_max_memory_used_is_the_peak_of_the_process(lambdas):
    """Memory that a handler took and gave back still counts as used."""
    name = lambdas.create("def handler(e, c): x = bytearray(60_000_000); return len(x)", MemorySize=512)
    used = int(REPORT.search(lambdas.invoke(name).tail)["used"])
    assert 60 <= used < 150


def test_an_exception_comes_back_under_its_class_name(lambdas):
    """A handler's exception is Unhandled, with its type, message, request id and stack trace."""
    answer = lambdas.invoke(
        lambdas.create("def handler(e, c): raise ValueError('PayloadTooLarge: 5100 > 5000')")
    )
    assert answer.error == "Unhandled"
    assert answer.value["errorType"] == "ValueError"
    assert answer.value["errorMessage"] == "PayloadTooLarge: 5100 > 5000"
    assert answer.value["requestId"] == answer.result.request_id
    assert "index.py" in answer.value["stackTrace"][0]
    assert "[ERROR] ValueError: PayloadTooLarge" in answer.tail


def test_an_environment_survives_its_handlers_exception(lambdas):
    """After an exception the same environment serves on."""
    name = lambdas.create(
        "import os\ndef handler(e, c):\n    if e: raise KeyError('x')\n    return os.getpid()"
    )
    pid = lambdas.invoke(name).value
    lambdas.invoke(name, {"fail": 1})
    assert lambdas.invoke(name).value == pid


def test_a_timeout_ends_the_environment_and_says_so(lambdas, tmp_path):
    """Past its timeout a handler is Sandbox.Timedout, REPORT says so, and the next one starts cold."""
    started = tmp_path / "started"
    source = f"""
        import os, pathlib, time
        with pathlib.Path({str(started)!r}).open("a") as file:
            file.write(f"{{os.getpid()}}\\n")
        def handler(event, context):
            time.sleep(600)
    """
    name = lambdas.create(source, Timeout=1)
    late = lambdas.invoke(name)
    message = f"RequestId: {late.result.request_id} Error: Task timed out after 1.00 seconds"
    assert late.value == {"errorType": "Sandbox.Timedout", "errorMessage": message}
    assert late.error == "Unhandled"
    assert f"{late.result.request_id} Task timed out after 1.00 seconds" in late.tail
    assert "Duration: 1000.00 ms\tBilled Duration: 1000 ms" in late.tail
    assert late.tail.rstrip("\n").endswith("Status: timeout")
    (pid,) = map(int, started.read_text().split())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert REPORT.search(lambdas.invoke(name).tail)["init"] is not None
    assert len(set(started.read_text().split())) == 2


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("os._exit(127)", "Runtime exited with error: exit status 127"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("os.abort()", "Runtime exited with error: signal: aborted"),
    ],
)
def test_a_crash_is_an_exit_error(lambdas, statement, reason):
    """A process that ends in the middle of an invocation is Runtime.ExitError with how it ended."""
    answer = lambdas.invoke(lambdas.create(f"import os\ndef handler(e, c): {statement}"))
    assert answer.error == "Unhandled"
    assert answer.value["errorType"] == "Runtime.ExitError"
    assert answer.value["errorMessage"] == f"RequestId: {answer.result.request_id} Error: {reason}"
    assert "Status: error\tError Type: Runtime.ExitError" in answer.tail


def test_memory_over_the_limit_is_killed_while_it_runs(lambdas):
    """A handler that holds more than its memory is killed long before it would have returned."""
    source = "import time\ndef handler(e, c):\n    x = bytearray(300_000_000)\n    time.sleep(100)"
    answer = lambdas.invoke(lambdas.create(source, MemorySize=128, Timeout=200))
    assert answer.value["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert answer.value["errorType"] == "Runtime.ExitError"


def test_memory_over_the_limit_is_found_afterwards_too(lambdas):
    """A peak too short for the watch still ends the environment: the kernel's high-water mark tells."""
    source = (
        "import os\ndef handler(e, c):\n    x = bytearray(e.get('n', 0))\n    del x\n    return os.getpid()"
    )
    name = lambdas.create(source, MemorySize=128)
    pid = lambdas.invoke(name).value
    greedy = lambdas.invoke(name, {"n": 200_000_000})
    assert greedy.value["errorType"] == "Runtime.ExitError"
    assert "\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t" in greedy.tail
    assert lambdas.invoke(name).value != pid


@pytest.mark.parametrize(
    ("spec", "kind", "message"),
    [
        (
            {"files": {"index.py": "import nothing_of_that_name"}},
            "Runtime.ImportModuleError",
            "nothing_of_that_name",
        ),
        (
            {"Handler": "index.absent"},
            "Runtime.HandlerNotFound",
            "Handler 'absent' missing on module 'index'",
        ),
        ({"Handler": "elsewhere.handler"}, "Runtime.ImportModuleError", "No module named 'elsewhere'"),
        (
            {"files": {"index.py": "def handler(:"}},
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'index'",
        ),
        ({"files": {"index.py": "raise LookupError('at import')"}}, "LookupError", "at import"),
    ],
)
def test_a_handler_that_does_not_load(lambdas, spec, kind, message):
    """What fails in INIT comes back under the runtime's own error type, after AWS's second try."""
    answer = lambdas.invoke(lambdas.create(**spec))
    assert answer.error == "Unhandled"
    assert answer.value["errorType"] == kind
    assert message in answer.value["errorMessage"]
    lines = lambdas.messages(lambdas.names[0])[0]
    assert [line.split("Phase: ")[1] for line in lines if line.startswith("INIT_REPORT")] == [
        f"init\tStatus: error\tError Type: {kind}\n",
        f"invoke\tStatus: error\tError Type: {kind}\n",
    ]


def test_a_handler_that_ends_while_loading(lambdas):
    """A module that leaves the process in INIT is Runtime.ExitError."""
    answer = lambdas.invoke(lambdas.create("import os\nos._exit(3)"))
    assert answer.value["errorType"] == "Runtime.ExitError"
    assert answer.value["errorMessage"].endswith("exit status 3")


def test_init_that_never_ends_runs_into_the_functions_timeout(lambdas, monkeypatch):
    """INIT over its limit is tried again in the invocation and then times out."""
    monkeypatch.setattr("infra.embedded.functions.execution.INIT_LIMIT_S", 0.2)
    answer = lambdas.invoke(lambdas.create("import time\ntime.sleep(60)", Timeout=1))
    assert answer.value["errorType"] == "Sandbox.Timedout"


def test_a_result_that_is_no_json(lambdas):
    """A result that cannot be serialised is Runtime.MarshalError."""
    answer = lambdas.invoke(lambdas.create("def handler(e, c): return {1, 2}"))
    assert answer.error == "Unhandled"
    assert answer.value["errorType"] == "Runtime.MarshalError"


def test_large_payloads_pass_both_ways(lambdas):
    """Five megabytes in and out arrive whole."""
    name = lambdas.create()
    event = {"text": "é" * 300_000 + "x" * 3_000_000}
    assert lambdas.invoke(name, event).value == event


def test_a_response_over_the_limit(lambdas):
    """A response over 6,291,556 bytes is Function.ResponseSizeTooLarge, and the function serves on."""
    name = lambdas.create("def handler(e, c): return 'x' * e.get('n', 0)")
    fits = lambdas.invoke(name, {"n": RESPONSE_LIMIT_BYTES - 2})
    assert len(fits.result.payload) == RESPONSE_LIMIT_BYTES
    over = lambdas.invoke(name, {"n": RESPONSE_LIMIT_BYTES - 1})
    assert over.error == "Unhandled"
    assert over.value["errorType"] == "Function.ResponseSizeTooLarge"
    assert lambdas.invoke(name).value == ""


def test_the_context_tells_about_the_invocation(lambdas):
    """The context object carries names, ARN, memory, request id, log names and the remaining time."""
    source = """
        def handler(event, context):
            names = ["function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb",
                     "aws_request_id", "log_group_name", "log_stream_name"]
            told = {name: getattr(context, name) for name in names}
            left = context.get_remaining_time_in_millis()
            return told | {"left": left, "custom": context.client_context.custom}
    """
    name = lambdas.create(source, MemorySize=192, Timeout=700)
    answer = lambdas.invoke(name, client_context='{"custom": {"a": "b"}}')
    told = answer.value
    assert told["function_name"] == name
    assert told["function_version"] == "$LATEST"
    assert told["invoked_function_arn"] == f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    assert told["memory_limit_in_mb"] == "192"
    assert told["aws_request_id"] == answer.result.request_id
    assert told["log_group_name"] == f"/aws/lambda/{name}"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", told["log_stream_name"])
    assert 500_000 < told["left"] <= 700_000
    assert told["custom"] == {"a": "b"}


def test_the_environment_is_lambdas_and_the_functions_and_nothing_of_ours(lambdas, monkeypatch):
    """A handler sees the function's variables and Lambda's, and none of the cloud's process."""
    monkeypatch.setenv("SOMETHING_OF_OURS", "secret")
    source = "import os, sys\ndef handler(e, c): return {'env': dict(os.environ), 'path': sys.path}"
    name = lambdas.create(source, Environment={"Variables": {"SIMULATED_INFER_MS": "250"}})
    told = lambdas.invoke(name).value
    environment = told["env"]
    assert environment["SIMULATED_INFER_MS"] == "250"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "us-east-1"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert environment["_HANDLER"] == "index.handler"
    assert environment["TZ"] == ":UTC"
    assert "SOMETHING_OF_OURS" not in environment
    assert told["path"][0] == environment["LAMBDA_TASK_ROOT"]
    assert not any(path == str(Path.cwd()) for path in told["path"])


def test_a_private_temp_folder_goes_with_its_environment(lambdas):
    """Files in TMPDIR last as long as the environment and are gone after it."""
    source = """
        import os, pathlib
        def handler(event, context):
            folder = pathlib.Path(os.environ["TMPDIR"])
            (folder / "kept").write_text("x")
            if event:
                os._exit(1)
            return str(folder)
    """
    name = lambdas.create(source)
    folder = lambdas.invoke(name).value
    assert Path(folder, "kept").exists()
    lambdas.invoke(name, {"end": 1})
    assert lambdas.eventually(lambda: not Path(folder).exists())


def test_several_files_and_a_nested_handler(lambdas):
    """A package may have modules and folders, and a handler in one of them."""
    files = {
        "pkg/__init__.py": "",
        "pkg/main.py": "from other import answer\ndef go(e, c): return answer",
        "other.py": "answer = 42",
    }
    assert lambdas.invoke(lambdas.create(files=files, Handler="pkg/main.go")).value == 42

"""The step under test: a model that goes wrong as its environment variables say. Deployed as `index.py`."""

# ruff: noqa: T201, PLC0415 - a handler prints its log, and imports a client only where it needs one

import json
import os
import pathlib
import socket
import sys
import time

SLEEP_S = float(os.environ.get("SLEEP_MS", "60")) / 1000
FAULT = os.environ.get("FAULT", "")
SHARED = os.environ.get("SHARED", "")
MEMORY_MB = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"))
if FAULT == "import":
    import a_package_that_is_not_there  # noqa: F401


class ThrottlingException(Exception):
    """What a model endpoint answers when it takes no more."""


class ClientError(Exception):
    """What an AWS client raises for any error code."""


class FluxCapacitorError(Exception):
    """An error of this handler's own, with a name that nobody else knows."""


class Unwritable:
    """Not JSON."""


def handler(event, context):
    """Do what the fault says, then answer as a model would."""
    started = time.perf_counter()
    here = enter()
    try:
        waited = FAULTS.get(FAULT, sleep)(event, here)
    finally:
        leave()
    line = {"step": "embed", "duration_ms": round((time.perf_counter() - started) * 1000, 1)}
    if waited and os.environ.get("TELLS"):
        line["dependency_ms"] = round(waited * 1000, 1)
    print(json.dumps(line))
    if FAULT == "marshal":
        return Unwritable()
    if FAULT == "large":
        return {"text": "x" * 300_000}
    return {"ticket_id": ticket_id(event), "route": "billing", "route_score": 0.5}


def ticket_id(event):
    return event.get("ticket_id") if isinstance(event, dict) else None


def enter():
    """Count the invocations under way in all environments, this one included."""
    if not SHARED:
        return 1
    folder = pathlib.Path(SHARED)
    (folder / f"{os.getpid()}").touch()
    with (folder / "all.count").open("a") as log:
        log.write("x")
    return len([path for path in folder.iterdir() if path.name.isdigit()])


def leave():
    if SHARED:
        (pathlib.Path(SHARED) / f"{os.getpid()}").unlink(missing_ok=True)


def sleep(event, here):
    time.sleep(SLEEP_S)
    return SLEEP_S


def memory(event, here):
    block = bytearray(int(os.environ["ALLOCATE_MB"]) << 20)
    for place in range(0, len(block), 4096):
        block[place] = 1
    time.sleep(0.2)
    return 0


def cpu(event, here):
    """A CPU share that grows with memory, as on AWS, imitated by time: twice the memory, half the time."""
    time.sleep(SLEEP_S * 128 / MEMORY_MB)
    return 0


def grows(event, here):
    """A dependency that all share, slower with every caller."""
    time.sleep(SLEEP_S * here)
    return SLEEP_S * here


def degrades(event, here):
    """A dependency that grows slower with every call it has had."""
    calls = (pathlib.Path(SHARED) / "all.count").stat().st_size
    time.sleep(SLEEP_S * (1 + calls / 4))
    return SLEEP_S


def endpoint(event, here):
    if here > int(os.environ["ENDPOINT_TAKES"]):
        raise ThrottlingException("Rate exceeded for endpoint embed")
    time.sleep(SLEEP_S)
    return SLEEP_S


def client(event, here):
    if here > int(os.environ["ENDPOINT_TAKES"]):
        raise ClientError(
            "An error occurred (ThrottlingException) when calling the InvokeEndpoint operation: Rate exceeded"
        )
    time.sleep(SLEEP_S)
    return SLEEP_S


def dispatch(event, here):
    """Invoke another function, and log the Reason when Lambda refuses."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError as Refused

    lambda_ = boto3.client("lambda", config=Config(retries={"max_attempts": 0}))
    try:
        lambda_.invoke(FunctionName=os.environ["TARGET"], Payload=b"{}")
    except Refused as error:
        print(json.dumps({"step": "embed", "refused": str(error), "reason": error.response.get("Reason")}))
        raise
    return 0


def key(event, here):
    return event["embedding"]["vector"]


def kind(event, here):
    return event["text"] + 1


def name(event, here):
    return undefined_name  # noqa: F821


def value(event, here):
    return int("seven")


def unknown(event, here):
    raise FluxCapacitorError("1.21 gigawatts")


def leaves(event, here):
    sys.stdout.flush()
    os._exit(3)


def refuses_connection(event, here):
    socket.create_connection(("127.0.0.1", 9), timeout=1)


def no_text(event, here):
    """A model without a gate before it: it takes for granted that there is a text."""
    len(event["text"])
    return sleep(event, here)


FAULTS = {
    "memory": memory, "cpu": cpu, "grows": grows, "degrades": degrades, "endpoint": endpoint,
    "client": client, "dispatch": dispatch, "key": key, "type": kind, "name": name, "value": value,
    "unknown": unknown, "exit": leaves, "connection": refuses_connection, "no-text": no_text,
}  # fmt: skip

"""Every recorded case: what is provoked, and the diagnosis that somebody who knows it would give.

The expectations were written down before the rules were asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lab import Lab, Pipeline, Spec

from infra.tickets import oversized_ticket, tickets
from reports.rca.observations import Observations, together

Record = Callable[[Lab], Observations]


@dataclass(frozen=True)
class Case:
    """A case: how it is recorded, and what should come out (`rules` in order, the leaf of the first)."""

    name: str
    what: str
    record: Record
    conclusion: str
    rules: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    bone: str | None = None
    step: str | None = None
    cloud: str = "normal"
    consequences: tuple[str, ...] = ()
    contradicting: tuple[str, ...] = ()
    failed: int | None = None


CASES: list[Case] = []

LIMITS, RESOURCES, DEPENDENCIES, DATA = "Limits/Throttling", "Resources", "Dependencies", "Data/Input"


@dataclass(frozen=True)
class Bursts:
    """A recording of one pipeline: bursts as (cap, tickets or list), then what is cut away."""

    spec: Spec = field(default_factory=Spec)
    bursts: tuple = ((1, 1),)
    without: tuple[str, ...] = ()
    target_s: float | None = None
    tells_validity: bool = True
    warm: int = 0
    between: Callable[[Pipeline], None] | None = None

    def __call__(self, lab: Lab) -> Observations:
        """Record it."""
        with lab.pipeline(self.spec) as pipeline:
            if self.warm:
                pipeline.run(self.warm, self.warm)
                pipeline.forget()
            for number, (cap, sent) in enumerate(self.bursts):
                if number and self.between:
                    self.between(pipeline)
                pipeline.run(cap, sent, tells_validity=self.tells_validity)
            return pipeline.observations(self.target_s).without(*self.without)


@dataclass(frozen=True)
class Several:
    """Incidents of several pipelines at once."""

    parts: tuple[Record, ...]

    def __call__(self, lab: Lab) -> Observations:
        """Record them, one after another."""
        return together([part(lab) for part in self.parts])


def add(name: str, what: str, record: Record, conclusion: str = "classified", **expected) -> None:
    CASES.append(Case(name, what, record, conclusion, **expected))


def leaf(leaf: str, rule: str, bone: str, step: str | None = "Embed") -> dict:
    return {"leaves": (leaf,), "rules": (rule,), "bone": bone, "step": step}


CAP = leaf("THROTTLED", "map-cap", LIMITS)
RESERVED = leaf("THROTTLED", "reserved-concurrency", LIMITS)
ACCOUNT = leaf("THROTTLED", "account-limit", LIMITS)
SOME_LIMIT = leaf("THROTTLED", "throttled", LIMITS)
MEMORY = leaf("EXHAUSTED", "out-of-memory", RESOURCES)
CPU = leaf("EXHAUSTED", "cpu-bound", RESOURCES)
FUNCTION_TIME = leaf("TIMED OUT", "function-timeout", DEPENDENCIES)
TASK_TIME = leaf("TIMED OUT", "task-timeout", DEPENDENCIES)
SLOW = leaf("TIMED OUT", "slow-in-every-item", DEPENDENCIES)
LOAD = leaf("TIMED OUT", "slows-with-load", DEPENDENCIES)
REFUSED = leaf("BAD INPUT", "refused-input", DATA, "Preprocess")
DEFECT = {"rules": ("code-defect",), "step": "Embed"}


def both(first: dict, second: dict) -> dict:
    """Expect two causes, in this order."""
    leaves = (*first.get("leaves", ()), *second.get("leaves", ()))
    return {**first, "rules": first["rules"] + second["rules"], "leaves": leaves}


# -- waiting at the Map's cap: nothing fails
slow = Spec(sleep_ms=100)
add("map-cap-1", "ten tickets one at a time", Bursts(slow, ((1, 10),), warm=1), **CAP)
add("map-cap-2", "sixteen tickets at cap 2, the exercise in small", Bursts(slow, ((2, 16),), warm=2), **CAP)
add("map-cap-4", "24 tickets at cap 4", Bursts(slow, ((4, 24),), warm=4), **CAP)
add("map-cap-cold", "cap 2 on a cold cloud", Bursts(slow, ((2, 14),)), **CAP)
add(
    "map-cap-before-after",
    "cap 2, then 8: per-item time the same",
    Bursts(slow, ((2, 12), (8, 12)), warm=8),
    **CAP,
)
add(
    "map-cap-late", "cap 2 and a target that is missed", Bursts(slow, ((2, 12),), warm=2, target_s=0.5), **CAP
)
add("map-cap-no-logs", "cap 2, no log was read", Bursts(slow, ((2, 12),), ("logs", "reports"), warm=2), **CAP)
add("map-cap-no-metrics", "cap 2, no metric was read", Bursts(slow, ((2, 12),), ("metrics",), warm=2), **CAP)
add(
    "map-cap-history-only",
    "cap 2, nothing but the history",
    Bursts(slow, ((2, 12),), ("metrics", "logs", "reports", "settings", "executions"), warm=2),
    **CAP,
)
add(
    "map-cap-metrics-only",
    "cap 2, no history: metrics and the execution's plan",
    Bursts(Spec(sleep_ms=400), ((2, 20),), ("bursts", "events", "logs", "reports"), warm=2),
    **CAP,
)
add(
    "map-cap-execution-timeout",
    "cap 1, and the execution's own time runs out first",
    Bursts(Spec(sleep_ms=100, execution_timeout=2), ((1, 40),), warm=1),
    **CAP,
    consequences=("execution-timeout",),
)

# -- refused by reserved concurrency
one = Spec(reserved=1, sleep_ms=150)
add("reserved-1", "one reserved, cap 4, no retry", Bursts(one, ((4, 8),)), **RESERVED, failed=None)
add(
    "reserved-2",
    "two reserved, cap 10, no retry: the earlier form of the exercise",
    Bursts(Spec(reserved=2, sleep_ms=150), ((10, 12),)),
    **RESERVED,
)
add("reserved-0", "reserved 0 blocks everything", Bursts(Spec(reserved=0), ((1, 3),)), **RESERVED)
add(
    "reserved-retried",
    "two reserved, and a Retry that brings every ticket through",
    Bursts(Spec(reserved=2, retry=True, sleep_ms=100), ((6, 8),)),
    **RESERVED,
    failed=0,
)
add(
    "reserved-no-logs",
    "one reserved, no log was read",
    Bursts(one, ((4, 8),), ("logs", "reports")),
    **RESERVED,
)
add(
    "reserved-metrics-and-settings",
    "one reserved, no history and no log",
    Bursts(one, ((4, 8),), ("logs", "reports", "bursts", "events", "executions")),
    **RESERVED,
)
add(
    "reserved-no-settings",
    "one reserved, and nobody read the settings",
    Bursts(one, ((4, 8),), ("settings",)),
    **SOME_LIMIT,
)
add(
    "reserved-history-only",
    "one reserved, nothing but the history",
    Bursts(one, ((4, 8),), ("settings", "metrics", "logs", "reports")),
    **SOME_LIMIT,
)
add(
    "reserved-status-only",
    "one reserved, nothing but how the execution ended",
    Bursts(one, ((4, 8),), ("settings", "metrics", "logs", "reports", "bursts", "events")),
    **(SOME_LIMIT | {"step": None}),
)
add(
    "reserved-reason-logged",
    "a step calls a reserved function itself and logs the Reason",
    Bursts(Spec(fault="dispatch", variables={"TARGET": "target-reserved"}), ((1, 1),)),
    **RESERVED,
    cloud="with a reserved target",
)

# -- refused by the account's limit, by the scaling rate
add(
    "account-10",
    "an account of 10, cap 12",
    Bursts(slow, ((12, 24),)),
    **(ACCOUNT | {"step": "any"}),
    cloud="sandbox",
)
add(
    "account-10-retried",
    "an account of 10, cap 14, with Retry on the model",
    Bursts(Spec(retry=True, sleep_ms=300), ((14, 14),), warm=4),
    **(ACCOUNT | {"step": "any"}),
    cloud="sandbox",
)
add(
    "account-10-no-settings",
    "an account of 10, and nobody read its limit",
    Bursts(slow, ((12, 24),), ("settings",)),
    **(SOME_LIMIT | {"step": "any"}),
    cloud="sandbox",
)
add(
    "account-10-no-metrics",
    "an account of 10, no metric was read",
    Bursts(slow, ((12, 24),), ("metrics",)),
    **(ACCOUNT | {"step": "any"}),
    cloud="sandbox",
)
add(
    "scaling-rate",
    "environments are asked for faster than Lambda adds them; the Reason is logged",
    Bursts(Spec(fault="dispatch", variables={"TARGET": "target-plain"}), ((1, 1),)),
    **leaf("THROTTLED", "scaling-rate", LIMITS),
    cloud="slow to scale",
)

# -- refused by a dependency
endpoint = {"ENDPOINT_TAKES": "2"}
DEPENDENCY = leaf("THROTTLED", "dependency-refuses", DEPENDENCIES)
add(
    "endpoint-refuses",
    "a model endpoint takes two at once, the Map sends four",
    Bursts(Spec(fault="endpoint", sleep_ms=150, variables=endpoint), ((4, 8),)),
    **DEPENDENCY,
)
add(
    "endpoint-refuses-client-error",
    "the same, as a client's generic error with the code in its message",
    Bursts(Spec(fault="client", sleep_ms=150, variables=endpoint), ((4, 8),)),
    **DEPENDENCY,
)
add(
    "endpoint-takes-two",
    "the same endpoint at cap 2: nothing is refused",
    Bursts(Spec(fault="endpoint", sleep_ms=150, variables=endpoint), ((2, 3),)),
    "healthy",
)

# -- exhausted
big = Spec(fault="memory", memory=128, variables={"ALLOCATE_MB": "200"})
add("memory-128", "a model of 200 MB in 128 MB, one ticket", Bursts(big, ((1, 1),)), **MEMORY, failed=1)
add(
    "memory-256",
    "a model of 300 MB in 256 MB, under load",
    Bursts(replace(big, memory=256, variables={"ALLOCATE_MB": "300"}), ((3, 6),)),
    **MEMORY,
)
add(
    "memory-retried",
    "out of memory, and the Retry cannot help",
    Bursts(replace(big, retry=True), ((1, 1),)),
    **MEMORY,
)
add("memory-no-logs", "out of memory, no log was read", Bursts(big, ((1, 2),), ("logs", "reports")), **MEMORY)
add(
    "memory-logs-only",
    "out of memory, nothing but logs",
    Bursts(big, ((1, 2),), ("bursts", "events", "executions", "metrics")),
    **MEMORY,
)
add(
    "memory-status-only",
    "out of memory, nothing but how the execution ended",
    Bursts(big, ((1, 1),), ("bursts", "events", "logs", "reports", "metrics", "settings")),
    **(MEMORY | {"step": None}),
)
add(
    "cpu-bound",
    "the same tickets at 128 and at 512 MB: the time falls with memory",
    Bursts(
        Spec(fault="cpu", sleep_ms=240, memory=128), ((1, 4), (1, 4)), between=lambda p: p.change(memory=512)
    ),
    **CPU,
)
add(
    "cpu-bound-late",
    "the same, with a target that the small size misses",
    Bursts(
        Spec(fault="cpu", sleep_ms=300, memory=128),
        ((1, 4), (1, 4)),
        target_s=0.9,
        between=lambda p: p.change(memory=1024),
    ),
    **CPU,
)
add(
    "cold-starts",
    "the same small burst cold, then warm",
    Bursts(Spec(sleep_ms=5), ((4, 4), (4, 4), (4, 4))),
    **leaf("EXHAUSTED", "cold-starts", RESOURCES, None),
)
add(
    "cold-starts-late",
    "a cold burst that misses its target",
    Bursts(Spec(sleep_ms=5), ((5, 5),), target_s=0.03),
    **leaf("EXHAUSTED", "cold-starts", RESOURCES, None),
)

# -- timed out
hangs = Spec(sleep_ms=3000, timeout=1)
add(
    "function-timeout", "one ticket, and the model hangs", Bursts(hangs, ((1, 1),)), **FUNCTION_TIME, failed=1
)
add(
    "function-timeout-every-item",
    "three at once, all time out",
    Bursts(hangs, ((3, 5),)),
    **SLOW,
    consequences=("function-timeout",),
)
add(
    "function-timeout-no-logs",
    "a time-out, no log was read",
    Bursts(hangs, ((1, 2),), ("logs", "reports")),
    **FUNCTION_TIME,
)
add(
    "function-timeout-logs-only",
    "a time-out, nothing but logs",
    Bursts(hangs, ((1, 2),), ("bursts", "events", "executions", "metrics")),
    **FUNCTION_TIME,
)
add(
    "function-timeout-no-settings",
    "a time-out, nobody read the settings",
    Bursts(hangs, ((1, 1),), ("settings",)),
    **FUNCTION_TIME,
)
add(
    "task-timeout",
    "the task gives up after a second, the function would go on",
    Bursts(Spec(sleep_ms=3000, task_timeout=1), ((1, 1),)),
    **TASK_TIME,
)
add(
    "task-timeout-no-settings",
    "the same, nobody read the settings",
    Bursts(Spec(sleep_ms=3000, task_timeout=1), ((1, 1),), ("settings",)),
    **TASK_TIME,
)
add(
    "execution-timeout",
    "one ticket hangs and the execution's time runs out",
    Bursts(Spec(sleep_ms=4000, execution_timeout=1), ((1, 1),)),
    **leaf("TIMED OUT", "execution-timeout", DEPENDENCIES, None),
)
add(
    "slow-dependency-logged",
    "a dependency is slow in every ticket, the log lines say so, the target is missed",
    Bursts(Spec(sleep_ms=250, variables={"TELLS": "yes"}), ((2, 4),), target_s=0.3),
    **SLOW,
)
add(
    "slow-dependency-before-after",
    "fast before, slow after at the same load, and the log lines say why",
    Bursts(
        Spec(sleep_ms=60, variables={"TELLS": "yes"}),
        ((2, 4), (2, 4)),
        between=lambda p: p.change(SLEEP_MS="300", TELLS="yes"),
        warm=2,
    ),
    **SLOW,
)
add(
    "slow-dependency-by-memory",
    "slow after, and four times the memory changes nothing",
    Bursts(
        Spec(sleep_ms=60),
        ((2, 4), (2, 6), (2, 6)),
        warm=2,
        between=lambda p: p.change(SLEEP_MS="300", memory=256 if len(p.bursts) == 1 else 1024),
    ),
    **SLOW,
)
add(
    "slows-with-load",
    "a shared dependency: low load, then high",
    Bursts(Spec(fault="grows", sleep_ms=60), ((1, 6), (6, 18)), warm=1),
    **LOAD,
)
add(
    "slows-with-load-no-logs",
    "the same, no log was read",
    Bursts(Spec(fault="grows", sleep_ms=60), ((1, 6), (6, 18)), ("logs", "reports", "metrics"), warm=1),
    **LOAD,
)
add(
    "degrades",
    "a dependency that grows slower while the burst goes on",
    Bursts(Spec(fault="degrades", sleep_ms=40), ((2, 16),)),
    **LOAD,
)
add(
    "slows-into-timeout",
    "low load passes; at high load the shared dependency takes longer than the time-out",
    Bursts(Spec(fault="grows", sleep_ms=170, timeout=1), ((1, 4), (8, 24)), warm=1),
    **LOAD,
    consequences=("function-timeout",),
)
add(
    "no-connection",
    "what the model calls cannot be reached",
    Bursts(Spec(fault="connection"), ((1, 2),)),
    **leaf("TIMED OUT", "dependency-does-not-answer", DEPENDENCIES),
)

# -- bad input
add(
    "oversized",
    "one ticket of 5,100 characters, the exercise",
    Bursts(bursts=((1, [oversized_ticket()]),)),
    **REFUSED,
    failed=1,
)
add(
    "oversized-in-batch",
    "one oversized ticket among eleven good ones",
    Bursts(bursts=((4, [*tickets(5), oversized_ticket(), *tickets(11)[5:]]),)),
    **REFUSED,
    failed=1,
)
add("missing-text", "a ticket without a text", Bursts(bursts=((1, [{"ticket_id": "T-9"}]),)), **REFUSED)
add(
    "text-a-number",
    "a text that is a number",
    Bursts(bursts=((1, [{"ticket_id": "T-9", "text": 7}]),)),
    **REFUSED,
)
add("text-empty", "a text of spaces", Bursts(bursts=((1, [{"ticket_id": "T-9", "text": "   "}]),)), **REFUSED)
add("no-ticket-id", "a ticket without a ticket_id", Bursts(bursts=((1, [{"text": "my parcel"}]),)), **REFUSED)
add("not-an-object", "a ticket that is a string", Bursts(bursts=((1, ["my parcel"]),)), **REFUSED)
add(
    "oversized-nobody-checked",
    "an oversized ticket, nobody compared it with the schema",
    Bursts(bursts=((1, [oversized_ticket()]),), tells_validity=False),
    **REFUSED,
)
add(
    "oversized-logs-only",
    "an oversized ticket, nothing but logs",
    Bursts(bursts=((1, [oversized_ticket()]),), without=("bursts", "events", "executions", "metrics")),
    **REFUSED,
)
add(
    "oversized-no-logs",
    "an oversized ticket, no log was read",
    Bursts(bursts=((1, [oversized_ticket()]),), without=("logs", "reports")),
    **REFUSED,
)
add(
    "no-gate",
    "no step checks tickets, and the model breaks on one without a text",
    Bursts(Spec(fault="no-text", gate=False), ((1, [{"ticket_id": "T-9"}]),)),
    **leaf("BAD INPUT", "unexpected-input", DATA),
)
add(
    "result-too-large",
    "a result of more than 256 KiB",
    Bursts(Spec(fault="large"), ((1, 1),)),
    **leaf("BAD INPUT", "too-large", DATA),
)

# -- outside the tree
add(
    "import-error",
    "the model imports a package that is not there",
    Bursts(Spec(fault="import"), ((1, 2),)),
    "outside the tree",
    **DEFECT,
)
add(
    "handler-not-found",
    "the handler's name is wrong",
    Bursts(Spec(handler="index.handle"), ((1, 1),)),
    "outside the tree",
    **DEFECT,
)
add(
    "key-error-on-valid",
    "a KeyError on a valid ticket",
    Bursts(Spec(fault="key"), ((1, 2),)),
    "outside the tree",
    **DEFECT,
)
add(
    "type-error-on-valid",
    "a TypeError on valid tickets, at load",
    Bursts(Spec(fault="type"), ((3, 6),)),
    "outside the tree",
    **DEFECT,
)
add(
    "name-error",
    "a name that does not exist, nobody checked the tickets",
    Bursts(Spec(fault="name"), ((1, 1),), tells_validity=False),
    "outside the tree",
    **DEFECT,
)
add(
    "process-exits",
    "the process ends by itself with memory to spare",
    Bursts(Spec(fault="exit"), ((1, 1),)),
    "outside the tree",
    **DEFECT,
)
add(
    "result-unwritable",
    "a result that is not JSON",
    Bursts(Spec(fault="marshal"), ((1, 1),)),
    "outside the tree",
    **DEFECT,
)
add(
    "permission-missing",
    "the state machine's role may not invoke",
    Bursts(Spec(allowed=False), ((1, 1),)),
    "outside the tree",
    rules=("permission-missing",),
    step="Preprocess",
)
add(
    "permission-missing-history-only",
    "the same, nothing but the history",
    Bursts(Spec(allowed=False), ((2, 3),), ("settings", "metrics", "logs", "reports")),
    "outside the tree",
    rules=("permission-missing",),
    step="Preprocess",
)


@dataclass(frozen=True)
class WithoutModel:
    """The model's function was deleted by hand."""

    def __call__(self, lab: Lab) -> Observations:
        """Record it."""
        with lab.pipeline(Spec()) as pipeline:
            lab.functions.delete_function(FunctionName=pipeline.names["Embed"])
            pipeline.run(1, 1)
            return pipeline.observations()


add(
    "function-deleted",
    "the model's function is not there",
    WithoutModel(),
    "outside the tree",
    rules=("not-set-up",),
    step="Embed",
)

# -- undetermined
add("nothing", "nothing was observed", lambda _: Observations(), "undetermined")
add(
    "key-error-nobody-checked",
    "a KeyError on one ticket, and nobody knows whether the ticket is valid",
    Bursts(Spec(fault="key"), ((1, 1),), tells_validity=False),
    "undetermined",
)
add(
    "unknown-error",
    "an error that nobody has heard of",
    Bursts(Spec(fault="unknown"), ((1, 1),)),
    "undetermined",
)
add(
    "value-error-on-valid",
    "a ValueError that refuses nothing, on a valid ticket",
    Bursts(Spec(fault="value"), ((1, 1),)),
    "undetermined",
    contradicting=("refused-input",),
)
add(
    "slower-nobody-knows-why",
    "slow after at the same load; no second memory size, no log of the dependency",
    Bursts(Spec(sleep_ms=60), ((2, 4), (2, 4)), warm=2, between=lambda p: p.change(SLEEP_MS="300")),
    "undetermined",
)
add(
    "late-nobody-knows-why",
    "one ticket misses its target, and nothing else is odd",
    Bursts(Spec(sleep_ms=300), ((1, 1),), warm=1, target_s=0.2),
    "undetermined",
)
add(
    "failed-status-only",
    "a failed execution of which only an unknown error's name was kept",
    Bursts(Spec(fault="unknown"), ((1, 1),), ("bursts", "events", "logs", "reports", "metrics")),
    "undetermined",
)
add(
    "metrics-of-a-healthy-run",
    "metrics alone, of a run in which nothing happened",
    Bursts(Spec(), ((2, 2),), ("bursts", "events", "executions", "logs", "reports")),
    "undetermined",
)

# -- healthy
add("healthy-one", "one ticket", Bursts(Spec(), ((1, 1),)), "healthy")
add("healthy-at-once", "as many tickets as places", Bursts(Spec(), ((6, 6),), warm=6), "healthy")
add(
    "healthy-in-time",
    "sixteen tickets at cap 2, within the target",
    Bursts(Spec(), ((2, 16),), target_s=30),
    "healthy",
)
add(
    "healthy-low-high",
    "low and high load, each with few tickets",
    Bursts(slow, ((1, 1), (4, 4)), warm=4),
    "healthy",
)

# -- two causes at once
add(
    "memory-and-oversized",
    "out of memory, and then an oversized ticket",
    Bursts(big, ((1, 1), (1, [oversized_ticket()]))),
    **both(MEMORY, REFUSED),
)
add(
    "oversized-and-memory",
    "an oversized ticket first, then out of memory",
    Bursts(big, ((1, [oversized_ticket()]), (1, 1))),
    **both(REFUSED, MEMORY),
)
add(
    "timeout-and-oversized",
    "a time-out, and then an oversized ticket",
    Bursts(hangs, ((1, 1), (1, [oversized_ticket()]))),
    **both(FUNCTION_TIME, REFUSED),
)
add(
    "reserved-and-slows",
    "refused at a reservation while the dependency slows with load, a Retry in place",
    Bursts(Spec(fault="grows", sleep_ms=100, reserved=4, retry=True), ((1, 6), (6, 12)), warm=1),
    **both(RESERVED, LOAD),
)
add(
    "memory-and-permission",
    "one pipeline out of memory, another not allowed to invoke",
    Several((Bursts(big, ((1, 1),)), Bursts(Spec(allowed=False), ((1, 1),)))),
    **both(MEMORY, {"rules": ("permission-missing",)}),
)

# -- variations written after the rules, as a check on them
held = Spec(sleep_ms=80)
add(
    "cap-3-with-retry",
    "cap 3 with a Retry that is never needed",
    Bursts(replace(held, retry=True), ((3, 15),), warm=3),
    **CAP,
)
add(
    "cap-before-after-target",
    "cap 1 misses the target, cap 6 meets it",
    Bursts(held, ((1, 12), (6, 12)), warm=6, target_s=0.6),
    **CAP,
)
add(
    "cap-and-bad-ticket",
    "tickets wait at cap 1, then one oversized ticket fails",
    Bursts(held, ((1, 10), (1, [oversized_ticket()])), warm=1),
    **REFUSED,
)
add(
    "reserved-3-late-in-burst",
    "three reserved, cap 5: a refusal after some tickets are done",
    Bursts(Spec(reserved=3, sleep_ms=120), ((3, 6), (5, 10))),
    **RESERVED,
)
add(
    "memory-in-batch",
    "one of many tickets meets the memory limit first, the rest are cut off",
    Bursts(replace(big, variables={"ALLOCATE_MB": "160"}), ((4, 10),)),
    **MEMORY,
)
add(
    "memory-enough",
    "the same model in enough memory",
    Bursts(replace(big, memory=512), ((1, 2),)),
    "healthy",
)
add(
    "timeout-2s",
    "a time-out of two seconds at cap 1",
    Bursts(Spec(sleep_ms=5000, timeout=2), ((1, 3),)),
    **FUNCTION_TIME,
)
add(
    "task-timeout-at-load",
    "the task gives up on four at once",
    Bursts(Spec(sleep_ms=3000, task_timeout=1), ((4, 8),)),
    **TASK_TIME,
)
add(
    "task-timeout-retried",
    "the task gives up again and again",
    Bursts(Spec(sleep_ms=2500, task_timeout=1, retry=True, execution_timeout=6), ((1, 1),)),
    **SLOW,
    consequences=("task-timeout", "execution-timeout"),
)
add(
    "emoji-and-right-to-left",
    "odd but valid tickets",
    Bursts(
        Spec(),
        (
            (
                2,
                [
                    {"ticket_id": "T-1", "text": "\U0001f4e6\u202e?"},
                    {"ticket_id": "T-2", "text": "\u05d7\u05d1\u05d9\u05dc\u05d4"},
                ],
            ),
        ),
    ),
    "healthy",
)
add(
    "bad-ticket-last",
    "the last of nine tickets is not an object",
    Bursts(bursts=((3, [*tickets(8), 17]),)),
    **REFUSED,
    failed=1,
)
add(
    "two-bad-tickets",
    "two bad tickets of different kinds at once",
    Bursts(bursts=((2, [{"ticket_id": "T-1"}, oversized_ticket()]),)),
    **REFUSED,
)
add(
    "code-breaks-after-release",
    "a burst that succeeds, then a release with a KeyError",
    Bursts(Spec(), ((2, 4), (2, 4)), between=lambda p: p.change(FAULT="key")),
    "outside the tree",
    **DEFECT,
)
add(
    "reserved-then-raised",
    "two reserved are too few; raised to ten, every ticket succeeds",
    Bursts(Spec(reserved=2, sleep_ms=100), ((6, 8), (6, 8)), between=lambda p: p.reserve(10)),
    **RESERVED,
)
add(
    "account-10-within",
    "an account of 10, cap 3: nothing is refused",
    Bursts(held, ((3, 3),)),
    "healthy",
    cloud="sandbox",
)
add(
    "endpoint-retried",
    "the endpoint refuses some, the Retry brings all through",
    Bursts(Spec(fault="endpoint", sleep_ms=200, retry=True, variables=endpoint), ((4, 6),)),
    **DEPENDENCY,
)
add(
    "slow-and-throttled-endpoint-logs-only",
    "an endpoint's refusals, nothing but logs",
    Bursts(
        Spec(fault="endpoint", sleep_ms=150, variables=endpoint),
        ((4, 8),),
        ("bursts", "events", "executions", "metrics"),
    ),
    **DEPENDENCY,
)

"""The leaves that activities 6 and 7 leave out, EXHAUSTED and TIMED OUT: provoked, diagnosed, fixed.

Each incident has a stack of its own: the same template with a fault around the model step's handler, and a
parameter that is too small. The handlers of the exercise stay as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures import metrics
from fixtures.changes import fault, task_timeout, tell_the_cap
from fixtures.claims import same
from fixtures.incidents import Expected
from fixtures.labels import ksb
from fixtures.observations import observe
from fixtures.outcomes import lost, outcome_table
from infra.tickets import tickets
from reports.figures import execution_graph
from reports.judging.estimates import exact, measured
from reports.measuring.statistics import percentile, service_times
from reports.rca import Bone, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.claims import Claim
    from fixtures.evidence import Record
    from fixtures.incidents import Incidents
    from fixtures.options import Options
    from fixtures.variants import Variant, Variants
    from reports.records import Burst

pytestmark = [pytest.mark.activity7, pytest.mark.rca, ksb("S26", "B2", "S10")]

MODEL_STEP = "Embed"
VARIANTS = Path(__file__).resolve().parent.parent / "infra" / "variants"
FEWEST, PART = 10, 10
"""An incident needs few tickets: a tenth of the burst's, 10 at least."""

MODEL_MB, SMALL_MB, AMPLE_MB = 200, 128, 512
KILLED = "Runtime.ExitError"
EXHAUSTED = Expected(Leaf.EXHAUSTED, Bone.RESOURCES, MODEL_STEP)

CALM, BUSY, STORM = 2, 4, 8
"""Tickets at once. The dependency takes 2 at once; at 4 its answer takes four times as long, at 8 sixteen."""
ALONE_MS, INFERENCE_MS, PATIENCE_S = 100, 20, 1
TIMED_OUT = Expected(Leaf.TIMED_OUT, Bone.DEPENDENCIES, MODEL_STEP)
LATE = {"function": "Sandbox.Timedout", "task": "States.Timeout"}


@pytest.fixture(scope="module")
def few(options: Options) -> int:
    """Return how many tickets an incident is made with."""
    return max(FEWEST, options.tickets // PART)


@pytest.fixture(scope="module")
def starved(variants: Variants) -> Iterator[Variant]:
    """Deploy a model step whose model of 200 MB has to fit in 128 MB."""
    large = fault(MODEL_STEP, VARIANTS / "large_model.py", MODEL_MB=MODEL_MB)
    with variants.deployed("starved", large, EmbedMemorySize=SMALL_MB, SimulatedInferMs=INFERENCE_MS) as made:
        yield made


@pytest.fixture(scope="module", params=list(LATE))
def impatient(variants: Variants, request: pytest.FixtureRequest) -> Iterator[Variant]:
    """Deploy a model step that asks a crowded dependency, and is given 1 s: by the function, by the task."""
    crowded = fault(
        MODEL_STEP, VARIANTS / "slow_dependency.py", DEPENDENCY_TAKES=CALM, DEPENDENCY_MS=ALONE_MS
    )
    changes = [crowded, tell_the_cap(MODEL_STEP)]
    if request.param == "task":
        changes.append(task_timeout(MODEL_STEP, PATIENCE_S))
    limit = {"EmbedTimeout": PATIENCE_S} if request.param == "function" else {}
    with variants.deployed(f"late-{request.param}", *changes, SimulatedInferMs=INFERENCE_MS, **limit) as made:
        yield made


def test_too_little_memory_kills_the_model_step(
    starved: Variant, few: int, incidents: Incidents, claim: Claim, record: Record
) -> None:
    """A model that does not fit in memory is killed at any load: EXHAUSTED, and more memory fixes it.

    The first ticket that reaches the model step kills its environment. The fix doubles the memory twice
    (UpdateStack, 128 to 512 MB), and the same tickets come through.
    """
    pipeline = starved.pipeline
    record.say(starved.told())
    before = pipeline.bursts.once(f"the model in {SMALL_MB} MB", tickets(few), CALM)
    metrics.keep_apart(pipeline.cloud)
    observed = observe(pipeline, [before])
    incidents.classified("The model step is killed", observed, EXHAUSTED)
    claim("the execution's error", same(before.error, KILLED), equals=1)
    starved.update(EmbedMemorySize=AMPLE_MB)
    after = pipeline.bursts.once(f"the model in {AMPLE_MB} MB", tickets(few), CALM)
    record.uses(after)
    record.say(outcome_table({f"{SMALL_MB} MB": before, f"{AMPLE_MB} MB": after}, MODEL_STEP))
    fullest = max(report.max_memory_mb for report in observe(pipeline, [after]).reports)
    used = measured(fullest, "MB", n=few, n_unit="tickets", method="the fullest REPORT line")
    result = [
        claim("tickets lost before", exact(lost(before), few, "tickets"), equals=few),
        claim("tickets lost after", exact(lost(after), few, "tickets"), equals=0),
        claim("memory used after", used, at_most=0.9 * AMPLE_MB),
    ]
    incidents.report("The model step is killed", observed, result)


@pytest.fixture(scope="module")
def crowding(impatient: Variant, few: int) -> tuple[Burst, Burst, Burst]:
    """Send the same tickets at 2, 4 and 8 at once."""
    bursts = impatient.pipeline.bursts
    calm, busy, storm = (bursts.once(f"{cap} at once", tickets(few), cap) for cap in (CALM, BUSY, STORM))
    metrics.keep_apart(impatient.pipeline.cloud)
    return calm, busy, storm


def test_a_dependency_that_slows_with_load_times_out(
    impatient: Variant,
    crowding: tuple[Burst, Burst, Burst],
    incidents: Incidents,
    claim: Claim,
    record: Record,
) -> None:
    """A dependency that slows down as load grows ends in time-outs: TIMED OUT, and a lower cap fixes it.

    The same tickets at 2, 4 and 8 at once: the model step takes longer each time, until its time of 1 s runs
    out. Provoked twice: by the function's own time-out, and by the task's. The fix lowers the Map's cap: it
    needs no deployment and can be undone with the next execution.
    """
    pipeline, (calm, busy, storm) = impatient.pipeline, crowding
    few = calm.plan.tickets
    record.say(impatient.told())
    kind = "function" if "EmbedTimeout" in impatient.parameters else "task"
    title = f"The model step does not answer in the {kind}'s time"
    observed = observe(pipeline, [calm, busy, storm])
    incidents.classified(title, observed, TIMED_OUT)
    claim("the execution's error", same(storm.error, LATE[kind]), equals=1)
    after = pipeline.bursts.once(f"{CALM} at once again", tickets(few), CALM)
    record.uses(after)
    told = {f"at {burst.plan.max_concurrency}": burst for burst in (calm, busy, storm)}
    record.say(outcome_table({**told, f"at {CALM} again": after}, MODEL_STEP))
    record.figure(execution_graph(pipeline.definition, storm))
    median_s = percentile(service_times(after, MODEL_STEP), 50)
    again = measured(median_s, "s", n=few, n_unit="tickets", method="median of this burst")
    result = [
        claim("tickets lost before", exact(lost(storm), few, "tickets"), equals=few),
        claim("tickets lost after", exact(lost(after), few, "tickets"), equals=0),
        claim(
            f"{MODEL_STEP} answers again long before its {PATIENCE_S} s are over",
            again,
            at_most=PATIENCE_S / 2,
        ),
    ]
    incidents.report(title, observed, result)

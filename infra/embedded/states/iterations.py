"""The iterations of an inline Map.

moto: a worker calls itself for each item, so that 1,500 items at concurrency 1 overflow the stack and the
execution hangs for ever; runs any number at once; chains an iteration to the one before it in the same
worker; lets the others run on, with their events, after one has failed.
AWS: at most 40 at once, whatever MaxConcurrency says; each iteration follows from MapStateStarted; when
one fails, those under way are aborted at once, no new one begins, and invocations already made run on. An
iteration that failed or was aborted writes so, and then that the state it was in is aborted
(TaskStateAborted, ...), also the one that failed in a task; all of it follows from the event that the first
to fail failed with.
Here: a few threads take items in their order, one loop each; whatever goes wrong in one fails the Map.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Final

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    inline_iteration_component as inline,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker as distributed,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import (
    IterationWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import Job, JobPool
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError

from infra.embedded.states import errors, history, seam, texts
from infra.embedded.states.history import Chain, Ending

_LOG = logging.getLogger(__name__)

MAX_INLINE_CONCURRENCY: Final = 40
"""Iterations of an inline Map that run at once, at most."""


def workers_for(max_concurrency: int, items: int) -> int:
    """How many iterations run at once; `max_concurrency` 0 leaves it to the ceiling."""
    return min(max_concurrency or MAX_INLINE_CONCURRENCY, MAX_INLINE_CONCURRENCY, items)


class MapRun:
    """One run of an inline Map: hands out items, gathers outputs, and ends at the first failure."""

    def __init__(self, env: Environment, worker: IterationWorker, program: Program, items: list[Any]) -> None:
        self._env = env
        self._worker = worker
        self._program = program
        self._items = items
        self._outputs: list[Any] = [None] * len(items)
        self._lock = threading.Lock()
        self._next = 0
        self._left = len(items)
        self._under_way: dict[int, tuple[Environment, Chain]] = {}
        self._failure: Exception | None = None
        self._last = env.event_history_context.source_event_id
        self._over = threading.Event()

    def run(self, workers: int) -> list[Any]:
        """The outputs in the order of the items; raises what the first iteration to fail failed with."""
        for _ in range(workers):
            threading.Thread(target=self._work, name="iterations", daemon=True).start()
        if workers:
            self._over.wait()
        self._env.event_history_context.source_event_id = self._last
        failure, self._failure = self._failure, None
        if failure is None:
            return self._outputs
        try:
            raise failure
        finally:
            del failure  # its traceback holds this frame: a circle that would keep the whole history

    def _work(self) -> None:
        try:
            while (begun := self._begin()) is not None:
                self._iterate(*begun)
        except Exception as error:  # noqa: BLE001 (a thread must never die without ending its Map)
            _LOG.debug("an iteration ended with an exception of the interpreter", exc_info=True)
            self._fail(error, self._env.event_history_context.source_event_id)

    def _begin(self) -> tuple[int, Environment, Chain] | None:
        """The next item with a frame and a chain of its own; None where no more are to begin."""
        with self._lock:
            if self._over.is_set() or self._next >= len(self._items):
                return None
            if not self._env.is_running():
                self._over.set()
                return None
            index = self._next
            self._next += 1
            outer = self._env.event_history_context
            chain = Chain(outer.source_event_id, inside=outer)
            frame = self._env.open_inner_frame(chain)
            self._under_way[index] = (frame, chain)
            return index, frame, chain

    def _iterate(self, index: int, frame: Environment, chain: Chain) -> None:
        try:
            self._evaluate(index, frame, chain)
        except FailureEventException as error:
            self._iteration_failed(index, chain, error)
        except Exception as error:  # noqa: BLE001 (whatever it is fails the iteration)
            _LOG.debug("an iteration failed in the interpreter", exc_info=True)
            cause = f"{type(error).__name__}: {error}"
            self._iteration_failed(index, chain, errors.failure(frame, "TaskFailed", errors.RUNTIME, cause))
        finally:
            with self._lock:
                self._under_way.pop(index, None)
            self._env.delete_frame(frame)

    def _evaluate(self, index: int, frame: Environment, chain: Chain) -> None:
        details = self._details(index)
        written = history.of(self._env)
        written.add_event(chain, "MapIterationStarted", {"mapIterationStartedEventDetails": details})
        self._give_input(index, frame)
        self._program.eval(frame)
        state = frame.program_state()
        if isinstance(state, ProgramError):
            raise _failure_of(frame, state)
        succeeded = Ending("MapIterationSucceeded", {"mapIterationSucceededEventDetails": details})
        if isinstance(state, ProgramEnded) and written.close(chain, succeeded):
            self._done(index, chain, frame.states.get_input())
        else:
            self._over.set()

    def _give_input(self, index: int, frame: Environment) -> None:
        item = self._items[index]
        frame.states.context_object.context_object_data["Map"] = {"Item": {"Index": index, "Value": item}}
        frame.states.reset(input_value=item)
        self._worker._eval_input(env_frame=frame)
        frame.stack.clear()
        if not texts.is_within_limit(frame.states.get_input()):
            cause = f"The input of iteration {index} exceeds the maximum number of bytes service limit."
            raise errors.failure(frame, "TaskFailed", errors.DATA_LIMIT, cause)

    def _done(self, index: int, chain: Chain, output: Any) -> None:
        with self._lock:
            if self._over.is_set():
                return
            self._outputs[index] = output
            self._last = max(self._last, chain.last_published_event_id)
            self._left -= 1
            if self._left == 0:
                self._over.set()

    def _iteration_failed(self, index: int, chain: Chain, error: FailureEventException) -> None:
        after = chain.source_event_id
        ending = Ending(
            "MapIterationFailed",
            {"mapIterationFailedEventDetails": self._details(index)},
            aborts=errors.name_of(error) != errors.RUNTIME,
        )
        with self._lock:
            if not self._over.is_set() and history.of(self._env).close(chain, ending):
                self._abort_others(after, error)
        self._over.set()

    def _fail(self, error: Exception, after: int) -> None:
        with self._lock:
            if not self._over.is_set():
                self._abort_others(after, error)

    def _abort_others(self, after: int, error: Exception) -> None:
        """End the Map for this error, which event `after` tells of; the caller holds the lock."""
        self._failure, self._last = error, after
        for index, (frame, chain) in sorted(self._under_way.items(), key=lambda item: item[0]):
            details = {"mapIterationAbortedEventDetails": self._details(index)}
            ending = Ending("MapIterationAborted", details, after=after, aborts=True)
            history.of(self._env).close(chain, ending)
            frame.set_stop(stop_date=None, cause=None, error=None)
        self._over.set()

    def _details(self, index: int) -> dict[str, Any]:
        return {"name": self._worker._work_name, "index": index}


def _failure_of(frame: Environment, state: ProgramError) -> FailureEventException:
    details = dict(state.error or {})
    name = errors.named(details.get("error"))
    return FailureEventException(
        FailureEvent(frame, name, "MapIterationFailed", {"executionFailedEventDetails": details})
    )


def _eval_body(self: inline.InlineIterationComponent, env: Environment) -> None:
    what = env.stack.pop()
    program = self._get_iteration_program()
    worker = self._create_worker(env=env, eval_input=what, job_pool=JobPool(program, []))
    run = MapRun(env, worker, program, what.input_items)
    env.stack.append(run.run(workers_for(what.max_concurrency, len(what.input_items))))


def _eval_distributed_pool(self: IterationWorker, job: Job | None, worker_frame: Environment) -> None:
    while job is not None:
        frame = worker_frame.open_inner_frame()
        self._eval_job(env=frame, job=job)
        worker_frame.delete_frame(frame)
        ends = isinstance(job.job_output, Exception) or self.stopped()
        following = None if ends else self._job_pool.next_job()
        self._job_pool.close_job(job)
        job = following
    self._env.delete_frame(worker_frame)


def install() -> None:
    """Run inline Maps as above, and take the recursion out of distributed ones."""
    worker = distributed.DistributedItemProcessorWorker
    seam.replace(inline.InlineIterationComponent, "_eval_body", ("self", "env"), _eval_body)
    seam.replace(worker, "_eval_pool", ("self", "job", "worker_frame"), _eval_distributed_pool)

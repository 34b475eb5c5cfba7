"""The token buckets of the Step Functions API and of state transitions.

moto: throttles nothing.
AWS: each operation has a bucket for the account and the region; an empty one answers ThrottlingException
400 "Rate exceeded". State transitions are not refused but delayed, and counted in ExecutionThrottled.
Figures: Step Functions quotas for the large regions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from moto.stepfunctions.parser.asl.eval.environment import Environment

from infra.embedded.states import measuring, refusals


@dataclass(frozen=True, slots=True)
class Allowance:
    """A bucket's size, in calls, and what flows in a second."""

    bucket: int
    per_second: float


ALLOWANCES: Final[Mapping[str, Allowance]] = {
    "StartExecution": Allowance(1300, 300),
    "StopExecution": Allowance(1000, 200),
    "DescribeExecution": Allowance(300, 15),
    "GetExecutionHistory": Allowance(400, 20),
    "ListExecutions": Allowance(200, 5),
    "DescribeStateMachine": Allowance(200, 20),
    "StateTransition": Allowance(5000, 1500),
}


class TokenBucket:
    """Tokens that are taken one by one and flow in at a constant rate; safe to use from many threads."""

    def __init__(self, allowance: Allowance, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowance = allowance
        self._clock = clock
        self._tokens = float(allowance.bucket)
        self._at = clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token if there is one."""
        with self._lock:
            self._refill()
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def reserve(self) -> float:
        """Take a token even if it has yet to flow in; gives the seconds until it has."""
        with self._lock:
            self._refill()
            self._tokens -= 1
            return max(0.0, -self._tokens / self._allowance.per_second)

    def _refill(self) -> None:
        now = self._clock()
        flowed = (now - self._at) * self._allowance.per_second
        self._tokens = min(float(self._allowance.bucket), self._tokens + flowed)
        self._at = now


class _Buckets:
    """The buckets of every account and region, made when first used."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str], TokenBucket] = {}
        self._lock = threading.Lock()

    def of(self, account_id: str, region: str, operation: str) -> TokenBucket:
        key = (account_id, region, operation)
        bucket = self._buckets.get(key)
        if bucket is None:
            with self._lock:
                bucket = self._buckets.setdefault(key, TokenBucket(ALLOWANCES[operation]))
        return bucket

    def reset(self) -> None:
        with self._lock:
            self._buckets.clear()


_buckets = _Buckets()
reset = _buckets.reset


def check(account_id: str, region: str, operation: str) -> None:
    """Count a call; raises ThrottlingException where its bucket is empty."""
    if not _buckets.of(account_id, region, operation).take():
        raise refusals.ThrottlingException


def take_transition(env: Environment) -> None:
    """Count a state transition; waits where the bucket is empty, until its token has flowed in."""
    details = env.aws_execution_details
    delay_s = _buckets.of(details.account, details.region, "StateTransition").reserve()
    if delay_s > 0:
        arn = env.states.context_object.context_object_data["StateMachine"]["Id"]
        measuring.throttled(measuring.Machine(details.account, details.region, arn))
        env.program_state_event.wait(delay_s)

"""This file changes when what MiniStack's Step Functions leaves out changes: heartbeats, delay caps, jitter, and
functions that fail while their token is handed out.
"""

import contextvars
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

DEFAULT_INTERVAL_S = 1
DEFAULT_BACKOFF = 2.0
LOOK_S = 0.05

Retrier = dict[str, Any]

# The token of the task whose function is being called in this thread.
_handed_out: contextvars.ContextVar[str] = contextvars.ContextVar("handed_out", default="")


def install(uniform: Callable[[float, float], float] = random.uniform) -> None:
    native_match, native_callback = stepfunctions._find_matching_retrier, stepfunctions._invoke_with_callback
    native_call = stepfunctions._call_lambda

    def match(retriers: list[Retrier], error: str, counts: dict[int, int]) -> tuple[Retrier | None, int]:
        retrier, index = native_match(retriers, error, counts)
        if retrier is None:
            return None, index
        # MiniStack multiplies the interval by the rate as often as it has tried; at a rate of 1 it takes ours as it is.
        return {**retrier, "IntervalSeconds": delay(retrier, counts.get(index, 0), uniform), "BackoffRate": 1}, index

    def call(function: str, event: Any) -> Any:
        try:
            return native_call(function, event)
        except stepfunctions._ExecutionError as failure:
            # MiniStack overlooks it and waits until the task's time is over; AWS fails the task by the error's name.
            if task := stepfunctions._task_tokens.get(_handed_out.get()):
                task["error"] = {"Error": failure.error, "Cause": failure.cause}
                task["event"].set()
            raise

    def callback(resource: str, data: Any, token: str, state: dict[str, Any]) -> Any:
        handed = _handed_out.set(token)
        try:
            return beating(resource, data, token, state)
        finally:
            _handed_out.reset(handed)

    def beating(resource: str, data: Any, token: str, state: dict[str, Any]) -> Any:
        if "HeartbeatSeconds" not in state:
            return native_callback(resource, data, token, state)
        answered = threading.Event()
        # In this thread's context, where MiniStack keeps the account and region that tokens are filed under.
        watch = contextvars.copy_context()
        limit = float(state["HeartbeatSeconds"])
        threading.Thread(target=watch.run, args=(_watch, token, limit, answered), daemon=True).start()
        try:
            return native_callback(resource, data, token, state)
        finally:
            answered.set()

    stepfunctions._find_matching_retrier = match
    stepfunctions._invoke_with_callback = callback
    stepfunctions._call_lambda = call


def delay(retrier: Retrier, tried: int, uniform: Callable[[float, float], float]) -> float:
    """The seconds to wait before the next try, as the States Language defines them."""
    interval = float(retrier.get("IntervalSeconds", DEFAULT_INTERVAL_S))
    backed_off = interval * float(retrier.get("BackoffRate", DEFAULT_BACKOFF)) ** tried
    capped = min(backed_off, float(retrier.get("MaxDelaySeconds", backed_off)))
    return uniform(0, capped) if retrier.get("JitterStrategy") == "FULL" else capped


def _watch(token: str, limit: float, answered: threading.Event) -> None:
    """Fail a waiting task whose worker has not been heard of for `limit` seconds."""
    beat, heard = None, time.monotonic()
    while not answered.wait(LOOK_S):
        task = stepfunctions._task_tokens.get(token)
        if task is None:
            continue
        if task["heartbeat"] != beat:
            beat, heard = task["heartbeat"], time.monotonic()
        elif time.monotonic() - heard > limit and not task["event"].is_set():
            task["error"] = {"Error": "States.HeartbeatTimeout", "Cause": ""}
            task["event"].set()
            return

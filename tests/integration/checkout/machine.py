"""The checkout machine's own file, walked in this process: every state, retrier and catcher as it stands, and no clock.

What runs in a state is the function that is deployed for it. A walk ends with the machine's last state, or when the
execution itself is lost.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.architecture.tree import ROOT
from tests.fakes.gateway import Context

DEFINITION = ROOT / "statemachines" / "checkout-saga.asl.json"
Handler = Callable[[dict[str, Any], Any], Any]
_MOST_STATES = 400


class Killed(BaseException):
    """The process ends here: no handler of ours sees it, and nothing is cleaned up."""


class Endless(Exception):
    """The machine goes round and round."""


class Machine:
    """Walks the file. `wait` is called when a state waits for its token, and gives back when it need not any more."""

    def __init__(
        self,
        functions: Mapping[str, Handler],
        *,
        wait: Callable[[str], None],
        send: Callable[[str], None],
        on_crash: Callable[[], None] = lambda: None,
    ) -> None:
        self._states: dict[str, Any] = json.loads(DEFINITION.read_text("utf-8"))["States"]
        self._start = json.loads(DEFINITION.read_text("utf-8"))["StartAt"]
        self._functions = functions
        self._wait = wait
        self._send = send
        self._on_crash = on_crash
        self._tokens = 0
        self.visited: set[str] = set()

    def run(self, handed: dict[str, Any]) -> str:
        """Walk it; gives the name of the state in which it ended."""
        name, data = self._start, dict(handed)
        for _ in range(_MOST_STATES):
            self.visited.add(name)
            state = self._states[name]
            match state["Type"]:
                case "Succeed" | "Fail":
                    return str(name)
                case "Pass":
                    data[state["ResultPath"].removeprefix("$.")] = state["Result"]
                    name = state["Next"]
                case "Choice":
                    fits = (one for one in state["Choices"] if _read(data, one["Variable"]) == one["StringEquals"])
                    chosen = next(fits, None)
                    name = chosen["Next"] if chosen else state["Default"]
                case "Task":
                    name = self._task(state, data, handed)
        raise Endless(f"{_MOST_STATES} states, the last of them {name}")

    def _task(self, state: dict[str, Any], data: dict[str, Any], handed: dict[str, Any]) -> str:
        tried: dict[int, int] = {}
        while True:
            try:
                result = self._call(state, data, handed)
            except Killed:
                self._on_crash()
                error = "Runtime.ExitError"
            except Exception as failure:
                error = type(failure).__name__
            else:
                if state.get("ResultPath"):
                    data[state["ResultPath"].removeprefix("$.")] = result
                return str(state["Next"])
            again = next(
                ((at, one) for at, one in enumerate(state.get("Retry", [])) if error in one["ErrorEquals"]), None
            )
            if again is not None and tried.get(again[0], 0) < again[1]["MaxAttempts"]:
                tried[again[0]] = tried.get(again[0], 0) + 1
                continue
            (catcher,) = state["Catch"]
            data[catcher["ResultPath"].removeprefix("$.")] = {"Error": error, "Cause": ""}
            return str(catcher["Next"])

    def _call(self, state: dict[str, Any], data: dict[str, Any], handed: dict[str, Any]) -> Any:
        if state["Resource"] == "arn:aws:states:::sqs:sendMessage":
            self._send(json.dumps(handed))
            return None
        payload: dict[str, Any] = {}
        for key, where in state["Parameters"]["Payload"].items():
            if where == "$$.Task.Token":
                self._tokens += 1
                payload["token"] = f"token-{data['order_id']}-{self._tokens}"
            else:
                payload[key.removesuffix(".$")] = _read(data, where) if key.endswith(".$") else where
        function = self._functions[state["Parameters"]["FunctionName"]]
        answer = function(payload, Context(remaining_ms=60_000))
        if state["Resource"].endswith(".waitForTaskToken"):
            self._wait(payload["token"])
            return None
        return {"outcome": answer["outcome"]}


def _read(data: dict[str, Any], path: str) -> Any:
    found: Any = data
    for part in path.removeprefix("$.").split("."):
        found = found[part]
    return found

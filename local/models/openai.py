"""The chat completions that OpenAI-compatible servers speak, over a reply: this changes when their wire does."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from local.models.bedrock import FAULTS
from local.models.scene import Break, Fail, Garbage, Reply, Stall, Step, Text, Tool, counted

PATH = "/v1/chat/completions"
_STOPS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls"}


class Refused(Exception):
    """Such a server would not take this request; the message says why."""


def check(body: Mapping[str, Any]) -> None:
    """Raise Refused unless such a server would take it."""
    if not isinstance(body.get("model"), str) or not isinstance(body.get("messages"), list) or not body["messages"]:
        raise Refused("model and messages are required.")
    calls: set[str] = set()
    for message in body["messages"]:
        if message.get("role") not in ("system", "user", "assistant", "tool"):
            raise Refused("a message has a role.")
        if message["role"] == "tool" and message.get("tool_call_id") not in calls:
            raise Refused("a tool's message answers a call of the assistant.")
        calls |= {call["id"] for call in message.get("tool_calls", ())}
        if message["role"] != "assistant" and not isinstance(message.get("content"), str):
            raise Refused("a message has content.")
    for tool in body.get("tools", ()):
        if tool.get("type") != "function" or not tool["function"].get("name"):
            raise Refused("a tool is a function with a name.")


def said_to(body: Mapping[str, Any]) -> str:
    """Every text of a request."""
    return "\n".join(message.get("content") or json.dumps(message) for message in body["messages"])


def fault(step: Fail) -> tuple[int, dict[str, Any]]:
    """A fault as the answer."""
    status, name = FAULTS[step.fault]
    return status, {"error": {"message": step.message, "type": name}}


def usage(body: Mapping[str, Any], reply: Reply) -> dict[str, Any]:
    """What such a call would be metered at."""
    given = reply.usage
    read = given.input if given and given.input is not None else counted(said_to(body))
    out = counted(reply.text) + sum(counted(step.said) for step in reply.steps if isinstance(step, Tool))
    out = given.output if given and given.output is not None else out
    return {
        "prompt_tokens": read,
        "completion_tokens": out,
        "total_tokens": read + out,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def whole(reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer that is no stream."""
    calls = [_call(step) for step in reply.steps if isinstance(step, Tool)]
    message = {"role": "assistant", "content": reply.text or None, **({"tool_calls": calls} if calls else {})}
    choice = {"index": 0, "message": message, "finish_reason": _STOPS.get(reply.stopped, "content_filter")}
    return {**_head(body, "chat.completion"), "choices": [choice], "usage": usage(body, reply)}


def stream(reply: Reply, body: Mapping[str, Any]) -> Iterator[bytes | Step]:
    """The lines of the stream; what is no line (a stall, a cut) is the server's to play."""
    yield _line(body, {"role": "assistant", "content": ""})
    at = 0
    for step in reply.steps:
        match step:
            case Text():
                for number, piece in enumerate(step.text):
                    if number and step.gap_ms:
                        yield Stall(stall_ms=step.gap_ms)
                    yield _line(body, {"content": piece})
            case Tool():
                half = len(step.said) // 2
                first = {**_call(step), "function": {"name": step.tool, "arguments": step.said[:half]}, "index": at}
                yield _line(body, {"tool_calls": [first]})
                yield _line(body, {"tool_calls": [{"index": at, "function": {"arguments": step.said[half:]}}]})
                at += 1
            case Fail():
                yield b"data: " + json.dumps(fault(step)[1]).encode() + b"\n\n"
                return
            case Garbage():
                yield f"data: {step.garbage}\n\n".encode()
                return
            case Stall() | Break():
                yield step
    if not reply.silent:
        yield _line(body, {}, _STOPS.get(reply.stopped, "content_filter"))
        if body.get("stream_options", {}).get("include_usage"):
            last = {**_head(body, "chat.completion.chunk"), "choices": [], "usage": usage(body, reply)}
            yield b"data: " + json.dumps(last).encode() + b"\n\n"
        yield b"data: [DONE]\n\n"


def _call(step: Tool) -> dict[str, Any]:
    return {"id": step.id, "type": "function", "function": {"name": step.tool, "arguments": step.said}}


def _head(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_790_000_000, "model": body["model"]}


def _line(body: Mapping[str, Any], delta: Mapping[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {**_head(body, "chat.completion.chunk"), "choices": [choice]}
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"

"""Bedrock's Converse and ConverseStream over a reply: this changes when their wire does.

A request is held against botocore's own description of it, and against what Bedrock refuses beyond that: so that what
passes here is a request that AWS would take.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from local.models import eventstream
from local.models.scene import Break, Fail, Garbage, Reply, Stall, Step, Text, Tool, counted

# In our words → status, and the name as an answer and in a stream.
FAULTS: Mapping[str, tuple[int, str]] = {
    "throttling": (429, "ThrottlingException"),
    "unavailable": (503, "ServiceUnavailableException"),
    "internal": (500, "InternalServerException"),
    "model_error": (424, "ModelErrorException"),
    "model_timeout": (408, "ModelTimeoutException"),
    "model_not_ready": (429, "ModelNotReadyException"),
    "validation": (400, "ValidationException"),
    "denied": (403, "AccessDeniedException"),
}
_IN_STREAM = {"model_error": "modelStreamErrorException"}
CACHED_FROM = 1_000  # tokens before a cache point, below which nothing is cached


class Refused(Exception):
    """Bedrock would not take this request; the message says why."""


@cache
def _converse() -> Any:
    loader = Loader()
    described = loader.load_service_model("bedrock-runtime", "service-2")
    return ServiceModel(described, "bedrock-runtime").operation_model("Converse").input_shape


def model_of(path: str) -> tuple[str, bool] | None:
    """The model that a path names, and whether it wants a stream."""
    parts = path.split("/")
    if len(parts) != 4 or parts[1] != "model" or parts[3] not in ("converse", "converse-stream"):
        return None
    return unquote(parts[2]), parts[3] == "converse-stream"


def check(model: str, body: Mapping[str, Any]) -> None:
    """Raise Refused unless Bedrock would take it."""
    report = ParamValidator().validate({"modelId": model, **body}, _converse())
    if report.has_errors():
        raise Refused(report.generate_report())
    messages = body.get("messages", [])
    roles = [message["role"] for message in messages]
    if not roles or roles[0] != "user":
        raise Refused("A conversation must start with a user message.")
    if any(one == other for one, other in pairwise(roles)):
        raise Refused("Roles must alternate between user and assistant.")
    if roles[-1] != "user":
        raise Refused("The last message must be the user's.")
    for block in (*body.get("system", ()), *(block for message in messages for block in message["content"])):
        if "text" in block and not block["text"].strip():
            raise Refused("The text field in the ContentBlock object is blank. Add text to it, and try again.")
    if any(not message["content"] for message in messages):
        raise Refused("The content field in the Message object is empty.")
    _check_tools(body, messages)


def _check_tools(body: Mapping[str, Any], messages: list[dict[str, Any]]) -> None:
    open_calls: set[str] = set()
    for message in messages:
        answered = [block["toolResult"]["toolUseId"] for block in message["content"] if "toolResult" in block]
        if set(answered) != open_calls or len(answered) != len(open_calls):
            raise Refused("Expected toolResult blocks for exactly the toolUse ids of the turn before.")
        open_calls = {block["toolUse"]["toolUseId"] for block in message["content"] if "toolUse" in block}
        if (open_calls or answered) and "toolConfig" not in body:
            raise Refused("The toolConfig field must be defined when using toolUse and toolResult content blocks.")


def said_to(body: Mapping[str, Any]) -> str:
    """Every text of a request, as the model reads it."""
    blocks = [*body.get("system", ()), *(block for message in body["messages"] for block in message["content"])]
    tools = [json.dumps(body["toolConfig"])] if "toolConfig" in body else []
    return "\n".join(
        [*tools, *(block.get("text") or json.dumps(block) for block in blocks if "cachePoint" not in block)]
    )


def cached_part(body: Mapping[str, Any]) -> str:
    """What stands before the last cache point of the instructions, which is where ours are."""
    system = list(body.get("system", ()))
    points = [at for at, block in enumerate(system) if "cachePoint" in block]
    return "\n".join(block.get("text", "") for block in system[: points[-1]]) if points else ""


def usage(body: Mapping[str, Any], reply: Reply, seen: set[str]) -> dict[str, int]:
    """What such a call would be metered at; `seen` are the parts that have been cached."""
    out = counted(reply.text) + sum(counted(step.said) for step in reply.steps if isinstance(step, Tool))
    whole, part = counted(said_to(body)), cached_part(body)
    cacheable = counted(part) if counted(part) >= CACHED_FROM else 0
    hit = cacheable > 0 and part in seen
    if cacheable:
        seen.add(part)
    given = reply.usage
    read = given.input if given and given.input is not None else whole - cacheable
    out = given.output if given and given.output is not None else out
    return {
        "inputTokens": read,
        "outputTokens": out,
        "totalTokens": read + out + cacheable,
        "cacheReadInputTokens": cacheable if hit else 0,
        "cacheWriteInputTokens": 0 if hit else cacheable,
    }


def whole(reply: Reply, metered: Mapping[str, int]) -> dict[str, Any]:
    """The answer of Converse."""
    content: list[dict[str, Any]] = []
    for step in reply.steps:
        if isinstance(step, Text):
            content.append({"text": "".join(step.text)})
        elif isinstance(step, Tool):
            content.append({"toolUse": {"toolUseId": step.id, "name": step.tool, "input": step.input}})
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": reply.stopped,
        "usage": metered,
        "metrics": {"latencyMs": 12},
    }


def stream(reply: Reply, metered: Mapping[str, int]) -> Iterator[bytes | Step]:
    """The frames of ConverseStream; what is no frame (a stall, a cut) is the server's to play."""
    yield eventstream.event("messageStart", {"role": "assistant"})
    at = 0
    for step in reply.steps:
        match step:
            case Text():
                for number, piece in enumerate(step.text):
                    if number and step.gap_ms:
                        yield Stall(stall_ms=step.gap_ms)
                    yield eventstream.event("contentBlockDelta", {"delta": {"text": piece}, "contentBlockIndex": at})
                yield eventstream.event("contentBlockStop", {"contentBlockIndex": at})
                at += 1
            case Tool():
                start = {"toolUse": {"toolUseId": step.id, "name": step.tool}}
                yield eventstream.event("contentBlockStart", {"start": start, "contentBlockIndex": at})
                half = len(step.said) // 2
                for part in (step.said[:half], step.said[half:]):
                    delta = {"delta": {"toolUse": {"input": part}}, "contentBlockIndex": at}
                    yield eventstream.event("contentBlockDelta", delta)
                yield eventstream.event("contentBlockStop", {"contentBlockIndex": at})
                at += 1
            case Fail():
                name = _IN_STREAM.get(step.fault, _lower(FAULTS[step.fault][1]))
                yield eventstream.exception(name, step.message)
                return
            case Garbage():
                yield step.garbage.encode()
                return
            case Stall() | Break():
                yield step
    if not reply.silent:
        yield eventstream.event("messageStop", {"stopReason": reply.stopped})
        yield eventstream.event("metadata", {"usage": dict(metered), "metrics": {"latencyMs": 12}})


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]

"""Amazon Bedrock's Converse and ConverseStream: changes when their interface does."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError
from urllib3.exceptions import ReadTimeoutError as NothingRead

from shopwright.costs.price import Tokens
from shopwright.llm.model import (
    Message,
    ModelBrokenOff,
    ModelMalformed,
    ModelRefused,
    ModelStalled,
    ModelThrottled,
    ModelUnavailable,
    Over,
    Piece,
    Reply,
    Request,
    Said,
    Stop,
    Text,
    ToolResult,
    ToolUse,
)
from shopwright.resilience.deadline import Deadline
from shopwright.resilience.within import Silent, within
from shopwright.tenancy.credentials import KEPT_CLIENTS, Credentials
from shopwright.tenancy.vended.awssdk import asks_once

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

SILENCE_S = 4.0  # between two pieces, and before the first: a model that says nothing for longer has stalled
_CONNECT_S = 0.5
_READ_S = 6.0  # over SILENCE_S: it only ends the thread that reads for somebody who has stopped waiting
_THROTTLED = frozenset({"throttling", "modelnotready", "toomanyrequests", "servicequotaexceeded"})
_DOWN = frozenset({"serviceunavailable", "internalserver", "modelerror", "modeltimeout", "modelstreamerror"})
_STOPS = {
    "end_turn": Stop.DONE,
    "stop_sequence": Stop.DONE,
    "max_tokens": Stop.CUT,
    "model_context_window_exceeded": Stop.CUT,
    "tool_use": Stop.TOOLS,
    "guardrail_intervened": Stop.FILTERED,
    "content_filtered": Stop.FILTERED,
}


@lru_cache(KEPT_CLIENTS)
def client(
    credentials: Credentials = Credentials(),  # noqa: B008 - frozen: the execution role's own
    endpoint: str | None = None,
    region: str | None = None,
) -> "BedrockRuntimeClient":
    """A client that never tries again by itself. Without an endpoint AWS's own; without a region the environment's."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3

    how = asks_once(credentials, endpoint, region, connect_s=_CONNECT_S, read_s=_READ_S)
    return boto3.client("bedrock-runtime", **how)


class Bedrock:
    """Models that Bedrock runs."""

    def __init__(self, runtime: "BedrockRuntimeClient", *, silence_s: float = SILENCE_S) -> None:
        self._runtime = runtime
        self._silence_s = silence_s

    def complete(self, request: Request, deadline: Deadline) -> Reply:
        asked = _asked(request)
        (answer,) = _in_time(lambda: iter((self._runtime.converse(**asked),)), deadline, deadline.left_s())
        try:
            content = answer["output"]["message"]["content"]
            text = "".join(block["text"] for block in content if "text" in block)
            tools = tuple(_tool_use(block["toolUse"]) for block in content if "toolUse" in block)
            return Reply(text, tools, _stop(answer["stopReason"]), _tokens(answer.get("usage")))
        except (KeyError, TypeError) as cause:
            raise ModelMalformed from cause

    def stream(self, request: Request, deadline: Deadline) -> Iterator[Piece]:
        asked = _asked(request)

        def events() -> Iterator[Mapping[str, Any]]:
            stream = self._runtime.converse_stream(**asked)["stream"]
            try:
                yield from stream
            finally:
                stream.close()

        return _pieces(_in_time(events, deadline, self._silence_s))


def _in_time(begin: Any, deadline: Deadline, silence_s: float) -> Iterator[Any]:
    """What the SDK gives, with its failures by our names."""
    try:
        yield from within(begin, deadline, silence_s=silence_s)
    except Silent as cause:
        raise ModelStalled from cause
    except ClientError as cause:
        raise _named(str(cause.response.get("Error", {}).get("Code", ""))) from cause
    except (ReadTimeoutError, NothingRead) as cause:
        raise ModelStalled from cause
    except HTTPError as cause:
        raise ModelBrokenOff from cause
    except (ResponseParserError, ParserError, json.JSONDecodeError, UnicodeDecodeError) as cause:
        raise ModelMalformed from cause
    except BotoCoreError as cause:
        raise ModelUnavailable from cause


def _named(code: str) -> Exception:
    """Answers and streams spell the same failure differently: ThrottlingException and throttlingException."""
    kind = code.lower().removesuffix("exception")
    if kind in _THROTTLED:
        return ModelThrottled()
    if kind in _DOWN or not kind or kind.isdigit():
        return ModelUnavailable()
    return ModelRefused(code)


def _pieces(events: Iterator[Mapping[str, Any]]) -> Iterator[Piece]:
    stop: Stop | None = None
    tokens: Tokens | None = None
    tool: dict[str, Any] | None = None
    given = ""
    try:
        for event in events:
            if start := event.get("contentBlockStart"):
                tool, given = start["start"].get("toolUse"), ""
            elif delta := event.get("contentBlockDelta"):
                if text := delta["delta"].get("text"):
                    yield Said(text)
                given += delta["delta"].get("toolUse", {}).get("input", "")
            elif "contentBlockStop" in event and tool is not None:
                yield ToolUse(tool["toolUseId"], tool["name"], _object(given))
                tool = None
            elif stopped := event.get("messageStop"):
                stop = _stop(stopped["stopReason"])
            elif metadata := event.get("metadata"):
                tokens = _tokens(metadata.get("usage"))
    except (KeyError, TypeError) as cause:
        raise ModelMalformed from cause
    if stop is None:
        raise ModelBrokenOff
    yield Over(stop, tokens)


def _asked(request: Request) -> dict[str, Any]:
    system: list[dict[str, Any]] = [{"text": request.instructions}]
    if request.cached:
        system.append({"cachePoint": {"type": "default"}})
    asked: dict[str, Any] = {
        "modelId": request.model,
        "system": system,
        "messages": [_message(message) for message in request.messages],
        "inferenceConfig": {"maxTokens": request.max_tokens, "temperature": 0.0},
    }
    if request.tools:
        asked["toolConfig"] = {
            "tools": [
                {
                    "toolSpec": {
                        "name": tool.name,
                        "description": tool.description,
                        "inputSchema": {"json": dict(tool.schema)},
                    }
                }
                for tool in request.tools
            ]
        }
    return asked


def _message(message: Message) -> dict[str, Any]:
    return {"role": message.role.value, "content": [_block(part) for part in message.parts]}


def _block(part: Text | ToolUse | ToolResult) -> dict[str, Any]:
    match part:
        case Text(said):
            return {"text": said.text}
        case ToolUse(id, name, given):
            return {"toolUse": {"toolUseId": id, "name": name, "input": dict(given)}}
        case ToolResult(id, said, failed):
            status = "error" if failed else "success"
            return {"toolResult": {"toolUseId": id, "content": [{"text": said.text}], "status": status}}


def _tool_use(block: Mapping[str, Any]) -> ToolUse:
    given = block["input"]
    if not isinstance(given, dict):
        raise ModelMalformed
    return ToolUse(block["toolUseId"], block["name"], given)


def _object(text: str) -> Mapping[str, Any]:
    try:
        given = json.loads(text or "{}")
    except ValueError as cause:
        raise ModelMalformed from cause
    if not isinstance(given, dict):
        raise ModelMalformed
    return given


def _stop(reason: str) -> Stop:
    if reason not in _STOPS:
        raise ModelMalformed
    return _STOPS[reason]


def _tokens(usage: Mapping[str, int] | None) -> Tokens | None:
    if not usage:
        return None
    return Tokens(
        usage["inputTokens"],
        usage["outputTokens"],
        usage.get("cacheReadInputTokens", 0),
        usage.get("cacheWriteInputTokens", 0),
    )

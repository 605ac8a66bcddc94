"""Any server that speaks OpenAI's chat completions: changes when that wire does.

Ollama, vLLM, llama.cpp and the like speak it: with one of them the shop answers by a model without an account.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from shopwright.costs.price import Tokens
from shopwright.errors import Invalid
from shopwright.llm.model import (
    Gathered,
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
    Role,
    Said,
    Stop,
    Text,
    ToolResult,
    ToolUse,
)
from shopwright.resilience.deadline import Deadline
from shopwright.resilience.within import Silent, within

SILENCE_S = 8.0  # a laptop's own model thinks longer before its first word than Bedrock's
_CONNECT_S = 0.5
_READ_S = 10.0
_MOST = 1 << 20  # characters of one line
_STOPS = {"stop": Stop.DONE, "length": Stop.CUT, "tool_calls": Stop.TOOLS, "content_filter": Stop.FILTERED}


class EndpointUnusable(Invalid):
    """The address of a model's server is none."""


class OpenAI:
    """Models behind one address, such as `http://127.0.0.1:11434/v1`; `key` gives the server's key, if it has one."""

    def __init__(
        self,
        endpoint: str,
        *,
        key: Callable[[], str] | None = None,
        silence_s: float = SILENCE_S,
        http: urllib3.PoolManager | None = None,
    ) -> None:
        place = urlsplit(endpoint)
        if place.scheme not in ("http", "https") or not place.hostname or place.username or place.query:
            raise EndpointUnusable("A model's endpoint is an http or https address without a user or a query.")
        self._url = f"{endpoint.rstrip('/')}/chat/completions"
        self._key = key
        self._silence_s = silence_s
        self._http = http or urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=_CONNECT_S, read=_READ_S), retries=False, maxsize=8
        )

    def complete(self, request: Request, deadline: Deadline) -> Reply:
        gathered = Gathered()
        for piece in self.stream(request, deadline):
            gathered.add(piece)
        return gathered.reply()

    def stream(self, request: Request, deadline: Deadline) -> Iterator[Piece]:
        asked = _asked(request)

        def lines() -> Iterator[str]:
            response = self._http.request(
                "POST", self._url, json=asked, headers=self._headers(), preload_content=False, redirect=False
            )
            try:
                if response.status != 200:
                    raise _named(response.status)
                yield from _events(response)
            finally:
                response.close()

        return _pieces(_in_time(lines, deadline, self._silence_s))

    def _headers(self) -> dict[str, str]:
        return {"Accept": "text/event-stream", **({"Authorization": f"Bearer {self._key()}"} if self._key else {})}


def _events(response: urllib3.BaseHTTPResponse) -> Iterator[str]:
    """The data of server-sent events, each as soon as it is whole."""
    rest = b""
    while piece := response.read1(1 << 16):
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > _MOST:
            raise ModelMalformed
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip().decode()


def _in_time(begin: Callable[[], Iterator[str]], deadline: Deadline, silence_s: float) -> Iterator[str]:
    try:
        yield from within(begin, deadline, silence_s=silence_s)
    except Silent as cause:
        raise ModelStalled from cause
    except ReadTimeoutError as cause:
        raise ModelStalled from cause
    except urllib3.exceptions.ProtocolError as cause:
        raise ModelBrokenOff from cause
    except HTTPError as cause:
        raise ModelUnavailable from cause
    except UnicodeDecodeError as cause:
        raise ModelMalformed from cause


def _named(status: int) -> Exception:
    if status == 429:
        return ModelThrottled()
    if status >= 500 or status in (408, 424):
        return ModelUnavailable()
    return ModelRefused(f"HTTP {status}")


def _pieces(lines: Iterator[str]) -> Iterator[Piece]:
    stop: Stop | None = None
    tokens: Tokens | None = None
    calls: dict[int, dict[str, str]] = {}
    for line in lines:
        if line == "[DONE]":
            break
        try:
            chunk = json.loads(line)
            if "error" in chunk:
                raise ModelUnavailable
            if chunk.get("usage"):
                tokens = _tokens(chunk["usage"])
            for choice in chunk["choices"][:1]:
                delta = choice.get("delta") or {}
                for call in delta.get("tool_calls") or ():
                    _collect(calls, call)
                if text := delta.get("content"):
                    yield Said(text)
                if reason := choice.get("finish_reason"):
                    stop = _STOPS[reason]
        except (ValueError, KeyError, TypeError, AttributeError) as cause:
            raise ModelMalformed from cause
    if stop is None:
        raise ModelBrokenOff
    for _, call in sorted(calls.items()):
        yield ToolUse(call["id"], call["name"], _object(call["arguments"]))
    yield Over(Stop.TOOLS if calls else stop, tokens)


def _collect(calls: dict[int, dict[str, str]], part: Mapping[str, Any]) -> None:
    call = calls.setdefault(part.get("index", 0), {"id": "", "name": "", "arguments": ""})
    function = part.get("function") or {}
    call["id"] = part.get("id") or call["id"]
    call["name"] = function.get("name") or call["name"]
    call["arguments"] += function.get("arguments") or ""


def _object(text: str) -> Mapping[str, Any]:
    try:
        given = json.loads(text or "{}")
    except ValueError as cause:
        raise ModelMalformed from cause
    if not isinstance(given, dict):
        raise ModelMalformed
    return given


def _tokens(usage: Mapping[str, Any]) -> Tokens:
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Tokens(usage["prompt_tokens"] - cached, usage["completion_tokens"], cached)


def _asked(request: Request) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "model": request.model,
        "messages": [
            {"role": "system", "content": request.instructions},
            *(one for message in request.messages for one in _messages(message)),
        ],
        "max_tokens": request.max_tokens,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        asked["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.schema)},
            }
            for tool in request.tools
        ]
    return asked


def _messages(message: Message) -> Iterator[dict[str, Any]]:
    """A tool's result is a message of its own there."""
    for result in message.parts:
        if isinstance(result, ToolResult):
            yield {"role": "tool", "tool_call_id": result.id, "content": result.said.text}
    text = "\n".join(part.said.text for part in message.parts if isinstance(part, Text))
    calls = [
        {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": json.dumps(dict(part.given))}}
        for part in message.parts
        if isinstance(part, ToolUse)
    ]
    if message.role is Role.ASSISTANT:
        yield {"role": "assistant", "content": text or None, **({"tool_calls": calls} if calls else {})}
    elif text:
        yield {"role": "user", "content": text}

"""How AgentCore's Gateway meets Lambda: changes when what it hands to an interceptor or to a tool does.

A tool's function gets its arguments as the event, and everything else beside it, in the client context: there is the
header by which introduce-caller says who asks. Whatever a model or its user puts into the arguments is never that.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field, RootModel

from shopwright.runtime.task import TaskHandler

HEADER = "x-shopwright-caller"
PARTING = "___"  # between a target's name and its tool's
CALL = "tools/call"
_REFUSED, _UNAVAILABLE = -32001, -32002  # of JSON-RPC's numbers those that a server may choose


class Arguments(RootModel[dict[str, Any]]):
    """What a tool is called with; the registry holds it to the tool's own shape."""

    def __repr__(self) -> str:
        return "Arguments(...)"  # they may be anybody's words


@dataclass(frozen=True, slots=True)
class Beside:
    """What comes beside the arguments: the warrant, and the id under which the Gateway knows the call."""

    warrant: str | None
    request_id: str


_beside: ContextVar[Beside] = ContextVar("shopwright.gateway.beside")


def beside() -> Beside:
    """What came beside the arguments of the call that is running."""
    return _beside.get()


class ToolHandler(TaskHandler):
    """What Lambda calls for a tool."""

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> Any:
        token = _beside.set(_read(context))
        try:
            return super().__call__(event, context)
        finally:
            _beside.reset(token)


def tool(step: Callable[[Arguments], Any]) -> ToolHandler:
    """The Lambda handler of a tool. Its entry in `deadlines.toml` is its function's name."""
    return ToolHandler(step, Arguments, kind="gateway")


def _read(context: LambdaContext) -> Beside:
    held = getattr(getattr(context, "client_context", None), "custom", None)
    custom: Mapping[str, Any] = held if isinstance(held, Mapping) else {}
    headers = custom.get("bedrockAgentCorePropagatedHeaders")
    named = {str(name).lower(): value for name, value in headers.items()} if isinstance(headers, Mapping) else {}
    warrant, request = named.get(HEADER), custom.get("bedrockAgentCoreAwsRequestId")
    return Beside(
        warrant if isinstance(warrant, str) else None, request if isinstance(request, str) else context.aws_request_id
    )


class Sent(BaseModel):
    """What reached the Gateway, its token checked. `body` is JSON-RPC."""

    model_config = ConfigDict(frozen=True)

    headers: Annotated[dict[str, str], Field(repr=False)] = {}
    body: Annotated[dict[str, Any], Field(repr=False)]

    def header(self, name: str) -> str | None:
        return next((value for held, value in self.headers.items() if held.lower() == name), None)


class Message(BaseModel):
    """The part of an interceptor's event that speaks of MCP."""

    model_config = ConfigDict(frozen=True)

    request: Annotated[Sent, Field(alias="gatewayRequest")]


class Interception(BaseModel):
    """A request on its way through the Gateway."""

    model_config = ConfigDict(frozen=True)

    version: Annotated[Literal["1.0"], Field(alias="interceptorInputVersion")]
    mcp: Message

    @property
    def tool(self) -> str | None:
        """Which tool is to be called, or None when none is."""
        body = self.mcp.request.body
        if body.get("method") != CALL:
            return None
        params = body.get("params")
        name = params.get("name") if isinstance(params, dict) else None
        return str(name).rpartition(PARTING)[2]


def passed_on(interception: Interception, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Let it through, with these headers and none that it came with."""
    request = {"headers": dict(headers or {}), "body": interception.mcp.request.body}
    return {"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayRequest": request}}


def turned_away(interception: Interception, message: str, *, wait: bool = False) -> dict[str, Any]:
    """Answer instead of the tool."""
    error = {"code": _UNAVAILABLE if wait else _REFUSED, "message": message}
    body = {"jsonrpc": "2.0", "id": interception.mcp.request.body.get("id"), "error": error}
    response = {"statusCode": 503 if wait else 403, "body": body}
    return {"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayResponse": response}}

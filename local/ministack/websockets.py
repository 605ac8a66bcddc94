"""This file changes when what MiniStack's WebSocket API does differently from AWS's changes.

MiniStack reads a socket's next message only when its handler has answered the last one, runs all sockets of a function
in one environment, sends a handler's error text to the client, and takes messages of any size.
"""

import asyncio
import json
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import apigateway, lambda_svc

LARGEST_MESSAGE = 128 * 1024


def install() -> None:
    lambda_runtime.get_or_create_worker = Pooled
    apigateway._invoke_ws_lambda = Messages(apigateway._invoke_ws_lambda).invoke


class Pooled:
    """Stands where MiniStack's WebSocket expects one worker, and leases an environment of its own for each message."""

    def __init__(self, name: str, configuration: dict[str, Any], code: bytes, qualifier: str = "$LATEST") -> None:
        self._function = {"config": configuration, "code_zip": code}

    def invoke(self, event: Any, request_id: str) -> dict[str, Any]:
        answer = lambda_svc._execute_function(self._function, event)
        if answer.get("error"):
            return {"status": "error", "error": "Internal server error"}
        return {"status": "ok", "result": answer.get("body")}


class Messages:
    """Messages run side by side; connecting and disconnecting stay in order."""

    def __init__(self, native: Any) -> None:
        self._native = native
        self._running: set[asyncio.Task[None]] = set()

    async def invoke(self, *arguments: Any, **more: Any) -> dict[str, Any] | None:
        _, _, _, route, _, connection_id, kind, message_id, body, *_ = arguments
        if kind != "MESSAGE":
            answer: dict[str, Any] | None = await self._native(*arguments, **more)
            return answer
        connection = apigateway._ws_connections.get(connection_id)
        if connection is None:
            return None
        if len(body.encode()) > LARGEST_MESSAGE:
            connection["close_event"].set()
            return None
        task = asyncio.create_task(self._handle(connection, route, connection_id, message_id, arguments, more))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return None

    async def _handle(
        self,
        connection: dict[str, Any],
        route: dict[str, Any],
        connection_id: str,
        message_id: str,
        arguments: tuple[Any, ...],
        more: dict[str, Any],
    ) -> None:
        answer = await self._native(*arguments, **more) or {}
        if answer.get("statusCode", 200) >= 500:
            text = {"message": "Internal server error", "connectionId": connection_id, "requestId": message_id}
            await connection["outbox"].put(json.dumps(text))
        elif answer.get("body") and route.get("routeResponseSelectionExpression"):
            body = answer["body"]
            await connection["outbox"].put(body if isinstance(body, str) else json.dumps(body))

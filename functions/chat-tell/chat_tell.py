"""Lambda, from chat-stream: send one event to a socket, which cannot be reached from inside the network."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from shopwright.runtime import task
from shopwright.runtime.settings import Settings
from shopwright.sockets.apigatewaymanagementapi import Sockets
from shopwright.sockets.socket import SocketGone


class Environment(Settings):
    management_url: str


class Telling(BaseModel):
    """A message, and whose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection_id: Annotated[str, Field(min_length=1, max_length=128)]
    text: Annotated[str, Field(repr=False)]


@dataclass(frozen=True, slots=True)
class Told:
    """Whether anybody was there."""

    gone: bool


@dataclass(frozen=True, slots=True)
class Desk:
    send: Callable[[str, str], None]  # connection id, text


@cache
def wire() -> Desk:
    return Desk(send=Sockets(Environment.read().management_url).send)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def tell(telling: Telling) -> Told:
        try:
            desk().send(telling.connection_id, telling.text)
        except SocketGone:
            return Told(gone=True)
        return Told(gone=False)

    return task.handler(tell, Telling, kind="socket")


handler = build()

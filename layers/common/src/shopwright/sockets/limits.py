"""The numbers of `limits.toml`, read once."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class TicketLimits:
    """How many tickets, and for how long."""

    lifetime_s: int
    per_shopper_per_minute: int


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """How much may come in."""

    largest_bytes: int
    per_socket_per_minute: int
    per_shopper_per_minute: int
    alone_per_shopper_per_minute: int


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """How long a socket may live, and be silent."""

    idle_s: int
    longest_s: int


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """How much the agents of one merchant may call, that come through AgentCore's Gateway."""

    per_merchant_per_minute: int


@dataclass(frozen=True, slots=True)
class Limits:
    """All of them."""

    ticket: TicketLimits
    message: MessageLimits
    socket: SocketLimits
    largest_event_bytes: int
    tool: ToolLimits


@cache
def limits() -> Limits:
    """The limits on sockets, and on agents."""
    table = tomllib.loads(files("shopwright.sockets").joinpath("limits.toml").read_text("utf-8"))
    return Limits(
        ticket=TicketLimits(**table["ticket"]),
        message=MessageLimits(**table["message"]),
        socket=SocketLimits(**table["socket"]),
        largest_event_bytes=table["event"]["largest_bytes"],
        tool=ToolLimits(**table["tool"]),
    )

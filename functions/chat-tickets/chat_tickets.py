"""POST /v1/chat/tickets: for a token, a ticket that opens one socket, once, within half a minute."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, Field
from shopwright.observability.sqs import Audit
from shopwright.runtime import http
from shopwright.runtime.settings import Settings
from shopwright.sockets import ticket as tickets
from shopwright.sockets.dynamodb import Pace, Tickets
from shopwright.sockets.limits import limits
from shopwright.sockets.ticket import Ticket
from shopwright.tenancy.dynamodb import Members


class Environment(Settings):
    members_table: str
    audit_queue_url: str
    sockets_table: str
    socket_url: str


class Bought(BaseModel):
    """A ticket, and where it opens a socket."""

    ticket: str
    expires_in: int = Field(description="Seconds in which it has to be used.", examples=[30])
    url: str = Field(
        description='Open this address as a WebSocket. Send `{"action": "ask", "id": "1", "message": "…"}`, and '
        "with an earlier answer's `session_id` in a conversation. Events come back, each with `event`, `seq`, "
        "`request_id` and `message_id`: `accepted`, `sources`, `products`, `delta`…, `done`, which has what "
        "POST /v1/chat answers, or `error`.",
        examples=["wss://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live?ticket=…"],
    )


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    count: Callable[[str], None]  # a shopper's name, as tickets name them
    keep: Callable[[str, Ticket], None]  # fingerprint
    url: str
    now: Callable[[], float] = time.time


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        count=Pace(env.sockets_table).ticket,
        keep=Tickets(env.sockets_table).keep,
        url=env.socket_url,
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.post("/v1/chat/tickets", status_code=201)
    def buy() -> Bought:
        at, claims = desk(), http.claims(api)
        at.count(tickets.shopper(claims))
        lifetime_s = limits().ticket.lifetime_s
        fresh = tickets.fresh()
        http.deadline(api).check()
        at.keep(tickets.fingerprint(fresh), Ticket(claims, int(at.now()) + lifetime_s))
        return Bought(ticket=fresh, expires_in=lifetime_s, url=f"{at.url}?ticket={fresh}")

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


handler = build()

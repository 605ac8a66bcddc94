"""WebSocket $connect, before it: may this ticket open a socket? A good one is used up with the asking."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from shopwright.errors import Denied
from shopwright.observability import metrics
from shopwright.runtime import access, task
from shopwright.runtime.settings import Settings
from shopwright.runtime.websocket import ROUTE
from shopwright.sockets import ticket as tickets
from shopwright.sockets.dynamodb import Tickets
from shopwright.sockets.ticket import Opener, Ticket
from shopwright.tenancy import standing
from shopwright.tenancy.dynamodb import Members


class Environment(Settings):
    members_table: str
    sockets_table: str


class Shown(BaseModel):
    """The address's query, of which we read the ticket alone."""

    ticket: Annotated[str, Field(repr=False, max_length=4096)]


class Knock(BaseModel):
    """Somebody who wants to open a socket."""

    model_config = ConfigDict(frozen=True)

    method_arn: Annotated[str, Field(alias="methodArn")]
    query: Annotated[Shown, Field(alias="queryStringParameters")]


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    take: Callable[[str, float], Ticket | None]  # fingerprint, now
    now: Callable[[], float] = time.time


@cache
def wire() -> Desk:
    env = Environment.read()
    tickets_kept = Tickets(env.sockets_table)
    return Desk(
        members=Members(env.members_table),
        take=lambda fingerprint, now: tickets_kept.take(fingerprint, now=now),
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def connect(knock: Knock) -> dict[str, Any]:
        at = desk()
        opener = _opener(knock.query.ticket, at)
        metrics.count("SocketsOpened" if opener else "TicketsRefused")
        return {
            "principalId": tickets.shopper(opener.claims) if opener else "nobody",
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Action": "execute-api:Invoke",
                        "Effect": "Allow" if opener else "Deny",
                        "Resource": knock.method_arn,
                    }
                ],
            },
            "context": opener.context() if opener else {},
        }

    return task.handler(connect, Knock, kind="socket")


def _opener(shown: str, at: Desk) -> Opener | None:
    """Whoever bought the ticket, if it is good and they may still come in."""
    now = at.now()
    ticket = at.take(tickets.fingerprint(shown), now) if tickets.looks_like_one(shown) else None
    if ticket is None or ticket.claims.expires_at <= now:
        return None
    try:
        caller = standing.check(ticket.claims, at.members.row(ticket.claims.subject), now=now)
        access.permit(access.table()[ROUTE], caller)
    except Denied:
        return None
    return Opener(ticket.claims, int(now))


handler = build()

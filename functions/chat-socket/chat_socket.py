"""WebSocket $connect, $default and $disconnect: take a shopper's message, hold it to its limits, and hand it over.

chat-stream answers it. This one stands outside the network and holds no connection to the database, so that a flood of
messages costs little.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shopwright.orchestrator.events import Accepted
from shopwright.runtime import access, task, websocket
from shopwright.runtime.acquainted import acquainted
from shopwright.runtime.journal import logger
from shopwright.runtime.settings import Settings
from shopwright.runtime.websocket import Asked, Frame, Line, MessageTooLarge, Taken
from shopwright.sockets import ticket as tickets
from shopwright.sockets.alone import PacedAlone, Paces
from shopwright.sockets.apigatewaymanagementapi import Sockets
from shopwright.sockets.awslambda import HandOver
from shopwright.sockets.dynamodb import Pace
from shopwright.sockets.limits import limits
from shopwright.sockets.socket import SocketOver
from shopwright.sockets.ticket import Opener
from shopwright.tenancy import standing
from shopwright.tenancy.member import Roll
from shopwright.tenancy.standing import NotSignedIn


class Environment(Settings):
    members_table: str
    sockets_table: str
    stream_function: str
    management_url: str


@dataclass(frozen=True, slots=True)
class Desk:
    members: Roll
    pace: Paces
    send: Callable[[str, str], None]  # connection id, text
    close: Callable[[str], None]
    hand_over: Callable[[str], None]
    now: Callable[[], float] = time.time


@cache
def wire() -> Desk:
    env = Environment.read()
    sockets = Sockets(env.management_url)
    return Desk(
        members=acquainted(env.members_table),
        pace=PacedAlone(
            Pace(env.sockets_table),
            report=lambda failure: logger().warning("messages are counted by each environment", exc_info=failure),
        ),
        send=sockets.send,
        close=sockets.close,
        hand_over=HandOver(env.stream_function),
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def take(frame: Frame) -> Taken:
        at, place = desk(), frame.place
        if place.event == "CONNECT":  # chat-connect has let it in
            return Taken()
        if place.event == "DISCONNECT":
            at.pace.closed(place.connection_id)
            return Taken()
        line = Line(at.send, place.connection_id, place.request_id)
        with websocket.errors_told(line, close=lambda: at.close(place.connection_id)):
            now = at.now()
            opener = _still_open(Opener.of(place.authorizer), now)
            at.pace.message(place.connection_id, tickets.shopper(opener.claims), opened_at=opener.opened_at)
            ask = websocket.read(_not_too_large(frame.body), line)
            caller = standing.check(opener.claims, at.members.row(opener.claims.subject), now=now)
            access.permit(access.table()[websocket.ROUTE], caller)
            task.deadline().check()
            line.tell(Accepted())
            asked = Asked(
                connection_id=place.connection_id,
                request_id=place.request_id,
                message_id=line.message_id,
                told=line.told,
                asked_at=now,
                message=ask.message,
                session_id=ask.session_id,
                merchant_id=caller.tenant.merchant_id,
                role=caller.role,
                subject=caller.subject,
                scopes=tuple(sorted(caller.scopes)),
            )
            at.hand_over(asked.model_dump_json())
        return Taken()

    return task.handler(take, Frame, kind="socket")


def _still_open(opener: Opener, now: float) -> Opener:
    if opener.claims.expires_at <= now:
        raise NotSignedIn("Sign in again: the token that this socket was opened with has expired.")
    if now - opener.opened_at > limits().socket.longest_s:
        raise SocketOver
    return opener


def _not_too_large(body: str) -> str:
    most = limits().message.largest_bytes
    if len(body) > most or len(body.encode("utf-8", "surrogatepass")) > most:
        raise MessageTooLarge(f"A message may have {most} bytes at most.")
    return body


handler = build()

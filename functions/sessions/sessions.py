"""GET and DELETE /v1/sessions/{session_id}: what was said in a conversation, and its end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel
from shopwright.observability.sqs import Audit
from shopwright.orchestrator.dynamodb import SessionManager, Sessions
from shopwright.orchestrator.session import MAX_TURNS, SHOWN_TURNS, Session, Turn
from shopwright.runtime import http
from shopwright.runtime.settings import Settings
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.tenant import Tenant


class Environment(Settings):
    sessions_table: str
    members_table: str
    audit_queue_url: str


SessionId = Annotated[
    str,
    Path(
        pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        description="As an answer of the chat gave it.",
    ),
]


class Said(BaseModel):
    """One question and what came back, both masked."""

    question: str
    answer: str
    verdict: str
    at: datetime


class History(BaseModel):
    """A conversation. `turns` are its newest, oldest first; `length` counts all of them."""

    session_id: str
    length: int
    expires_at: datetime
    turns: list[Said]


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    sessions: Callable[[Tenant, str], SessionManager]  # whose, and which subject's


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        members=Members(env.members_table), trail=Audit(env.audit_queue_url), sessions=Sessions(env.sessions_table).of
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    def mine() -> SessionManager:
        caller = http.caller(api)
        return desk().sessions(caller.tenant, caller.subject)

    @api.get("/v1/sessions/<session_id>")
    def history(
        session_id: SessionId,
        limit: Annotated[int, Query(ge=1, le=MAX_TURNS, description="The newest so many turns.")] = SHOWN_TURNS,
    ) -> History:
        return _shown(mine().open(session_id, turns=limit))

    @api.delete("/v1/sessions/<session_id>", status_code=204, responses={204: {"description": "It is done."}})
    def end(session_id: SessionId) -> Response[Any]:
        mine().delete(session_id)
        return http.no_content()

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


def _shown(session: Session) -> History:
    return History(
        session_id=session.id,
        length=session.length,
        expires_at=datetime.fromtimestamp(session.expires_at, UTC),
        turns=[_said(turn) for turn in session.turns],
    )


def _said(turn: Turn) -> Said:
    return Said(
        question=turn.question, answer=turn.answer, verdict=turn.verdict, at=datetime.fromtimestamp(turn.at, UTC)
    )


handler = build()

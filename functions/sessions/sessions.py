"""GET /v1/sessions: a caller's conversations, what was said in one, its end; and what a shopper lets us keep."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from shopwright.handover.dynamodb import Handovers, Tray
from shopwright.observability.sqs import Audit
from shopwright.orchestrator.dynamodb import SessionManager, Sessions
from shopwright.orchestrator.session import (
    MAX_LIKES,
    MAX_TURNS,
    SHOWN_TURNS,
    Listed,
    Preferences,
    Session,
    ShopperContext,
    Tally,
    Turn,
)
from shopwright.runtime import http
from shopwright.runtime.settings import Settings
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.tenant import Tenant


class Environment(Settings):
    sessions_table: str
    handovers_table: str
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
    mode: str
    products: list[str] = Field(description="Those that were shown with the answer.")


class Counted(BaseModel):
    """What a conversation came to."""

    began_at: datetime
    last_at: datetime
    turns: int
    answered: int
    products: int = Field(description="How many were shown.")
    cost_nano_usd: int = Field(description="What models cost in it, in billionths of a US dollar.")
    outcome: str = Field(description="The verdict of its last turn.")


class OneOfMany(BaseModel):
    """A conversation in the list."""

    session_id: str
    expires_at: datetime
    tally: Counted


class Conversations(BaseModel):
    """The caller's, the newest first. `cursor` opens the next page; null: there is none."""

    sessions: list[OneOfMany]
    cursor: str | None


class Liked(BaseModel):
    """What the shopper likes to be remembered."""

    model_config = ConfigDict(extra="forbid", strict=True)

    size: Annotated[str | None, Field(min_length=1, max_length=40, examples=["M"])] = None
    colour: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    budget: Annotated[str | None, Field(min_length=1, max_length=40, examples=["up to 80 EUR"])] = None
    likes: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Field(max_length=MAX_LIKES, description="Products, by their ids."),
    ] = []


class Consent(Liked):
    """What to keep from now on, from visit to visit; `consent` says that the shopper has been asked."""

    consent: Literal[True]


class Kept(Liked):
    """What is kept of the shopper between visits. `consented_at` is null when nothing is."""

    consented_at: datetime | None
    expires_at: datetime | None


class History(BaseModel):
    """A conversation. `turns` are its newest, oldest first; `length` counts all of them."""

    session_id: str
    length: int
    expires_at: datetime
    turns: list[Said]
    tally: Counted


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    sessions: Callable[[Tenant, str], SessionManager]  # whose, and which subject's
    handovers: Callable[[Tenant], Tray]


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        sessions=Sessions(env.sessions_table).of,
        handovers=Handovers(env.handovers_table).of,
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    def mine() -> SessionManager:
        caller = http.caller(api)
        return desk().sessions(caller.tenant, caller.subject)

    @api.get("/v1/sessions")
    def conversations(
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        cursor: Annotated[str | None, Query(max_length=400)] = None,
    ) -> Conversations:
        page = mine().mine(limit, cursor)
        return Conversations(sessions=[_one(session) for session in page.sessions], cursor=page.cursor)

    @api.get("/v1/sessions/<session_id>/export")
    def export(session_id: SessionId) -> Response[Any]:
        whole = _shown(mine().open(session_id, turns=MAX_TURNS))
        name = f'attachment; filename="conversation-{session_id}.json"'
        return http.json_response(200, whole, {"content-disposition": name})

    @api.get("/v1/context")
    def kept() -> Kept:
        return _kept(mine().context())

    @api.put("/v1/context")
    def agree(told: Consent) -> Kept:
        return _kept(mine().agree(Preferences(told.size, told.colour, told.budget, tuple(dict.fromkeys(told.likes)))))

    @api.delete("/v1/context", status_code=204, responses={204: {"description": "Nothing is kept any more."}})
    def forget() -> Response[Any]:
        mine().forget()
        return http.no_content()

    @api.get("/v1/sessions/<session_id>")
    def history(
        session_id: SessionId,
        limit: Annotated[int, Query(ge=1, le=MAX_TURNS, description="The newest so many turns.")] = SHOWN_TURNS,
    ) -> History:
        return _shown(mine().open(session_id, turns=limit))

    @api.delete("/v1/sessions/<session_id>", status_code=204, responses={204: {"description": "It is done."}})
    def end(session_id: SessionId) -> Response[Any]:
        caller = http.caller(api)
        desk().handovers(caller.tenant).forget(session_id, caller.subject)  # first: after a failure all is tried again
        mine().delete(session_id)
        return http.no_content()

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


def _shown(session: Session) -> History:
    return History(
        session_id=session.id,
        length=session.length,
        expires_at=_time(session.expires_at),
        turns=[_said(turn) for turn in session.turns],
        tally=_counted(session.tally),
    )


def _one(session: Listed) -> OneOfMany:
    return OneOfMany(session_id=session.id, expires_at=_time(session.expires_at), tally=_counted(session.tally))


def _said(turn: Turn) -> Said:
    return Said(
        question=turn.question,
        answer=turn.answer,
        verdict=turn.verdict,
        at=_time(turn.at),
        mode=turn.mode,
        products=list(turn.products),
    )


def _counted(tally: Tally) -> Counted:
    return Counted(
        began_at=_time(tally.began_at),
        last_at=_time(tally.last_at),
        turns=tally.turns,
        answered=tally.answered,
        products=tally.products,
        cost_nano_usd=tally.cost,
        outcome=tally.outcome,
    )


def _kept(context: ShopperContext | None) -> Kept:
    if context is None:
        return Kept(consented_at=None, expires_at=None)
    held = context.preferences
    return Kept(
        size=held.size,
        colour=held.colour,
        budget=held.budget,
        likes=list(held.likes),
        consented_at=_time(context.consented_at),
        expires_at=_time(context.expires_at),
    )


def _time(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)


handler = build()

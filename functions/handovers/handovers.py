"""GET /v1/handovers: the conversations that wait for a person of the shop, and PUT to say that one has seen to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from shopwright.handover.dynamodb import Handovers, Tray
from shopwright.handover.handover import Handover, State
from shopwright.observability.sqs import Audit
from shopwright.runtime import http
from shopwright.runtime.settings import Settings
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.tenant import Tenant


class Environment(Settings):
    handovers_table: str
    members_table: str
    audit_queue_url: str


Reference = Annotated[
    str,
    Path(
        pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        description="As the list gave it; it is the conversation's id.",
    ),
]


class Waiting(BaseModel):
    """A conversation that was handed over. Personal data in it are masked."""

    reference: str
    reason: str = Field(examples=["asked_for"])
    summary: str
    at: datetime
    expires_at: datetime
    state: Literal["waiting", "done"]


class Waitings(BaseModel):
    """The merchant's, the newest first. `cursor` opens the next page; null: there is none."""

    handovers: list[Waiting]
    cursor: str | None


class Exchange(BaseModel):
    """A question of the shopper and what came back, both masked."""

    question: str
    answer: str


class Opened(Waiting):
    """One of them, with what was said before it was handed over: the newest turns, oldest first."""

    conversation: list[Exchange]


class Mark(BaseModel):
    """What has become of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    state: Literal["waiting", "done"]


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    handovers: Callable[[Tenant], Tray]


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        handovers=Handovers(env.handovers_table).of,
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    def mine() -> Tray:
        return desk().handovers(http.caller(api).tenant)

    @api.get("/v1/handovers")
    def waiting(
        state: Annotated[Literal["waiting", "done"], Query()] = "waiting",
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        cursor: Annotated[str | None, Query(max_length=400)] = None,
    ) -> Waitings:
        page = mine().page(State(state), limit, cursor)
        return Waitings(handovers=[_waiting(one) for one in page.handovers], cursor=page.cursor)

    @api.get("/v1/handovers/<reference>")
    def one(reference: Reference) -> Opened:
        return _opened(mine().open(reference))

    @api.put("/v1/handovers/<reference>")
    def mark(reference: Reference, wanted: Mark) -> Opened:
        return _opened(mine().mark(reference, State(wanted.state)))

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


def _waiting(one: Handover) -> Waiting:
    return Waiting(
        reference=one.reference,
        reason=one.reason,
        summary=one.summary,
        at=_time(one.at),
        expires_at=_time(one.expires_at),
        state=one.state.value,
    )


def _opened(one: Handover) -> Opened:
    said = [Exchange(question=line.question, answer=line.answer) for line in one.lines]
    return Opened(**_waiting(one).model_dump(), conversation=said)


def _time(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)


handler = build()

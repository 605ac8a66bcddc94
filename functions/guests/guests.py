"""POST /v1/guests: a short-lived token for a visitor of a merchant's page, who has not signed in."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from shopwright.runtime import http
from shopwright.runtime.settings import Settings
from shopwright.tenancy import limits, widget
from shopwright.tenancy.caller import Role
from shopwright.tenancy.cognito import Identities, Token
from shopwright.tenancy.dynamodb import GuestCounter, Members
from shopwright.tenancy.member import Member

SCOPES = frozenset({"shop/chat"})


class Environment(Settings):
    members_table: str
    user_pool_id: str
    guest_client_id: str


class Visit(BaseModel):
    """The public key of the widget on the merchant's page. The page's own origin comes in the Origin header."""

    model_config = ConfigDict(extra="forbid", strict=True)

    widget_key: Annotated[str, Field(pattern=widget.KEY, examples=["wk_outdoor_demo"])]


class Guest(BaseModel):
    """A token to send as `Authorization: Bearer …`, and how a conversation begins."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    session: str


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    count: Callable[[str, str], None]  # widget key, source address
    anonymous: Callable[[str], Token]  # username
    now: Callable[[], float] = time.time


@cache
def wire() -> Desk:
    env = Environment.read()
    counter = GuestCounter(env.members_table)

    def count(key: str, source: str) -> None:
        guests = limits.guests()
        counter.count(
            widget=key, source=source, per_source=guests.per_source_per_minute, per_widget=guests.per_widget_per_minute
        )

    return Desk(
        members=Members(env.members_table),
        count=count,
        anonymous=Identities(env.user_pool_id, guest_client=env.guest_client_id).anonymous,
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.post("/v1/guests", status_code=201)
    def welcome(visit: Visit) -> Guest:
        at = desk()
        shop = widget.admit(at.members.widget(visit.widget_key), api.current_event.headers.get("origin"))
        at.count(shop.key, api.current_event.request_context.identity.source_ip or "")
        name = f"guest-{uuid.uuid4().hex}"
        # The row comes before the user: the pre-token trigger reads it, and a token that has none does not stand.
        at.members.add(
            Member(
                subject=f"user#{name}",
                merchant_id=shop.tenant.merchant_id,
                role=Role.GUEST.value,
                scopes=SCOPES,
                expires_at=int(at.now()) + limits.guests().lifetime_s + 60,
            )
        )
        http.deadline(api).check()
        token = at.anonymous(name)
        return Guest(
            access_token=token.access_token,
            token_type="Bearer",  # noqa: S106 - the kind of token, not a secret
            expires_in=token.expires_in,
            session="POST /v1/chat without a session_id begins one; its answer names it.",
        )

    return http.handler(api, admit=None, trail=None)


handler = build()

"""POST /v1/guests: a short-lived token for a visitor of a merchant's page, who has not signed in; or the next one."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from shopwright.observability import metrics
from shopwright.resilience.deadline import Deadline
from shopwright.runtime import http
from shopwright.runtime.settings import Settings
from shopwright.tenancy import limits, widget
from shopwright.tenancy import renewal as renewing
from shopwright.tenancy.caller import Role
from shopwright.tenancy.cognito import Identities, Token
from shopwright.tenancy.dynamodb import GuestCounter, Members
from shopwright.tenancy.member import Member
from shopwright.tenancy.renewal import Presented, RenewalRefused, RenewalStolen, RenewedElsewhere
from shopwright.tenancy.tenant import Tenant

SCOPES = frozenset({"shop/chat"})


class Environment(Settings):
    members_table: str
    user_pool_id: str
    guest_client_id: str


class Visit(BaseModel):
    """The public key of the widget on the merchant's page. The page's own origin comes in the Origin header."""

    model_config = ConfigDict(extra="forbid", strict=True)

    widget_key: Annotated[str, Field(pattern=widget.KEY, examples=["wk_outdoor_demo"])]
    renewal: Annotated[
        str | None,
        Field(
            pattern=renewing.FORM,
            repr=False,
            description="What the answer before gave, to stay the same visitor, with their cart, orders and receipts.",
        ),
    ] = None


class Guest(BaseModel):
    """A token to send as `Authorization: Bearer …`, and how a conversation begins."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    renewal: str = Field(
        repr=False,
        description="Exchanged here, once, for the next token and the next renewal. Keep it as you would a password; "
        "POST /v1/sign-out ends it, and so does using it twice.",
    )
    renewal_expires_in: int
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
        source = api.current_event.request_context.identity.source_ip or ""
        if visit.renewal is None:
            at.count(shop.key, source)
            return _new(shop.tenant, at, http.deadline(api))
        at.count(f"{shop.key}#renewed", source)  # a flood of new visitors does not keep those of before out
        return _renewed(Presented.read(visit.renewal), shop.tenant, at, http.deadline(api))

    return http.handler(api, admit=None, trail=None)


def _new(tenant: Tenant, at: Desk, deadline: Deadline) -> Guest:
    number, now = uuid.uuid4().hex, int(at.now())
    text, renewals = renewing.first(number, now=now)
    # The row comes before the user: the pre-token trigger reads it, and a token that has none does not stand.
    at.members.add(
        Member(
            subject=renewing.subject_of(number),
            merchant_id=tenant.merchant_id,
            role=Role.GUEST.value,
            scopes=SCOPES,
            expires_at=now + limits.guests().renewable_s,
            renewals=renewals,
        )
    )
    deadline.check()
    return _welcomed(at.anonymous(_name(renewing.subject_of(number))), text)


def _renewed(presented: Presented, tenant: Tenant, at: Desk, deadline: Deadline) -> Guest:
    row, now = at.members.row(presented.subject), int(at.now())
    try:
        text, renewals = renewing.following(
            presented,
            row,
            tenant,
            now=now,
            again_s=limits.guests().renewed_again_s,
            busy_s=limits.guests().renewing_s,
        )
    except RenewalStolen:
        metrics.count("GuestRenewalsStolen")
        at.members.sign_out(presented.subject, at=now)
        raise RenewalRefused from None
    if row is None or row.renewals is None:
        raise RenewalRefused
    deadline.check()
    # The row is claimed first: Cognito has one user for a guest, and two at once would spoil each other's.
    until = now + limits.guests().renewable_s
    if not at.members.renew(row, renewals, expires_at=until):
        raise RenewedElsewhere
    claimed = replace(row, renewals=renewals, expires_at=until)
    try:
        token = at.anonymous(_name(row.subject))
    except Exception:  # an outage of Cognito uses nothing up
        at.members.renew(claimed, row.renewals, expires_at=row.expires_at or until)
        raise
    # It is nobody's until the row says that it was made: whoever signed out meanwhile gets none.
    if not at.members.renew(claimed, replace(renewals, busy_until=0), expires_at=until):
        raise RenewedElsewhere
    return _welcomed(token, text)


def _name(subject: str) -> str:
    return subject.removeprefix("user#")


def _welcomed(token: Token, text: str) -> Guest:
    return Guest(
        access_token=token.access_token,
        token_type="Bearer",  # noqa: S106 - the kind of token, not a secret
        expires_in=token.expires_in,
        renewal=text,
        renewal_expires_in=limits.guests().renewable_s,
        session="POST /v1/chat without a session_id begins one; its answer names it.",
    )


handler = build()

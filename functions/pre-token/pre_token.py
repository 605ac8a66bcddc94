"""Cognito PreTokenGeneration (V3): which merchant, role and scopes go into the access token.

All of it comes from the members table and nothing from the user's attributes, which users may edit. The trigger has no
side effects: Cognito may call it twice for one sign-in. Where it raises, there is no token.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from shopwright.errors import Denied
from shopwright.runtime import task
from shopwright.runtime.settings import Settings
from shopwright.tenancy.caller import Role
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

# Lets a token's holder edit their own user at Cognito, which a visitor has no business doing.
SELF_SERVICE = "aws.cognito.signin.user.admin"


class NotAMember(Denied):
    """There is no membership for this account, or it is switched off. No token is issued."""


class Environment(Settings):
    members_table: str


class CallerContext(BaseModel):
    model_config = ConfigDict(extra="allow")

    client_id: Annotated[str, Field(alias="clientId", min_length=1)]


class Asked(BaseModel):
    model_config = ConfigDict(extra="allow")

    scopes: list[str] = Field(default_factory=list)


class Event(BaseModel):
    """A pre-token-generation event, V2 or V3; the rest of it goes back as it came."""

    model_config = ConfigDict(extra="allow")

    trigger_source: Annotated[str, Field(alias="triggerSource", pattern="^TokenGeneration_")]
    user_name: Annotated[str, Field(alias="userName", min_length=1)]
    caller_context: Annotated[CallerContext, Field(alias="callerContext")]
    request: Asked


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    now: Callable[[], float] = time.time


@cache
def wire() -> Desk:
    return Desk(members=Members(Environment.read().members_table))


def decide(event: Event, row: Member | None, *, machine: bool, now: float) -> dict[str, Any]:
    """The access token's merchant, role and scopes, or NotAMember."""
    if row is None or row.disabled or row.gone(now) or (row.role == Role.MACHINE.value) != machine:
        raise NotAMember("This account is not a member of any shop.")
    asked = frozenset(event.request.scopes)
    if machine:
        # A machine gets what it asked for and may have; without any of that it gets no token rather than an empty one.
        if not asked & row.scopes:
            raise NotAMember("This client may have none of the scopes that it asks for.")
        add, suppress = frozenset[str](), asked - row.scopes
    else:
        add, suppress = row.scopes, frozenset({SELF_SERVICE} if row.role == Role.GUEST.value else ())
    return {
        "claimsToAddOrOverride": {
            "merchant_id": Tenant(row.merchant_id).merchant_id,
            "role": Role(row.role).value,
        },
        "scopesToAdd": sorted(add),
        "scopesToSuppress": sorted(suppress),
    }


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def pre_token(event: Event) -> dict[str, Any]:
        machine = event.trigger_source == "TokenGeneration_ClientCredentials"
        subject = f"client#{event.caller_context.client_id}" if machine else f"user#{event.user_name}"
        access = decide(event, desk().members.row(subject), machine=machine, now=desk().now())
        return {
            **event.model_dump(by_alias=True),
            "response": {"claimsAndScopeOverrideDetails": {"accessTokenGeneration": access}},
        }

    return task.handler(pre_token, Event, kind="trigger")


handler = build()

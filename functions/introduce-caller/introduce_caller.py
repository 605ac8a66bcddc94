"""Lambda, from the AgentCore Gateway, before each request: say, signed, for whom a tool is about to be called.

The Gateway has checked the token's signature, issuer and scope. Here it is held, like every request of the API, against
the caller's row in the members table; and what a caller sends as our header goes no further. One merchant's agents get
so many calls a minute, so that they leave the tools to the others' too.
"""

import base64
import binascii
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from shopwright.errors import Denied, Exhausted, Unavailable
from shopwright.runtime import access, gateway, task
from shopwright.runtime.gateway import Interception
from shopwright.runtime.journal import logger
from shopwright.runtime.settings import Settings
from shopwright.sockets.dynamodb import Pace
from shopwright.tenancy import standing
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.secretsmanager import Secret
from shopwright.tenancy.standing import NotSignedIn
from shopwright.tenancy.warrant import Warrants, for_a_tool

ROUTE = "POST /v1/chat"  # whoever may ask there may have the tools that answer there


class Environment(Settings):
    members_table: str
    sockets_table: str
    warrant_secret_arn: str


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    warrants: Warrants
    count: Callable[[str], None]  # one more call by this merchant's agents
    now: Callable[[], float] = time.time


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        members=Members(env.members_table),
        warrants=Warrants.of(Secret(env.warrant_secret_arn)),
        count=Pace(env.sockets_table).tool,
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def introduce(interception: Interception) -> dict[str, Any]:
        if interception.tool is None:  # what may be called is no secret: Policy shows each role its own
            return gateway.passed_on(interception)
        at = desk()
        try:
            now = at.now()
            token = standing.claims(_claims(interception.mcp.request.header("authorization")))
            if token.expires_at <= now:
                raise NotSignedIn("Sign in again: the token has expired.")
            caller = standing.check(token, at.members.row(token.subject), now=now)
            access.permit(access.table()[ROUTE], caller)
            at.count(caller.tenant.merchant_id)
            warrant = at.warrants.make_out(caller, for_a_tool(interception.tool))
        except Denied as refusal:
            logger().warning("caller refused", extra={"error": type(refusal).__name__})
            return gateway.turned_away(interception, str(refusal))
        except Exhausted as refusal:
            logger().warning("agents asked to wait", extra={"error": type(refusal).__name__})
            return gateway.turned_away(interception, str(refusal), wait=True)
        except Unavailable as failure:
            logger().warning("caller not verified", extra={"error": type(failure).__name__}, exc_info=failure)
            return gateway.turned_away(interception, str(failure), wait=True)
        return gateway.passed_on(interception, {gateway.HEADER: warrant.text})

    return task.handler(introduce, Interception, kind="gateway")


def _claims(authorization: str | None) -> Mapping[str, object]:
    """What the token claims, which the Gateway has verified before it asked us."""
    kind, _, token = (authorization or "").partition(" ")
    parts = token.split(".")
    if kind.lower() != "bearer" or len(parts) != 3:
        raise NotSignedIn("Sign in: there is no token.")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        raise NotSignedIn("Sign in again: this token does not stand.") from None
    if not isinstance(claims, dict):
        raise NotSignedIn("Sign in again: this token does not stand.")
    return claims


handler = build()

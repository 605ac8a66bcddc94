"""POST /v1/sign-out: from now on, no token that the caller has been given stands."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response
from shopwright.observability.sqs import Audit
from shopwright.runtime import http
from shopwright.runtime.settings import Settings
from shopwright.tenancy.caller import Role
from shopwright.tenancy.cognito import Identities
from shopwright.tenancy.dynamodb import Members


class Environment(Settings):
    members_table: str
    audit_queue_url: str
    user_pool_id: str


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    revoke: Callable[[str], None]  # username
    now: Callable[[], float] = time.time


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        revoke=Identities(env.user_pool_id).sign_out,
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.post("/v1/sign-out", status_code=204, responses={204: {"description": "It is done."}})
    def sign_out() -> Response[Any]:
        at, caller = desk(), http.caller(api)
        # Cognito first: were our own row set and Cognito then out of reach, the caller could not ask again.
        if caller.role is not Role.MACHINE:
            at.revoke(caller.subject.removeprefix("user#"))
        at.members.sign_out(caller.subject, at=int(at.now()))
        return http.no_content()

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


handler = build()

"""GET /v1/health and GET /v1/ready: is this alive, and is everything there that an answer needs?"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel
from shopwright.runtime import http
from shopwright.runtime.database import DatabaseSettings
from shopwright.runtime.dynamodb import Table
from shopwright.runtime.journal import logger
from shopwright.runtime.readiness import Readiness
from shopwright.runtime.valkey import Valkey
from shopwright.tenancy.secretsmanager import Secret

TIMEOUT_S = 0.3


class Environment(DatabaseSettings):
    cache_host: str
    cache_port: int
    cache_tls: str
    cache_secret_arn: str
    sessions_table: str


class Health(BaseModel):
    """Alive: the function itself answers."""

    status: Literal["ok"]


class Ready(BaseModel):
    """Each dependency, and nothing more about it: this route is public."""

    status: Literal["ok", "unavailable"]
    dependencies: dict[str, Literal["ok", "unavailable"]]


@dataclass(frozen=True, slots=True)
class Desk:
    ask: Callable[[], dict[str, bool]]


@cache
def wire() -> Desk:
    env = Environment.read()
    token = Secret(env.cache_secret_arn)
    database = env.database(connect_timeout_s=1, statement_timeout_ms=1000)
    valkey = Valkey(env.cache_host, env.cache_port, tls=env.cache_tls, token=lambda: token.json()["token"])
    return Desk(
        ask=Readiness(
            {
                "postgresql": lambda: database.ping(timeout_s=TIMEOUT_S),
                "valkey": valkey.ping,
                "dynamodb": Table(env.sessions_table).ping,
            },
            timeout_s=TIMEOUT_S,
            report=lambda name, failure: logger().warning(
                "dependency unavailable", extra={"dependency": name}, exc_info=failure
            ),
        ).ask
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.get("/v1/health")
    def health() -> Health:
        return Health(status="ok")

    @api.get(
        "/v1/ready",
        responses={
            200: {"description": "Everything is there.", "content": {"application/json": {"model": Ready}}},
            503: {"description": "Something is not there.", "content": {"application/json": {"model": Ready}}},
        },
    )
    def ready() -> Response[Any]:
        there = desk().ask()
        every = all(there.values())
        told = Ready(
            status="ok" if every else "unavailable",
            dependencies={name: "ok" if up else "unavailable" for name, up in there.items()},
        )
        return http.json_response(200, told) if every else http.json_response(503, told, {"retry-after": "2"})

    return http.handler(api, admit=None, trail=None)


handler = build()

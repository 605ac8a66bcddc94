"""CloudFormation custom resource, and by hand: bring the database to the schema that this version expects.

It makes the embedding models known that this version ships, so that each has a table for its vectors.
By hand: `{"direction": "up"}`, or `{"direction": "down", "to": 3, "allow_data_loss": true}`. CloudFormation never goes
down: deleting the resource leaves the data.
"""

import json
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from typing import Annotated, Any, Literal

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from shopwright.database.connection import Address, connect_master
from shopwright.database.migrate import Migrator
from shopwright.database.secrets import key_in, login_in
from shopwright.errors import Invalid, ShopwrightError
from shopwright.runtime.journal import logger
from shopwright.runtime.settings import Settings
from shopwright.tenancy.secretsmanager import Secret

ANSWER_S = 10
RESOURCE = "shopwright-schema"


class DownRefused(Invalid):
    """Going down deletes data, and nobody said that they want that."""


class MalformedCall(Invalid):
    """Neither a custom resource's request nor a call by hand."""


class Environment(Settings):
    database_host: str
    database_port: int
    database_name: str
    database_tls: str
    database_master_secret_arn: str
    database_secret_arn: str
    database_upkeep_secret_arn: str
    tenant_key_secret_arn: str


class Shipped(BaseModel):
    """An embedding model that this version ships."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,60}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    dimensions: Annotated[int, Field(ge=1, le=4000)]


class Properties(BaseModel):
    """What CDK says about the schema. CloudFormation turns every number into a text, which pydantic turns back."""

    Models: tuple[Shipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    up: Callable[[int | None, Sequence[Shipped]], tuple[int, ...]]
    down: Callable[[int], tuple[int, ...]]
    answer: Callable[[str, bytes], None]


class ResourceRequest(BaseModel):
    """What CloudFormation asks. It waits until somebody puts an answer to ResponseURL: an hour, if nobody does."""

    RequestType: Literal["Create", "Update", "Delete"]
    ResponseURL: str = Field(pattern=r"^https?://")
    StackId: str
    RequestId: str
    LogicalResourceId: str
    PhysicalResourceId: str = RESOURCE
    ResourceProperties: Properties = Properties()


class ByHand(BaseModel):
    direction: Literal["up", "down"]
    to: Annotated[int, Field(ge=0)] | None = None
    allow_data_loss: bool = False
    models: tuple[Shipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Migrated:
    direction: str
    migrations: tuple[int, ...]


_CALL: TypeAdapter[ResourceRequest | ByHand] = TypeAdapter(ResourceRequest | ByHand)


@cache
def wire() -> Desk:
    env = Environment.read()
    address = Address(env.database_host, env.database_port, env.database_name, env.database_tls)
    master, app = login_in(Secret(env.database_master_secret_arn)), login_in(Secret(env.database_secret_arn))
    upkeep = login_in(Secret(env.database_upkeep_secret_arn))
    key = key_in(Secret(env.tenant_key_secret_arn))

    @contextmanager
    def migrator() -> Iterator[Migrator]:
        with connect_master(address, master()) as connection:
            yield Migrator(connection)

    def up(to: int | None, models: Sequence[Shipped]) -> tuple[int, ...]:
        with migrator() as at_work:
            done = at_work.up(to)
            for model in models:
                at_work.add_model(model.name, model.sha256, model.dimensions)
            for login in (app(), upkeep()):
                at_work.admit_app(login)
            at_work.install_key(key())
            return done

    def down(to: int) -> tuple[int, ...]:
        with migrator() as at_work:
            return at_work.down(to)

    return Desk(up=up, down=down, answer=put)


def put(url: str, body: bytes) -> None:
    """Answer CloudFormation. Its URL is presigned for a request without a content type."""
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - the model admits http(s) alone
    with urllib.request.urlopen(request, timeout=ANSWER_S):  # noqa: S310 - the same
        pass


def build(desk: Callable[[], Desk] = wire) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    def migrate(call: ByHand) -> Migrated:
        if call.direction == "up":
            return Migrated("up", desk().up(call.to, call.models))
        if call.to is None or not call.allow_data_loss:
            raise DownRefused('Going down deletes data. Say how far ("to") and "allow_data_loss": true.')
        return Migrated("down", desk().down(call.to))

    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            call = _CALL.validate_python(event)
        except ValidationError:
            raise MalformedCall('Call it with {"direction": "up"}, or by CloudFormation.') from None
        if isinstance(call, ByHand):
            told = asdict(migrate(call))
            logger().info("migrated", extra=told)
            return told
        status, reason, data = "SUCCESS", "", {}
        try:
            if call.RequestType != "Delete":
                done = migrate(ByHand(direction="up", models=call.ResourceProperties.Models))
                data = {"Applied": ",".join(map(str, done.migrations))}
        except ShopwrightError as failure:
            status, reason = "FAILED", f"{type(failure).__name__}: {failure}"
            logger().exception("migration failed")
        except Exception as failure:
            # CloudFormation would wait for an hour for an answer that never comes. The text may hold anything.
            status, reason = "FAILED", f"{type(failure).__name__}; see the log of request {context.aws_request_id}"
            logger().exception("migration failed")
        answer = {
            "Status": status,
            "Reason": reason,
            "PhysicalResourceId": call.PhysicalResourceId,
            "StackId": call.StackId,
            "RequestId": call.RequestId,
            "LogicalResourceId": call.LogicalResourceId,
            "Data": data,
        }
        desk().answer(call.ResponseURL, json.dumps(answer).encode())
        return answer

    return lambda_handler


handler = build()

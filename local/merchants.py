"""This file changes when what makes somebody a member of a demo shop changes.

Seeding is safe to repeat: what is there already is kept, and what has changed in `merchant.toml` is written again.
Passwords are made up here and kept in a file that only its owner can read; nothing of them is ever committed.
"""

import base64
import json
import os
import secrets
import string
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

import boto3
from botocore.config import Config
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from shopwright.tenancy.branding import Branding

from local import web
from local.deploy import REGION
from local.places import ROOT, instance_dir

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient

DEMO = ROOT / "local" / "demo"
CHAT, DOCUMENTS, STATISTICS = "shop/chat", "shop/documents", "shop/statistics"
HANDOVERS, ORDERS = "shop/handovers", "shop/orders"
SCOPES: Mapping[str, tuple[str, ...]] = {
    "merchant": (CHAT, DOCUMENTS, STATISTICS, HANDOVERS, ORDERS),
    "shopper": (CHAT,),
    "machine": (CHAT, DOCUMENTS),
    "widget": (CHAT,),
}
CLIENT = Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 2, "mode": "standard"})

Role = Literal["merchant", "shopper", "machine", "guest"]


class NoSuchMerchant(Exception):
    """No demo shop has this name; the message lists those that there are."""


class BadMerchantFile(Exception):
    """A `merchant.toml` cannot be used; the message says where and why."""


class NotSeeded(Exception):
    """The cloud runs, but nobody has been made a member yet, or the keys to it are gone."""


class NoToken(Exception):
    """The cloud would not sign this member in; the message has its answer."""


class Terms(BaseModel):
    """What a shop asks for delivery, and which tax its prices include, as `PUT /v1/terms` takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delivery_minor: int = Field(ge=0)
    free_from_minor: int | None = Field(default=None, ge=0)
    tax_rate: int = Field(ge=0, le=10_000)
    other_rates: dict[str, int] = {}


class Merchant(BaseModel):
    """One demo shop as its `merchant.toml` describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$")
    name: str
    locale: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    widget_key: str = Field(min_length=16)
    origins: tuple[str, ...] = Field(min_length=1)
    users: dict[Literal["merchant", "shopper"], str]
    gateway: Literal["stripe", "adyen"]
    branding: Branding
    terms: Terms
    facts: dict[str, str] = {}
    documents: Path


@dataclass(frozen=True, slots=True)
class Keys:
    """What the demo needs to sign in again: user name to password, and merchant to its machine client and secret."""

    passwords: dict[str, str]
    machines: dict[str, tuple[str, str]]

    def __repr__(self) -> str:
        return f"Keys(users={sorted(self.passwords)}, machines={sorted(self.machines)})"


def shops(folder: Path = DEMO) -> tuple[Merchant, ...]:
    """Every shop that has a `merchant.toml`, by id."""
    return tuple(_read(path) for path in sorted(folder.glob("*/merchant.toml")))


def shop(merchant: str, folder: Path = DEMO) -> Merchant:
    """The shop of this id."""
    known = {one.id: one for one in shops(folder)}
    if merchant not in known:
        raise NoSuchMerchant(f"There is no merchant {merchant!r}. Choose one of: {', '.join(sorted(known))}.")
    return known[merchant]


def seed(outputs: Mapping[str, str], endpoint: str, folder: Path = DEMO, *, instance: str = "demo") -> None:
    """Make every shop's users, machine client and widget key members, and keep the keys to them."""
    session = _session()
    kept = keys(instance) if _file(instance).exists() else Keys({}, {})
    made = enrol(
        shops(folder),
        kept,
        cognito=session.client("cognito-idp", endpoint_url=endpoint, config=CLIENT),
        dynamodb=session.client("dynamodb", endpoint_url=endpoint, config=CLIENT),
        pool=outputs["UserPoolId"],
        table=outputs["MembersTable"],
        page=endpoint,
    )
    _keep(made, instance)


def enrol(
    members: Iterable[Merchant],
    kept: Keys,
    *,
    cognito: "CognitoIdentityProviderClient",
    dynamodb: "DynamoDBClient",
    pool: str,
    table: str,
    page: str | None = None,
) -> Keys:
    """The seeding itself. Users keep the passwords that are kept of them; everybody else gets a new one.

    `page` is the origin of our own page, which may use every shop's widget.
    """
    passwords, machines = dict(kept.passwords), dict(kept.machines)
    clients = _clients(cognito, pool)
    for one in members:
        for role, user in one.users.items():
            _member(dynamodb, table, f"user#{user}", one.id, role)
            passwords[user] = _user(cognito, pool, user, passwords.get(user) or _password())
        client, secret = _machine(cognito, pool, one.id, clients)
        machines[one.id] = (client, secret)
        _member(dynamodb, table, f"client#{client}", one.id, "machine")
        _member(
            dynamodb,
            table,
            f"widget#{one.widget_key}",
            one.id,
            "widget",
            origins=(*one.origins, *([page] if page else [])),
        )
    return Keys(passwords, machines)


def token(outputs: Mapping[str, str], endpoint: str, merchant: str, role: Role, *, instance: str = "demo") -> str:
    """An access token of the shop's merchant, shopper, machine or of a new guest, got as each of them would get it."""
    one = shop(merchant)
    if role == "guest":
        return _guest(outputs["ApiUrl"], one)
    if role == "machine":
        return _grant(endpoint, *_held(keys(instance).machines, merchant))
    user = one.users[role]
    cognito = _session().client("cognito-idp", endpoint_url=endpoint, config=CLIENT)
    result = cognito.admin_initiate_auth(
        UserPoolId=outputs["UserPoolId"],
        ClientId=outputs["UserClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": _held(keys(instance).passwords, user)},
    ).get("AuthenticationResult", {})
    if "AccessToken" not in result:
        raise NoToken(f"{user} was asked for more than a password; run `make up` again to renew the demo's users.")
    return result["AccessToken"]


def keys(instance: str = "demo") -> Keys:
    """The keys that the last seeding kept."""
    try:
        kept = json.loads(_file(instance).read_text("utf-8"))
    except FileNotFoundError as missing:
        raise NotSeeded("The demo's members are not there yet: run `make up`.") from missing
    except ValueError as broken:
        raise NotSeeded(f"{_file(instance)} is damaged: delete it and run `make up`.") from broken
    return Keys(
        kept["passwords"], {merchant: (client, secret) for merchant, (client, secret) in kept["machines"].items()}
    )


def _read(path: Path) -> Merchant:
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        shown = {name: told.get(name) for name in ("name", "locale", "currency")}
        branding = {**shown, **told.get("branding", {})}
        return Merchant.model_validate({**told, "branding": branding, "documents": path.parent / "documents"})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise BadMerchantFile(f"{path} is not TOML: {broken}") from broken
    except ValidationError as wrong:
        said = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in wrong.errors())
        raise BadMerchantFile(f"{path}: {said}") from wrong


def _session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106 - the emulator's


def _held(kept: Mapping[str, Any], name: str) -> Any:
    if name not in kept:
        raise NotSeeded(f"No keys are kept for {name}: run `make up`.")
    return kept[name]


def _member(
    dynamodb: "DynamoDBClient", table: str, subject: str, merchant: str, role: str, *, origins: tuple[str, ...] = ()
) -> None:
    """Written attribute by attribute, so that a sign-out or a ban on the row outlives the seeding."""
    names = {"#m": "merchant_id", "#r": "role", "#s": "scopes"}
    values: dict[str, Any] = {":m": {"S": merchant}, ":r": {"S": role}, ":s": {"SS": sorted(SCOPES[role])}}
    update = "SET #m = :m, #r = :r, #s = :s"
    if origins:
        names["#o"], values[":o"] = "origins", {"SS": sorted(origins)}
        update += ", #o = :o"
    dynamodb.update_item(
        TableName=table,
        Key={"subject": {"S": subject}},
        UpdateExpression=update,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
    )


def _user(cognito: "CognitoIdentityProviderClient", pool: str, user: str, password: str) -> str:
    """The user with this password, whether or not he was there before."""
    with suppress(cognito.exceptions.UsernameExistsException):
        # A temporary password of ours: one that the emulator makes up may be shorter than the pool's policy wants.
        cognito.admin_create_user(UserPoolId=pool, Username=user, TemporaryPassword=password, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=user, Password=password, Permanent=True)
    return password


def _clients(cognito: "CognitoIdentityProviderClient", pool: str) -> dict[str, str]:
    """Every client of the pool: name to id."""
    found: dict[str, str] = {}
    for page in cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool):
        found.update({client["ClientName"]: client["ClientId"] for client in page["UserPoolClients"]})
    return found


def _machine(
    cognito: "CognitoIdentityProviderClient", pool: str, merchant: str, clients: Mapping[str, str]
) -> tuple[str, str]:
    """The merchant's machine client and its secret; made when it is not there."""
    name = f"machine-{merchant}"
    if name in clients:
        client = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=clients[name])["UserPoolClient"]
    else:
        client = cognito.create_user_pool_client(
            UserPoolId=pool,
            ClientName=name,
            GenerateSecret=True,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthScopes=list(SCOPES["machine"]),
            AccessTokenValidity=60,
            TokenValidityUnits={"AccessToken": "minutes"},
        )["UserPoolClient"]
    return client["ClientId"], client["ClientSecret"]


def _grant(endpoint: str, client: str, secret: str) -> str:
    basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
    answer = web.call(
        "POST",
        f"{endpoint.rstrip('/')}/oauth2/token",
        headers={"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"},
        body=urlencode({"grant_type": "client_credentials", "scope": " ".join(SCOPES["machine"])}).encode(),
    )
    return _access_token(answer, "the machine client")


def _guest(api: str, one: Merchant) -> str:
    answer = web.call(
        "POST",
        f"{api.rstrip('/')}/v1/guests",
        headers={"origin": one.origins[0]},
        json_body={"widget_key": one.widget_key},
    )
    return _access_token(answer, f"a guest of {one.name}")


def _access_token(answer: web.Answer, whom: str) -> str:
    got = answer.body.get("access_token")
    if answer.status not in {200, 201} or not isinstance(got, str):
        raise NoToken(f"{whom} got no token: {answer.status} {answer.reason}")
    return got


def _password() -> str:
    """Long enough for any policy, with one of each kind that policies ask for."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#%+=?")
    drawn = [secrets.choice(kind) for kind in kinds] + [secrets.choice(string.ascii_letters) for _ in range(20)]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def _file(instance: str) -> Path:
    return instance_dir(instance) / "members.json"


def _keep(kept: Keys, instance: str) -> None:
    """In one step and for its owner's eyes alone: a half-written file would lock everybody out."""
    path = _file(instance)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".members-")  # mkstemp makes it 0600
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump({"passwords": kept.passwords, "machines": kept.machines}, out, indent=1, sort_keys=True)
    Path(draft).replace(path)

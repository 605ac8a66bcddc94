"""Where a shop's branding and payment keys are, and how they get there: this changes when either place does.

Keys are read from files or made up here; they are in a secret of their own afterwards, and in no message, log or
argument.
"""

import json
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import ValidationError
from shopwright.checkout.gateways.accounts import KEYS, AdyenKeys, Keys, StripeKeys, secret_name
from shopwright.tenancy.branding import Branding, Shopfront
from shopwright.tenancy.dynamodb import Shopfronts
from shopwright.tenancy.tenant import Tenant

from local import terminal, web
from local.deploy import CLIENT, REGION
from local.merchants import Merchant

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

LISTS = ("webhook_secrets", "hmac_keys")
PUBLIC = "public_key"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a merchant's branding and keys are kept."""

    secrets: "SecretsManagerClient"
    shopfronts: Shopfronts
    prefix: str
    key: str | None  # that the secrets are encrypted with


def put(
    places: Places, tenant: Tenant, branding: Branding | None, keys: Keys | None, public_key: str = ""
) -> Shopfront:
    """Keys first: a shop that says how it is paid can be paid like that."""
    there = places.shopfronts.of(tenant)
    shown = branding or (there.branding if there else None)
    if shown is None:
        raise terminal.Stop(f"{tenant} has no branding yet: name a file with BRANDING=.")
    if keys is not None:
        _keep(places, secret_name(places.prefix, tenant), keys)
    shopfront = Shopfront(
        branding=shown,
        gateway=keys.gateway if keys else (there.gateway if there else None),
        public_key=public_key if keys else (there.public_key if there else ""),
    )
    places.shopfronts.put(tenant, shopfront)
    return shopfront


def held(places: Places, tenant: Tenant) -> Keys | None:
    """The keys that are there, for whoever has to use them; None: there are none."""
    try:
        text = places.secrets.get_secret_value(SecretId=secret_name(places.prefix, tenant))["SecretString"]
    except places.secrets.exceptions.ResourceNotFoundException:
        return None
    return KEYS.validate_python(json.loads(text))


def read_keys(text: str) -> tuple[Keys, str]:
    """The secret keys of a file and the public one beside them. What is wrong is told by name, never by value."""
    told = _toml(text, "The keys")
    for name in LISTS:
        if isinstance(told.get(name), list):
            told[name] = " ".join(map(str, told[name]))
    public = told.pop(PUBLIC, "")
    try:
        return KEYS.validate_python(told), str(public)
    except ValidationError as wrong:
        raise terminal.Stop(_complaint("The keys", wrong)) from None  # the cause would carry them


def read_branding(text: str) -> Branding:
    try:
        return Branding.model_validate(_toml(text, "The branding"))
    except ValidationError as wrong:
        raise terminal.Stop(_complaint("The branding", wrong)) from None


def open_all(outputs: Mapping[str, str], endpoint: str, shops: Iterable[Merchant], *, gateways: str) -> None:
    """Give every demo shop its branding and an account with its gateway's double. Keys that are there stay."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106 - the emulator's
    places = Places(
        session.client("secretsmanager", endpoint_url=endpoint, config=CLIENT),
        Shopfronts(outputs["MembersTable"], session.client("dynamodb", endpoint_url=endpoint, config=CLIENT)),
        outputs["GatewaySecrets"],
        None,
    )
    for shop in shops:
        tenant = Tenant(shop.id)
        there = held(places, tenant)
        keys = there if there is not None and there.gateway == shop.gateway else made_up(shop)
        put(places, tenant, shop.branding, keys, f"pk_test_{shop.id}")
        account = {**at_the_double(keys, shop.id), "webhook_url": webhook_url(outputs["ApiUrl"], keys, shop.id)}
        answer = web.call("POST", f"{gateways}/_accounts", json_body=account)
        if answer.status != 200:
            raise terminal.Stop(f"The gateways' double did not let {shop.id} in: {answer.status} {answer.reason}")


def made_up(shop: Merchant) -> Keys:
    """Keys that open an account with a double and nothing else."""
    if shop.gateway == "stripe":
        return StripeKeys(
            gateway="stripe",
            secret_key=f"sk_test_{secrets.token_hex(16)}",
            webhook_secrets=f"whsec_{secrets.token_hex(16)}",
        )
    return AdyenKeys(
        gateway="adyen",
        api_key=secrets.token_hex(24),
        merchant_account=f"{shop.id.capitalize()}ECOM",
        hmac_keys=secrets.token_hex(32),
    )


def at_the_double(keys: Keys, merchant: str) -> dict[str, str]:
    """How the double has to know an account that these keys open."""
    if keys.gateway == "stripe":
        return {
            "vendor": "stripe",
            "id": f"acct_{merchant}",
            "key": keys.secret_key,
            "webhook_secret": keys.webhook_secrets.split()[-1],
        }
    return {
        "vendor": "adyen",
        "id": keys.merchant_account,
        "key": keys.api_key,
        "webhook_secret": keys.hmac_keys.split()[-1],
    }


def webhook_url(api_url: str, keys: Keys, merchant: str) -> str:
    """Where the gateway tells the shop what became of its money."""
    return f"{api_url.rstrip('/')}/v1/webhooks/{keys.gateway}/{merchant}"


def _keep(places: Places, name: str, keys: Keys) -> None:
    text = keys.model_dump_json()
    try:
        places.secrets.put_secret_value(SecretId=name, SecretString=text)
    except places.secrets.exceptions.ResourceNotFoundException:
        made: dict[str, Any] = {"KmsKeyId": places.key} if places.key else {}
        places.secrets.create_secret(
            Name=name,
            SecretString=text,
            Description="A merchant's payment gateway: put there by `make merchant`.",
            **made,
        )


def _toml(text: str, what: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise terminal.Stop(f"{what} are to be TOML, as CONTRIBUTING.md shows.") from None  # it would quote them


def _complaint(what: str, wrong: ValidationError) -> str:
    # Of a union pydantic tells every member's complaints: the fields of the one that was meant come first by name.
    told = sorted(
        {f"{fault['loc'][-1] if fault['loc'] else 'all of it'} ({fault['type']})" for fault in wrong.errors()}
    )
    return f"{what} cannot be used; see {', '.join(told)}. CONTRIBUTING.md shows how they look."

"""make merchant MERCHANT=kitchen BRANDING=shop.toml KEYS=keys.toml: put a shop's branding and payment keys where they
belong, or, without either, say what is there. STAGE=prod on AWS. KEYS=- reads the keys from standard input: they are
never an argument, and are never shown.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from shopwright.checkout.gateways.accounts import Keys
from shopwright.errors import Invalid
from shopwright.tenancy.branding import Shopfront
from shopwright.tenancy.dynamodb import Shopfronts
from shopwright.tenancy.tenant import Tenant

from local import operate, terminal
from local.operate import Service
from local.tills import Places, held, put, read_branding, read_keys


def places_of(service: Service) -> Places:
    """The places of a deployed service. On the laptop no key encrypts."""
    return Places(
        service.client("secretsmanager"),
        Shopfronts(service.output("MembersTable"), service.client("dynamodb")),
        service.output("GatewaySecrets"),
        service.output("SecretsKeyArn") if service.endpoint is None else None,
    )


def _text(path: str, stdin: TextIO) -> str:
    if path == "-":
        return stdin.read()
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise terminal.Stop(f"{path} cannot be read: {type(problem).__name__}") from None


def _show(tenant: Tenant, shopfront: Shopfront, keys: Keys | None, say: Callable[[str], None]) -> None:
    say(f"  {tenant}: {shopfront.branding.name}, {shopfront.branding.currency}, {shopfront.branding.colour}")
    if keys is None:
        say("  it has no payment gateway: name a file with KEYS=")
        return
    told: Mapping[str, str] = keys.model_dump()
    say(f"  paid through {keys.gateway}; kept in the secret: {', '.join(name for name in told if told[name])}")


def main(
    arguments: Sequence[str] | None = None,
    *,
    find: Callable[[str | None], Service] = operate.find,
    stdin: TextIO = sys.stdin,
    say: Callable[[str], None] = print,
) -> int:
    parser = argparse.ArgumentParser(prog="make merchant", description=__doc__)
    parser.add_argument("merchant", nargs="?", default=os.environ.get("MERCHANT") or None)
    parser.add_argument("--branding", default=os.environ.get("BRANDING") or None, help="a TOML file")
    parser.add_argument("--keys", default=os.environ.get("KEYS") or None, help="a TOML file, or - for standard input")
    parser.add_argument("--stage", default=os.environ.get("STAGE") or None)
    told = parser.parse_args(arguments)
    if not told.merchant:
        raise terminal.Stop("Name the shop: make merchant MERCHANT=kitchen")
    try:
        tenant = Tenant(told.merchant)
    except Invalid as wrong:
        raise terminal.Stop(str(wrong)) from None
    branding = read_branding(_text(told.branding, stdin)) if told.branding else None
    keys, public = read_keys(_text(told.keys, stdin)) if told.keys else (None, "")
    places = places_of(find(told.stage))
    if branding or keys:
        shopfront = put(places, tenant, branding, keys, public)
    else:
        there = places.shopfronts.of(tenant)
        if there is None:
            raise terminal.Stop(f"{tenant} is not known yet: name files with BRANDING= and KEYS=.")
        shopfront = there
    _show(tenant, shopfront, held(places, tenant), say)
    return 0


if __name__ == "__main__":
    sys.exit(terminal.run(main))

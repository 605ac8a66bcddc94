"""make webhooks MERCHANT=kitchen: what the shop's gateway told that is about no payment of ours. STAGE=prod on AWS."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from shopwright.checkout.gateways.dynamodb import Records
from shopwright.tenancy.tenant import Tenant

from local import operate, terminal
from local.operate import Service


def tell(service: Service, tenant: Tenant, say: Callable[[str], None] = print) -> int:
    """Say each, and how many there are."""
    client = service.client("dynamodb")
    records = Records(service.output("WebhooksTable"), lambda _: client)
    told = sorted(records.unknown(tenant), key=lambda one: one.at)
    for one in told:
        at = datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds")
        amount = one.message.event.amount or "no amount"
        say(f"  {at}  {one.message.gateway}  {one.message.type}  {one.message.reference or '-'}  {amount}")
    say(f"  {len(told)} of {tenant} are about no payment of ours")
    return len(told)


def main(arguments: Sequence[str] | None = None, *, find: Callable[[str | None], Service] = operate.find) -> int:
    parser = argparse.ArgumentParser(prog="make webhooks", description=__doc__)
    parser.add_argument("merchant", nargs="?", default=os.environ.get("MERCHANT") or None)
    parser.add_argument("--stage", default=os.environ.get("STAGE") or None)
    told = parser.parse_args(arguments)
    if not told.merchant:
        raise terminal.Stop("Name the shop: make webhooks MERCHANT=kitchen")
    service = find(told.stage)
    tell(service, operate.shop(service, told.merchant))
    return 0


if __name__ == "__main__":
    sys.exit(terminal.run(main))

"""make audit MERCHANT=kitchen: is the shop's audit trail whole? Without MERCHANT, everybody's; STAGE=prod on AWS."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from local import operate, terminal
from local.operate import Service


def verify(service: Service, merchant: str | None, say: Callable[[str], None] = print) -> bool:
    """Say what is wrong with the trails, number by number. True: nothing is."""
    told = service.call("verify-audit", {"merchant_id": merchant})
    if merchant and not any(one["entries"] or one["findings"] for one in told["trails"]):
        operate.shop(service, merchant)  # a trail outlives its shop; no trail is whole where there is no shop either
    for one in told["trails"]:
        state = "whole" if not one["findings"] else f"{len(one['findings'])} findings"
        say(f"  {one['merchant_id']}: {one['entries']} entries, {state}")
        for finding in one["findings"]:
            say(f"    entry {finding['number']}: {finding['flaw'].replace('_', ' ')}")
    return bool(told["whole"])


def main(arguments: Sequence[str] | None = None, *, find: Callable[[str | None], Service] = operate.find) -> int:
    parser = argparse.ArgumentParser(prog="make audit", description=__doc__)
    parser.add_argument("merchant", nargs="?", default=os.environ.get("MERCHANT") or None)
    parser.add_argument("--stage", default=os.environ.get("STAGE") or None)
    told = parser.parse_args(arguments)
    return 0 if verify(find(told.stage), told.merchant) else 1


if __name__ == "__main__":
    sys.exit(terminal.run(main))

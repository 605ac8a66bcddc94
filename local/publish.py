"""`python -m local.publish`: put the page into its bucket, here or on AWS; changes when how an operator says so does.

WIDGETS names the shops that it offers and their widgets' public keys, as `Kitchen=pk-…,Outdoor=pk-…`; the laptop offers
the demo's. A widget's row in the members table has to list the page's origin.
"""

import os
import sys

from local import operate, terminal, web_page


def named(widgets: str) -> dict[str, str]:
    """The shops that WIDGETS names."""
    shops: dict[str, str] = {}
    for entry in filter(None, (one.strip() for one in widgets.split(","))):
        name, separator, key = entry.rpartition("=")
        if not (separator and name.strip() and key.strip()):
            raise terminal.Stop(f"WIDGETS must be Name=key,Name=key, and has {entry!r}.")
        shops[name.strip()] = key.strip()
    return shops


def main() -> int:
    stage = os.environ.get("STAGE") or None
    shops = named(os.environ.get("WIDGETS", "")) or ({} if stage else web_page.of_the_demo())
    if not shops:
        raise terminal.Stop('Name the shops that the page offers: WIDGETS="Kitchen=pk-…,Outdoor=pk-…"')
    service = operate.find(stage)
    outputs = {name: service.output(name) for name in ("ApiUrl", "PageBucket", "PageUrl")}
    paid_with = {} if stage else web_page.paid_at_the_doubles()
    names = web_page.put(service.client("s3"), outputs, shops, paid_with)
    print(f"  {', '.join(names)} → {outputs['PageBucket']}")
    print(f"  {outputs['PageUrl']}")
    return 0


if __name__ == "__main__":
    sys.exit(terminal.run(main))

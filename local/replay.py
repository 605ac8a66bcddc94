"""make replay QUEUE=ingestion-failed: send what failed on its way again, once its cause is cured.

Documents that failed lie in ingestion-failed and ingestion-dead-letters; orders whose receipt, stock or count could
not be seen to, in receipts-failed, stock-failed and sales-failed; what gateways told and could not be applied, in
webhooks-failed.

DRY=1 only says what would be done, LIMIT=n does so many, STAGE=prod does it on AWS and not on the laptop.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from local import operate, terminal
from local.operate import Service

# Queue of failures → the function that empties it.
QUEUES = {
    "ingestion-dead-letters": "replay-drops",
    "ingestion-failed": "replay-drops",
    "receipts-failed": "replay-events",
    "stock-failed": "replay-events",
    "sales-failed": "replay-events",
    "webhooks-failed": "replay-events",
}


def replay(service: Service, queue: str, *, limit: int | None, dry: bool, say: Callable[[str], None] = print) -> int:
    """Call what empties it until nothing is left to do; gives how many messages were sent again."""
    done = 0
    while limit is None or done < limit:
        asked = {"queue": queue, "dry": dry, **({"limit": limit - done} if limit is not None else {})}
        told = service.call(QUEUES[queue], asked)
        done += int(told["replayed"])
        verb = "would be replayed" if dry else "replayed"
        say(f"  {told['replayed']} {verb}, {told['poison']} that nobody can read, {told['left']} in the queue now")
        if dry or not told["replayed"]:
            break
    return done


def main(arguments: Sequence[str] | None = None, *, find: Callable[[str | None], Service] = operate.find) -> int:
    parser = argparse.ArgumentParser(prog="make replay", description=__doc__)
    parser.add_argument("queue", nargs="?", choices=QUEUES, default=os.environ.get("QUEUE") or None)
    parser.add_argument("--limit", type=int, default=os.environ.get("LIMIT") or None)
    parser.add_argument("--dry", action="store_true", default=os.environ.get("DRY") == "1")
    parser.add_argument("--stage", default=os.environ.get("STAGE") or None)
    told = parser.parse_args(arguments)
    if told.queue not in QUEUES:
        parser.error(f"say which queue: make replay QUEUE={'|'.join(QUEUES)}")
    if told.limit is not None and told.limit < 1:
        parser.error("LIMIT must be at least 1")
    replay(find(told.stage), told.queue, limit=told.limit, dry=told.dry)
    return 0


if __name__ == "__main__":
    sys.exit(terminal.run(main))

"""make resume: have every parked saga undone once more, once what stood in its way is cured.

DRY=1 only says how many there are, LIMIT=n does so many, STAGE=prod does it on AWS and not on the laptop.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from local import operate, terminal
from local.operate import Service


def resume(service: Service, *, limit: int | None, dry: bool, say: Callable[[str], None] = print) -> int:
    """Call resume-sagas until nothing is left to do; gives how many were resumed."""
    done = 0
    while limit is None or done < limit:
        asked = {"dry": dry, **({"limit": limit - done} if limit is not None else {})}
        told = service.call("resume-sagas", asked)
        done += int(told["resumed"])
        verb = "would be resumed" if dry else "resumed"
        say(f"  {told['resumed']} {verb}, {told['unreadable']} that nobody can read, {told['left']} in the queue now")
        if dry or not told["resumed"]:
            break
    return done


def main(arguments: Sequence[str] | None = None, *, find: Callable[[str | None], Service] = operate.find) -> int:
    parser = argparse.ArgumentParser(prog="make resume", description=__doc__)
    parser.add_argument("--limit", type=int, default=os.environ.get("LIMIT") or None)
    parser.add_argument("--dry", action="store_true", default=os.environ.get("DRY") == "1")
    parser.add_argument("--stage", default=os.environ.get("STAGE") or None)
    told = parser.parse_args(arguments)
    if told.limit is not None and told.limit < 1:
        parser.error("LIMIT must be at least 1")
    resume(find(told.stage), limit=told.limit, dry=told.dry)
    return 0


if __name__ == "__main__":
    sys.exit(terminal.run(main))

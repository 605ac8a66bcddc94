"""`make up`, `make down`, `make logs`: changes when what one of these commands says or does changes."""

import _thread
import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from local import merchants, places, terminal
from local.cloud import TROUBLE, Cloud

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

TAIL = 15
FOLLOW_S = 0.5
AGAIN_S = 0.05


def up(instance: str) -> None:
    """Start the cloud and say where it is and who may come in."""
    running = Cloud(instance).up()
    print(f"\n  Page      {running.outputs['PageUrl']}")
    print(f"  API       {running.api_url}/v1")
    print(f"  AWS       {running.gateway_url} (any keys, region us-east-1)")
    print(f"  Postgres  127.0.0.1:{running.postgres_port}")
    print(f"  Valkey    127.0.0.1:{running.valkey_port}")
    print("\n  Access tokens of a shopper of each shop, for one hour:")
    for shop in merchants.shops():
        token = merchants.token(running.outputs, running.gateway_url, shop.id, "shopper", instance=instance)
        print(f"\n  {shop.id}\n{token}")
    print('\n  make ask MERCHANT=kitchen Q="How long is the warranty?"    make logs    make down')
    if instance != "demo":
        print(f"  (each of them with INSTANCE={instance})")


def down(instance: str) -> None:
    """Stop the cloud, and say if it was not there."""
    there = places.instance_dir(instance).joinpath("state.json").exists()
    Cloud(instance).down()
    print("  stopped; nothing is left running" if there else "  the laptop cloud was not running")


def logs(instance: str, *, follow: bool) -> None:
    """The end of every log, and what is added to them."""
    folder = places.instance_dir(instance) / "logs"
    found = sorted(folder.glob("*.log"))
    if not found:
        raise terminal.Stop(f"There are no logs in {folder}: run `make up` first.")
    if Cloud(instance).running():
        print("== the functions' last warnings and errors")
        print("\n".join(Cloud(instance).function_log()))
    places_read = {}
    for path in found:
        text = path.read_text("utf-8", "replace").splitlines()
        print(f"== {path}")
        print("\n".join(text[-TAIL:]))
        places_read[path] = path.stat().st_size
    while follow:
        time.sleep(FOLLOW_S)
        for path, place in places_read.items():
            places_read[path] = _more(path, place)


def _more(path: Path, place: int) -> int:
    with path.open("rb") as log:
        log.seek(place)
        for line in log.read().decode("utf-8", "replace").splitlines():
            print(f"{path.stem}: {line}", flush=True)
        return log.tell()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m local.commands", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "logs"))
    parser.add_argument("--instance", default="demo", help="which laptop cloud")
    parser.add_argument("--follow", action="store_true", help="logs: go on printing what is added")
    told = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    sys.unraisablehook = interrupt_again
    try:
        if told.command == "up":
            up(told.instance)
        elif told.command == "down":
            down(told.instance)
        else:
            logs(told.instance, follow=told.follow)
    except (*TROUBLE, *terminal.ANSWERABLE) as problem:
        sys.exit(f"shopwright: {problem}")
    except KeyboardInterrupt:
        sys.exit(os.EX_OK if told.command == "logs" else "shopwright: interrupted")


def interrupt_again(lost: "UnraisableHookArgs") -> None:
    """Ctrl-C while Python tidies up an object goes nowhere: it is pressed again."""
    if lost.exc_type is KeyboardInterrupt:
        threading.Timer(AGAIN_S, _thread.interrupt_main).start()  # once this is over: it would be lost here too
    else:
        sys.__unraisablehook__(lost)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(sys.argv[1:])

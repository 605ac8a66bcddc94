"""make ask MERCHANT=kitchen Q="...": one shopper's question to the running laptop cloud."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from local import terminal
from local.api import Said, Shop
from local.cloud import Cloud, Running
from local.merchants import shop, token

GOODBYE = "not in this shop's documents"


def told(said: Said) -> str:
    """The answer with its citations, numbered as the answer numbers them, how sure it is, and how long it took."""
    lines = [terminal.wrapped(part, "  ") for part in said.answer.splitlines() if part.strip()]
    for number, citation in enumerate(said.citations, start=1):
        span = f"characters {citation.start} to {citation.end}"
        lines.append(f"    [{number}] {citation.place}  {citation.source_uri}, {span}")
    if said.verdict == "not_in_documents":
        return "\n".join([*lines, f"    ({GOODBYE})"])
    clocks = ", ".join(f"{name.removesuffix('_ms').replace('_', ' ')} {ms:.0f} ms" for name, ms in _run(said))
    lines.append(f"    confidence {said.confidence:.2f}" + (f"   {clocks}" if clocks else ""))
    return "\n".join(lines)


def _run(said: Said) -> list[tuple[str, float]]:
    return [(name, ms) for name, ms in said.clocks.items() if ms is not None]


def _running(instance: str) -> Running | None:
    return Cloud(instance).running()


def main(arguments: Sequence[str] | None = None, *, find: Callable[[str], Running | None] = _running) -> int:
    parser = argparse.ArgumentParser(prog="make ask", description=__doc__)
    parser.add_argument("merchant", nargs="?", default=os.environ.get("MERCHANT"))
    parser.add_argument("question", nargs="?", default=os.environ.get("Q"))
    parser.add_argument("--role", choices=("guest", "shopper", "merchant", "machine"), default="guest")
    parser.add_argument("--instance", default=os.environ.get("INSTANCE", "demo"), help="which laptop cloud")
    given = parser.parse_args(arguments)
    if not given.merchant or not given.question:
        parser.error('say whom and what: make ask MERCHANT=kitchen Q="How long may I return a pan?"')
    shop(given.merchant)
    running = find(given.instance)
    if running is None:
        raise terminal.Stop("The laptop cloud is not running: run `make up` first.")
    bearer = token(running.outputs, running.gateway_url, given.merchant, given.role, instance=given.instance)
    print(told(Shop(running.api_url, bearer).ask(given.question)))
    return 0


if __name__ == "__main__":
    sys.exit(terminal.run(main))

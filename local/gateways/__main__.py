"""`python -m local.gateways [port]`: the doubles by themselves; the laptop cloud starts them like this."""

import sys

from local.doubles import by_itself
from local.gateways.server import doubles, serve


def main(port: int) -> None:
    by_itself(serve(doubles(), port), "Stripe's and Adyen's")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)

"""`python -m local.gateways [port]`: the doubles by themselves; the laptop cloud starts them like this."""

import sys

from local.gateways.server import doubles, serve
from local.ports import HOST


def main(port: int) -> None:
    server = serve(doubles(), port)
    print(f"Stripe and Adyen doubles on http://{HOST}:{server.server_port} (Ctrl-C ends them)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)

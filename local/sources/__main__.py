"""`python -m local.sources [port]`: the double by itself, for whoever points a source's endpoint at it."""

import sys

from local.ports import HOST
from local.sources.server import Double, serve


def main(port: int) -> None:
    server = serve(Double(), port)
    print(f"Amazon Q and Knowledge Bases double on http://{HOST}:{server.server_port} (Ctrl-C ends it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)

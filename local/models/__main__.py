"""`python -m local.models [port]`: the double by itself, for whoever points a model's endpoint at it."""

import sys

from local.models.server import Double, serve
from local.ports import HOST


def main(port: int) -> None:
    server = serve(Double(), port)
    print(f"Bedrock and OpenAI-compatible double on http://{HOST}:{server.server_port} (Ctrl-C ends it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)

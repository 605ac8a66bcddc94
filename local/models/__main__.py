"""`python -m local.models [port]`: the double by itself, for whoever points a model's endpoint at it."""

import sys

from local import doubles
from local.models.server import Double, serve

if __name__ == "__main__":
    doubles.by_itself(serve(Double(), int(sys.argv[1]) if len(sys.argv) > 1 else 0), "Bedrock and OpenAI-compatible")

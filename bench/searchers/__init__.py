"""Who is measured by the retrieval bench, each a program of its own in an environment of its own: see `wire.py`."""

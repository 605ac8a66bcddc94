"""Which rules make the answers of this release: changes when other parts come to decide what is answered."""

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

_DECIDES = ("embedding", "grounding", "llm", "orchestrator", "retrieval", "signals", "database/migrations")


@cache
def release() -> str:
    """One hash of their code and data: an answer that other rules made is never found under it. Nobody has to think
    of raising a number when a word list changes."""
    hashed = hashlib.sha256()
    for part in _DECIDES:
        for path in _sources(files("shopwright").joinpath(*part.split("/"))):
            content = path.read_bytes()
            hashed.update(f"{part} {path.name} {len(content)}\n".encode() + content)
    return hashed.hexdigest()


def _sources(folder: Traversable) -> list[Traversable]:
    found = [path for path in folder.iterdir() if path.name != "__pycache__"]
    below = [path for one in found if one.is_dir() for path in _sources(one)]
    return sorted((path for path in found if path.is_file()), key=lambda path: path.name) + below

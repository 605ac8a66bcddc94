"""Where the embedding models lie. This file changes when another model serves those who have not been switched."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

NAME = "bge-small-en-v1.5"


def directory() -> Path:
    """The folder that holds `model.onnx`, `tokenizer.json` and `weights.toml` (the name, and each file's SHA-256)."""
    return Path(__file__).parent / NAME


def directories(more: str = "") -> Mapping[str, Path]:
    """The folder of every model that there is, by the name that its `weights.toml` gives it.

    `more` names folders with further ones, parted by colons: an attached file system, another layer.
    """
    homes = [Path(__file__).parent, *(Path(home) for home in more.split(":") if home)]
    return {
        str(tomllib.loads(said.read_text("utf-8"))["name"]): said.parent
        for home in homes
        for said in sorted(home.glob("*/weights.toml"))
    }

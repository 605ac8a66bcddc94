"""Where the embedding model lies. This file changes when another model is served."""

from pathlib import Path

NAME = "bge-small-en-v1.5"


def directory() -> Path:
    """The folder that holds `model.onnx`, `tokenizer.json` and `weights.toml` (the name, and each file's SHA-256)."""
    return Path(__file__).parent / NAME

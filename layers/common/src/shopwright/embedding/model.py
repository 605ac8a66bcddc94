"""Which embedding model a vector came from: changes when what identifies a model does."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from shopwright.errors import ShopwrightError


class ModelUnusable(ShopwrightError):
    """The folder does not hold a model as `weights.toml` describes it."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model is its name and the hash of its weights: vectors of two models never meet."""

    name: str
    dimensions: int
    sha256: str

    @classmethod
    def read(cls, directory: Path) -> Self:
        """What `weights.toml` says beside the weights."""
        try:
            said = tomllib.loads((directory / "weights.toml").read_text(encoding="utf-8"))
            return cls(name=str(said["name"]), dimensions=int(said["dimensions"]), sha256=_hash(said))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelUnusable(
                f"{directory.name}/weights.toml must name the model, its dimensions and hash."
            ) from error


def _hash(said: dict[str, object]) -> str:
    """The hash of `model.onnx`: `sha256` itself, or the entry of that file in a table of hashes."""
    stated = said["sha256"]
    return str(stated["model.onnx"] if isinstance(stated, dict) else stated)

"""The models that an environment can embed with, each loaded when it is first needed: changes when that does."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from shopwright.embedding.model import Model
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.errors import NotFound


class ModelNotShipped(NotFound):
    """This environment does not hold the files of that model."""


class Shelf:
    """Models by name. `default` serves whoever has not been switched to another."""

    def __init__(self, folders: Mapping[str, Path], default: str) -> None:
        self._folders = dict(folders)
        self.default = default
        self._loaded: dict[str, OnnxEmbedder] = {}
        self.embedder(default)  # a cold start pays for it, and no shopper does

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """What there is, without loading it."""
        return tuple(Model.read(folder) for folder in self._folders.values())

    def embedder(self, name: str) -> OnnxEmbedder:
        if name not in self._folders:
            raise ModelNotShipped(f"The model {name} is not shipped with this version of the product.")
        if name not in self._loaded:
            self._loaded[name] = OnnxEmbedder(self._folders[name])
        return self._loaded[name]

"""Which models an environment can embed with."""

from pathlib import Path

import pytest
import shopwright_models
from shopwright.embedding.shelf import ModelNotShipped, Shelf


def test_the_layer_ships_its_default_and_a_folder_may_hold_more(tmp_path: Path) -> None:
    assert list(shopwright_models.directories()) == [shopwright_models.NAME]
    twin = tmp_path / "twin"
    twin.mkdir()
    for name in ("model.onnx", "tokenizer.json"):
        (twin / name).symlink_to(shopwright_models.directory() / name)
    (twin / "weights.toml").write_text(f'name = "bge-twin"\ndimensions = 384\nsha256 = "{"c" * 64}"\n', "utf-8")

    shelf = Shelf(shopwright_models.directories(f"{tmp_path}:"), shopwright_models.NAME)

    assert [model.name for model in shelf.models] == [shopwright_models.NAME, "bge-twin"]
    assert shelf.embedder("bge-twin").model.sha256 == "c" * 64
    assert shelf.embedder("bge-twin") is shelf.embedder("bge-twin")
    with pytest.raises(ModelNotShipped):
        shelf.embedder("nobody-has-it")

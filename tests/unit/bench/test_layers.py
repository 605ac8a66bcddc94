"""What a function carries is read from the assembly, and a size is what lies on the disk."""

import json
from pathlib import Path

import pytest

from bench.layers import has_bytecode, packed, size
from bench.outcome import CannotMeasure


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    def layer(asset: str) -> dict[str, object]:
        return {"Type": "AWS::Lambda::LayerVersion", "Properties": {}, "Metadata": {"aws:asset:path": asset}}

    resources = {
        "LayersCommon0A1B2C3D": layer("asset.common"),
        "LayersModels0A1B2C3D": layer("asset.models"),
        "ChatFunction": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Handler": "chat.handler",
                "Layers": [{"Ref": "LayersCommon0A1B2C3D"}, {"Ref": "LayersModels0A1B2C3D"}],
            },
            "Metadata": {"aws:asset:path": "asset.chat"},
        },
        "CustomResourceHandler": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "index.handler"}},
    }
    (tmp_path / "Service.template.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    return tmp_path


def test_a_function_carries_the_layers_that_the_assembly_gives_it(assembly: Path) -> None:
    (chat,) = packed(assembly)

    assert chat.handler == "chat.handler"
    assert chat.code == assembly / "asset.chat"
    assert chat.layers == {"common": assembly / "asset.common", "models": assembly / "asset.models"}


def test_an_assembly_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="make synth"):
        packed(tmp_path)


def test_a_size_counts_every_file_and_bytecode_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "a.py").write_bytes(b"x" * 10)
    assert not has_bytecode(tmp_path)

    (tmp_path / "python" / "a.pyc").write_bytes(b"x" * 30)
    assert has_bytecode(tmp_path)
    assert size(tmp_path) == 40

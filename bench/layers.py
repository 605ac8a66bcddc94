"""How much a function carries: its code and its layers, unzipped with their .pyc, as the assembly says."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.outcome import CannotMeasure, Options, Outcome
from local import places

MEGABYTE = 1_000_000
COMMON_MB = 80
TOTAL_MB = 225


@dataclass(frozen=True, slots=True)
class Packed:
    """A function of the assembly: its handler, its code and its layers, each a folder of the assembly."""

    handler: str
    code: Path
    layers: dict[str, Path]


def size(folder: Path) -> int:
    """Bytes of all files under a folder; a link counts as what it is and not as what it leads to."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def has_bytecode(folder: Path) -> bool:
    return any(folder.rglob("*.pyc"))


def packed(assembly: Path) -> list[Packed]:
    """Our functions in the synthesized Service stack (CDK's own helpers carry none of our layers)."""
    template = assembly / "Service.template.json"
    if not template.is_file():
        raise CannotMeasure(f"{template} is not there: synthesize first (`make synth`).")
    resources: dict[str, dict[str, Any]] = json.loads(template.read_text(encoding="utf-8"))["Resources"]

    def asset(logical_id: str) -> Path:
        return assembly / str(resources[logical_id]["Metadata"]["aws:asset:path"])

    found = []
    for logical_id, resource in resources.items():
        if resource["Type"] != "AWS::Lambda::Function" or not resource["Properties"].get("Layers"):
            continue
        layers = {_name(ref["Ref"]): asset(ref["Ref"]) for ref in resource["Properties"]["Layers"] if "Ref" in ref}
        found.append(Packed(resource["Properties"]["Handler"], asset(logical_id), layers))
    if not found:
        raise CannotMeasure(f"{template} has no function with a layer: is it Shopwright's?")
    return found


def _name(logical_id: str) -> str:
    """CDK's logical id without the path before it and the hash behind it: `LayersCommonA1B2C3D4` is `common`."""
    return logical_id[:-8].removeprefix("Layers").lower()


def measure(options: Options) -> Outcome:
    del options  # sizes have no short form
    functions = packed(places.ASSEMBLY)
    sizes: dict[Path, int] = {}
    for folder in {path for one in functions for path in (one.code, *one.layers.values())}:
        if not folder.is_dir():
            raise CannotMeasure(f"{folder} is not a folder of the assembly: synthesize again (`make synth`).")
        sizes[folder] = size(folder)

    layers = {name: folder for one in functions for name, folder in one.layers.items()}
    bare = [name for name, folder in layers.items() if not has_bytecode(folder)]
    if bare:
        raise CannotMeasure(f"The layers {bare} hold no .pyc, so their size would flatter: build them (`make layer`).")

    metrics = {f"layer {name} MB": sizes[folder] / MEGABYTE for name, folder in sorted(layers.items())}
    limits: dict[str, tuple[str, float]] = {"layer common MB": ("<=", COMMON_MB)}
    for one in sorted(functions, key=lambda one: one.handler):
        metric = f"function {one.handler.partition('.')[0]} MB"
        metrics[metric] = (sizes[one.code] + sum(sizes[folder] for folder in one.layers.values())) / MEGABYTE
        limits[metric] = ("<=", TOTAL_MB)
    return Outcome("layers", metrics, limits)

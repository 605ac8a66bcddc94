"""The synthesized app, as the tests read it: one synthesis per run, every template loaded once."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STACKS = ("Network", "Data", "Service", "Watch")
OF_AGENTCORE = ("call-tool", "introduce-caller")  # deployed where the orchestrator runs on AgentCore, and only there
FUNCTIONS = tuple(
    sorted(
        folder.name
        for folder in (ROOT / "functions").iterdir()
        if list(folder.glob("*.py")) and folder.name not in OF_AGENTCORE
    )
)


@cache
def assembly() -> Path:
    """The folder of the assembly of stage dev, synthesized when what it is made of has changed."""
    if (ROOT / "local" / "synth.py").is_file():
        folder: Path = import_module("local.synth").synthesize()
        return folder
    subprocess.run([sys.executable, "-m", "cdk.app"], cwd=ROOT, check=True, timeout=300)
    return ROOT / "cdk.out"


def on_agentcore() -> "Assembly":
    """Stage dev with its orchestrator on AgentCore, synthesized anew, without what its image is made from."""
    with tempfile.TemporaryDirectory() as folder:
        image, out = Path(folder) / "agent", Path(folder) / "out"
        image.mkdir()
        (image / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
        assembly()  # the layers
        environment = {
            **os.environ,
            "SHOPWRIGHT_AGENT": str(image),
            "CDK_OUTDIR": str(out),
            "CDK_CONTEXT_JSON": json.dumps({"orchestrator": "agentcore"}),  # as the CDK's `-c orchestrator=agentcore`
            "PATH": f"{import_module('local.synth').node()}{os.pathsep}{os.environ['PATH']}",
        }
        subprocess.run([sys.executable, "-m", "cdk.app"], cwd=ROOT, env=environment, check=True, timeout=300)
        return Assembly(out)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a template: its logical id, where it stands in the construct tree, and what it says."""

    stack: str
    id: str
    path: str
    type: str
    properties: dict[str, Any]
    body: dict[str, Any]


class Assembly:
    """All templates of a stage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.templates: dict[str, dict[str, Any]] = {
            stack: json.loads((folder / f"{stack}.template.json").read_text(encoding="utf-8")) for stack in STACKS
        }
        # Stacks within stacks, by their parent and their id there: what the parent hands in are their parameters.
        self._nested: dict[str, tuple[str, str]] = {}
        for stack in STACKS:
            for identity, body in self.templates[stack]["Resources"].items():
                if body["Type"] == "AWS::CloudFormation::Stack":
                    inner = body["Metadata"]["aws:cdk:path"].partition(".NestedStack")[0]
                    written = folder / body["Metadata"]["aws:asset:path"]
                    self._nested[inner] = (stack, identity)
                    self.templates[inner] = json.loads(written.read_text(encoding="utf-8"))
        self._by_id = {(one.stack, one.id): one for one in self._read()}
        self._exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in self.templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def _read(self) -> Iterator[Resource]:
        for stack, template in self.templates.items():
            for identity, body in template["Resources"].items():
                path = body.get("Metadata", {}).get("aws:cdk:path", f"{stack}/{identity}").removesuffix("/Resource")
                yield Resource(stack, identity, path, body["Type"], body.get("Properties", {}), body)

    def all(self, *types: str) -> list[Resource]:
        """Every resource of these types, or simply every one."""
        return [one for one in self._by_id.values() if not types or one.type in types]

    def one(self, path: str) -> Resource:
        """The resource at this place of the construct tree."""
        (found,) = [one for one in self._by_id.values() if one.path == path]
        return found

    def function(self, folder: str) -> Resource:
        """The Lambda of functions/<folder>."""
        (found,) = [one for one in self.all("AWS::Lambda::Function") if one.path.endswith(f"/{folder}/Function")]
        return found

    def _handed_in(self, stack: str) -> dict[str, Any]:
        """What a nested stack's parent gives it."""
        if stack not in self._nested:
            return {}
        parent, identity = self._nested[stack]
        handed: dict[str, Any] = self._by_id[parent, identity].properties.get("Parameters", {})
        return handed

    def label(self, stack: str, value: Any) -> str:
        """What a property points at, as construct paths, followed over stacks: they survive a renamed logical id."""
        if isinstance(value, str):
            return value
        match value:
            case {"Ref": str(identity)} if identity in self._handed_in(stack):
                return self.label(self._nested[stack][0], self._handed_in(stack)[identity])
            case {"Fn::GetAtt": [str(identity), str(output)]} if output.startswith("Outputs."):
                (inner,) = [name for name, place in self._nested.items() if place == (stack, identity)]
                return self.label(inner, self.templates[inner]["Outputs"][output.removeprefix("Outputs.")]["Value"])
            case {"Ref": str(identity)} | {"Fn::GetAtt": [str(identity), _]}:
                return self._by_id[stack, identity].path if (stack, identity) in self._by_id else f"<{identity}>"
            case {"Fn::ImportValue": str(export)}:
                return self.label(*self._exports[export])
            case {"Fn::Join": ["", parts]}:
                return "".join(self.label(stack, part) for part in parts)
            case {"Fn::Sub": str(text)}:
                return text
        raise ValueError(f"{stack}: nothing is known of {value!r}.")


@cache
def dev() -> Assembly:
    """Stage dev, which is what the laptop runs."""
    return Assembly(assembly())

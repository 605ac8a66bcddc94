"""`python -m local.assembly_types [cdk.out]`: can the laptop hold everything that the assembly asks for?

This file changes when what counts as a type that the laptop knows changes. A type that is neither MiniStack's own nor
listed as record-only would fail the deployment; one that is listed although MiniStack has learned it would go on doing
nothing. Both are named here, before anything is deployed.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import places
from local.deploy import BadAssembly, templates
from local.ministack import records

NATIVE_S = 60
# CloudFormation hands these to a function of the stack's own.
OURS = ("Custom::", "AWS::CloudFormation::CustomResource")


class NoMiniStack(Exception):
    """MiniStack could not be asked for its types."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A type of the assembly that the laptop cannot hold, and where it is asked for."""

    type: str
    resources: tuple[str, ...]


def unknown(assembly: Mapping[str, Mapping[str, Any]], known: Iterable[str]) -> list[Unknown]:
    """The types, in `assembly` (stack name → template), that are not known."""
    allowed = frozenset(known)
    found: dict[str, list[str]] = {}
    for stack, template in assembly.items():
        for name, resource in template.get("Resources", {}).items():
            kind = resource["Type"]
            if kind not in allowed and not kind.startswith(OURS):
                found.setdefault(kind, []).append(f"{stack}/{name}")
    return [Unknown(kind, tuple(resources)) for kind, resources in sorted(found.items())]


def stale(listed: Iterable[str], native: Iterable[str]) -> list[str]:
    """The record-only types that MiniStack now has."""
    return sorted(frozenset(listed) & frozenset(native))


def native_types() -> list[str]:
    """What MiniStack itself provides, as it says in its own environment."""
    interpreter = places.python("ministack")
    try:
        answer = subprocess.run(
            [interpreter, "-m", "local.ministack.native"],
            cwd=places.ROOT,
            capture_output=True,
            text=True,
            timeout=NATIVE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as problem:
        detail = getattr(problem, "stderr", None) or problem
        raise NoMiniStack(
            f"{interpreter} could not list MiniStack's types (`make setup` installs it): {detail}"
        ) from None
    types: list[str] = json.loads(answer.stdout)
    return types


def main(arguments: list[str]) -> int:
    assembly = Path(arguments[0]) if arguments else places.ASSEMBLY
    try:
        asked, native = dict(templates(assembly)), native_types()
    except (BadAssembly, NoMiniStack) as problem:
        print(f"local.assembly_types: {problem}", file=sys.stderr)
        return 1
    listed = [record.type for record in records.read()]
    problems = [
        f"{one.type} is neither MiniStack's nor listed in local/ministack/record_only.toml; it is asked for by "
        f"{', '.join(one.resources)}"
        for one in unknown(asked, [*native, *listed])
    ]
    problems += [
        f"{kind} is listed in local/ministack/record_only.toml, and MiniStack has it by now: drop the entry"
        for kind in stale(listed, native)
    ]
    for line in problems:
        print(line, file=sys.stderr)
    if not problems:
        count = len({resource["Type"] for template in asked.values() for resource in template["Resources"].values()})
        print(f"{count} resource types in {len(asked)} stacks, all known to the laptop")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

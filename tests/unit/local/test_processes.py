import os
import sys
import time
from pathlib import Path

import pytest

from local import processes
from local.processes import Process

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
    " start_new_session=True); print('up', flush=True); time.sleep(60)",
]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


def started(command: list[str], folder: Path) -> Process:
    log = folder / "log"
    process = processes.spawn(command, log=log, environment=dict(os.environ))
    deadline = time.monotonic() + 20
    while log.read_text() != "up\n":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def test_a_number_that_was_given_to_another_process_is_not_ours() -> None:
    me = Process.of(os.getpid())

    assert me.alive
    assert not Process(me.pid, "1").alive
    assert Process(me.pid, "1").family() == set()


def test_ending_what_is_not_ours_any_more_ends_nothing(tmp_path: Path) -> None:
    process = started(SLEEP, tmp_path)

    processes.end([Process(process.pid, "1")])

    assert process.alive
    processes.end([process])
    assert not process.alive


def test_children_are_ended_with_their_parent_even_from_sessions_of_their_own(tmp_path: Path) -> None:
    process = started(PARENT, tmp_path)
    family = process.family()
    assert len(family) == 2

    processes.end([process], grace_s=0.3)  # the one in the other session is never asked

    assert [one for one in family if one.alive] == []


def test_a_process_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    process = started(STUBBORN, tmp_path)

    processes.end([process], grace_s=0.3)

    assert not process.alive


def test_a_process_that_ended_is_reaped(tmp_path: Path) -> None:
    process = started(SLEEP, tmp_path)

    processes.kill(process)

    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)

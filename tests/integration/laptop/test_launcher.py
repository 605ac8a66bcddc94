"""The launcher refuses what it cannot correct, listens here alone, and ends when it is told to."""

import os
import socket
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from local import places
from tests.integration.laptop import launcher
from tests.integration.laptop.launcher import Laptop
from tests.integration.laptop.templates import function, ref, role, template

NEVER_ANSWERS = """
    import time
    def handler(event, context):
        time.sleep(600)
"""

CHECKS_NAMES = """
from types import SimpleNamespace
from local.ministack.names import NAMES, UnknownMiniStack, VERSION, verify

verify()
for installed, names in (("9.9.9", NAMES), (VERSION, {"ministack.services.stepfunctions": ("_no_such_name",)})):
    try:
        verify(installed, names)
    except UnknownMiniStack as refusal:
        print(refusal)
"""


def processes_below(parent: int) -> set[int]:
    """The ids of all processes that descend from `parent`."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it ended while we looked
                continue
    below: set[int] = set()
    while more := {one for one, its_parent in parents.items() if its_parent in {parent, *below}} - below:
        below |= more
    return below


def test_stopping_ends_the_launcher_and_a_function_that_never_answers(tmp_path: Path) -> None:
    laptop = launcher.start(tmp_path, {})
    name = laptop.deploy(
        "stuck", template({"Role": role(), "Stuck": function(NEVER_ANSWERS, Timeout=600)}, {"Name": ref("Stuck")})
    )["Name"]

    def invoke() -> None:
        with pytest.raises((BotoCoreError, ClientError)):
            laptop.invoke(name)

    caller = threading.Thread(target=invoke)
    caller.start()
    deadline = time.monotonic() + 10
    while not (workers := processes_below(laptop.process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)  # until the handler is in its sleep
    assert workers

    took = launcher.stop(laptop)
    caller.join(10)

    assert took < 5
    assert laptop.process.returncode == 0
    assert not [worker for worker in workers if _is_alive(worker)]


def _is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_it_listens_on_this_machine_alone(laptop: Laptop) -> None:
    port = urlsplit(laptop.endpoint).port
    listening = {
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].rpartition(":")[2], 16) == port
    }
    assert listening == {f"0100007F:{port:04X}"}


def run(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run MiniStack's interpreter to its end, told all that the launcher needs unless `environment` says otherwise."""
    good = {
        "PATH": os.environ["PATH"],
        "SHOPWRIGHT_GATEWAY_PORT": str(launcher.free_port()),
        "SHOPWRIGHT_FUNCTION_PYTHON": str(places.python("function")),
        "SHOPWRIGHT_DATABASE": launcher.DATABASE,
        "SHOPWRIGHT_CACHE": launcher.CACHE,
        "SHOPWRIGHT_STATE_DIR": str(tmp_path),
    }
    return subprocess.run(  # noqa: S603  our own environment's interpreter
        [places.python("ministack"), *arguments],
        cwd=places.ROOT,
        env=good | environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_another_ministack_or_a_missing_private_name_is_refused_by_name(tmp_path: Path) -> None:
    answer = run(tmp_path, "-c", CHECKS_NAMES)
    version, name = answer.stdout.splitlines()
    assert "9.9.9" in version
    assert "1.5.33" in version
    assert "ministack.services.stepfunctions._no_such_name" in name


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"SHOPWRIGHT_DATABASE": ""}, "set SHOPWRIGHT_DATABASE"),
        ({"SHOPWRIGHT_CACHE": "localhost"}, "SHOPWRIGHT_CACHE must be host:port"),
        ({"SHOPWRIGHT_GATEWAY_PORT": "http"}, "SHOPWRIGHT_GATEWAY_PORT must be a port number"),
        ({"SHOPWRIGHT_FUNCTION_PYTHON": "/nowhere/python"}, "/nowhere/python cannot be executed"),
    ],
)
def test_a_bad_launch_says_what_to_change(tmp_path: Path, change: dict[str, str], told: str) -> None:
    answer = run(tmp_path, "-m", "local.ministack", **change)
    assert answer.returncode == 1
    assert told in answer.stderr


def test_a_taken_port_is_said_to_be_taken(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        answer = run(tmp_path, "-m", "local.ministack", SHOPWRIGHT_GATEWAY_PORT=str(port))
    assert answer.returncode == 1
    assert f"127.0.0.1:{port} is taken" in answer.stderr

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import merchants, places, web
from local.cloud import Cloud, Running
from local.processes import Process


@pytest.fixture
def unused() -> Iterator[str]:
    """The name of a cloud that is not there, and is not there afterwards."""
    name = f"test-{os.getpid()}000"
    yield name
    Cloud(name, say=lambda text: None).forget()


def ask(cloud: Cloud, running: Running) -> int:
    token = merchants.token(running.outputs, running.gateway_url, "kitchen", "shopper", instance=cloud.instance)
    return web.call(
        "POST", f"{running.api_url}/v1/chat", token=token, json_body={"message": "Do you sell submarines?"}
    ).status


def family_of(instance: str) -> list[int]:
    """Every process whose command line names a folder of the instance."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if f"/{instance}/".encode() in line:
                found.append(int(entry.name))
    return found


def test_a_stale_pid_is_not_taken_for_a_running_cloud(unused: str) -> None:
    home = places.instance_dir(unused)
    home.mkdir(parents=True)
    someone = Process.of(os.getpid())
    stale = {"emulator": {"pid": someone.pid, "started": "1"}, "outputs": {"ApiUrl": "x"}, "ports": {}}
    (home / "state.json").write_text(json.dumps(stale))

    assert Cloud(unused).running() is None
    Cloud(unused, say=lambda text: None).down()

    assert someone.alive
    assert not (home / "state.json").exists()


def test_an_interrupted_start_leaves_nothing_running(unused: str) -> None:
    starting = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-u", "-m", "local.commands", "up", "--instance", unused],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=places.ROOT,
        start_new_session=True,
        # A run in the background ignores Ctrl-C, and its children inherit that; a terminal's do not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads start here
    )
    with starting:
        assert starting.stdout is not None
        line = ""
        while "on port" not in line:
            line = starting.stdout.readline()
            assert line, "it ended before anything was started"
        assert family_of(unused)
        os.killpg(starting.pid, signal.SIGINT)  # what Ctrl-C does: make's whole foreground group gets it
        rest = starting.stdout.read()
        status = starting.wait(60)

    assert status != 0
    assert "interrupted" in rest
    assert family_of(unused) == []


def test_a_second_start_keeps_what_runs(laptop_cloud: Cloud, cloud: Running) -> None:
    before = laptop_cloud.running()  # other tests have restarted servers since `cloud` was looked at
    assert before is not None

    again = laptop_cloud.up()

    assert again.pids == before.pids
    assert again.api_url == cloud.api_url


def test_postgresql_dies_and_is_started_again_and_the_shop_answers_again(laptop_cloud: Cloud, cloud: Running) -> None:
    laptop_cloud.postgres.kill()
    assert ask(laptop_cloud, cloud) == 503

    laptop_cloud.postgres.start()

    deadline = time.monotonic() + 20
    while (status := ask(laptop_cloud, cloud)) != 200:
        assert time.monotonic() < deadline, f"still {status}"
        time.sleep(0.2)


def test_valkey_dies_and_is_started_again_and_the_shop_is_ready_again(laptop_cloud: Cloud, cloud: Running) -> None:
    laptop_cloud.valkey.kill()
    assert ask(laptop_cloud, cloud) == 200  # a cache is never what an answer waits for
    assert web.call("GET", f"{cloud.api_url}/v1/ready").status == 503

    laptop_cloud.valkey.start()

    deadline = time.monotonic() + 20
    while (ready := web.call("GET", f"{cloud.api_url}/v1/ready")).status != 200:
        assert time.monotonic() < deadline, ready.body
        time.sleep(0.2)

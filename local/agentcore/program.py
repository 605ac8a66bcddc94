"""The orchestrator's program as a process of its own: this changes when how the Runtime starts one does."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local import ports, processes
from local.ports import HOST
from local.processes import DidNotStart, Process, spawn

READY_S = 60.0


@contextmanager
def running(environment: Mapping[str, str], log: Path, *, python: Path | str = sys.executable) -> Iterator[str]:
    """The program, and its address; it ends with the block. It sees these variables and no others of ours."""
    port = ports.choose("the agent's program", None)
    variables = {
        "PATH": os.environ.get("PATH", ""),
        "ORT_DISABLE_TELEMETRY": "1",
        "POWERTOOLS_SERVICE_NAME": "agent",
        "POWERTOOLS_METRICS_NAMESPACE": "Shopwright",
        **environment,
    }
    process = spawn([python, "-m", "shopwright.runtime.agentcore", HOST, str(port)], log=log, environment=variables)
    address = f"http://{HOST}:{port}"
    try:
        _wait(process, address, log)
        yield address
    finally:
        processes.end([process])


def healthy(address: str) -> bool:
    """Whether it answers its ping."""
    try:
        with urllib.request.urlopen(f"{address}/ping", timeout=1) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _wait(process: Process, address: str, log: Path) -> None:
    ends = time.monotonic() + READY_S
    while not healthy(address):
        if not process.alive or time.monotonic() > ends:
            raise DidNotStart(f"the agent's program is not there; its log, {log}, ends:\n{processes.last_words(log)}")
        time.sleep(processes.POLL_S)

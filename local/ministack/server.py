"""This file changes when how the launcher starts to listen, and how it stops, changes."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from typing import NoReturn

from hypercorn.asyncio import serve  # type: ignore[import-not-found]  # it comes with MiniStack, in its environment
from hypercorn.config import Config  # type: ignore[import-not-found]
from ministack.app import app
from ministack.core import lambda_runtime

from local.ministack import page

PATIENCE_S = 3.0


def run(port: int) -> NoReturn:
    """Serve until SIGTERM or SIGINT, then end within `PATIENCE_S` whatever a function is still doing."""
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = PATIENCE_S / 3
    config.loglevel = os.environ.get("LOG_LEVEL", "WARNING")
    _bind_first(port)
    asyncio.run(_serve(config))
    _end_functions()
    # The interpreter's own way out would first put away everything that MiniStack holds, and stop our deadline with it.
    logging.shutdown()
    os._exit(0)


def _bind_first(port: int) -> None:
    """Say plainly that the port is taken; the server's own words would be a stack."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            sys.exit(
                f"local.ministack: 127.0.0.1:{port} is taken ({problem.strerror}); stop what holds it, or take another"
            )


async def _serve(config: Config) -> None:
    asked = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, _stop, asked)
    await serve(page.served(app), config, shutdown_trigger=asked.wait)
    # Before the loop joins its threads: one that waits for a function would keep it for as long as that function runs.
    _end_functions()


def _stop(asked: asyncio.Event) -> None:
    asked.set()
    deadline = threading.Timer(PATIENCE_S, _exit_now)
    deadline.daemon = True
    deadline.start()


def _exit_now() -> None:
    _end_functions(at_once=True)
    os._exit(0)


def _end_functions(*, at_once: bool = False) -> None:
    """No function outlives the AWS that it runs in."""
    if not at_once:
        lambda_runtime.reset()
        return
    for worker in [worker for pool in list(lambda_runtime._workers.values()) for worker in pool]:
        process = worker._proc
        if process is not None and process.poll() is None:
            process.kill()

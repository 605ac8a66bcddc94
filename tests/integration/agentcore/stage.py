"""The whole wire in one process: client, botocore, the double of AgentCore, and the program behind it."""

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from shopwright.orchestrator.agentcore import Agent, AgentUnavailable, client
from shopwright.orchestrator.answerer import Answerer
from shopwright.runtime.agentcore import Program, application
from shopwright.tenancy.credentials import Credentials
from shopwright.tenancy.passport import SigningKey
from shopwright.tenancy.warrant import Warrants

from local.agentcore.server import RUNTIME, Double, running
from local.ports import HOST

KEY = SigningKey("w1", secrets.token_hex(32).encode())
OTHER_KEY = SigningKey("w1", secrets.token_hex(32).encode())


@dataclass
class Stage:
    """A double, the program behind it, and as many clients as a test wants."""

    double: Double
    endpoint: str
    program: Program
    address: str
    failures: list[AgentUnavailable] = field(default_factory=list)

    def agent(
        self,
        *,
        key: SigningKey = KEY,
        now: Callable[[], float] = time.time,
        runtime: str = RUNTIME,
        silence_s: float = 2.0,
    ) -> Agent:
        return Agent(
            runtime,
            Warrants(lambda: key, now=now),
            report=self.failures.append,
            agentcore=client(Credentials("testing", "testing"), self.endpoint, "us-east-1"),
            silence_s=silence_s,
        )


@contextmanager
def stage(answerer: Answerer, *, rest: Callable[[], None] = lambda: None, heartbeat_s: float = 0.2) -> Iterator[Stage]:
    """A stage on which this answerer answers."""
    program = Program(answerer, Warrants(lambda: KEY), rest=rest, heartbeat_s=heartbeat_s)
    with serving(program) as address, running(double := Double(address)) as endpoint:
        yield Stage(double, endpoint, program, address)


@contextmanager
def serving(program: Program) -> Iterator[str]:
    """The program under the server that AgentCore's container runs it under, and its address."""
    with socket.create_server((HOST, 0)) as listening:
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(application(program), log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        ends = time.monotonic() + 10
        while not server.started and time.monotonic() < ends:
            time.sleep(0.01)
        try:
            yield f"http://{HOST}:{port}"
        finally:
            server.should_exit = True
            thread.join(10)

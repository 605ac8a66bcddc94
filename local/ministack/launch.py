"""This file changes when what the launcher is told changes: its own environment variables, and MiniStack's."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# What MiniStack may take from the host. Everything else would let one machine's laptop cloud differ from another's.
PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "AUTH",
    "LOG_LEVEL",
    "MINISTACK_BEDROCK_PROXY_URL",
    "SFN_WAIT_SCALE",
)


class BadLaunch(Exception):
    """The launcher was started without something it needs; the message says what."""


@dataclass(frozen=True, slots=True)
class Server:
    """A real server on this machine that stands in for a managed one."""

    host: str
    port: int

    @classmethod
    def parse(cls, name: str, text: str) -> "Server":
        host, separator, port = text.rpartition(":")
        if not (separator and host and port.isdigit()):
            raise BadLaunch(f"{name} must be host:port, for example 127.0.0.1:5432, and is {text!r}")
        return cls(host, int(port))


@dataclass(frozen=True, slots=True)
class Launch:
    """One laptop cloud: where it listens, which interpreter runs its functions, which servers stand behind it."""

    port: int
    function_python: Path
    database: Server
    cache: Server
    state: Path
    gateways: Server | None = None  # the doubles of the payment gateways, where somebody started them

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Launch":
        needed = (
            "SHOPWRIGHT_GATEWAY_PORT",
            "SHOPWRIGHT_FUNCTION_PYTHON",
            "SHOPWRIGHT_DATABASE",
            "SHOPWRIGHT_CACHE",
            "SHOPWRIGHT_STATE_DIR",
        )
        if missing := [name for name in needed if not environ.get(name)]:
            raise BadLaunch(f"set {', '.join(missing)} (`make up` does)")
        port = environ["SHOPWRIGHT_GATEWAY_PORT"]
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise BadLaunch(f"SHOPWRIGHT_GATEWAY_PORT must be a port number, and is {port!r}")
        python = Path(environ["SHOPWRIGHT_FUNCTION_PYTHON"]).absolute()
        if not os.access(python, os.X_OK):
            raise BadLaunch(f"SHOPWRIGHT_FUNCTION_PYTHON must name an interpreter, and {python} cannot be executed")
        return cls(
            port=int(port),
            function_python=python,
            database=Server.parse("SHOPWRIGHT_DATABASE", environ["SHOPWRIGHT_DATABASE"]),
            cache=Server.parse("SHOPWRIGHT_CACHE", environ["SHOPWRIGHT_CACHE"]),
            state=Path(environ["SHOPWRIGHT_STATE_DIR"]).absolute(),
            gateways=Server.parse("SHOPWRIGHT_GATEWAYS", environ["SHOPWRIGHT_GATEWAYS"])
            if environ.get("SHOPWRIGHT_GATEWAYS")
            else None,
        )

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def temporary(self) -> Path:
        """Where MiniStack unpacks code; not the machine's /tmp, which other users' laptop clouds share."""
        return self.state / "tmp"

    @property
    def layers(self) -> Path:
        return self.state / "layers"

    def environment(self, host: Mapping[str, str]) -> dict[str, str]:
        """The whole environment MiniStack runs in. It reads most of it while it is imported."""
        return {
            **{name: host[name] for name in PASSED_ON if name in host},
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "localhost",
            "AWS_ENDPOINT_URL": self.endpoint,
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_COGNITO_PRETOKEN_STRICT": "1",
            "REDIS_HOST": self.cache.host,
            "REDIS_PORT": str(self.cache.port),
            "TMPDIR": str(self.temporary),
        }

"""This file changes when how a test starts the laptop's AWS, and writes an assembly for it, changes."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

from local import places
from local.deploy import CLIENT, REGION, Outputs, deploy

DATABASE = "127.0.0.1:55432"  # nobody listens there: these tests only read the addresses
CACHE = "127.0.0.1:56379"
START_S = 20.0
STOP_S = 6.0


@dataclass(slots=True)
class Laptop:
    """A running launcher, and the folder that assemblies for it are written to."""

    process: subprocess.Popen[bytes]
    endpoint: str
    folder: Path
    log: Path

    def client(self, service: str, **more: Any) -> Any:
        make: Callable[..., Any] = partial(boto3.client, aws_access_key_id="test", aws_secret_access_key="test")
        return make(service, **{"region_name": REGION, "config": CLIENT, "endpoint_url": self.endpoint, **more})

    def deploy(self, name: str, template: dict[str, Any], *, folders: dict[str, Path] | None = None) -> Outputs:
        return deploy(write_assembly(self.folder / name, {name: template}, folders=folders), self.endpoint)

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        place = urlsplit(self.endpoint)
        connection = HTTPConnection(str(place.hostname), place.port, timeout=15)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def invoke(self, function: str, event: Any = None) -> Any:
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def run(self, machine: str, given: Any = None, *, within_s: float = 15.0) -> dict[str, Any]:
        """Run a state machine to its end and return what DescribeExecution says."""
        states = self.client("stepfunctions")
        execution = states.start_execution(stateMachineArn=machine, input=json.dumps(given or {}))["executionArn"]
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found: dict[str, Any] = states.describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return found
            time.sleep(0.05)
        raise AssertionError(f"{machine} is still running after {within_s} s")


def write_assembly(
    folder: Path,
    templates: dict[str, dict[str, Any]],
    *,
    folders: dict[str, Path] | None = None,
    after: dict[str, list[str]] | None = None,
) -> Path:
    """What CDK would have synthesized: the templates, each with `folders` (key in S3 → content) as its assets."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        key: {
            "source": {"path": str(path), "packaging": "zip"},
            "destinations": {"here": {"bucketName": "assets-${AWS::AccountId}", "objectKey": key}},
        }
        for key, path in (folders or {}).items()
    }
    artifacts: dict[str, Any] = {}
    for name, template in templates.items():
        (folder / f"{name}.template.json").write_text(json.dumps(template))
        (folder / f"{name}.assets.json").write_text(json.dumps({"files": files}))
        artifacts[f"{name}.assets"] = {"type": "cdk:asset-manifest", "properties": {"file": f"{name}.assets.json"}}
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.template.json", "stackName": name},
            "dependencies": [f"{name}.assets", *(after or {}).get(name, [])],
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "48.0.0", "artifacts": artifacts}))
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(folder: Path, environment: dict[str, str]) -> Laptop:
    port = free_port()
    log = folder / "launcher.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  our own environment's interpreter
            [places.python("ministack"), "-m", "local.ministack"],
            cwd=places.ROOT,
            env={
                **environment,
                "PATH": os.environ["PATH"],
                "SHOPWRIGHT_GATEWAY_PORT": str(port),
                "SHOPWRIGHT_FUNCTION_PYTHON": str(places.python("function")),
                "SHOPWRIGHT_DATABASE": DATABASE,
                "SHOPWRIGHT_CACHE": CACHE,
                "SHOPWRIGHT_STATE_DIR": str(folder / "state"),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    laptop = Laptop(process, f"http://127.0.0.1:{port}", folder / "assemblies", log)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            laptop.call("GET", "/_ministack/health")
        except OSError:
            time.sleep(0.05)
        else:
            return laptop
    process.kill()
    process.wait(5)
    raise AssertionError(f"the launcher did not start: {log.read_text()}")


def stop(laptop: Laptop) -> float:
    """End the launcher as `make down` does, and return how long it took."""
    asked = time.monotonic()
    laptop.process.send_signal(signal.SIGTERM)
    try:
        laptop.process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        laptop.process.kill()
        laptop.process.wait(5)
    return time.monotonic() - asked

"""`python -m local.invoke FUNCTION EVENT`: run a function on a sample event as Lambda would, without Docker.

This file changes when how a function is run by hand changes. The function runs under the real runtime client, which
asks this small Runtime API for its one event. Its variables are those of the deployed function when the laptop's cloud
is up; else they come from a file.
"""

import argparse
import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local import addressed, merchants, places

VERSION = "2018-06-01"
REGION = "us-east-1"
DEFAULT_TIMEOUT_S = 30
DEFAULT_MEMORY_MB = 512
STOP_S = 2
CLIENT = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})


class CannotInvoke(Exception):
    """The function cannot be run as asked; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the function is given besides its event."""

    variables: Mapping[str, str]
    timeout_s: int = DEFAULT_TIMEOUT_S
    memory_mb: int = DEFAULT_MEMORY_MB
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the function answered, or the error that the runtime client reported for it."""

    body: str
    failed: bool


@dataclass(slots=True)
class Invocation:
    """One event on its way to one function, and the answer on its way back."""

    event: bytes
    arn: str
    deadline: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answers: "queue.Queue[Answer]" = field(default_factory=queue.Queue)
    taken: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class House:
    """Where the functions are, and the layers that were built for this machine."""

    functions: Path = places.ROOT / "functions"
    layers: Path = places.LAYERS

    def function(self, name: str) -> Path:
        folder = self.functions / name
        if not (folder / f"{_module(name)}.py").is_file():
            there = sorted(one.parent.name for one in self.functions.glob("*/*.py"))
            raise CannotInvoke(f"there is no function {name!r}; there are {', '.join(there)}")
        return folder

    def importable(self) -> list[Path]:
        layers = sorted(self.layers.glob("*/python"))
        if not layers:
            raise CannotInvoke("the layers are not built: run `make layer`")
        return layers


def _module(function: str) -> str:
    return function.replace("-", "_")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A function that is stopped breaks off its wait for a next event: nobody needs to read that."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def runtime_api(invocation: Invocation) -> ThreadingHTTPServer:
    """Lambda's Runtime API for a single invocation, on a free port of this machine alone."""

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            if self.path != f"/{VERSION}/runtime/invocation/next":
                self.reply(404)
            elif invocation.taken.is_set():
                time.sleep(max(0.0, invocation.deadline - time.time()))  # there is no second event
                self.reply(410)
            else:
                invocation.taken.set()
                self.reply(
                    200,
                    invocation.event,
                    {
                        "Content-Type": "application/json",  # without it the runtime client breaks off
                        "Lambda-Runtime-Aws-Request-Id": invocation.id,
                        "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
                        "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
                    },
                )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self.reply(202)
            invocation.answers.put(Answer(body, failed=not self.path.endswith("/response")))

        def reply(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """The function's own log is what the caller wants to see."""

    return Server(("127.0.0.1", 0), Api)


def invoke(function: str, event: bytes, settings: Settings, house: House) -> Answer:
    """Run the function once; its log goes to standard error."""
    folder = house.function(function)
    environment = function_environment(function, settings, [folder, *house.importable()])
    arn = f"arn:aws:lambda:{REGION}:000000000000:function:{function}"
    invocation = Invocation(event, arn, time.time() + settings.timeout_s)
    api = runtime_api(invocation)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    command: list[str | Path] = [places.python("function"), "-m", "awslambdaric", f"{_module(function)}.handler"]
    environment["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{api.server_address[1]}"
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=sys.stderr, stdin=subprocess.DEVNULL)
    try:
        return _answer(invocation, process, settings)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)
        api.shutdown()
        api.server_close()


def _answer(invocation: Invocation, process: "subprocess.Popen[bytes]", settings: Settings) -> Answer:
    while True:
        try:
            return invocation.answers.get(timeout=0.1)
        except queue.Empty:
            if time.time() > invocation.deadline:
                return _failure("Sandbox.Timedout", f"Task timed out after {settings.timeout_s} seconds")
            if process.poll() is not None and invocation.answers.empty():
                return _failure("Runtime.ExitError", f"The function's process ended with {process.returncode}")


def _failure(name: str, message: str) -> Answer:
    return Answer(json.dumps({"errorType": name, "errorMessage": message}), failed=True)


def function_environment(function: str, settings: Settings, path: list[Path]) -> dict[str, str]:
    """What Lambda gives a function: nothing of the shell that this was typed in."""
    environment = {
        **settings.variables,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "HOME": "/tmp",  # noqa: S108  what Lambda's own functions get to write to
        "PYTHONPATH": os.pathsep.join(str(one) for one in path),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "_HANDLER": f"{_module(function)}.handler",
        "LAMBDA_TASK_ROOT": str(path[0]),
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "by-hand",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "ORT_DISABLE_TELEMETRY": "1",
    }
    # Without a laptop cloud, a refused connection here rather than a call to the real AWS.
    environment["AWS_ENDPOINT_URL"] = settings.endpoint or "http://127.0.0.1:9"
    return environment


def settings(function: str, *, env_file: Path | None, state: Path) -> Settings:
    """From the deployed function if the laptop's cloud is up, overridden by the file; from the file alone if not."""
    given = read_variables(env_file) if env_file else {}
    if not state.is_file():
        if env_file is None:
            raise CannotInvoke(
                "the laptop's cloud is not up, so the function's variables are not known: "
                "run `make up`, or name a file of NAME=value lines with --env-file"
            )
        return Settings(given)
    cloud = json.loads(state.read_text("utf-8"))
    name = cloud["outputs"].get(f"{''.join(word.capitalize() for word in function.split('-'))}FunctionName")
    if name is None:
        raise CannotInvoke(f"the laptop's cloud has no function {function}: deploy it with `make up`")
    client = boto3.client(
        "lambda",
        endpoint_url=cloud["gateway_url"],
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  made up: the laptop's AWS takes any
        config=CLIENT,
    )
    try:
        deployed = client.get_function_configuration(FunctionName=name)
    except (BotoCoreError, ClientError) as problem:
        raise CannotInvoke(
            f"the laptop's cloud at {cloud['gateway_url']} does not answer ({problem}): run `make up`"
        ) from None
    return Settings(
        variables={**deployed.get("Environment", {}).get("Variables", {}), **given},
        timeout_s=deployed["Timeout"],
        memory_mb=deployed["MemorySize"],
        endpoint=cloud["gateway_url"],
    )


def read_variables(path: Path) -> dict[str, str]:
    """NAME=value lines; blank ones and those that begin with # are passed over."""
    if not path.is_file():
        raise CannotInvoke(f"there is no file {path}")
    variables = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator or not name.strip().isidentifier():
            raise CannotInvoke(f"{path}, line {number}: write NAME=value")
        variables[name.strip()] = value.strip()
    return variables


def read_event(path: Path) -> dict[str, Any]:
    try:
        event = json.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise CannotInvoke(f"the event {path} cannot be read: {problem.strerror}") from None
    except ValueError as problem:
        raise CannotInvoke(f"the event {path} is not JSON: {problem}") from None
    if not isinstance(event, dict):
        raise CannotInvoke(f"the event {path} is not a JSON object")
    return event


def at_home(event: dict[str, Any], cloud: Mapping[str, Any], instance: str) -> dict[str, Any]:
    """The event with this cloud's own members and names in it."""

    def token(merchant: str, role: merchants.Role) -> str:
        return merchants.token(cloud["outputs"], cloud["gateway_url"], merchant, role, instance=instance)

    return addressed.address(event, cloud["outputs"], token)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.invoke", description="Run a function on a JSON event.")
    parser.add_argument("function", help="a folder of functions/, for example chat")
    parser.add_argument("event", type=Path, help="a file of JSON, for example events/chat/question.json")
    parser.add_argument("--env-file", type=Path, help="NAME=value lines; they override the deployed function's")
    parser.add_argument(
        "--instance",
        default=os.environ.get("INSTANCE", "demo"),
        help="which laptop cloud to take the variables from",
    )
    asked = parser.parse_args(arguments)
    state = places.instance_dir(asked.instance) / "state.json"
    try:
        house = House()
        house.function(asked.function)
        given = settings(asked.function, env_file=asked.env_file, state=state)
        event = read_event(asked.event)
        if state.is_file():
            event = at_home(event, json.loads(state.read_text("utf-8")), asked.instance)
        answer = invoke(asked.function, json.dumps(event).encode(), given, house)
    except (CannotInvoke, merchants.NotSeeded, merchants.NoToken) as problem:
        print(f"local.invoke: {problem}", file=sys.stderr)
        return 2
    print(json.dumps(json.loads(answer.body), indent=2, ensure_ascii=False))
    return 1 if answer.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

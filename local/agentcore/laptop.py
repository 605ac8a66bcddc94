"""The laptop's shop answering through AgentCore's wire: changes when a function must be told otherwise where to ask."""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from local import deploy, terminal
from local.agentcore import program
from local.agentcore.server import RUNTIME, Double, running
from local.cloud import Running
from local.model import FUNCTIONS

SECRET = "shopwright-dev-warrant-key"  # noqa: S105 - its name
_SETTLED_S = 30
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}  # the emulator takes any


@contextmanager
def answering(cloud: Running, log: Path) -> Iterator[Double]:
    """For as long as the block runs, chat and chat-stream ask the double, behind which the real program answers."""
    functions = _client(cloud, "lambda")
    held = {
        name: functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"] for name in FUNCTIONS
    }
    warrants = {"WARRANT_SECRET_ARN": _secret(cloud)}
    told = {
        **held[FUNCTIONS[0]],
        **warrants,
        **_CREDENTIALS,
        "AWS_REGION": deploy.REGION,
        "AWS_DEFAULT_REGION": deploy.REGION,
        "AWS_ENDPOINT_URL": cloud.gateway_url,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "POWERTOOLS_SERVICE_NAME": "agent",
    }
    with program.running(told, log) as address:
        double = Double(address)
        with running(double) as endpoint:
            there = {
                "ORCHESTRATOR": "agentcore",
                "AGENT_RUNTIME_ARN": RUNTIME,
                "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": endpoint,
                **warrants,
            }
            try:
                for name in FUNCTIONS:
                    _tell(functions, name, {**held[name], **there})
                yield double
            finally:
                for name in FUNCTIONS:
                    _tell(functions, name, held[name])


def _tell(functions: Any, name: str, variables: Mapping[str, str]) -> None:
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": dict(variables)})
    until = time.monotonic() + _SETTLED_S
    while functions.get_function_configuration(FunctionName=name).get("LastUpdateStatus") == "InProgress":
        if time.monotonic() > until:
            raise terminal.Stop(f"{name} does not take its new settings. See `make logs`.")
        time.sleep(0.1)


def _secret(cloud: Running) -> str:
    """The key that warrants are signed with, made once."""
    store, value = _client(cloud, "secretsmanager"), json.dumps({"kid": "w1", "key": secrets.token_hex(32)})
    try:
        return str(store.create_secret(Name=SECRET, SecretString=value)["ARN"])
    except store.exceptions.ResourceExistsException:
        return str(store.describe_secret(SecretId=SECRET)["ARN"])


def _client(cloud: Running, service: str) -> Any:
    session: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=deploy.REGION)  # noqa: S106 - the emulator's
    return session.client(service, endpoint_url=cloud.gateway_url, config=deploy.CLIENT)

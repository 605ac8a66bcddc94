"""`make model`: which language model answers on the laptop cloud; changes when a function must be told otherwise.

    make model ENDPOINT=http://127.0.0.1:11434/v1 MODEL=llama3.2    any server that speaks OpenAI's wire
    make model MODEL=bedrock                                       Bedrock's own (ENDPOINT= for a double of it)
    make model MODEL=none                                          the merchants' own sentences alone, as at first

A key that the server asks for is read from the variable MODEL_KEY, and kept in the laptop's Secrets Manager.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import boto3

from local import deploy, terminal
from local.cloud import Cloud, Running

FUNCTIONS = ("shopwright-dev-chat", "shopwright-dev-chat-stream")
SECRET = "shopwright-dev-model-key"  # noqa: S105 - its name
NONE, BEDROCK, OPENAI = "none", "bedrock", "openai"
_SETTLED_S = 30


def choose(running: Running, model: str, endpoint: str = "", key: str = "") -> None:
    """Tell the functions that answer which model to ask. It holds until the cloud is stopped or they are changed."""
    if endpoint and urlsplit(endpoint).scheme not in ("http", "https"):
        raise terminal.Stop("ENDPOINT is an http or https address, such as http://127.0.0.1:11434/v1.")
    if model not in (NONE, BEDROCK) and not endpoint:
        raise terminal.Stop(f"Where does {model} run? Add ENDPOINT=, such as http://127.0.0.1:11434/v1.")
    for name in FUNCTIONS:
        tell(
            running,
            name,
            {
                "MODELS": model if model in (NONE, BEDROCK) else OPENAI,
                "MODEL_ENDPOINT": endpoint,
                "MODEL_NAME": "" if model in (NONE, BEDROCK) else model,
                "MODEL_SECRET_ARN": _kept(running, key) if key else "",
            },
        )


def tell(running: Running, function: str, variables: Mapping[str, str]) -> Mapping[str, str]:
    """Give a function other values of these variables; what it had before is what comes back: for one that it did not
    have, nothing (`""`), which is how to take it away again."""
    functions = _client(running, "lambda")
    held = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    kept = {name: value for name, value in {**held, **variables}.items() if value or name in held}
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": kept})
    until = time.monotonic() + _SETTLED_S
    while functions.get_function_configuration(FunctionName=function).get("LastUpdateStatus") == "InProgress":
        if time.monotonic() > until:
            raise terminal.Stop(f"{function} does not take its new settings. See `make logs`.")
        time.sleep(0.1)
    return {name: held.get(name, "") for name in variables}


def _kept(running: Running, key: str) -> str:
    secrets, value = _client(running, "secretsmanager"), json.dumps({"key": key})
    try:
        return str(secrets.create_secret(Name=SECRET, SecretString=value)["ARN"])
    except secrets.exceptions.ResourceExistsException:
        return str(secrets.put_secret_value(SecretId=SECRET, SecretString=value)["ARN"])


def _client(running: Running, service: str) -> Any:
    session: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=deploy.REGION)  # noqa: S106 - the emulator's
    return session.client(service, endpoint_url=running.gateway_url, config=deploy.CLIENT)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make model", description=__doc__)
    parser.add_argument("--instance", default=os.environ.get("INSTANCE", "demo"), help="which laptop cloud")
    wanted = parser.parse_args(arguments)
    cloud = Cloud(wanted.instance)
    running = cloud.running()
    if running is None:
        raise terminal.Stop("The laptop cloud is not running: run `make up` first.")
    model, endpoint = os.environ.get("MODEL", ""), os.environ.get("ENDPOINT", "")
    if not model:
        raise terminal.Stop("Which model? MODEL=none, MODEL=bedrock, or a server's own with ENDPOINT=.")
    choose(running, model, endpoint, os.environ.get("MODEL_KEY", ""))
    print(f"  {model} answers what the shops' own sentences do not" if model != NONE else "  no model is asked")
    return 0


if __name__ == "__main__":
    sys.exit(terminal.run(main))

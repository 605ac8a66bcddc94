"""Calling the service's own functions as its operator: on the laptop, or on AWS in a stage. Changes when how does."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from local import terminal
from local.cloud import Cloud, Running
from local.deploy import REGION

# A function works for up to five minutes on one call. The SDK must not call it a second time meanwhile.
CLIENT = Config(connect_timeout=5, read_timeout=330, retries={"total_max_attempts": 1})


class FunctionFailed(terminal.Stop):
    """The function raised something; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Service:
    """One deployed service, with the operator's own rights. `outputs` are those of its stack."""

    session: boto3.Session
    endpoint: str | None
    outputs: Mapping[str, str]

    def client(self, name: str) -> Any:
        """A client of AWS's SDK."""
        return self.session.client(name, endpoint_url=self.endpoint, config=CLIENT)  # type: ignore[call-overload]  # any service

    def output(self, name: str) -> str:
        if name not in self.outputs:
            raise terminal.Stop(f"What is deployed has no {name}: deploy this version first.")
        return self.outputs[name]

    def call(self, function: str, event: object) -> Any:
        """What the function answers. What it raises is FunctionFailed."""
        name = self.output(f"{''.join(word.capitalize() for word in function.split('-'))}FunctionName")
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        said = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise FunctionFailed(f"{function}: {said.get('errorType')}: {said.get('errorMessage')}")
        return said


def find(stage: str | None, *, laptop: Callable[[], Running | None] | None = None) -> Service:
    """The stage's service on AWS, by the credentials and region of the environment; without a stage, the laptop's."""
    if stage:
        session = boto3.Session()
        if session.region_name is None or session.get_credentials() is None:
            raise terminal.Stop("Set the region and the credentials of an operator (AWS_REGION, AWS_PROFILE).")
        stacks = session.client("cloudformation").describe_stacks(StackName=f"shopwright-{stage}-service")["Stacks"]
        return Service(session, None, {one["OutputKey"]: one["OutputValue"] for one in stacks[0].get("Outputs", [])})
    running = (laptop or Cloud(os.environ.get("INSTANCE") or "demo").running)()
    if running is None:
        raise terminal.Stop("The laptop cloud is not running: run `make up` first, or name a STAGE on AWS.")
    return at_home(running)


def at_home(running: Running) -> Service:
    """The service of a laptop cloud."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106 - MiniStack's
    return Service(session, running.gateway_url, running.outputs)

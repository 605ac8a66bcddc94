"""Calling the service's own functions as its operator: on the laptop, or on AWS in a stage. Changes when how does."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from shopwright.errors import Invalid
from shopwright.tenancy.dynamodb import Shopfronts
from shopwright.tenancy.tenant import Tenant

from local import terminal
from local.cloud import Cloud, Running
from local.deploy import REGION

# A function works for up to five minutes on one call. The SDK must not call it a second time meanwhile.
CLIENT = Config(connect_timeout=5, read_timeout=330, retries={"total_max_attempts": 1})


class FunctionFailed(terminal.Stop):
    """The function raised something; the message is what it said."""


class NoSuchShop(terminal.Stop):
    """Nothing is known of a merchant of this name; as a rule it is misspelled."""


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


def shop(service: Service, merchant: str) -> Tenant:
    """The merchant of this name. One is there who has branding, has dropped something, or has a member."""
    try:
        tenant = Tenant(merchant)
    except Invalid as wrong:
        raise terminal.Stop(str(wrong)) from None
    if not (_has_branding(service, tenant) or _has_documents(service, tenant) or _has_members(service, tenant)):
        raise NoSuchShop(f"There is no merchant {tenant}: nobody of this name is a member or has dropped anything.")
    return tenant


def _has_branding(service: Service, tenant: Tenant) -> bool:
    return Shopfronts(service.output("MembersTable"), service.client("dynamodb")).of(tenant) is not None


def _has_documents(service: Service, tenant: Tenant) -> bool:
    found = service.client("s3").list_objects_v2(
        Bucket=service.output("DocumentsBucket"), Prefix=f"documents/{tenant}/", MaxKeys=1
    )
    return bool(found.get("KeyCount"))


def _has_members(service: Service, tenant: Tenant) -> bool:
    """Row by row, which is slow where there are many: it tells somebody who has done nothing yet from nobody."""
    pages = (
        service.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=service.output("MembersTable"),
            FilterExpression="merchant_id = :merchant",
            ExpressionAttributeValues={":merchant": {"S": tenant.merchant_id}},
            ProjectionExpression="subject",
        )
    )
    return any(page["Items"] for page in pages)


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

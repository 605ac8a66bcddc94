"""This file changes when the list of edits to the assembly changes. The README documents each of them.

AWS gets the assembly as it is. The laptop differs in five ways: it speaks plain HTTP, its database and cache speak
plain TCP, its APIs have no host names of their own, its payment gateways are doubles, and its DynamoDB forgets the
time-to-live that CloudFormation gives a table.
"""

import json
import re
from functools import partial
from typing import Any

from ministack.services import dynamodb

from local.ministack.handlers import Attributes, Handlers, Properties, after, before
from local.ministack.launch import Server

POLICIES = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
WITHOUT_TLS = ("DATABASE_TLS", "CACHE_TLS")
_API = re.compile(r"(?:https|wss)://([a-z0-9]+)\.execute-api\.[a-z0-9.-]+")


class RefusedTimeToLive(ValueError):
    """MiniStack did not accept a table's time-to-live."""


def install(handlers: Handlers, *, endpoint: str, gateways: Server | None) -> None:
    for policy in POLICIES:
        before(handlers, policy, allow_plain_http)
    before(handlers, "AWS::Lambda::Function", allow_plain_tcp)
    before(handlers, "AWS::Lambda::Function", partial(apis_here, endpoint=endpoint))
    if gateways is not None:
        before(handlers, "AWS::Lambda::Function", partial(gateways_here, gateways=gateways))
    for table in TABLES:
        after(handlers, table, keep_time_to_live)


def allow_plain_http(properties: Properties) -> Properties:
    """Leave out the statements that deny what does not come over TLS, and no others."""
    policy = properties.get("PolicyDocument")
    if not isinstance(policy, dict):
        return properties
    statements: list[dict[str, Any]] = policy.get("Statement", [])
    kept = [one for one in statements if "aws:SecureTransport" not in json.dumps(one.get("Condition", {}))]
    return {**properties, "PolicyDocument": {**policy, "Statement": kept}}


def allow_plain_tcp(properties: Properties) -> Properties:
    """Tell a function that the real servers behind the records speak no TLS."""
    variables: dict[str, str] = properties.get("Environment", {}).get("Variables", {})
    plain = {name: "disable" for name in WITHOUT_TLS if name in variables}
    if not plain:
        return properties
    return {**properties, "Environment": {**properties["Environment"], "Variables": {**variables, **plain}}}


def apis_here(properties: Properties, *, endpoint: str) -> Properties:
    """Tell a function where on this machine an API is that it speaks to, or sends shoppers to."""
    variables: dict[str, str] = properties.get("Environment", {}).get("Variables", {})
    moved = {name: here(value, endpoint) for name, value in variables.items() if _API.match(str(value))}
    if not moved:
        return properties
    return {**properties, "Environment": {**properties["Environment"], "Variables": {**variables, **moved}}}


def gateways_here(properties: Properties, *, gateways: Server) -> Properties:
    """Tell a function that has merchants' payment keys where the doubles are that know them."""
    variables: dict[str, str] = properties.get("Environment", {}).get("Variables", {})
    if "GATEWAY_SECRETS" not in variables:
        return properties
    told = dict.fromkeys(("STRIPE_ADDRESS", "ADYEN_ADDRESS"), f"http://{gateways.host}:{gateways.port}")
    return {**properties, "Environment": {**properties["Environment"], "Variables": {**variables, **told}}}


def here(address: str, endpoint: str) -> str:
    """The address of an API of AWS, as the laptop answers to it."""
    plain = endpoint.replace("http:", "ws:", 1) if address.startswith("wss:") else endpoint
    return _API.sub(lambda match: f"{plain}/_aws/execute-api/{match[1]}", address, count=1)


def keep_time_to_live(table: str, properties: Properties) -> Attributes:
    wanted = properties.get("TimeToLiveSpecification")
    if not wanted:
        dynamodb._ttl_settings.pop(table, None)
        return {}
    enabled = str(wanted.get("Enabled", False)).lower() == "true"
    status, _, body = dynamodb._update_ttl(
        {
            "TableName": table,
            "TimeToLiveSpecification": {"AttributeName": wanted.get("AttributeName", ""), "Enabled": enabled},
        }
    )
    if status >= 400:
        raise RefusedTimeToLive(f"{table}: {body!r}")
    return {}

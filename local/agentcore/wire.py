"""InvokeAgentRuntime as it goes over the wire: this changes when that call does.

A request is held against botocore's own description of it, and against what AWS refuses beyond that: so that what
passes here is a request that AWS would take.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

# In our words → status, and the name as AWS's errors have it.
FAULTS: Mapping[str, tuple[int, str]] = {
    "throttling": (429, "ThrottlingException"),
    "internal": (500, "InternalServerException"),
    "unavailable": (503, "ServiceUnavailableException"),
    "quota": (402, "ServiceQuotaExceededException"),
    "denied": (403, "AccessDeniedException"),
    "validation": (400, "ValidationException"),
    "missing": (404, "ResourceNotFoundException"),
    "client": (424, "RuntimeClientError"),  # the program answered with something other than 2xx
}
ARN = re.compile(r"arn:aws:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:runtime/[a-zA-Z][a-zA-Z0-9_]{0,99}-[a-zA-Z0-9]{10}")
_PATH = re.compile(r"/runtimes/(?P<arn>[^/]+)/invocations")
SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"


class Refused(Exception):
    """AWS would not take this request: the fault, and why."""

    def __init__(self, fault: str, why: str) -> None:
        super().__init__(why)
        self.fault = fault


@cache
def _request() -> Any:
    described = Loader().load_service_model("bedrock-agentcore", "service-2")
    return ServiceModel(described, "bedrock-agentcore").operation_model("InvokeAgentRuntime").input_shape


def runtime_of(path: str) -> str | None:
    """The runtime that a path names."""
    found = _PATH.fullmatch(urlsplit(path).path)
    return unquote(found["arn"]) if found else None


def check(path: str, headers: Mapping[str, str], payload: bytes, known: str) -> str:
    """The session's id; Refused unless AWS would take the request."""
    arn = runtime_of(path) or ""
    shape = _request()
    asked: dict[str, Any] = {"agentRuntimeArn": arn, "payload": payload}
    for name, member in shape.members.items():
        location, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "header" and wire in headers:
            asked[name] = headers[wire]
        elif location == "querystring" and (given := parse_qs(urlsplit(path).query).get(wire)):
            asked[name] = given[0]
    report = ParamValidator().validate(asked, shape)
    if report.has_errors():
        raise Refused("validation", report.generate_report())
    if not headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 "):
        raise Refused("denied", "The request is not signed.")
    if "/bedrock-agentcore/aws4_request" not in headers["Authorization"]:
        raise Refused("denied", "The request is signed for another service.")
    if not ARN.fullmatch(arn):
        raise Refused("validation", "agentRuntimeArn is no ARN of a runtime.")
    if arn != known:
        raise Refused("missing", "There is no such runtime.")
    session = str(asked.get("runtimeSessionId", ""))
    if len(session) < 33:
        raise Refused("validation", "runtimeSessionId has 33 characters at least.")
    return session

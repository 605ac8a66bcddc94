"""What API Gateway hands to a function, and what it takes from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from shopwright.runtime.http import Handler
from shopwright.tenancy.member import Member

ISSUED_AT = 1_790_000_000
REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


class Context(LambdaContext):
    """A call with ten seconds to go."""

    def __init__(self, *, remaining_ms: int = 10_000) -> None:
        self._function_name = "shopwright-test"
        self._function_version = "1"
        self._memory_limit_in_mb = 512
        self._invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:shopwright-test"
        self._aws_request_id = "8d1c3a52-0000-4000-8000-000000000001"
        self._log_group_name = "/aws/lambda/shopwright-test"
        self._log_stream_name = "1"
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # declared static, which the real one is not
        return self._remaining_ms


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets."""

    status: int
    body: Any
    headers: Mapping[str, str]


def member(
    merchant_id: str = "outdoor",
    role: str = "shopper",
    subject: str = "user#ann",
    scopes: tuple[str, ...] = ("shop/chat",),
    **more: Any,
) -> Member:
    """A row of the members table, in good standing unless told otherwise."""
    return Member(subject=subject, merchant_id=merchant_id, role=role, scopes=frozenset(scopes), **more)


def claims(row: Member, **changed: Any) -> dict[str, Any]:
    """The claims that the authorizer passes on for a token of this member. A claim set to None is left out."""
    kind, name = row.subject.split("#", 1)
    given: dict[str, Any] = {
        "sub": "5b0c1f0e-1111-4222-8333-444455556666",
        "token_use": "access",
        "client_id": name if kind == "client" else "2k9client",
        "username": name if kind == "user" else None,
        "scope": " ".join(sorted(row.scopes)),
        "iat": str(ISSUED_AT),
        "exp": str(ISSUED_AT + 3600),
        "merchant_id": row.merchant_id,
        "role": row.role,
        **changed,
    }
    return {name: value for name, value in given.items() if value is not None}


def request(
    method: str,
    path: str,
    *,
    token: Mapping[str, Any] | None = None,
    body: object = None,
    raw: str | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    path_parameters: Mapping[str, str] | None = None,
    source_ip: str = "203.0.113.7",
) -> dict[str, Any]:
    """The event of one request."""
    sent = {"content-type": "application/json", **(headers or {})}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": dict(path_parameters) if path_parameters else None,
        "requestContext": {
            "requestId": REQUEST_ID,
            "stage": "live",
            "httpMethod": method,
            "path": f"/live{path}",
            "identity": {"sourceIp": source_ip},
            "authorizer": {"claims": dict(token)} if token is not None else None,
        },
        "body": raw if raw is not None else (None if body is None else json.dumps(body)),
        "isBase64Encoded": False,
    }


def send(handler: Handler, event: dict[str, Any], context: LambdaContext | None = None) -> Answer:
    """One call of a function, as the gateway would make it."""
    answer = handler(event, context or Context())
    text = answer.get("body")
    headers = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
    is_json = "json" in headers.get("content-type", "json")
    return Answer(answer["statusCode"], json.loads(text) if text and is_json else text or None, headers)

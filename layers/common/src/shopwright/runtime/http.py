"""How a capability meets API Gateway: who is let in, which failure is which status, and what every answer carries.

A request passes, in this order: its route's row in `access.toml` (none: 404), the claims, the caller's members row, the
scope and role, the tenant that path, query and body name, the shape of the body, and only then the route's own model.
So somebody who may not come in never learns what a valid request looks like.
"""

import base64
import binascii
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
    OpenAPIResponseValidationMiddleware,
)
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestUnsupportedContentType, RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from shopwright.database.paging import NotACursor
from shopwright.errors import (
    Conflict,
    Declined,
    Denied,
    Exhausted,
    Invalid,
    NotFound,
    ShopwrightError,
    Unavailable,
)
from shopwright.observability import audit, metrics
from shopwright.observability.sqs import Audit
from shopwright.resilience.deadline import Deadline
from shopwright.runtime import access, deadlines, strict
from shopwright.runtime.journal import logger
from shopwright.runtime.strict import MalformedBody
from shopwright.tenancy import standing
from shopwright.tenancy.bulkhead import Bulkhead
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.member import Roll
from shopwright.tenancy.standing import NotSignedIn
from shopwright.tenancy.tenant import Tenant

LARGEST_BODY_BYTES = 64 * 1024


class BodyTooLarge(Invalid):
    """The body is larger than any of our requests can be."""


class NotJson(Invalid):
    """The body says that it is something other than JSON."""


class TenantMismatch(Denied):
    """The request names a merchant that is not the token's."""


# The kinds, and the few concrete errors that HTTP has a finer word for. The first that fits decides.
_STATUS: tuple[tuple[type[ShopwrightError], int], ...] = (
    (NotSignedIn, 401),
    (MalformedBody, 400),
    (NotACursor, 400),
    (BodyTooLarge, 413),
    (NotJson, 415),
    (Invalid, 422),
    (Denied, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Declined, 402),
    (Exhausted, 429),
    (Unavailable, 503),
)
_EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
_BROKEN = ("Unexpected", "Something broke on our side. The request id finds it in our log.")
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


class Handler:
    """What Lambda calls. `api` holds the routes, for whoever describes them."""

    def __init__(
        self,
        api: APIGatewayRestResolver,
        trail: Callable[[], Audit] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.api = api
        self.admitted: tuple[Caller, str] | None = None  # who, and at which route, in the request at hand
        self._trail = trail
        self._now = now

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        began = time.perf_counter()
        request_id = _request_id(event, context)
        log = logger()
        log.set_correlation_id(request_id)
        log.append_keys(request_id=request_id)
        self.admitted = None
        try:
            try:
                answer = self.api.resolve(event, context)
            except Exception as failure:  # no route was found to fail in: this is not one of the gateway's events
                log.exception("event broke", extra={"error": type(failure).__name__})
                answer = {"statusCode": 500, "isBase64Encoded": False, "body": _body_of(*_BROKEN, request_id)}
                answer["multiValueHeaders"] = {"content-type": [content_types.APPLICATION_JSON]}
            milliseconds = (time.perf_counter() - began) * 1000
            status = int(answer["statusCode"])
            answer.setdefault("multiValueHeaders", {}).update(
                {name: [value] for name, value in {**_EVERYWHERE, "x-request-id": request_id}.items()}
            )
            self._record(event, answer, request_id)
            metrics.count("Requests")
            metrics.count("ServerErrors", int(status >= 500))
            metrics.count("ClientErrors", int(400 <= status < 500))
            metrics.took("Latency", milliseconds)
            log.info("request answered", extra={"status": status, "duration_ms": round(milliseconds, 1)})
            return answer
        finally:
            metrics.metrics().flush_metrics()
            log.set_correlation_id(None)
            log.remove_keys(["request_id", "merchant_id", "route"])

    def _record(self, event: Mapping[str, Any], answer: Mapping[str, Any], request_id: str) -> None:
        """Hand in the audit trail's record. An answer is not lost because the trail cannot be reached: then the record
        is in the log, from where an operator can hand it in."""
        if self._trail is None or self.admitted is None:
            return
        caller, route = self.admitted
        record = audit.Record(
            id=audit.new_id(),
            merchant_id=caller.tenant.merchant_id,
            at=audit.timestamp(self._now()),
            request_id=request_id,
            subject=caller.subject,
            role=caller.role.value,
            route=route,
            status=int(answer["statusCode"]),
            request_payload_hash=audit.digest(str(event.get("body") or "").encode("utf-8", "surrogatepass")),
            response_reference=f"sha256:{audit.digest(str(answer.get('body') or '').encode('utf-8', 'surrogatepass'))}",
        )
        try:
            self._trail().hand_in(record)
        except audit.AuditUnavailable as failure:
            metrics.count_together("AuditNotHandedIn")
            logger().error("audit record not handed in", extra={"record": asdict(record)}, exc_info=failure)


def api() -> APIGatewayRestResolver:
    """A resolver whose every failure is one of ours. Routes are added to it, and then it goes into `handler`."""
    resolver = APIGatewayRestResolver(
        # Tokens travel in a header and no cookie is ever set, so an origin adds nothing to what a token allows.
        cors=CORSConfig(allow_origin="*", expose_headers=["x-request-id", "retry-after"], max_age=600),
        debug=False,
        json_body_deserializer=lambda text: strict.read(text)[0],
    )

    def ours(failure: ShopwrightError) -> Response[Any]:
        status = next((status for kind, status in _STATUS if isinstance(failure, kind)), 500)
        if status >= 500:
            logger().warning("request failed", extra={"error": type(failure).__name__}, exc_info=failure)
        if status == 500:
            return _broken(resolver)
        wait = failure.retry_after_s if isinstance(failure, Exhausted | Unavailable) else None
        return _error(resolver, status, type(failure).__name__, str(failure), retry_after_s=wait)

    def invalid(failure: RequestValidationError) -> Response[Any]:
        told = [(strict.field(error["loc"][1:]), error) for error in failure.errors()]
        return _error(resolver, 422, "Invalid", strict.complaint(told), field=told[0][0])

    def not_json(_: RequestUnsupportedContentType) -> Response[Any]:
        return _error(resolver, 415, "NotJson", "Send the body as application/json.")

    def nowhere(_: NotFoundError) -> Response[Any]:
        return _error(resolver, 404, "NotFound", "There is nothing at this address.")

    def unexpected(failure: Exception) -> Response[Any]:
        logger().error("request broke", extra={"error": type(failure).__name__}, exc_info=failure)
        return _broken(resolver)

    for kind, answer in (
        (ShopwrightError, ours),
        (RequestValidationError, invalid),
        (RequestUnsupportedContentType, not_json),
        (NotFoundError, nowhere),
        (Exception, unexpected),
    ):
        resolver.exception_handler(kind)(answer)
    return resolver


def handler(
    api: APIGatewayRestResolver,
    *,
    admit: Callable[[], Roll] | None,
    trail: Callable[[], Audit] | None,
    bulkhead: Callable[[], Bulkhead] | None = None,
    now: Callable[[], float] = time.time,
) -> Handler:
    """The Lambda handler of these routes. `admit` is where members are looked up, `trail` where a record of each
    verified caller's request is handed in; only a function whose routes are all public has neither. With a `bulkhead`
    no more of a merchant's requests run at once than its compartment holds."""

    made = Handler(api, trail, now)

    def admission(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
        event = app.current_event.raw_event
        method = app.current_event.http_method.upper()
        if method == "OPTIONS":
            return next_middleware(app)
        route = f"{method} {app.request.route}"
        asks = access.table().get(route)
        if asks is None:
            raise NotFound("There is nothing at this address.")
        logger().append_keys(route=route)
        app.context["deadline"] = deadlines.start("http", route, app.lambda_context)
        if not asks.public:
            if admit is None:
                raise LookupError(f"{route} is not public, and its function has nobody to ask about members.")
            token = standing.claims(_claims(event))
            logger().append_keys(merchant_id=token.tenant.merchant_id)
            caller = standing.check(token, admit().row(token.subject), now=now())
            made.admitted = (caller, route)
            access.permit(asks, caller)
            app.context["caller"], app.context["claims"] = caller, token
            _same_tenant(caller.tenant, _named_outside(event, app.request.path_parameters))
        named_inside = _body(event)
        if asks.public:
            return next_middleware(app)
        _same_tenant(caller.tenant, named_inside)
        if bulkhead is None:
            return next_middleware(app)
        with bulkhead().admit(caller.tenant, within_s=deadline(app).left_s()):
            return next_middleware(app)

    api.use(
        [
            admission,
            OpenAPIRequestValidationMiddleware(),  # type: ignore[no-untyped-call]  # theirs is unannotated
            OpenAPIResponseValidationMiddleware(has_response_validation_error=True),
        ]
    )
    return made


def caller(api: APIGatewayRestResolver) -> Caller:
    """Who is asking, inside a route that is not public."""
    admitted = api.context["caller"]
    if not isinstance(admitted, Caller):
        raise TypeError("Admission put something other than a caller into the context.")
    return admitted


def claims(api: APIGatewayRestResolver) -> standing.Claims:
    """What the caller's token says, inside a route that is not public."""
    verified = api.context["claims"]
    if not isinstance(verified, standing.Claims):
        raise TypeError("Admission put something other than a token's claims into the context.")
    return verified


def deadline(api: APIGatewayRestResolver) -> Deadline:
    """When this request's time is up, inside a route."""
    running = api.context["deadline"]
    if not isinstance(running, Deadline):
        raise TypeError("Admission put something other than a deadline into the context.")
    return running


def request_id(api: APIGatewayRestResolver) -> str:
    """API Gateway's id of this request; every log line and answer carries it."""
    return _request_id(api.current_event.raw_event, api.lambda_context)


def no_content() -> Response[Any]:
    """204: it is done, and there is nothing to say."""
    return Response(status_code=204, body="")


def json_response(status: int, body: BaseModel, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """An answer whose status or headers are not the route's usual ones."""
    return Response(
        status_code=status,
        content_type=content_types.APPLICATION_JSON,
        headers=dict(headers or {}),
        body=body.model_dump_json(),
    )


def _request_id(event: Mapping[str, Any], context: LambdaContext) -> str:
    given = (event.get("requestContext") or {}).get("requestId")
    return given if isinstance(given, str) and _REQUEST_ID.fullmatch(given) else context.aws_request_id


def _claims(event: Mapping[str, Any]) -> Mapping[str, object]:
    authorizer = (event.get("requestContext") or {}).get("authorizer")
    found = authorizer.get("claims") if isinstance(authorizer, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _named_outside(event: Mapping[str, Any], path: Mapping[str, Any]) -> list[tuple[str, object]]:
    named: list[tuple[str, object]] = [("path", path["merchant_id"])] if "merchant_id" in path else []
    for where, source in (
        ("path", "pathParameters"),
        ("query", "queryStringParameters"),
        ("query", "multiValueQueryStringParameters"),
    ):
        value = (event.get(source) or {}).get("merchant_id")
        if value is not None:
            named += [(where, one) for one in (value if isinstance(value, list) else [value])]
    return named


def _same_tenant(tenant: Tenant, named: Iterable[tuple[str, object]]) -> None:
    for where, value in named:
        if value != tenant.merchant_id:
            metrics.count("TenantMismatch")
            logger().warning(
                "another merchant was named", extra={"event": "tenant_mismatch", "where": where, "named": _shown(value)}
            )
            raise TenantMismatch("This token is not for the merchant that the request names.")


def _shown(value: object) -> str:
    """A merchant id as it is; anything else is somebody's text, and has no place in a log."""
    try:
        return Tenant(value).merchant_id if isinstance(value, str) else f"a {type(value).__name__}"
    except Invalid:
        return "not a merchant id"


def _body(event: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Refuse a body that no route could take, and say which merchants it names, at any depth."""
    body = event.get("body")
    if not body:
        return []
    if not isinstance(body, str):
        raise MalformedBody("The body must be JSON.")
    if len(body) > 2 * LARGEST_BODY_BYTES:  # base64 and escapes included; spares decoding what is refused anyway
        raise _too_large()
    headers = event.get("headers") or {}
    for name in [name for name in headers if name.lower() == "content-type"]:
        headers[name] = str(headers[name]).lower()  # a media type is the same in capitals; what reads it next forgets
        if headers[name].split(";")[0].strip() != "application/json":
            raise NotJson("Send the body as application/json.")
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise MalformedBody("The body must be JSON in UTF-8.") from None
    if len(body.encode("utf-8", "surrogatepass")) > LARGEST_BODY_BYTES:
        raise _too_large()
    return [("body", value) for value in strict.read(body)[1]]


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"The body may have {LARGEST_BODY_BYTES} bytes at most.")


def _broken(api: APIGatewayRestResolver) -> Response[Any]:
    return _error(api, 500, *_BROKEN)


def _error(
    api: APIGatewayRestResolver,
    status: int,
    error: str,
    message: str,
    *,
    field: str | None = None,
    retry_after_s: int | None = None,
) -> Response[Any]:
    return Response(
        status_code=status,
        content_type=content_types.APPLICATION_JSON,
        headers={"retry-after": str(retry_after_s)} if retry_after_s is not None else {},
        body=_body_of(error, message, request_id(api), field),
    )


def _body_of(error: str, message: str, request_id: str, field: str | None = None) -> str:
    body = {"error": error, "message": message, "request_id": request_id}
    return json.dumps(body if field is None else {**body, "field": field})

"""The door: who comes in, what a failure looks like from outside, and what it leaves in the log."""

import base64
import json
import time
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field
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
from shopwright.runtime import http

from tests.fakes import gateway
from tests.fakes.gateway import Answer, Context
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit

ANN = gateway.member()
MARY = gateway.member(subject="user#mary", role="merchant", scopes=("shop/chat", "shop/documents"))


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    message: Annotated[str, Field(max_length=20)]
    loud: bool = False


class Heard(BaseModel):
    merchant_id: str
    message: str


class Quiet(Exhausted):
    """Asks for a pause of its own length."""

    retry_after_s = 17


class Shop:
    """A shop with one chat route, whose next failure can be chosen, and one public route."""

    def __init__(self, *, failure: Exception | None = None, members: FakeMembers | None = None) -> None:
        self.members = members or FakeMembers(ANN, MARY)
        self.trail = FakeAudit()
        self.heard: list[str] = []
        self.budget: list[float] = []
        api = http.api()

        @api.post("/v1/chat")
        def chat(said: Said) -> Heard:
            if failure is not None:
                raise failure
            self.heard.append(said.message)
            self.budget.append(http.deadline(api).left_s())
            return Heard(merchant_id=http.caller(api).tenant.merchant_id, message=said.message)

        @api.get("/v1/documents")
        def documents() -> dict[str, str]:
            return {"merchant_id": http.caller(api).tenant.merchant_id}

        @api.get("/v1/documents/<document_id>")
        def wrong(document_id: str) -> Heard:
            return {"surprise": document_id}  # type: ignore[return-value]  # a mistake of ours, on purpose

        @api.get("/v1/health")
        def health() -> dict[str, str]:
            return {"status": "ok"}

        @api.get("/v1/unlisted")
        def unlisted() -> dict[str, str]:
            return {"secret": "of a route that nobody gave a row"}

        self.handler = http.handler(
            api, admit=lambda: self.members, trail=lambda: self.trail, now=lambda: gateway.ISSUED_AT + 60
        )

    def ask(self, body: object = None, context: Context | None = None, **more: Any) -> Answer:
        more.setdefault("token", gateway.claims(ANN))
        sent = {"message": "Is it in stock?"} if body is None and "raw" not in more else body
        return gateway.send(self.handler, gateway.request("POST", "/v1/chat", body=sent, **more), context)

    def get(self, path: str, **more: Any) -> Answer:
        return gateway.send(self.handler, gateway.request("GET", path, **more))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_shopper_in_good_standing_is_served() -> None:
    answer = Shop().ask()

    assert answer.status == 200
    assert answer.body == {"merchant_id": "outdoor", "message": "Is it in stock?"}


@pytest.mark.parametrize(
    "token",
    [
        None,
        {},
        gateway.claims(ANN, token_use="id"),
        gateway.claims(ANN, merchant_id=""),
        gateway.claims(ANN, merchant_id=["outdoor"]),
        gateway.claims(ANN, merchant_id="Outdoor"),
        gateway.claims(ANN, merchant_id="kitchen"),
        gateway.claims(ANN, role="operator"),
        gateway.claims(gateway.member(subject="user#nobody")),
    ],
)
def test_a_token_that_does_not_stand_is_told_to_sign_in_and_nothing_more(token: dict[str, Any] | None) -> None:
    shop = Shop()

    answer = shop.ask(token=token)

    assert (answer.status, answer.body["error"]) == (401, "NotSignedIn")
    assert answer.body["message"] == "Sign in again: this token does not stand."
    assert shop.heard == []


def test_who_may_not_come_in_does_not_learn_what_a_request_looks_like() -> None:
    bodies: tuple[object, ...] = ({"nonsense": 1}, {"message": "x" * 100}, [], "text")
    for body in bodies:
        assert Shop().ask(body, token=None).status == 401
    assert Shop().ask(raw="{", token=None).status == 401


def test_the_row_is_read_anew_for_each_request() -> None:
    shop = Shop()
    assert shop.ask().status == 200

    shop.members.sign_out("user#ann", at=gateway.ISSUED_AT)

    assert shop.ask().status == 401


@pytest.mark.parametrize("scope", ["shop/documents", "openid", "aws.cognito.signin.user.admin", "shop/chat2"])
def test_a_token_without_the_routes_scope_is_denied(scope: str) -> None:
    answer = Shop().ask(token=gateway.claims(ANN, scope=scope))

    assert (answer.status, answer.body["error"]) == (403, "Denied")
    assert "shop/chat" in answer.body["message"]


def test_a_role_without_the_route_is_denied_although_its_token_has_the_scope() -> None:
    greedy = gateway.member(scopes=("shop/chat", "shop/documents"))
    shop = Shop(members=FakeMembers(greedy))

    answer = shop.get("/v1/documents", token=gateway.claims(greedy))

    assert (answer.status, answer.body["error"]) == (403, "Denied")
    assert Shop().get("/v1/documents", token=gateway.claims(MARY)).status == 200


def test_a_route_without_a_row_answers_nobody() -> None:
    for token in (None, gateway.claims(MARY)):
        answer = Shop().get("/v1/unlisted", token=token)
        assert (answer.status, answer.body["error"]) == (404, "NotFound")


def test_an_unknown_address_is_not_found() -> None:
    assert Shop().get("/v1/nowhere", token=gateway.claims(ANN)).status == 404
    assert gateway.send(Shop().handler, gateway.request("PATCH", "/v1/chat")).status == 404


def test_a_public_route_asks_for_nobody() -> None:
    shop = Shop()
    shop.members.down = True

    assert shop.get("/v1/health").body == {"status": "ok"}
    assert shop.members.asked == []


def test_nobody_is_let_in_while_membership_cannot_be_checked() -> None:
    shop = Shop()
    shop.members.down = True

    answer = shop.ask()

    assert (answer.status, answer.body["error"]) == (503, "MembersUnavailable")
    assert answer.headers["retry-after"] == "2"
    shop.members.down = False
    assert shop.ask().status == 200


@pytest.mark.parametrize(
    "named",
    [
        {"query": {"merchant_id": "kitchen"}},
        {"path_parameters": {"merchant_id": "kitchen"}},
        {"body": {"message": "Hi", "merchant_id": "kitchen"}},
        {"body": {"message": "Hi", "deep": [{"merchant_id": "kitchen"}]}},
        {"body": {"message": "Hi", "merchant_id": ["outdoor"]}},
        {"body": {"message": "Hi", "merchant_id": "card 4111 1111 1111 1111"}},
    ],
)
def test_naming_another_merchant_is_refused_and_recorded(
    named: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Shop()
    shop.ask()
    capsys.readouterr()

    answer = shop.ask(**named)

    assert (answer.status, answer.body["error"]) == (403, "TenantMismatch")
    assert len(shop.heard) == 1
    written = lines(capsys)
    [event] = [line for line in written if line.get("event") == "tenant_mismatch"]
    assert (event["merchant_id"], event["request_id"]) == ("outdoor", gateway.REQUEST_ID)
    assert event["where"] in named or event["where"] == "path"
    assert "4111" not in json.dumps(written)
    assert [line["TenantMismatch"] for line in written if "TenantMismatch" in line] == [[1.0]]


def test_naming_ones_own_merchant_outside_the_body_is_fine_and_inside_it_is_an_unknown_field() -> None:
    assert Shop().ask(query={"merchant_id": "outdoor"}, path_parameters={"merchant_id": "outdoor"}).status == 200
    inside = Shop().ask({"message": "Hi", "merchant_id": "outdoor"})
    assert (inside.status, inside.body["field"]) == (422, "merchant_id")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message": "x" * 21}, "message"),
        ({"message": 7}, "message"),
        ({"message": None}, "message"),
        ({}, "message"),
        ({"message": "Hi", "colour": "red"}, "colour"),
        ({"message": "Hi", "loud": "yes"}, "loud"),
        ([], "body"),
        ("Hi", "body"),
        (7, "body"),
    ],
)
def test_a_wrong_field_is_named(body: object, field: str) -> None:
    answer = Shop().ask(body)

    assert (answer.status, answer.body["error"], answer.body["field"]) == (422, "Invalid", field)
    assert answer.body["message"]


def test_every_wrong_field_is_named_in_the_message() -> None:
    message = Shop().ask({"message": 7, "colour": "red"}).body["message"]

    assert "message:" in message
    assert "colour:" in message


def test_a_missing_body_is_named() -> None:
    assert Shop().ask(raw="").status == 422


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        '{"message": "Hi"',
        "{'message': 'Hi'}",
        '{"message": NaN}',
        '{"message": "Hi", "message": "Ho"}',
        '{"merchant_id": "kitchen", "merchant_id": "outdoor", "message": "Hi"}',
        "[" * 60_000,
        '{"message": ' + "9" * 5000 + "}",
        "message=Hi",
        "\ufeff{}",
    ],
)
def test_what_is_not_json_is_malformed(raw: str) -> None:
    answer = Shop().ask(raw=raw)

    assert (answer.status, answer.body["error"]) == (400, "MalformedBody")


def test_a_body_in_base64_is_read_and_a_broken_one_is_malformed() -> None:
    event = gateway.request("POST", "/v1/chat", token=gateway.claims(ANN))
    good = {**event, "body": base64.b64encode(b'{"message": "Hi"}').decode(), "isBase64Encoded": True}
    assert gateway.send(Shop().handler, good).status == 200
    for body in ("%%%", base64.b64encode(b"\xff\xfe").decode()):
        assert gateway.send(Shop().handler, {**good, "body": body}).status == 400


def test_a_media_type_may_be_written_in_capitals() -> None:
    assert Shop().ask(headers={"Content-Type": "APPLICATION/JSON; Charset=UTF-8"}).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_content_type_is_refused(kind: str) -> None:
    answer = Shop().ask(headers={"content-type": kind})

    assert (answer.status, answer.body["error"]) == (415, "NotJson")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/json;charset=UTF-8"])
def test_json_by_any_spelling_is_fine(kind: str) -> None:
    assert Shop().ask(headers={"content-type": kind}).status == 200


def test_a_body_beyond_all_measure_is_refused_before_it_is_read() -> None:
    for size in (http.LARGEST_BODY_BYTES, 3 * http.LARGEST_BODY_BYTES):
        answer = Shop().ask({"message": "x" * size})
        assert (answer.status, answer.body["error"]) == (413, "BodyTooLarge")


def test_a_lone_surrogate_breaks_nothing() -> None:
    assert Shop().ask(raw='{"message": "\\ud800"}').status == 422
    assert Shop().ask(raw='{"\\ud800": 1, "message": "Hi"}').status == 422


@pytest.mark.parametrize(
    ("failure", "status", "wait"),
    [
        (Invalid("Say it differently."), 422, None),
        (Denied("Not yours."), 403, None),
        (NotFound("Nothing here."), 404, None),
        (Conflict("Read it again."), 409, None),
        (Declined("Another card?"), 402, None),
        (Exhausted("Slow down."), 429, "1"),
        (Quiet("Slow down."), 429, "17"),
        (Unavailable("Not now."), 503, "2"),
    ],
)
def test_each_kind_of_failure_has_its_status(failure: ShopwrightError, status: int, wait: str | None) -> None:
    answer = Shop(failure=failure).ask()

    assert answer.status == status
    assert answer.body == {
        "error": type(failure).__name__,
        "message": str(failure),
        "request_id": gateway.REQUEST_ID,
    }
    assert answer.headers.get("retry-after") == wait


def test_a_bug_shows_nothing_of_our_insides(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Shop(failure=ValueError("the password of ann@example.com is hunter2")).ask()

    assert answer.status == 500
    assert answer.body["error"] == "Unexpected"
    for inside in ("hunter2", "ann@", "ValueError", "Traceback", "File ", ".py"):
        assert inside not in json.dumps(answer.body)
    written = lines(capsys)
    [broke] = [line for line in written if line.get("message") == "request broke"]
    assert broke["exception_name"] == "ValueError"
    assert "test_http.py" in json.dumps(broke["stack_trace"])
    assert "hunter2" not in json.dumps(written)
    assert "ann@" not in json.dumps(written)


def test_a_kind_that_has_no_status_is_a_bug() -> None:
    assert Shop(failure=ShopwrightError("?")).ask().body["error"] == "Unexpected"


def test_an_answer_of_the_wrong_shape_is_our_mistake_and_not_the_callers() -> None:
    answer = Shop().get("/v1/documents/d-1", token=gateway.claims(MARY))

    assert (answer.status, answer.body["error"]) == (500, "Unexpected")


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda shop: shop.ask(), 200),
        (lambda shop: shop.ask(token=None), 401),
        (lambda shop: shop.ask(query={"merchant_id": "kitchen"}), 403),
        (lambda shop: shop.get("/v1/nowhere"), 404),
        (lambda shop: shop.ask({}), 422),
        (lambda shop: shop.ask(raw="{"), 400),
    ],
)
def test_every_answer_carries_its_id_and_may_not_be_kept_or_guessed_at(
    ask: Callable[[Shop], Answer], status: int
) -> None:
    answer = ask(Shop())

    assert answer.status == status
    assert answer.headers["x-request-id"] == gateway.REQUEST_ID
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    if status != 200:
        assert answer.body["request_id"] == gateway.REQUEST_ID
        assert set(answer.body) <= {"error", "message", "request_id", "field"}


def test_a_browser_on_another_page_may_read_answers_and_refusals() -> None:
    page = {"origin": "https://outdoor.example"}
    for answer in (Shop().ask(headers=page), Shop().ask(headers=page, token=None)):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "x-request-id" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers
    preflight = gateway.send(Shop().handler, gateway.request("OPTIONS", "/v1/chat", headers=page))
    assert preflight.status == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "Authorization" in preflight.headers["access-control-allow-headers"]


def test_every_call_is_counted_once_and_logged_with_its_names(capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop()
    shop.ask()
    capsys.readouterr()
    for _ in range(2):
        shop.ask()

    written = lines(capsys)
    answered = [line for line in written if line.get("message") == "request answered"]
    assert [(line["status"], line["merchant_id"], line["request_id"], line["correlation_id"]) for line in answered] == [
        (200, "outdoor", gateway.REQUEST_ID, gateway.REQUEST_ID)
    ] * 2
    assert [line["Requests"] for line in written if "Requests" in line] == [[1.0], [1.0]]
    assert [line["route"] for line in answered] == ["POST /v1/chat"] * 2


def test_one_callers_names_do_not_stay_for_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop()
    shop.ask()
    capsys.readouterr()

    shop.get("/v1/health")

    [answered] = [line for line in lines(capsys) if line.get("message") == "request answered"]
    assert "merchant_id" not in answered


def test_what_was_said_is_never_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    Shop().ask({"message": "zanzibarine"})
    Shop().ask({"message": "zanzibarine", "zanzibar": 1})

    assert "zanzibar" not in capsys.readouterr().out


def test_a_forged_request_id_is_not_taken_over() -> None:
    event = gateway.request("GET", "/v1/health")
    event["requestContext"]["requestId"] = "x\r\nset-cookie: a=b"

    answer = gateway.send(Shop().handler, event)

    assert answer.headers["x-request-id"] == Context().aws_request_id


def test_a_route_has_its_deadline_and_never_more_than_the_platform_leaves() -> None:
    shop = Shop()
    shop.ask()
    shop.ask(context=Context(remaining_ms=1250))

    assert 5 < shop.budget[0] <= 8
    assert shop.budget[1] <= 1.0


def test_an_event_that_is_none_of_the_gateways_breaks_nothing_open() -> None:
    event = gateway.request("POST", "/v1/chat", token=gateway.claims(ANN), body={"message": "Hi"})
    for spoiled in (
        {**event, "requestContext": {"requestId": "r-1", "authorizer": "claims"}},
        {**event, "requestContext": {"requestId": "r-1", "authorizer": {"claims": "merchant_id=outdoor"}}},
        {**event, "headers": None, "multiValueHeaders": None, "requestContext": {}},
    ):
        assert gateway.send(Shop().handler, spoiled).status == 401


@pytest.mark.parametrize("event", [{}, {"path": "/v1/chat"}, {"httpMethod": None, "path": None}])
def test_what_is_no_request_at_all_gets_our_own_500(event: dict[str, Any]) -> None:
    answer = gateway.send(Shop().handler, event)

    assert (answer.status, answer.body["error"]) == (500, "Unexpected")
    assert answer.headers["x-request-id"] == answer.body["request_id"] == Context().aws_request_id


def test_the_time_of_day_comes_from_the_clock() -> None:
    api = http.api()

    @api.get("/v1/documents")
    def documents() -> dict[str, str]:
        return {}

    short = gateway.member(
        subject="user#mary", role="merchant", scopes=("shop/documents",), expires_at=int(time.time()) + 60
    )
    handler = http.handler(api, admit=lambda: FakeMembers(short), trail=FakeAudit)

    assert gateway.send(handler, gateway.request("GET", "/v1/documents", token=gateway.claims(short))).status == 200


def test_every_request_of_a_verified_caller_is_in_the_audit_trail_by_hash() -> None:
    shop = Shop()

    answer = shop.ask({"message": "Any blue one left?"})

    (record,) = shop.trail.records
    assert (record.merchant_id, record.subject, record.route, record.status) == (
        ANN.merchant_id,
        ANN.subject,
        "POST /v1/chat",
        200,
    )
    assert record.request_id == answer.headers["x-request-id"]
    assert record.request_payload_hash == audit.digest(json.dumps({"message": "Any blue one left?"}).encode())
    assert "blue" not in repr(record)


def test_who_is_refused_is_in_the_trail_too_and_whoever_is_unknown_is_not() -> None:
    shop = Shop()

    shop.ask({"message": "hello", "merchant_id": "another"})
    shop.ask(token=None)
    shop.get("/v1/health", token=None)

    assert [record.status for record in shop.trail.records] == [403]


def test_an_answer_goes_out_although_its_record_cannot_be_handed_in(capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop()
    shop.trail.down = True

    assert shop.ask().status == 200
    said = capsys.readouterr().out
    assert "audit record not handed in" in said
    (counted,) = [line for line in map(json.loads, said.splitlines()) if "AuditNotHandedIn" in line]
    assert (counted["AuditNotHandedIn"], counted["service"]) == ([1], metrics.EVERYBODY)

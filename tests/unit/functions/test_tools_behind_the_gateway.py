"""introduce-caller and call-tool: a tool runs for whom the members table vouches, by the gateway's word alone."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import call_tool
import introduce_caller
import pytest
from pydantic import BaseModel
from shopwright.orchestrator import tools
from shopwright.orchestrator.registry import Came, Registry
from shopwright.orchestrator.toolbox import Call
from shopwright.resilience.deadline import Deadline
from shopwright.runtime.gateway import HEADER
from shopwright.sockets.limits import limits
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.member import Member
from shopwright.tenancy.passport import SigningKey
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.warrant import NotIntroduced, Warrants, for_a_tool

from tests.fakes import gateway
from tests.fakes.gateway import Context
from tests.fakes.members import FakeMembers
from tests.fakes.sockets import FakePace
from tests.fakes.trail import FakeAudit

KEY = SigningKey("w1", secrets.token_hex(32).encode())
ANN = gateway.member()
KIT = gateway.member("kitchen", subject="user#kit")
BEN = gateway.member(subject="user#ben", disabled=True)
TILL = gateway.member("kitchen", "machine", "client#till")
NOW = gateway.ISSUED_AT + 60.0
CART = tools.ShownCart(version=1, lines=[], total=None, left_out=[], prices_known=True)


class Gateway:
    """Two functions and what AgentCore does between them: it passes on the headers that introduce-caller returned."""

    def __init__(self, tool: str = "edit_cart") -> None:
        self.tool = tool
        self.members = FakeMembers(ANN, KIT, BEN, TILL)
        self.pace = FakePace(lambda: self.now)
        self.trail = FakeAudit()
        self.now = NOW
        self.ran: list[tuple[Call, BaseModel]] = []
        self.mistakes: list[BaseException] = []
        self.gives: Any = CART
        self.warrants = Warrants(lambda: KEY, now=lambda: self.now)
        self.registry = Registry({tool: self._run}, report=lambda _, mistake: self.mistakes.append(mistake))

    def _run(self, call: Call, wanted: BaseModel) -> BaseModel:
        self.ran.append((call, wanted))
        if isinstance(self.gives, Exception):
            raise self.gives
        shown: BaseModel = self.gives
        return shown

    def intercept(self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        event = {
            "interceptorInputVersion": "1.0",
            "mcp": {"gatewayRequest": {"path": "/mcp", "httpMethod": "POST", "headers": headers or {}, "body": body}},
        }
        at = introduce_caller.Desk(self.members, self.warrants, self.pace.tool, lambda: self.now)
        said = introduce_caller.build(lambda: at)(event, Context())
        assert said["interceptorOutputVersion"] == "1.0"
        answer: dict[str, Any] = said["mcp"]
        return answer

    def asked(self, row: Member, arguments: object = None, name: str | None = None, **headers: str) -> dict[str, Any]:
        called = {"name": name or f"edit-cart___{self.tool}", "arguments": {"action": "show"}}
        called["arguments"] = called["arguments"] if arguments is None else arguments  # type: ignore[assignment]  # as wrong as one likes
        body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": called}
        return self.intercept(body, {"authorization": f"Bearer {token(row)}", **headers})

    def invoke(self, arguments: Any, headers: Mapping[str, str] | None, context: Any = None) -> Any:
        at = call_tool.Desk(self.tool, self.warrants, self.registry, self.trail, lambda: self.now)
        return call_tool.build(lambda: at)(arguments, context or held(headers))

    def call(self, row: Member, arguments: Any = None, **headers: str) -> Any:
        """From the request to the tool's answer; what introduce-caller says instead, when it turns the caller away."""
        wanted = {"action": "show"} if arguments is None else arguments
        said = self.asked(row, wanted, **headers)
        if "transformedGatewayResponse" in said:
            return said["transformedGatewayResponse"]
        return self.invoke(wanted, said["transformedGatewayRequest"]["headers"])


def token(row: Member, **changed: Any) -> str:
    claims = {**gateway.claims(row), "iat": gateway.ISSUED_AT, "exp": gateway.ISSUED_AT + 3600, **changed}
    said = {name: value for name, value in claims.items() if value is not None}
    part = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{part}.c2lnbmF0dXJl"


def held(headers: Mapping[str, str] | None, **more: str) -> Context:
    """How Lambda tells a tool what came beside its arguments."""
    context = Context()
    custom: dict[str, Any] = {"bedrockAgentCoreToolName": "edit-cart___edit_cart", **more}
    if headers is not None:
        custom["bedrockAgentCorePropagatedHeaders"] = dict(headers)
    context._client_context = SimpleNamespace(custom=custom)  # type: ignore[assignment]  # all that the runtime client gives
    return context


def test_a_tool_runs_for_whoever_the_token_is_of_and_gives_what_it_promises() -> None:
    at = Gateway()

    assert at.call(ANN, {"action": "put", "sku": "T-1", "quantity": 2}) == CART.model_dump(mode="json")
    [(call, wanted)] = at.ran
    assert call.caller == Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset({"shop/chat"}))
    assert wanted == tools.EditCart(action=tools.CartAction.PUT, sku="T-1", quantity=2)


def test_agents_that_flood_are_asked_to_wait_and_leave_the_tools_to_the_others() -> None:
    at = Gateway()
    for _ in range(limits().tool.per_merchant_per_minute):
        assert "error" not in at.asked(ANN)

    refused = at.asked(ANN)["transformedGatewayResponse"]

    assert (refused["statusCode"], refused["body"]["error"]["code"]) == (503, -32002)
    assert "Please try again in a moment" in refused["body"]["error"]["message"]
    assert "transformedGatewayRequest" in at.asked(KIT)
    at.now += 60
    assert "transformedGatewayRequest" in at.asked(ANN)


def test_calls_that_nobody_can_count_are_not_made() -> None:
    at = Gateway()
    at.pace.down = True

    assert at.asked(ANN)["transformedGatewayResponse"]["statusCode"] == 503


def test_who_is_turned_away_uses_up_nothing_of_a_merchants_share() -> None:
    at = Gateway()
    at.members.rows[ANN.subject] = replace(ANN, disabled=True)

    at.asked(ANN)

    assert not at.pace.hits


def test_a_call_is_known_again_by_the_gateways_own_number_for_it() -> None:
    at = Gateway()
    headers = at.asked(ANN)["transformedGatewayRequest"]["headers"]

    at.invoke({"action": "show"}, None, held(headers, bedrockAgentCoreAwsRequestId="g-1"))

    assert at.ran[0][0].request_id == "g-1"


def test_each_callers_call_is_recorded_without_its_words() -> None:
    at = Gateway()
    at.call(TILL, {"action": "put", "sku": "T-1", "quantity": 2})

    [record] = at.trail.records
    assert (record.merchant_id, record.subject, record.role) == ("kitchen", "client#till", "machine")
    assert (record.route, record.status) == ("MCP edit_cart", 200)
    assert "T-1" not in repr(record)


def test_a_trail_that_does_not_answer_costs_the_record_and_not_the_call() -> None:
    at = Gateway()
    at.trail.down = True

    assert at.call(ANN) == CART.model_dump(mode="json")


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {HEADER: ""},
        {HEADER: "user#ann"},
        {"x-merchant-id": "kitchen"},
        {
            HEADER: Warrants(lambda: SigningKey("w1", b"o" * 32), now=lambda: NOW)
            .make_out(Caller(Tenant("kitchen"), Role.OPERATOR, "user#eve", frozenset()), for_a_tool("edit_cart"))
            .text
        },
    ],
    ids=["nothing", "no header", "empty", "a bare name", "another header", "forged"],
)
def test_a_tool_refuses_whoever_nobody_of_ours_has_introduced(headers: dict[str, str] | None) -> None:
    at = Gateway()

    with pytest.raises(NotIntroduced):
        at.invoke({"action": "show"}, headers)

    assert (at.ran, at.trail.records) == ([], [])


def test_a_tool_that_is_called_without_any_context_refuses() -> None:
    at = Gateway()

    with pytest.raises(NotIntroduced):
        at.invoke({"action": "show"}, None, Context())
    assert at.ran == []


def test_a_word_that_is_over_or_for_another_tool_opens_nothing() -> None:
    at = Gateway()
    caller = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset({"shop/chat"}))
    other = at.warrants.make_out(caller, for_a_tool("start_checkout")).text
    old = at.warrants.make_out(caller, for_a_tool("edit_cart")).text

    with pytest.raises(NotIntroduced):
        at.invoke({"action": "show"}, {HEADER: other})
    at.now += 61
    with pytest.raises(NotIntroduced):
        at.invoke({"action": "show"}, {HEADER: old})
    assert at.ran == []


@pytest.mark.parametrize("name", ["merchant_id", "shopper_id", "subject", "tenant"])
def test_who_somebody_says_they_are_in_the_arguments_counts_for_nothing(name: str) -> None:
    at = Gateway()

    told = at.call(ANN, {"action": "show", name: "kitchen"})

    assert told["error"] == "SomebodyElse"
    assert at.ran == []
    assert at.trail.records[0].status == 403


def test_a_header_that_came_from_outside_goes_no_further() -> None:
    at = Gateway()
    forged = Warrants(lambda: SigningKey("w1", b"o" * 32), now=lambda: NOW).make_out(
        Caller(Tenant("kitchen"), Role.OPERATOR, "user#eve", frozenset()), for_a_tool("edit_cart")
    )

    for said in (at.asked(ANN, **{HEADER: forged.text}), at.asked(ANN, **{HEADER.title(): forged.text})):
        headers = said["transformedGatewayRequest"]["headers"]
        assert set(headers) == {HEADER}
        assert at.warrants.read(headers[HEADER], for_a_tool("edit_cart")).subject == "user#ann"


@pytest.mark.parametrize(
    "row",
    [
        BEN,
        gateway.member(subject="user#nobody"),
        gateway.member("kitchen"),  # ann's name, with another's shop
        gateway.member(role="operator"),
        gateway.member(scopes=("shop/documents",)),
    ],
    ids=["switched off", "no member", "another shop", "another role", "without the scope"],
)
def test_a_token_that_does_not_stand_is_turned_away_before_any_tool(row: Member) -> None:
    at = Gateway()

    told = at.call(row)

    assert (told["statusCode"], told["body"]["id"], told["body"]["error"]["code"]) == (403, 7, -32001)
    assert at.ran == []


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(NOW)},
        {"exp": None},
        {"token_use": "id"},
        {"merchant_id": ["outdoor"]},
        {"role": "root"},
        {"iat": "x"},
    ],
    ids=str,
)
def test_a_token_whose_claims_are_not_ours_is_turned_away(changed: dict[str, Any]) -> None:
    at = Gateway()
    body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "edit-cart___edit_cart"}}

    said = at.intercept(body, {"Authorization": f"Bearer {token(ANN, **changed)}"})

    assert said["transformedGatewayResponse"]["statusCode"] == 403


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer x", "Bearer a.b.c", "Basic a.b.c", "Bearer a.W10.c"]
)
def test_without_a_token_nobody_is_introduced(authorization: str | None) -> None:
    body = {"jsonrpc": "2.0", "id": "x", "method": "tools/call", "params": {"name": "edit-cart___edit_cart"}}

    said = Gateway().intercept(body, {} if authorization is None else {"Authorization": authorization})

    assert said["transformedGatewayResponse"]["body"]["error"]["code"] == -32001


def test_a_sign_out_holds_from_the_next_call_on() -> None:
    at = Gateway()
    assert "transformedGatewayRequest" in at.asked(ANN)

    at.members.sign_out("user#ann", at=gateway.ISSUED_AT)

    assert "transformedGatewayResponse" in at.asked(ANN)


def test_a_members_table_that_does_not_answer_is_told_as_that() -> None:
    at = Gateway()
    at.members.down = True

    told = at.call(ANN)

    assert (told["statusCode"], told["body"]["error"]["code"]) == (503, -32002)


@pytest.mark.parametrize("method", ["initialize", "tools/list", "ping", "notifications/initialized"])
def test_what_calls_no_tool_goes_on_without_a_warrant(method: str) -> None:
    at = Gateway()
    body = {"jsonrpc": "2.0", "id": 1, "method": method}

    assert at.intercept(body, {HEADER: "x"})["transformedGatewayRequest"] == {"headers": {}, "body": body}
    assert at.members.asked == []


@pytest.mark.parametrize("params", [None, [], {}, {"name": None}, {"name": ""}, {"name": ["edit_cart"]}])
def test_a_call_of_no_tool_gets_a_word_for_none(params: object) -> None:
    at = Gateway()
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}

    said = at.intercept(body, {"Authorization": f"Bearer {token(ANN)}"})

    with pytest.raises(NotIntroduced):
        at.invoke({"action": "show"}, said["transformedGatewayRequest"]["headers"])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, "InvalidArguments"),
        ({"action": "steal"}, "InvalidArguments"),
        ({"action": "show", "also": 1}, "InvalidArguments"),
        ({"action": "put", "sku": "x" * 20_000, "quantity": 1}, "InvalidArguments"),
    ],
    ids=["none", "unknown", "too many", "huge"],
)
def test_arguments_that_do_not_fit_are_named_and_run_nothing(arguments: dict[str, Any], error: str) -> None:
    at = Gateway()

    told = at.call(ANN, arguments)

    assert set(told) == {"error", "message"}
    assert told["error"] == error
    assert at.ran == []


def test_a_tool_that_breaks_says_nothing_of_itself() -> None:
    at = Gateway()
    at.gives = RuntimeError("10.20.0.7")

    told = at.call(ANN)

    assert (told, at.trail.records[0].status) == ({"error": "Unexpected", "message": "This did not work."}, 500)
    assert len(at.mistakes) == 1


def test_a_function_runs_its_own_tool_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is wired: whatever else the box holds is not on its desk."""
    monkeypatch.setenv("TOOL", "quote")
    monkeypatch.setenv("WARRANT_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:000000000000:secret:w")
    monkeypatch.setenv("AUDIT_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/000000000000/audit.fifo")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    call_tool.wire.cache_clear()
    try:
        desk = call_tool.wire()
    finally:
        call_tool.wire.cache_clear()
    caller = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset())

    own = desk.registry.call(caller, "quote", {}, Deadline(1000))
    other = desk.registry.call(caller, "edit_cart", {"action": "show"}, Deadline(1000))

    # Its own is begun, and finds none of the settings that it is told where it is deployed.
    assert (own.came, other.error) == (Came.BROKEN, "ToolOff")

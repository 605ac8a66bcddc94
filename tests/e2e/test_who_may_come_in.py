"""Who the shop lets in, and what it says to everybody else."""

import base64
import json

import pytest

from tests.e2e.shop import Visitor, eventually

pytestmark = pytest.mark.usefixtures("socket_enabled")
QUESTION = "How long do I have to return something?"
SECRET = b"# Secret sauce\n\nThe secret sauce of zanzibarine is made of gullfruit and costs 777.00 GBP.\n"


def forged(token: str) -> str:
    """The same token with another merchant written into it."""
    head, claims, signature = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    told["merchant_id"] = "electronics"
    return ".".join([head, base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("="), signature])


@pytest.mark.parametrize("how", ["none", "garbage", "forged", "id token"])
def test_without_a_good_access_token_nobody_comes_in(
    kitchen_shopper: Visitor, kitchen_id_token: str, how: str, api_url: str
) -> None:
    assert kitchen_shopper.token
    tokens = {"none": None, "garbage": "a.b.c", "forged": forged(kitchen_shopper.token), "id token": kitchen_id_token}

    answer = Visitor(api_url, tokens[how]).ask(QUESTION)

    assert answer.status == 401, answer
    assert "stack" not in json.dumps(answer.body).lower()


def test_a_guest_may_ask_but_not_read_the_merchants_documents(kitchen_guest: Visitor) -> None:
    assert kitchen_guest.ask(QUESTION).status == 200
    assert kitchen_guest.call("GET", "/v1/documents").status in {401, 403}


def test_a_machine_of_the_merchant_may_ask_and_list_documents(kitchen_machine: Visitor) -> None:
    assert kitchen_machine.ask(QUESTION).status == 200
    assert kitchen_machine.call("GET", "/v1/documents").status == 200


def test_one_merchants_token_gets_nothing_of_another(
    kitchen: Visitor, outdoor: Visitor, outdoor_shopper: Visitor
) -> None:
    document = kitchen.drop("secret-sauce.md", SECRET)
    kitchen.wait_for(document)

    missing = outdoor.document("d-aaaaaaaaaaaaaaaaaaaa")
    theirs = outdoor.document(document)
    asked = outdoor_shopper.ask("What is the secret sauce of zanzibarine made of?")

    assert theirs.status == missing.status == 404
    assert theirs.body["message"] == missing.body["message"]
    assert "gullfruit" not in str(asked.body)
    assert "777" not in asked.body["answer"]
    assert asked.body["verdict"] == "not_in_documents"
    assert document not in str(outdoor.call("GET", "/v1/documents?limit=100").body)
    assert outdoor.call("DELETE", f"/v1/documents/{document}").status in {202, 204, 404}
    assert kitchen.document(document).body["status"] == "searchable"


@pytest.mark.parametrize("where", ["body", "query"])
def test_naming_another_merchant_is_refused(kitchen_shopper: Visitor, where: str) -> None:
    answer = (
        kitchen_shopper.ask(QUESTION, merchant_id="outdoor")
        if where == "body"
        else kitchen_shopper.call("POST", "/v1/chat?merchant_id=outdoor", {"message": QUESTION})
    )

    assert (answer.status, answer.body["error"]) == (403, "TenantMismatch")


def test_bad_requests_say_what_to_change(kitchen_shopper: Visitor) -> None:
    assert kitchen_shopper.call("POST", "/v1/chat", raw=b'{"message": ').status == 400
    long = kitchen_shopper.ask("x" * 4001)
    assert (long.status, "message" in json.dumps(long.body)) == (422, True)
    unknown = kitchen_shopper.ask(QUESTION, colour="red")
    assert (unknown.status, "colour" in json.dumps(unknown.body)) == (422, True)
    wrong = kitchen_shopper.call("POST", "/v1/chat", {"message": 7})
    assert (wrong.status, "message" in json.dumps(wrong.body)) == (422, True)


def test_a_shopper_who_signs_out_is_out_although_the_gateway_still_takes_the_token(fresh_shopper: Visitor) -> None:
    assert fresh_shopper.ask(QUESTION).status == 200

    assert fresh_shopper.call("POST", "/v1/sign-out").status == 204

    eventually(lambda: fresh_shopper.ask(QUESTION).status == 401, within_s=5)

"""A shopper talks, from a question to a full cart: each turn knows what the ones before were about."""

import secrets

import pytest

from tests.e2e.shop import Reply, Visitor

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Talk:
    """One conversation."""

    def __init__(self, shopper: Visitor) -> None:
        self.shopper = shopper
        self.session: str | None = None

    def say(self, message: str) -> Reply:
        more = {} if self.session is None else {"session_id": self.session}
        reply = self.shopper.ask(message, **more)
        assert reply.status == 200, reply
        self.session = reply.body["session_id"]
        return reply


def test_a_shopper_finds_asks_changes_their_mind_and_fills_their_cart(
    kitchen: Visitor, kitchen_shopper: Visitor, outdoor_shopper: Visitor
) -> None:
    word = "quenelle" + "".join(secrets.choice("bdfgklmp") for _ in range(6))
    feed = f"sku,title,price,currency,stock\n{word}-p,Pan {word},29.50,GBP,7\n{word}-l,Lid {word},9.00,GBP,3\n"
    kitchen.wait_for(kitchen.drop(f"{word}.csv", feed.encode(), "text/csv"))
    policy = f"# The {word} guarantee\n\nA {word} pan is guaranteed for 25 years against warping.\n"
    kitchen.wait_for(kitchen.drop(f"{word}.md", policy.encode()))
    assert kitchen_shopper.call("DELETE", "/v1/cart").status == 204
    talk = Talk(kitchen_shopper)

    assert talk.say("Hello!").body["verdict"] == "done"
    priced = talk.say(f"How much is the Pan {word}?").body
    assert "29.50" in priced["answer"]
    assert priced["citations"]
    assert [fact["value"] for fact in priced["facts"] if fact["name"] == "price"] == ["29.50"]

    put = talk.say("put it in my basket").body
    assert (put["verdict"], put["mode"]) == ("done", "talk")
    assert f"1 × Pan {word} (29.50 GBP)" in put["answer"]
    assert f"1 × Lid {word}" in talk.say(f"Add the lid {word} to my cart").body["answer"]
    assert f"3 × Pan {word} (88.50 GBP)" in talk.say(f"Add two pans {word} to my cart").body["answer"]
    guaranteed = talk.say(f"How long is a {word} pan guaranteed?").body
    assert (guaranteed["verdict"], "25 years" in guaranteed["answer"]) == ("answered", True)
    removed = talk.say(f"remove the lid {word} from my cart").body["answer"]
    assert "Lid" not in removed
    assert "Together: 88.50 GBP." in talk.say("what's in my cart?").body["answer"]
    cart = kitchen_shopper.call("GET", "/v1/cart").body
    assert [(line["sku"], line["quantity"]) for line in cart["lines"]] == [(f"{word}-p", 3)]

    assert word not in outdoor_shopper.ask("what's in my cart?").body["answer"]
    told = kitchen_shopper.call("GET", f"/v1/sessions/{talk.session}").body
    assert told["tally"]["turns"] == 8
    assert [turn["mode"] for turn in told["turns"]].count("talk") == 6
    assert talk.say("empty my cart").body["verdict"] == "done"

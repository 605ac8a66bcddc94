"""A shopper's cart on the laptop's cloud: what was dropped can be put into it, at the price of the moment."""

import secrets
from typing import Any

import pytest

from tests.e2e.shop import Visitor, eventually


@pytest.fixture
def word() -> str:
    """Of one test alone, as the shops are shared by all of them."""
    return f"cart{secrets.token_hex(3)}"


def test_a_cart_is_filled_by_its_shopper_and_told_at_the_prices_of_now(
    kitchen: Visitor, kitchen_shopper: Visitor, outdoor_shopper: Visitor, word: str
) -> None:
    feed = "sku,title,price,currency,stock\n{0}-1 Ü,Pan {0},{1},GBP,4\n{0}-2,Lid {0},9,GBP,0\n"
    kitchen.wait_for(kitchen.drop(f"{word}.csv", feed.format(word, "29.50").encode(), "text/csv"))
    pan = f"/v1/cart/lines/{word}-1%20%C3%9C"
    key = {"Idempotency-Key": f"{word}-put"}
    assert kitchen_shopper.call("DELETE", "/v1/cart").status == 204

    put = kitchen_shopper.call("PUT", pan, {"quantity": 2}, headers=key)
    again = kitchen_shopper.call("PUT", pan, {"quantity": 2}, headers=key)
    lid = kitchen_shopper.call("PUT", f"/v1/cart/lines/{word}-2", {"quantity": 1})

    assert (put.status, put.body["total"]) == (200, {"amount": 5900, "currency": "GBP"})
    assert (again.status, again.body["version"]) == (200, put.body["version"])
    assert [line["trouble"] for line in lid.body["lines"]] == [None, "out_of_stock"]

    kitchen.drop(f"{word}.csv", feed.format(word, "27.00").encode(), "text/csv")

    def at_the_new_price() -> Any:
        first = kitchen_shopper.call("GET", "/v1/cart").body["lines"][0]
        return first["unit_price"] == {"amount": 2700, "currency": "GBP"} and first

    assert eventually(at_the_new_price)["sku"] == f"{word}-1 Ü"

    assert outdoor_shopper.call("PUT", pan, {"quantity": 1}).status == 404
    assert word not in str(outdoor_shopper.call("GET", "/v1/cart").body)
    assert kitchen_shopper.call("PUT", pan, {"quantity": 10**9}).status == 422
    assert len(kitchen_shopper.call("DELETE", pan).body["lines"]) == 1
    assert kitchen_shopper.call("DELETE", "/v1/cart").status == 204
    assert kitchen_shopper.call("GET", "/v1/cart").body["lines"] == []

"""What only the real table can get wrong: two writers at once, a lost answer, none at all."""

from collections.abc import Callable
from typing import Any

import pytest
from shopwright.checkout.cart import LIFETIME_S, Bought, CartBusy, CartUnavailable, Line, Remove, Take
from shopwright.checkout.dynamodb import Carts
from shopwright.tenancy.credentials import Credentials
from shopwright.tenancy.vended.dynamodb import client

from tests.unit.shopwright.checkout.contract import OUTDOOR, Clock, put


class Crowded:
    """Somebody else changes the cart between our reading and our writing, so many times."""

    def __init__(self, dynamodb: Any, clock: Clock, times: int) -> None:
        self._dynamodb = dynamodb
        self._others = Carts("carts", lambda _: dynamodb, now=clock).of(OUTDOOR, "user#ann")
        self.times = times
        self.exceptions = dynamodb.exceptions

    def put_item(self, **request: Any) -> Any:
        if self.times > 0:
            self.times -= 1
            self._others.change(put(f"theirs-{self.times}"))
        return self._dynamodb.put_item(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)


class Meanwhile:
    """Something happens once between our reading and our writing."""

    def __init__(self, dynamodb: Any, happens: Callable[[], object]) -> None:
        self._dynamodb = dynamodb
        self._happens: Callable[[], object] | None = happens
        self.exceptions = dynamodb.exceptions

    def put_item(self, **request: Any) -> Any:
        if self._happens is not None:
            happens, self._happens = self._happens, None
            happens()
        return self._dynamodb.put_item(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)


class Deaf:
    """Does what it is told, and its first answer is lost on the way."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self.lost = False
        self.exceptions = dynamodb.exceptions

    def put_item(self, **request: Any) -> Any:
        answer = self._dynamodb.put_item(**request)
        if not self.lost:
            self.lost = True
            raise self._dynamodb.exceptions.InternalServerError({"Error": {}}, "PutItem")
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)


def test_two_who_change_a_cart_at_once_lose_no_line(dynamodb: Any, clock: Clock) -> None:
    crowded: Any = Crowded(dynamodb, clock, times=2)

    after = Carts("carts", lambda _: crowded, now=clock).of(OUTDOOR, "user#ann").change(put("mine"))

    assert {line.sku for line in after.lines} == {"theirs-0", "theirs-1", "mine"}


def test_two_who_take_one_out_at_once_take_two(dynamodb: Any, clock: Clock) -> None:
    ann = Carts("carts", lambda _: dynamodb, now=clock).of(OUTDOOR, "user#ann")
    ann.change(put("tent-2p", 5))
    crowded: Any = Meanwhile(dynamodb, lambda: ann.change(Take(Line("tent-2p", 1)), request_id="theirs"))

    after = (
        Carts("carts", lambda _: crowded, now=clock)
        .of(OUTDOOR, "user#ann")
        .change(Take(Line("tent-2p", 1)), request_id="mine")
    )

    assert after.lines == (Line("tent-2p", 3),)


def test_a_cart_from_before_orders_were_remembered_is_read(dynamodb: Any, clock: Clock) -> None:
    ann = Carts("carts", lambda _: dynamodb, now=clock).of(OUTDOOR, "user#ann")
    ann.change(put("tent-2p", 2))
    key = {"merchant_id": {"S": "outdoor"}, "item": {"S": "user#ann"}}
    dynamodb.update_item(TableName="carts", Key=key, UpdateExpression="REMOVE orders")

    assert ann.change(Bought("o-1", (Line("tent-2p", 1),))).lines == (Line("tent-2p", 1),)


def test_whoever_is_always_too_late_is_told_so_after_a_few_tries(dynamodb: Any, clock: Clock) -> None:
    crowded: Any = Crowded(dynamodb, clock, times=40)

    with pytest.raises(CartBusy):
        Carts("carts", lambda _: crowded, now=clock).of(OUTDOOR, "user#ann").change(put("mine"))

    assert crowded.times == 35
    assert "mine" not in {
        line.sku for line in Carts("carts", lambda _: dynamodb, now=clock).of(OUTDOOR, "user#ann").open().lines
    }


def test_a_change_whose_answer_was_lost_may_be_sent_again(dynamodb: Any, clock: Clock) -> None:
    deaf: Any = Deaf(dynamodb)
    ann = Carts("carts", lambda _: deaf, now=clock).of(OUTDOOR, "user#ann")

    with pytest.raises(CartUnavailable):
        ann.change(put("tent-2p", 2), request_id="r-1")
    version = ann.open().version
    ann.change(Remove("tent-2p"), request_id="r-2")
    again = ann.change(put("tent-2p", 2), request_id="r-1")

    assert version > 0
    assert again.lines == ()  # it had its effect, before it was taken out


def test_items_carry_the_time_at_which_dynamodb_may_drop_them(dynamodb: Any, clock: Clock) -> None:
    Carts("carts", lambda _: dynamodb, now=clock).of(OUTDOOR, "user#ann").change(put("tent-2p"))

    (item,) = dynamodb.scan(TableName="carts")["Items"]

    assert item["expires_at"]["N"] == str(1_790_000_000 + LIFETIME_S)


def test_the_largest_cart_fits_an_item(dynamodb: Any, clock: Clock) -> None:
    ann = Carts("carts", lambda _: dynamodb, now=clock).of(OUTDOOR, "user#ann")

    for number in range(50):
        ann.change(put(f"{number:02d}" + "ü" * 198, 99), request_id=f"{number:02d}" + "r" * 62)

    assert ann.open().lines[49] == Line("49" + "ü" * 198, 99)


def test_a_table_that_does_not_answer_is_named_as_unavailable_within_its_time_limits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    unreachable = client.__wrapped__(Credentials("testing", "testing"))  # the product's own, made anew
    limits = vars(unreachable.meta.config)
    assert (limits["connect_timeout"] + limits["read_timeout"]) * limits["retries"]["total_max_attempts"] <= 2
    ann = Carts("carts", lambda _: unreachable).of(OUTDOOR, "user#ann")

    for attempt in (ann.open, lambda: ann.change(put("tent-2p"))):
        with pytest.raises(CartUnavailable):
            attempt()

"""What whoever bought something is told of how its order ends: true at each moment, with the day and the amount."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from shopwright.checkout.order import Order, Paying, State, Status
from shopwright.money import Money

AT = datetime(2026, 11, 26, 9, tzinfo=UTC)
ORDER = Order(
    id="o-1",
    saga_id="s-1",
    subject="user#ann",
    status=Status.PAID,
    reason="",
    lines=(),
    delivery_minor=0,
    tax_minor=0,
    delivery_tax_minor=0,
    total=Money(4270, "EUR"),
    cart_version=1,
    created_at=AT,
    changed_at=AT,
    payment=Paying(State.CAPTURED, "stripe", "", "", "", "", "", "", 1, 1, AT, held=True),
)


def told(status: Status, state: State, reason: str = "", *, declined: str = "") -> str:
    payment = replace(ORDER.payment, state=state, reason=declined)
    ended = AT if status in (Status.CANCELLED, Status.REFUNDED) else None
    return replace(ORDER, status=status, reason=reason, payment=payment, ended_at=ended).told


@pytest.mark.parametrize(
    ("status", "state", "reason", "said"),
    [
        (Status.PAID, State.CAPTURED, "", ""),
        (Status.STARTED, State.PENDING, "", ""),
        (Status.UNDOING, State.PENDING, "cancelled_by_shop", "being cancelled. Nothing of the payment will be kept"),
        (Status.UNDOING, State.AUTHORIZED, "OutOfStock", "being cancelled"),
        (Status.REFUNDING, State.UNDOING, "refunded_by_shop", "is giving your money back: 42.70 EUR."),
        (Status.REFUNDED, State.REFUNDED, "refunded_by_shop", "gave your money back on 2026-11-26: 42.70 EUR."),
        (Status.CANCELLED, State.VOIDED, "cancelled_by_shop", "The shop has cancelled this order."),
        (Status.CANCELLED, State.DECLINED, "cancelled_by_shop", "The shop has cancelled this order."),
        (Status.CANCELLED, State.REFUNDED, "CaptureFailed", "42.70 EUR, was given back on 2026-11-26."),
        (Status.CANCELLED, State.VOIDED, "Misconfigured", "Something went wrong on our side."),
    ],
)
def test_an_orders_end_is_told_as_it_is(status: Status, state: State, reason: str, said: str) -> None:
    words = told(status, state, reason)

    assert said in words
    assert bool(words) is bool(said)
    assert ("given back" in words or "gave" in words) is (state is State.REFUNDED)


def test_a_declined_payment_is_told_in_its_own_words() -> None:
    words = told(Status.CANCELLED, State.DECLINED, "PaymentDeclined", declined="insufficient_funds")

    assert "not enough money" in words

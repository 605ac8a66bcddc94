"""What the saga may rely on, whichever gateway a merchant has: each rule is held by both."""

import logging
from dataclasses import replace

import pytest
from shopwright.checkout.gateways import (
    Browser,
    Done,
    GatewayBusy,
    Held,
    KeyReused,
    Misconfigured,
    Outcome,
    OutcomeUnknown,
    Told,
    reasons,
)
from shopwright.money import Money
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.tenancy.tenant import Tenant

from local.gateways.wire import Account
from tests.integration.gateways.shop import HMAC_KEY, KITCHEN, Shop

SOON = 20_000


def test_money_is_held_then_taken_once(shop: Shop) -> None:
    payment = shop.payment()

    told = shop.pay(payment, shop.means(browser=Browser("Mozilla/5.0", "text/html", "en-GB")))

    assert told.outcome is Outcome.AUTHORIZED
    assert shop.persisted == [told.reference]
    held = shop.ledger(payment)
    assert held is not None
    assert (held.held, held.captured, held.open_holds) == (4_990, 0, 1)

    payment = replace(payment, reference=told.reference)
    taken = shop.gateway.capture(payment, Deadline(SOON))
    again = shop.gateway.capture(payment, Deadline(SOON))

    assert taken.done in (Done.DONE, Done.RECEIVED)
    assert again.done in (taken.done, Done.ALREADY)
    after = shop.ledger(payment)
    assert after is not None
    assert (after.held, after.captured, after.refunded, after.net) == (0, 4_990, 0, 4_990)


def test_the_same_payment_asked_for_twice_is_held_once(shop: Shop) -> None:
    payment, means = shop.payment(), shop.means()

    first, again = shop.pay(payment, means), shop.pay(payment, means)

    assert first == again
    line = shop.ledger(payment)
    assert line is not None
    assert (line.payments, line.open_holds, line.held) == (1, 1, 4_990)


def test_what_is_held_can_be_let_go_of(shop: Shop) -> None:
    payment = shop.paid()

    undone = shop.gateway.void(payment, Deadline(SOON))
    again = shop.gateway.void(payment, Deadline(SOON))

    assert undone.done in (Done.DONE, Done.RECEIVED)
    assert again.done in (undone.done, Done.ALREADY)
    line = shop.ledger(payment)
    assert line is not None
    assert (line.held, line.captured) == (0, 0)


def test_what_was_taken_is_given_back_once(shop: Shop) -> None:
    payment = shop.paid()
    shop.gateway.capture(payment, Deadline(SOON))

    back = shop.gateway.refund(payment, Deadline(SOON))
    again = shop.gateway.refund(payment, Deadline(SOON))
    another = shop.gateway.refund(payment, Deadline(SOON), serial=2)

    assert back.done in (Done.DONE, Done.RECEIVED)
    assert back.reference
    assert again == back
    assert another.done in (Done.ALREADY, Done.RECEIVED)
    line = shop.ledger(payment)
    assert line is not None
    assert (line.captured, line.refunded, line.net) == (4_990, 4_990, 0)


@pytest.mark.parametrize("taken", [False, True])
def test_whatever_was_done_can_be_undone_without_knowing_what(shop: Shop, taken: bool) -> None:
    payment = shop.paid()
    if taken:
        shop.gateway.capture(payment, Deadline(SOON))

    undone = shop.gateway.reverse(payment, Deadline(SOON))
    again = shop.gateway.reverse(payment, Deadline(SOON))

    assert undone.done in (Done.DONE, Done.RECEIVED)
    assert again.done in (undone.done, Done.ALREADY)
    line = shop.ledger(payment)
    assert line is not None
    assert (line.held, line.net) == (0, 0)


def test_undoing_a_payment_that_never_reached_the_gateway_is_no_trouble(shop: Shop) -> None:
    payment = shop.payment()
    shop.harm("lose_request", "create" if shop.vendor == "stripe" else "authorize")
    with pytest.raises(OutcomeUnknown):
        shop.pay(payment)

    assert shop.gateway.reverse(payment, Deadline(SOON)).done in (Done.ALREADY, Done.RECEIVED)
    assert shop.gateway.void(payment, Deadline(SOON)).done in (Done.ALREADY, Done.RECEIVED)
    assert shop.ledger(payment) is None


@pytest.mark.parametrize("harm", ["lose_request", "lose_reply", "fail_before", "fail_after", "garbage"])
@pytest.mark.parametrize("operation", ["create", "authorize"])
def test_after_an_unknown_outcome_the_same_call_or_a_look_tells_it_and_nobody_is_held_twice(
    shop: Shop, harm: str, operation: str
) -> None:
    payment, means = shop.payment(), shop.means()
    if shop.vendor == "adyen" and operation == "create":
        pytest.skip("Adyen's payments are made in one call.")
    shop.harm(harm, operation)  # type: ignore[arg-type]  # one of its words

    with pytest.raises(OutcomeUnknown):
        shop.pay(payment, means)
    if shop.persisted:
        payment = replace(payment, reference=shop.persisted[-1])
    stored_failure = shop.vendor == "stripe" and harm == "fail_after"
    if stored_failure:  # Stripe keeps its own failure under the key: only a look helps
        with pytest.raises(OutcomeUnknown):
            shop.pay(payment, means)
        standing = shop.gateway.find(payment, Deadline(SOON))
        assert standing is not None
        assert standing.held is (Held.AUTHORIZED if operation == "authorize" else Held.NOTHING)
    elif harm == "fail_after":
        with pytest.raises(OutcomeUnknown):
            shop.pay(payment, means)
    else:
        assert shop.pay(payment, means).outcome is Outcome.AUTHORIZED
    line = shop.ledger(payment)
    assert line is not None
    assert line.payments == 1
    assert line.open_holds <= 1


@pytest.mark.parametrize("operation", ["capture", "void", "refund"])
@pytest.mark.parametrize("harm", ["lose_request", "lose_reply", "fail_before", "garbage", "duplicate"])
def test_a_change_whose_answer_was_lost_is_asked_for_again_and_done_once(shop: Shop, operation: str, harm: str) -> None:
    payment = shop.paid()
    if operation == "refund":
        shop.gateway.capture(payment, Deadline(SOON))
    ask = getattr(shop.gateway, operation)
    shop.harm(harm, operation)  # type: ignore[arg-type]  # one of its words

    if harm != "duplicate":
        with pytest.raises(OutcomeUnknown):
            ask(payment, Deadline(SOON))
    change = ask(payment, Deadline(SOON))

    assert change.done in (Done.DONE, Done.RECEIVED, Done.ALREADY)
    line = shop.ledger(payment)
    assert line is not None
    expected = {"capture": (4_990, 0), "void": (0, 0), "refund": (4_990, 4_990)}[operation]
    assert (line.captured, line.refunded) == expected
    assert line.held == 0


def test_a_slow_gateway_is_not_waited_for_beyond_the_deadline_and_what_it_did_is_found(shop: Shop) -> None:
    payment, means = shop.payment(), shop.means()
    shop.harm("delay", "authorize", ms=4_000)

    with pytest.raises(OutcomeUnknown):
        shop.pay(payment, means, within_ms=900)
    if shop.persisted:
        payment = replace(payment, reference=shop.persisted[-1])
    with pytest.raises(OutcomeUnknown):  # the first call is still being worked on
        shop.pay(payment, means, within_ms=900)

    deadline = Deadline(10_000)
    while True:
        try:
            told = shop.pay(payment, means)
            break
        except OutcomeUnknown:
            deadline.check()
    assert told.outcome is Outcome.AUTHORIZED
    line = shop.ledger(payment)
    assert line is not None
    assert (line.payments, line.open_holds) == (1, 1)


def test_without_time_left_nothing_is_asked_at_all(shop: Shop) -> None:
    payment = shop.payment()

    with pytest.raises(DeadlinePassed):
        shop.pay(payment, within_ms=100)

    assert shop.double.calls == []


def test_a_busy_gateway_has_done_nothing_and_may_be_asked_again(shop: Shop) -> None:
    payment, means = shop.payment(), shop.means()
    shop.harm("busy")

    with pytest.raises(GatewayBusy):
        shop.pay(payment, means)

    assert shop.ledger(payment) is None
    assert shop.pay(payment, means).outcome is Outcome.AUTHORIZED


def test_neither_sdk_repeats_a_call_by_itself(shop: Shop) -> None:
    payment = shop.payment()
    shop.harm("fail_before", times=5)

    with pytest.raises(OutcomeUnknown):
        shop.pay(payment)

    assert len(shop.double.calls) == 1


def test_every_call_that_acts_carries_a_key_of_its_own_that_fits_both_vendors(shop: Shop) -> None:
    payment = shop.paid()
    shop.gateway.capture(payment, Deadline(SOON))
    shop.gateway.refund(payment, Deadline(SOON))
    shop.gateway.reverse(payment, Deadline(SOON))

    keys = [call.key for call in shop.double.calls if call.method == "POST"]

    assert all(1 <= len(key) <= 64 for key in keys)
    assert len(keys) == len(set(keys))


def test_the_same_key_with_another_amount_is_a_fault_of_ours_and_is_named(shop: Shop) -> None:
    payment, means = shop.payment(), shop.means()
    shop.pay(payment, means)

    with pytest.raises(KeyReused):
        shop.pay(replace(payment, amount=Money(1, "EUR")), means)

    line = shop.ledger(payment)
    assert line is not None
    assert line.held == 4_990


def test_a_declined_card_holds_nothing_and_says_why(shop: Shop) -> None:
    payment, means = shop.payment(), shop.declines("insufficient_funds" if shop.vendor == "stripe" else "12")

    told, again = shop.pay(payment, means), shop.pay(payment, means)

    assert told.outcome is Outcome.DECLINED
    assert told == again
    assert told.reason == "insufficient_funds"
    line = shop.ledger(payment)
    assert line is not None
    assert (line.held, line.captured) == (0, 0)


def test_after_a_decline_another_card_is_another_attempt(shop: Shop) -> None:
    payment = shop.payment()
    declined = shop.pay(payment, shop.declines("do_not_honor" if shop.vendor == "stripe" else "2"))
    assert declined.outcome is Outcome.DECLINED

    reference = declined.reference if shop.vendor == "stripe" else ""
    told = shop.pay(replace(payment, attempt=2, reference=reference))

    assert told.outcome is Outcome.AUTHORIZED
    line = shop.ledger(payment)
    assert line is not None
    assert (line.open_holds, line.held) == (1, 4_990)


@pytest.mark.parametrize("vendor", ["stripe", "adyen"])
def test_each_way_in_which_a_vendor_declines_is_told_in_words_that_a_shopper_understands(
    request: pytest.FixtureRequest, vendor: str
) -> None:
    shop: Shop = request.getfixturevalue(f"with_{vendor}")
    table = reasons._table()
    for code, expected in table[vendor].items():
        told = shop.pay(shop.payment(), shop.declines(code))
        assert told.outcome is Outcome.DECLINED, code
        assert told.reason == expected, code
        assert reasons.explain(told.reason).message == table["reasons"][expected]["message"]


@pytest.mark.parametrize("answer", ["pass", "fail"])
def test_a_shopper_whom_the_bank_asks_goes_there_and_comes_back(shop: Shop, answer: str) -> None:
    payment = shop.payment()
    told = shop.pay(payment, shop.means(shop.challenge))
    assert told.outcome is Outcome.CHALLENGED
    assert told.challenge is not None
    assert told.challenge.url.startswith("http://127.0.0.1:")
    assert told.challenge.token
    assert told.challenge.token not in repr(told)
    line = shop.ledger(payment)
    assert line is not None
    assert line.held == 0

    payment = replace(payment, reference=told.reference)
    proof = shop.bank_says(told, answer)
    after = shop.gateway.resume(payment, proof, Deadline(SOON))

    assert after.outcome is (Outcome.AUTHORIZED if answer == "pass" else Outcome.DECLINED)
    assert after.reason == ("" if answer == "pass" else "not_authenticated")
    assert shop.gateway.resume(payment, proof, Deadline(SOON)) == after
    line = shop.ledger(payment)
    assert line is not None
    assert line.held == (4_990 if answer == "pass" else 0)


def test_an_abandoned_challenge_is_undone_and_cannot_be_passed_any_more(shop: Shop) -> None:
    payment = shop.payment()
    told = shop.pay(payment, shop.means(shop.challenge))
    payment = replace(payment, reference=told.reference)

    assert shop.gateway.void(payment, Deadline(SOON)).done in (Done.DONE, Done.RECEIVED)

    assert told.challenge is not None
    vendor, _, token = told.challenge.url.partition("/_bank/")[2].partition("/")
    assert (shop.vendor, shop.double.bank(token, "pass")) == (vendor, None)
    line = shop.ledger(payment)
    assert line is not None
    assert line.held == 0


def test_what_the_bank_says_later_is_told_by_a_webhook(shop: Shop) -> None:
    payment = shop.payment()

    told = shop.pay(payment, shop.means(shop.pending))
    assert told.outcome is Outcome.PENDING
    shop.events()
    assert shop.double.settle() == 1

    [event] = shop.events()
    assert event.told is Told.AUTHORIZED
    assert (event.name, event.order_id, event.amount) == (payment.name, payment.order_id, payment.amount)


@pytest.mark.parametrize("fails", [False, True])
def test_a_capture_may_be_received_first_and_done_or_fail_later(shop: Shop, fails: bool) -> None:
    payment = shop.paid()
    shop.events()
    shop.harm("later_fails" if fails else "later", "capture")

    assert shop.gateway.capture(payment, Deadline(SOON)).done is Done.RECEIVED
    line = shop.ledger(payment)
    assert line is not None
    assert line.captured == 0
    shop.double.settle()

    told = [event.told for event in shop.events()]
    line = shop.ledger(payment)
    assert line is not None
    assert line.captured == (0 if fails else 4_990)
    assert told[-1] in ((Told.CAPTURE_FAILED, Told.DECLINED) if fails else (Told.CAPTURED,))


def test_webhooks_tell_of_every_step_and_name_the_payment(shop: Shop) -> None:
    payment = shop.paid()
    shop.gateway.capture(payment, Deadline(SOON))
    shop.gateway.refund(payment, Deadline(SOON))
    messages = shop.double.take()

    events = [one for told in messages for one in shop.gateway.verify_webhook(told.headers, told.body)]

    known = [event for event in events if event.told is not Told.OTHER]
    assert [event.told for event in known] == [Told.AUTHORIZED, Told.CAPTURED, Told.REFUNDED]
    assert {event.name for event in known} == {payment.name}
    assert {event.reference for event in known} == {payment.reference}
    assert {event.amount for event in known} == {payment.amount}
    assert len({event.id for event in events}) == len(events)


def test_a_webhook_that_comes_twice_has_the_same_id(shop: Shop) -> None:
    shop.double.post.copies = 2
    shop.double.post.reverse = True
    shop.paid()

    told = shop.events()

    assert len(told) == 2 * len({event.id for event in told})


def test_the_wrong_key_is_the_merchants_trouble_and_moves_nothing(shop: Shop) -> None:
    payment = shop.payment()
    known = shop.double._account("acct_kitchen" if shop.vendor == "stripe" else "SaltgroveECOM")
    shop.double.admit(Account(known.id, "another-key", HMAC_KEY))

    with pytest.raises(Misconfigured):
        shop.pay(payment)
    with pytest.raises(Misconfigured):
        shop.gateway.capture(replace(payment, reference="x" * 16), Deadline(SOON))

    assert shop.ledger(payment) is None


def test_a_payment_of_another_merchant_never_reaches_this_account(shop: Shop) -> None:
    payment = replace(shop.payment(), tenant=Tenant("outdoor"))

    for act in (shop.gateway.capture, shop.gateway.void, shop.gateway.refund, shop.gateway.reverse):
        with pytest.raises(LookupError):
            act(replace(payment, reference="pi_1"), Deadline(SOON))
    with pytest.raises(LookupError):
        shop.pay(payment)

    assert shop.double.calls == []
    assert shop.vault.opened == []


@pytest.mark.parametrize(
    "instrument",
    [
        "4111111111111111",
        "pm_4111 1111 1111 1111",
        '{"type":"scheme","number":"4111111111111111","cvc":"737"}',
        '{"type":"scheme","encryptedCardNumber":"4111-1111-1111-1111"}',
        '{"type":"scheme","storedPaymentMethodId":{"a":"b"}}',
        "[]",
        "",
        "pm_card_visa\n",
    ],
)
def test_what_is_no_token_of_the_gateway_is_refused_before_anything_is_sent(shop: Shop, instrument: str) -> None:
    payment = shop.payment()
    token = shop.vault.keep(instrument)

    told = shop.pay(payment, replace(shop.means(), instrument=token))

    assert (told.outcome, told.reason) == (Outcome.DECLINED, "instrument_unusable")
    assert shop.double.calls == []


def test_a_token_that_the_gateway_does_not_know_is_entered_again(shop: Shop) -> None:
    told = shop.pay(shop.payment(), shop.means("pm_forgotten" if shop.vendor == "stripe" else "forgotten"))

    assert (told.outcome, told.reason) == (Outcome.DECLINED, "instrument_unusable")


@pytest.mark.parametrize(
    ("amount", "stripe", "adyen"),
    [
        (Money(500, "JPY"), 500, 500),
        (Money(12_340, "KWD"), 12_340, 12_340),
        (Money(1_234, "CLP"), 1_234, 123_400),
        (Money(1_234, "ISK"), 123_400, 123_400),
        (Money(150_000, "IDR"), 150_000, 1_500),
        (Money(4_000, "MGA"), 40, 4_000),
    ],
)
def test_each_vendor_is_sent_the_amount_in_its_own_units(shop: Shop, amount: Money, stripe: int, adyen: int) -> None:
    payment = shop.paid(amount)
    shop.gateway.capture(payment, Deadline(SOON))

    line = shop.ledger(payment)

    assert line is not None
    assert line.captured == (stripe if shop.vendor == "stripe" else adyen)
    assert [event.amount for event in shop.events() if event.told is not Told.OTHER] == [amount, amount]


def test_a_token_is_opened_only_to_be_charged(shop: Shop) -> None:
    payment = shop.paid()
    shop.gateway.capture(payment, Deadline(SOON))
    shop.gateway.refund(payment, Deadline(SOON))

    assert shop.vault.opened == list(shop.vault.held)
    for told in (payment, shop.gateway, shop.pay(shop.payment())):
        assert shop.ok not in repr(told)


@pytest.mark.parametrize("harm", ["lose_reply", "fail_before", "busy", "garbage"])
def test_no_failure_and_no_log_carries_what_was_sent(shop: Shop, harm: str, caplog: pytest.LogCaptureFixture) -> None:
    forgotten = "pm_do_not_show" if shop.vendor == "stripe" else "do_not_show"
    with caplog.at_level(logging.DEBUG):
        shop.pay(shop.payment(), shop.means(forgotten))
        shop.pay(shop.payment(), shop.declines("2"))
        shop.harm(harm, "create" if shop.vendor == "stripe" else "authorize")  # type: ignore[arg-type]  # its words
        with pytest.raises((OutcomeUnknown, GatewayBusy)) as failed:
            shop.pay(shop.payment(), shop.means(forgotten))

    assert "do_not_show" not in caplog.text
    assert "_decline_" not in caplog.text
    assert str(KITCHEN) not in caplog.text  # the accounts' keys end in it
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None

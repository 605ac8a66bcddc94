"""What is each gateway's own: how Stripe finds, how Adyen undoes unseen, and what a proof may be of."""

from dataclasses import replace

import pytest
from shopwright.checkout.gateways import (
    CallRefused,
    Done,
    Held,
    Means,
    Outcome,
    OutcomeUnknown,
    ProofUnusable,
    Told,
)
from shopwright.money import Money
from shopwright.resilience.deadline import Deadline

from tests.integration.gateways.shop import Shop

SOON = 20_000


def test_stripe_tells_what_it_really_holds_at_every_step(with_stripe: Shop) -> None:
    shop, payment = with_stripe, with_stripe.paid()

    def held() -> tuple[Held, int, int, int]:
        found = shop.gateway.find(payment, Deadline(SOON))
        assert found is not None
        return found.held, found.authorized.minor, found.captured.minor, found.refunded.minor

    assert held() == (Held.AUTHORIZED, 4_990, 0, 0)
    shop.gateway.capture(payment, Deadline(SOON))
    assert held() == (Held.CAPTURED, 0, 4_990, 0)
    shop.gateway.refund(payment, Deadline(SOON))
    assert held() == (Held.REFUNDED, 0, 4_990, 4_990)


def test_stripe_knows_nothing_of_a_payment_that_it_never_saw(with_stripe: Shop) -> None:
    for reference in ("", "pi_never"):
        found = with_stripe.gateway.find(with_stripe.payment(reference=reference), Deadline(SOON))
        assert found is not None
        assert found.held is Held.NOTHING
    with pytest.raises(CallRefused):
        with_stripe.gateway.resume(with_stripe.payment(reference="pi_never"), {}, Deadline(SOON))


def test_stripes_id_is_persisted_before_any_money_can_be_held(with_stripe: Shop) -> None:
    shop, payment = with_stripe, with_stripe.payment()
    held: list[int] = []

    def persist(reference: str) -> None:
        line = shop.ledger(payment)
        assert line is not None
        held.append(line.held)

    shop.gateway.authorize(payment, shop.means(), Deadline(SOON), persist=persist)

    assert held == [0]


def test_when_the_id_cannot_be_persisted_nothing_is_held(with_stripe: Shop) -> None:
    shop, payment = with_stripe, with_stripe.payment()

    def persist(reference: str) -> None:
        raise ConnectionError("the database is gone")

    with pytest.raises(ConnectionError):
        shop.gateway.authorize(payment, shop.means(), Deadline(SOON), persist=persist)

    line = shop.ledger(payment)
    assert line is not None
    assert line.held == 0


def test_a_payment_that_has_its_id_makes_no_other(with_stripe: Shop) -> None:
    shop, payment = with_stripe, with_stripe.payment()
    shop.harm("lose_request", "authorize")
    with pytest.raises(OutcomeUnknown):
        shop.pay(payment)

    told = shop.pay(replace(payment, reference=shop.persisted[0]))

    assert told.outcome is Outcome.AUTHORIZED
    assert [call.operation for call in shop.double.calls].count("create") == 1


def test_a_capture_of_what_was_let_go_of_is_refused_with_what_is_held(with_stripe: Shop) -> None:
    payment = with_stripe.paid()
    with_stripe.gateway.void(payment, Deadline(SOON))

    change = with_stripe.gateway.capture(payment, Deadline(SOON))

    assert change.done is Done.REFUSED
    assert change.standing is not None
    assert change.standing.held is Held.VOIDED


def test_letting_go_of_what_was_taken_is_refused_and_a_refund_of_what_is_only_held_too(with_stripe: Shop) -> None:
    payment = with_stripe.paid()

    refund = with_stripe.gateway.refund(payment, Deadline(SOON))
    with_stripe.gateway.capture(payment, Deadline(SOON))
    void = with_stripe.gateway.void(payment, Deadline(SOON))

    for change, held in ((refund, Held.AUTHORIZED), (void, Held.CAPTURED)):
        assert change.done is Done.REFUSED
        assert change.standing is not None
        assert change.standing.held is held


def test_a_payment_that_stripe_is_at_work_on_cannot_be_undone_yet_and_says_so(with_stripe: Shop) -> None:
    shop, payment = with_stripe, with_stripe.payment()
    shop.harm("later", "authorize")
    assert shop.pay(payment).outcome is Outcome.PENDING
    known = replace(payment, reference=shop.persisted[0])

    change = shop.gateway.reverse(known, Deadline(SOON))

    assert change.done is Done.REFUSED
    assert change.standing is not None
    assert change.standing.held is Held.PENDING
    assert "void" not in [call.operation for call in shop.double.calls]  # a refusal would be kept under its key
    shop.double.settle()
    assert shop.gateway.reverse(known, Deadline(SOON)).done is Done.DONE


def test_a_capture_that_the_bank_refuses_leaves_the_hold_to_be_let_go_of(with_stripe: Shop) -> None:
    payment = with_stripe.paid()
    with_stripe.harm("decline", "capture")

    assert with_stripe.gateway.capture(payment, Deadline(SOON)).done is Done.REFUSED
    assert with_stripe.gateway.reverse(payment, Deadline(SOON)).done is Done.DONE
    line = with_stripe.ledger(payment)
    assert line is not None
    assert (line.held, line.net) == (0, 0)


def test_a_refund_that_fails_later_is_told(with_stripe: Shop) -> None:
    payment = with_stripe.paid()
    with_stripe.gateway.capture(payment, Deadline(SOON))
    with_stripe.events()
    with_stripe.harm("later_fails", "refund")

    assert with_stripe.gateway.refund(payment, Deadline(SOON)).done is Done.RECEIVED
    with_stripe.double.settle()

    # That it has begun and is on its way says nothing about its end.
    assert [event.told for event in with_stripe.events()] == [Told.OTHER, Told.OTHER, Told.REFUND_FAILED]
    assert with_stripe.gateway.refund(payment, Deadline(SOON), serial=2).done is Done.DONE


@pytest.mark.parametrize(("amount", "shop"), [(Money(500, "UGX"), "with_stripe"), (Money(1_255, "KWD"), "with_stripe"),
                                              (Money(150, "IDR"), "with_adyen")])  # fmt: skip
def test_an_amount_that_the_vendor_cannot_write_is_declined_before_anything_is_sent(
    request: pytest.FixtureRequest, amount: Money, shop: str
) -> None:
    at: Shop = request.getfixturevalue(shop)

    told = at.pay(at.payment(amount))

    assert (told.outcome, told.reason) == (Outcome.DECLINED, "amount_unsupported")
    assert at.double.calls == []


def test_adyen_undoes_a_payment_whose_answer_was_lost_by_our_own_name_for_it(with_adyen: Shop) -> None:
    shop, payment = with_adyen, with_adyen.payment()
    shop.harm("lose_reply", "authorize")
    with pytest.raises(OutcomeUnknown):
        shop.pay(payment)
    line = shop.ledger(payment)
    assert line is not None
    assert line.held == 4_990

    assert shop.gateway.find(payment, Deadline(SOON)) is None
    assert shop.gateway.reverse(payment, Deadline(SOON)).done is Done.RECEIVED

    line = shop.ledger(payment)
    assert line is not None
    assert line.held == 0
    assert [(event.told, event.name) for event in shop.events()] == [
        (Told.AUTHORIZED, payment.name),
        (Told.VOIDED, payment.name),
    ]


def test_adyen_tells_of_a_void_that_came_too_late(with_adyen: Shop) -> None:
    payment = with_adyen.paid()
    with_adyen.gateway.capture(payment, Deadline(SOON))

    with_adyen.gateway.void(payment, Deadline(SOON))

    assert [event.told for event in with_adyen.events()] == [Told.AUTHORIZED, Told.CAPTURED, Told.VOID_FAILED]


def test_a_change_of_a_payment_that_adyen_does_not_know_is_refused(with_adyen: Shop) -> None:
    payment = with_adyen.payment(reference="ABCDEFGHJKLMNPQR")

    assert with_adyen.gateway.capture(payment, Deadline(SOON)).done is Done.REFUSED


def test_the_proof_of_another_payment_pays_for_nothing_here(with_adyen: Shop) -> None:
    shop = with_adyen
    cheap, dear = shop.payment(Money(1, "EUR")), shop.payment(Money(99_900, "EUR"))
    proof = shop.bank_says(shop.pay(cheap, shop.means(shop.challenge)), "pass")
    waits = shop.pay(dear, shop.means(shop.challenge))

    with pytest.raises(ProofUnusable):
        shop.gateway.resume(replace(dear, reference=waits.reference), proof, Deadline(SOON))

    line = shop.ledger(dear)
    assert line is not None
    assert line.held == 0


@pytest.mark.parametrize("proof", [{}, {"redirectResult": "made-up"}, {"resultCode": "Authorised"},
                                   {"redirectResult": "x" * 100_001}])  # fmt: skip
def test_a_proof_that_no_bank_gave_is_refused(with_adyen: Shop, proof: dict[str, str]) -> None:
    told = with_adyen.pay(with_adyen.payment(), with_adyen.means(with_adyen.challenge))

    with pytest.raises(ProofUnusable):
        with_adyen.gateway.resume(with_adyen.payment(reference=told.reference), proof, Deadline(SOON))


def test_adyens_published_test_cards_are_taken_by_its_sandbox_alone(with_adyen: Shop) -> None:
    card = '{"type":"scheme","encryptedCardNumber":"test_4111111111111111"}'
    live = replace(with_adyen.gateway._account, live_prefix="1797a841fbb37ca7-Saltgrove")  # type: ignore[attr-defined]
    gateway = type(with_adyen.gateway)(live, with_adyen.vault.reveal, address=with_adyen.gateways.address)  # type: ignore[call-arg]
    means = Means(with_adyen.vault.keep(card), "https://shop.example/paid")

    told = gateway.authorize(with_adyen.payment(), means, Deadline(SOON), persist=with_adyen.persisted.append)

    assert (told.outcome, told.reason) == (Outcome.DECLINED, "instrument_unusable")
    assert with_adyen.double.calls == []

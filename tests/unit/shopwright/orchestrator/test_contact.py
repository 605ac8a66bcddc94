"""How a shop is reached is told as it shows itself."""

import pytest
from shopwright.orchestrator import contact
from shopwright.tenancy.branding import Branding

BRAND = Branding(
    name="Fernhollow",
    currency="EUR",
    email="hello@fernhollow.example",
    website="https://fernhollow.example",
    address=("12 Ridge Road", "Fernhollow"),
)
BY = "You reach Fernhollow by e-mail at hello@fernhollow.example, or on its pages at https://fernhollow.example"


@pytest.mark.parametrize(
    "message",
    ["How can I contact customer service?", "How can I contact you?", "What is your email?", "phone number?", "contact",
     "What's your phone number?", "Do you have a phone number", "Can I call you?", "can I email the shop",
     "Do you have a website?"],
)  # fmt: skip
def test_who_asks_how_to_reach_the_shop_is_told_what_it_says_of_itself(message: str) -> None:
    assert contact.asked(message)
    assert contact.told(message, BRAND) == f"{BY}."


def test_where_letters_go_is_told_to_who_asks_for_an_address() -> None:
    assert contact.told("What's your address?", BRAND) == f"{BY}, or by post at 12 Ridge Road, Fernhollow."
    assert contact.told("What is your e-mail address?", BRAND) == f"{BY}."


def test_what_a_shop_has_not_said_is_not_made_up() -> None:
    silent = Branding(name="Fernhollow", currency="EUR")

    assert contact.told("How can I contact you?", None) is None
    assert contact.told("How can I contact you?", silent) is None


@pytest.mark.parametrize(
    "message",
    [
        "What is my delivery address?",
        "Do you have a mug with a handle?",
        "Can I change my address?",
        "tents",
        "I'll contact my bank",
    ],
)
def test_other_questions_ask_for_no_contact(message: str) -> None:
    assert not contact.asked(message)


def test_what_was_masked_asks_for_no_address() -> None:
    assert not contact.asked("sandals [address]")
    assert contact.asked("What is your address?")

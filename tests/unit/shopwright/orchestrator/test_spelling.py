"""A word that is none is read as the one that was meant, and a word that is one is left alone."""

from collections.abc import Collection, Sequence

import pytest
from shopwright.orchestrator.spelling import respelled
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

ANN = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset({"shop/chat"}))
GOODS = frozenset(
    {"compass", "whisk", "headphones", "grayling", "wireless", "wired", "skerrow", "boot", "ladle", "camp", "cast"}
)
PAGE = "The guarantee covers cheese graters. A hood is waterproof. What matter is it?"


class Shop:
    """What it sells by name, and who asked for it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sequence[str]]] = []

    def sold(self, caller: Caller, words: Sequence[str]) -> Collection[str]:
        self.asked.append((caller.tenant.merchant_id, words))
        return GOODS.intersection(words)


def read(question: str) -> str | None:
    meant = respelled(question, [PAGE], ANN, Shop().sold)
    return None if meant is None else meant.text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("do you sell compases", "do you sell compass"),
        ("do you sell laddles", "do you sell ladle"),
        ("do you have wisks", "do you have whisk"),
        ("hedphones", "headphones"),
        ("how mcuh is the Greyling", "how much is the grayling"),
        ("wireles headphones", "wireless headphones"),  # nearer than "wired" is
        ("what is the warrenty", "what is the warranty"),
        ("what is your retrun", "what is your return"),
        ("chese graters", "cheese graters"),
        ("is it in stok", "is it in stock"),
        ("do u sell wisks", "do you sell whisk"),
    ],
)
def test_a_slip_is_read_as_the_goods_the_pages_or_a_word_that_asks(typed: str, meant: str) -> None:
    assert read(typed) == meant


@pytest.mark.parametrize(
    "question",
    [
        "do you sell books",  # boots are near, and books are books
        "do you sell bots",
        "do you have camo jackets",
        "i cant get it off",
        "do you have cams",
        "is matte black available",
        "is the Skerrow waterproof",  # its own name
        "do you sell iphones",
        "do you sell kayaks",
        "gas cooker",  # a cooper is near, and asks for nothing
        "do u sell boots",  # nothing was mistyped, so nothing else is changed
        "wo kann ich qwertz asdfg yxcvb hjklm",  # too many words are none: another language
        "B0ots-27 how much",
        "",
    ],
)
def test_what_is_a_word_or_near_to_none_stays_as_it_is(question: str) -> None:
    assert read(question) is None


def test_what_was_read_as_what_can_be_told() -> None:
    meant = respelled("How mcuh are Hedphones", [], ANN, Shop().sold)

    assert meant is not None
    assert meant.read_as == {"mcuh": "much", "Hedphones": "headphones"}


def test_the_shop_is_asked_once_and_for_its_own_goods() -> None:
    shop = Shop()

    respelled("compases and hedphones", [], ANN, shop.sold)
    respelled("do you sell books", [], ANN, shop.sold)

    ((merchant, words),) = shop.asked
    assert merchant == "outdoor"
    assert {"compass", "headphones"} <= set(words)

"""What a merchant's products and brands are called, asked by whoever must not take them for people."""

from itertools import count

import pytest
from shopwright.catalog.aurora import Names
from shopwright.database.connection import PassportRefused
from shopwright.tenancy.passport import Passport
from shopwright.tenancy.tenant import Tenant

from tests.integration.database.conftest import Shop
from tests.integration.database.shop import SIGNER
from tests.integration.database.test_catalog import Counter

TURNS = count(1)
PAN = "S-1,Softfall Crêpe Pan,26.00,GBP,4,950,black"
SHELTER = "S-2,Pipit Pop-up Beach Shelter,59.90,GBP,2,1900,blue"
BRAND = """
    insert into shopwright.product_fact (merchant_id, product_id, name, kind, words)
    select merchant_id, id, 'brand', 'words', 'Emile Henry' from shopwright.product returning name"""


@pytest.fixture
def counter(shop: Shop) -> Counter:
    """A counter of a merchant of the test's own, on which a crêpe pan and a pop-up shelter lie."""
    counter = Counter(shop, Tenant(f"namer-{next(TURNS)}"))
    counter.drop(PAN, SHELTER)
    return counter


def among(counter: Counter, *stretches: str, tenant: Tenant | None = None) -> dict[str, bool]:
    passport = SIGNER.sign(tenant or counter.merchant)
    return Names(counter.shop.database()).among(passport, stretches)


def test_a_stretch_of_a_title_or_a_brand_is_known_word_for_word(counter: Counter) -> None:
    assert among(
        counter, "Softfall Crêpe", "softfall crepe pan", "Pipit Pop", "Softfall Pan", "Soft", "Jane Doe", ""
    ) == {
        "Softfall Crêpe": False,
        "softfall crepe pan": True,
        "Pipit Pop": False,
    }


def test_a_brand_is_known_by_its_whole_name_and_by_part_of_it(counter: Counter) -> None:
    counter.run(BRAND)

    assert among(counter, "Emile Henry", "Emile") == {"Emile Henry": True, "Emile": False}


def test_another_merchants_goods_and_goods_that_are_gone_are_nobodys(counter: Counter) -> None:
    assert among(counter, "Softfall Crêpe", tenant=Tenant("somebody-else")) == {}

    counter.drop(SHELTER)

    assert among(counter, "Softfall Crêpe") == {}


def test_who_has_no_passport_learns_no_name(counter: Counter) -> None:
    with pytest.raises(PassportRefused):
        Names(counter.shop.database()).among(Passport(counter.merchant, "forged"), ["Softfall"])

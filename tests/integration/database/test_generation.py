"""A merchant's generation is told in one round trip, to whoever holds that merchant's passport."""

import pytest
from shopwright.database.connection import PassportRefused
from shopwright.orchestrator.aurora import Generations
from shopwright.tenancy.passport import Passport, Signer, SigningKey
from shopwright.tenancy.tenant import Tenant

from tests.integration.database.conftest import Shop
from tests.integration.database.shop import KITCHEN, OUTDOOR, SIGNER, arrival, content


def test_a_generation_begins_at_nothing_and_grows_with_each_change_of_its_own_merchant(shop: Shop) -> None:
    generations, documents = Generations(shop.database()), shop.repository()

    def now(tenant: Tenant) -> int:
        return generations.current(SIGNER.sign(tenant))

    seen = [(now(KITCHEN), now(OUTDOOR))]
    for tenant in (KITCHEN, KITCHEN, OUTDOOR):
        drop = arrival(tenant, f"page-{len(seen)}.md", "01")
        documents.of(tenant).register(drop, title="A page")
        documents.of(tenant).replace(drop, content(drop, ["Returns are free within 30 days."]))
        seen.append((now(KITCHEN), now(OUTDOOR)))

    assert seen == [(0, 0), (1, 0), (2, 0), (2, 1)]


@pytest.mark.parametrize(
    "passport",
    [
        Passport(KITCHEN, "k1.kitchen.9999999999." + "0" * 64),
        Passport(KITCHEN, ""),
        Signer(lambda: SigningKey("k1", b"another-key")).sign(KITCHEN),
        SIGNER.sign(KITCHEN, lifetime_s=-1),
    ],
    ids=("forged", "empty", "another key", "expired"),
)
def test_without_a_good_passport_no_generation_is_told(shop: Shop, passport: Passport) -> None:
    with pytest.raises(PassportRefused):
        Generations(shop.database()).current(passport)

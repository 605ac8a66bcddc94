"""What shoppers see of a merchant's products, in PostgreSQL: in order, page by page, as it is now, and whose it is."""

from decimal import Decimal
from itertools import count

import pytest
from shopwright.catalog.aurora import Catalog, CatalogRepository
from shopwright.catalog.shelf import MAX_SHOWN, MAX_SHOWN_LISTED, Order, ProductNotFound
from shopwright.database.paging import NotACursor, cursor_of
from shopwright.errors import Invalid
from shopwright.tenancy.tenant import Tenant

from tests.integration.database.conftest import Shop
from tests.integration.database.shop import SIGNER
from tests.integration.database.test_catalog import BOARD, KETTLE, SKILLET, Counter

TURNS = count(1)


@pytest.fixture
def counter(shop: Shop) -> Counter:
    return Counter(shop, Tenant(f"shelf-{next(TURNS)}"))


def ids(catalog: Catalog, limit: int = 20, order: Order = Order.NEWEST, **wanted: object) -> list[str]:
    """Every product, page by page."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = catalog.browse(limit, cursor, order=order, **wanted)  # type: ignore[arg-type]  # the test's own words
        found += [product.id for product in page.products]
        cursor = page.cursor
        if cursor is None:
            return found


def test_a_product_is_shown_with_its_facts_as_they_are_now(counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE)
    counter.drop(SKILLET.replace("29.50", "27.00"), KETTLE)
    counter.run("update shopwright.stock set held = 3 where sku = 'P-1'")

    skillet = counter.catalog.find("P-1")

    assert (skillet.id, skillet.title, skillet.variant_count) == ("P-1", "Skillet", 1)
    [variant] = skillet.variants
    price = variant.facts["price"]
    assert (price.amount, price.unit, price.version) == (Decimal(2700), "GBP", 2)
    assert variant.left is not None
    assert (variant.left.count, variant.left.version) == (1, 2)
    assert {name: fact.version for name, fact in skillet.facts.items()} == {"weight": 1, "colour": 1}


def test_of_a_product_that_nobody_counts_no_number_is_shown(counter: Counter) -> None:
    counter.drop(SKILLET.replace(",4,", ",,"))

    [variant] = counter.catalog.find("P-1").variants

    assert variant.left is None


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_what_changed_last_comes_first_and_names_come_in_their_order(counter: Counter, limit: int) -> None:
    counter.drop(SKILLET, KETTLE, BOARD)
    counter.drop(SKILLET, KETTLE.replace("39.00", "35.00"), BOARD)
    counter.drop(SKILLET, KETTLE.replace("39.00", "35.00"), BOARD.replace(",7,", ",6,"))

    assert ids(counter.catalog, limit) == ["P-3", "P-2", "P-1"]
    assert ids(counter.catalog, limit, Order.NAME) == ["P-3", "P-2", "P-1"]
    counter.drop(SKILLET.replace("Skillet", "a skillet"), KETTLE, BOARD)
    assert ids(counter.catalog, limit, Order.NAME) == ["P-1", "P-3", "P-2"]


def test_the_same_feed_again_changes_no_place_in_the_list(counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE)
    before = counter.catalog.browse()
    counter.drop(SKILLET, KETTLE)

    assert counter.catalog.browse() == before


def test_a_page_goes_on_although_its_last_product_was_withdrawn_meanwhile(counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE, BOARD)
    first = counter.catalog.browse(2, order=Order.NAME)
    counter.drop(SKILLET, BOARD)

    assert [product.id for product in first.products] == ["P-3", "P-2"]
    rest = counter.catalog.browse(2, first.cursor, order=Order.NAME)
    assert ([product.id for product in rest.products], rest.cursor) == (["P-1"], None)
    with pytest.raises(ProductNotFound):
        counter.catalog.find("P-2")


def test_products_are_found_by_their_titles_words_whatever_these_are(counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE, BOARD.replace("Board", "100% oak_board"))

    assert ids(counter.catalog, text="KILL") == ["P-1"]
    assert ids(counter.catalog, text="100%") == ["P-3"]
    assert ids(counter.catalog, text="%") == ["P-3"]
    assert ids(counter.catalog, text="_") == ["P-3"]
    assert ids(counter.catalog, text="' or true --") == []


def test_only_what_can_be_had_is_shown_to_who_asks_for_that(counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE.replace(",2,", ",0,"), BOARD.replace(",7,", ",out of stock,"), "P-4,Pot,9,GBP,,,")
    assert set(ids(counter.catalog, available=True)) == {"P-1", "P-4"}

    counter.run("update shopwright.stock set held = 4 where sku = 'P-1'")
    assert ids(counter.catalog, available=True) == ["P-4"]
    assert len(ids(counter.catalog)) == 4


def test_of_many_variants_the_first_and_the_one_asked_for_are_shown(counter: Counter) -> None:
    counter.drop(SKILLET)
    many = [f"S-{number}" for number in range(150)]
    counter.run(
        "insert into shopwright.variant (merchant_id, product_id, sku, ordinal, title)"
        " select %s, 'P-1', sku, n, 'Skillet' from unnest(%s::text[]) with ordinality as one (sku, n)",
        counter.merchant.merchant_id,
        many,
    )

    [listed] = counter.catalog.browse().products
    assert (len(listed.variants), listed.variant_count) == (MAX_SHOWN_LISTED, 151)
    assert [variant.sku for variant in listed.variants[:2]] == ["P-1", "S-0"]
    whole = counter.catalog.find("S-149")
    assert (whole.id, len(whole.variants), whole.variant_count) == ("P-1", MAX_SHOWN, 151)
    assert whole.variants[-1].sku == "S-149"


def test_another_merchants_products_are_neither_listed_nor_found(counter: Counter, shop: Shop) -> None:
    counter.drop(SKILLET)
    other = CatalogRepository(shop.database(), SIGNER).of(Tenant("shelf-other"))

    assert other.browse().products == ()
    with pytest.raises(ProductNotFound):
        other.find("P-1")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "made-up",
        cursor_of("name", "2026-09-21T12:00:00+00:00", "P-1"),
        cursor_of("newest", "yesterday", "P-1"),
        cursor_of("newest", "2026-09-21T12:00:00", "P-1"),
        cursor_of("newest", "2026-09-21T12:00:00+00:00", "P\0"),
        cursor_of("newest", "2026-09-21T12:00:00+00:00"),
    ],
)
def test_a_cursor_that_no_page_of_this_list_gave_is_refused(counter: Counter, cursor: str) -> None:
    with pytest.raises(NotACursor):
        counter.catalog.browse(cursor=cursor)


@pytest.mark.parametrize("limit", [0, 51])
def test_a_page_has_its_bounds(counter: Counter, limit: int) -> None:
    with pytest.raises(Invalid):
        counter.catalog.browse(limit)

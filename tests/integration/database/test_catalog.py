"""A merchant's catalog through its drops: what changed gets a new version, what is held stays, and whose is whose."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from shopwright.catalog import feeds
from shopwright.catalog.aurora import Catalog, CatalogRepository, Changed, Facts
from shopwright.catalog.facts import Sheet
from shopwright.catalog.passages import Owner, Telling
from shopwright.catalog.product import Feed
from shopwright.database.connection import Cursor, PassportRefused, QueryFailed
from shopwright.documents.aurora import Outcome
from shopwright.documents.document import Arrival
from shopwright.tenancy.passport import Signer, SigningKey
from shopwright.tenancy.tenant import Tenant

from tests.integration.database.conftest import Shop
from tests.integration.database.shop import KITCHEN, OUTDOOR, SIGNER, arrival, content

HEADER = "sku,name,price,currency,stock,weight_g,colour"
SKILLET = "P-1,Skillet,29.50,GBP,4,1650,black"
KETTLE = "P-2,Kettle,39.00,GBP,2,900,steel"
BOARD = "P-3,Board,19.00,GBP,7,1200,oak"
TURNS = count(1)


@pytest.fixture
def merchant() -> Tenant:
    """A merchant of the test's own: nothing is on their shelves yet."""
    return Tenant(f"shop-{next(TURNS)}")


class Counter:
    """Drops feeds as a merchant does, and looks at what came of them."""

    def __init__(self, shop: Shop, merchant: Tenant, name: str = "catalog.csv") -> None:
        self.shop, self.merchant, self.name = shop, merchant, name
        self.documents = shop.repository().of(merchant)
        self.catalog = CatalogRepository(shop.database(), SIGNER).of(merchant)
        self.facts = Facts(shop.database())
        self.turn = 0
        self.chunks: dict[str, str] = {}

    def drop(self, *rows: str, header: str = HEADER) -> Changed:
        """The feed with these rows in place of the one before: one passage for each row."""
        self.turn += 1
        changed: list[Changed] = []
        text = "\n".join((header, *rows)) + "\n"
        feed = feeds.read(text, "csv")
        assert feed is not None
        drop = arrival(self.merchant, self.name, f"{self.turn:04X}")
        texts = [f"{row} of {self.name}" for row in rows]
        whole = content(drop, texts)
        owners = {}
        for (chunk, _), row in zip(whole.passages, rows, strict=True):
            self.chunks[row.split(",")[0]] = str(chunk.id)
            owners[chunk.id] = Owner(row.split(",")[0])
        self.documents.register(drop, title="Catalog")
        outcome = self.documents.replace(
            drop, whole, also=lambda db: changed.append(self.catalog.replace(db, drop.document_id, feed, owners))
        )
        assert outcome is Outcome.SEARCHABLE
        return changed[0]

    def remove(self) -> None:
        gone = arrival(self.merchant, self.name, "FFFF")
        self.documents.remove(gone, also=lambda db: self.catalog.withdraw(db, gone.document_id))

    @property
    def document_id(self) -> str:
        return arrival(self.merchant, self.name, "01").document_id

    def sheet(self, sku: str) -> Sheet:
        return self.facts.of(SIGNER.sign(self.merchant), [self.chunks[sku]])[self.chunks[sku]]

    def run(self, statement: str, *values: object) -> list[dict[str, object]]:
        """A statement as the merchant, for what no drop does: a checkout holds, somebody changes a price."""
        with self.shop.database().as_tenant(SIGNER.sign(self.merchant)) as db:
            cursor = db.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def counter(shop: Shop, merchant: Tenant) -> Counter:
    return Counter(shop, merchant)


def test_a_feed_becomes_products_with_typed_facts_and_stock(counter: Counter) -> None:
    changed = counter.drop(SKILLET, KETTLE)

    assert (changed.products, changed.withdrawn, changed.stock) == (2, 0, 2)
    sheet = counter.sheet("P-1")
    assert {name: (fact.text, fact.version) for name, fact in sheet.items()} == {
        "price": ("29.50 GBP", 1),
        "stock": ("4", 1),
        "weight": ("1650 g", 1),
        "colour": ("black", 1),
    }
    [row] = counter.run("select amount, unit from shopwright.product_fact where product_id = 'P-1' and name = 'price'")
    assert (str(row["amount"]), row["unit"]) == ("2950", "GBP")


def test_the_same_feed_again_writes_no_fact_and_no_stock(counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE)
    before = counter.run("select xmin::text, product_id, name, version from shopwright.product_fact order by 2, 3")

    again = counter.drop(SKILLET, KETTLE)

    assert (again.facts, again.stock) == (0, 0)
    after = counter.run("select xmin::text, product_id, name, version from shopwright.product_fact order by 2, 3")
    assert after == before


def test_a_new_price_changes_one_fact_and_its_version_alone(counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE)

    changed = counter.drop(SKILLET.replace("29.50", "27.00"), KETTLE)

    assert (changed.facts, changed.stock) == (1, 0)
    skillet, kettle = counter.sheet("P-1"), counter.sheet("P-2")
    assert (skillet["price"].text, skillet["price"].version, skillet["weight"].version) == ("27.00 GBP", 2, 1)
    assert {fact.version for fact in kettle.values()} == {1}


def test_a_feed_sets_what_is_on_hand_and_never_what_is_held(counter: Counter) -> None:
    counter.drop(SKILLET)
    counter.run("update shopwright.stock set held = 3 where product_id = 'P-1'")
    assert (counter.sheet("P-1")["stock"].text, counter.sheet("P-1")["stock"].version) == ("1", 2)

    counter.drop(SKILLET.replace(",4,", ",10,"))
    assert (counter.sheet("P-1")["stock"].text, counter.sheet("P-1")["stock"].version) == ("7", 3)
    counter.drop(SKILLET.replace(",4,", ",2,"))  # fewer than are promised to shoppers: none is left to sell

    assert counter.sheet("P-1")["stock"].text == "0"
    counter.drop(KETTLE)
    assert counter.run("select on_hand, held from shopwright.stock where product_id = 'P-1'") == [
        {"on_hand": None, "held": 3}
    ]


TIMED = HEADER + ",stock_as_of"


def sell(counter: Counter, units: int, *, ago: str = "0 s", run: Callable[..., object] | None = None) -> None:
    """A sale of the skillet, as the checkout leaves it."""
    run = run or counter.run
    number = next(TURNS)
    order = f"o-{number:a>26}".translate(str.maketrans("0123456789", "abcdefghij"))
    run(
        "insert into shopwright.purchase (merchant_id, id, saga_id, subject, status, terms, quote_hash, consent,"
        " cart_version, total_minor, currency)"
        " values (%s, %s, %s, 'user#ann', 'paid', '{}', %s, '{}', %s, 100, 'GBP')",
        *(counter.merchant.merchant_id, order, order, f"{number:064x}", number),
    )
    run(
        "insert into shopwright.reservation (merchant_id, order_id, product_id, sku, quantity, counted, state,"
        " expires_at, changed_at)"
        " values (%s, %s, 'P-1', 'P-1', %s, true, 'sold', now(), clock_timestamp() - %s::interval)",
        *(counter.merchant.merchant_id, order, units, ago),
    )
    run("update shopwright.stock set on_hand = greatest(on_hand - %s, 0) where sku = 'P-1'", units)


def left(counter: Counter) -> object:
    return counter.run("select on_hand from shopwright.stock where sku = 'P-1'")[0]["on_hand"]


def test_what_was_sold_after_a_count_that_says_when_it_was_is_not_put_back(counter: Counter) -> None:
    counter.drop(SKILLET)
    sell(counter, 1, ago="2 hours")
    sell(counter, 2, ago="10 minutes")
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()

    counter.drop(f"{SKILLET.replace(',4,', ',10,')},{hour_ago}", header=TIMED)

    assert left(counter) == 8
    report = counter.catalog.report(counter.document_id)
    assert report is not None
    assert report.warned == ()
    counter.drop(f"{SKILLET.replace(',4,', ',1,')},{hour_ago}", header=TIMED)
    assert left(counter) == 0  # never below nothing


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=365)])
def test_a_count_of_a_time_to_come_brings_nothing_back_and_its_merchant_is_told(
    counter: Counter, ahead: timedelta
) -> None:
    counter.drop(SKILLET)
    sell(counter, 3)
    later = (datetime.now(UTC) + ahead).isoformat()

    counter.drop(
        f"{SKILLET.replace(',4,', ',10,').replace('29.50', '27.00')},{later}", f"{KETTLE},{later}", header=TIMED
    )

    assert left(counter) == 1
    assert counter.sheet("P-1")["price"].text == "27.00 GBP"  # the rest of the row is taken
    report = counter.catalog.report(counter.document_id)
    assert report is not None
    assert [(one.sku, "was not taken" in one.reason) for one in report.warned] == [("P-1", True), ("P-2", False)]
    assert all("is a time to come" in one.reason for one in report.warned)


def test_a_clock_that_is_a_little_ahead_is_no_reason_to_refuse_a_count(counter: Counter) -> None:
    counter.drop(SKILLET)

    soon = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    counter.drop(f"{SKILLET.replace(',4,', ',10,')},{soon}", header=TIMED)

    assert left(counter) == 10


def test_a_sale_that_is_paid_while_a_timed_count_is_written_is_not_put_back(counter: Counter) -> None:
    counter.drop(SKILLET)
    row = f"{SKILLET.replace(',4,', ',10,')},{datetime.now(UTC).isoformat()}"
    writer = threading.Thread(target=lambda: counter.drop(row, header=TIMED))

    with counter.shop.database().as_tenant(SIGNER.sign(counter.merchant)) as db:
        sell(counter, 2, run=lambda statement, *values: db.execute(statement.encode(), values))
        writer.start()
        writer.join(1)
        assert writer.is_alive()  # it waits for the sale
    writer.join(20)

    assert left(counter) == 8


def test_a_count_that_does_not_say_when_it_was_holds_and_its_merchant_is_told_what_it_brings_back(
    counter: Counter,
) -> None:
    counter.drop(SKILLET, KETTLE)
    sell(counter, 3)

    counter.drop(SKILLET.replace("black", "grey"), KETTLE)

    assert left(counter) == 4
    report = counter.catalog.report(counter.document_id)
    assert report is not None
    assert [(one.sku, one.reason.split(" ", 1)[0]) for one in report.warned] == [("P-1", "3")]
    assert report.warned_count == 1
    counter.drop(SKILLET, KETTLE)  # nothing was sold since
    again = counter.catalog.report(counter.document_id)
    assert again is not None
    assert again.warned == ()


@pytest.mark.parametrize(("count_", "warned"), [("1", 0), ("2", 1), ("0", 0), ("9", 3)])
def test_a_count_that_knows_of_the_sales_brings_nothing_back(counter: Counter, count_: str, warned: int) -> None:
    counter.drop(SKILLET)
    sell(counter, 3)

    counter.drop(SKILLET.replace(",4,", f",{count_},"))

    report = counter.catalog.report(counter.document_id)
    assert report is not None
    assert [one.reason.split(" ", 1)[0] for one in report.warned] == ([str(warned)] if warned else [])


@pytest.mark.parametrize("change", ["on_hand = -1", "held = -1"])
def test_there_is_never_less_than_nothing_on_the_shelf(shop: Shop, counter: Counter, change: str) -> None:
    counter.drop(SKILLET)
    with pytest.raises(QueryFailed):
        counter.run(f"update shopwright.stock set {change}")  # noqa: S608 - of the list above


def test_a_product_that_the_new_feed_does_not_name_is_withdrawn_and_may_come_back(counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE)
    key = counter.sheet("P-2")["price"].key
    passport = SIGNER.sign(counter.merchant)
    versions = [counter.facts.versions(passport, [key])[key]]

    assert counter.drop(SKILLET, BOARD).withdrawn == 1
    versions.append(counter.facts.versions(passport, [key])[key])
    assert counter.run("select id from shopwright.product where withdrawn") == [{"id": "P-2"}]
    counter.drop(SKILLET, KETTLE)
    versions.append(counter.facts.versions(passport, [key])[key])

    assert versions == [1, 2, 3]  # an answer kept from the first never looks fresh again
    assert counter.sheet("P-2")["price"].text == "39.00 GBP"
    assert counter.run("select id from shopwright.product where withdrawn") == [{"id": "P-3"}]


def test_a_fact_that_the_new_feed_does_not_tell_is_forgotten(counter: Counter) -> None:
    counter.drop(SKILLET)

    assert counter.drop("P-1,Skillet,29.50,GBP,,1650,").facts == 1
    assert set(counter.sheet("P-1")) == {"price", "weight"}


def test_a_deleted_feed_withdraws_its_products(counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE)

    counter.remove()

    assert counter.run("select count(*)::int as n from shopwright.product where withdrawn") == [{"n": 2}]
    assert counter.run("select count(*)::int as n from shopwright.product_passage") == [{"n": 0}]
    assert counter.facts.of(SIGNER.sign(counter.merchant), [counter.chunks["P-1"]]) == {}
    assert counter.catalog.report(counter.document_id) is None


def test_whoever_changes_a_price_gives_it_a_new_version_and_nobody_can_turn_one_back(counter: Counter) -> None:
    counter.drop(SKILLET)

    counter.run("update shopwright.product_fact set amount = 2500, version = 1 where name = 'price'")
    counter.run("update shopwright.product_fact set version = 90 where name = 'price'")

    price = counter.sheet("P-1")["price"]
    assert (price.text, price.version) == ("25.00 GBP", 2)


def test_a_merchant_reads_which_rows_of_the_feed_to_mend(counter: Counter) -> None:
    counter.drop(SKILLET, "P-9,,1.00,GBP,1,1,red", *(f"Q-{n},Pan {n},soon,GBP,1,1,red" for n in range(30)))

    report = counter.catalog.report(counter.document_id)

    assert report is not None
    assert (report.products, report.refused_count, len(report.refused)) == (1, 31, 20)
    assert (report.refused[0].row, report.refused[0].reason) == (3, "This row has no title.")
    assert "“soon”" in report.refused[1].reason


def test_two_files_may_not_fight_over_one_id(shop: Shop, counter: Counter) -> None:
    counter.drop(SKILLET)
    other = Counter(shop, counter.merchant, "other.csv")

    other.drop("P-1,Lamp,5.00,GBP,1,1,red", BOARD)

    report = other.catalog.report(other.document_id)
    assert report is not None
    assert (report.products, report.refused_count) == (1, 1)
    assert "another title" in report.refused[0].reason
    assert counter.sheet("P-1")["price"].text == "29.50 GBP"
    kept = counter.run("select content from shopwright.chunk where document_id = %s", other.document_id)
    assert [row["content"] for row in kept] == [
        f"{BOARD} of other.csv"
    ]  # the lamp was refused: no shopper reads its row
    [told] = counter.run("select chunks, passages from shopwright.document where id = %s", other.document_id)
    assert told == {"chunks": 1, "passages": 1}


def test_a_product_moves_to_the_newer_file_that_names_it(shop: Shop, counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE)
    newer = Counter(shop, counter.merchant, "catalog-2.csv")
    newer.drop(SKILLET.replace("29.50", "31.00"))

    counter.remove()

    assert newer.sheet("P-1")["price"].text == "31.00 GBP"
    assert counter.run("select id from shopwright.product where withdrawn") == [{"id": "P-2"}]


def test_variants_are_told_together_and_apart(shop: Shop, merchant: Tenant) -> None:
    text = (
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price\n"
        "top,Top,Size,Small,T-S,1,60\n"
        "top,,,Large,T-L,0,65.50\n"
        "cap,Cap,Title,Default Title,C-1,3,12\n"
    )
    counter = Counter(shop, merchant, "shopify.csv")
    feed = feeds.read(text, "csv")
    assert feed is not None
    telling = Telling(feed.products)
    drop = arrival(merchant, "shopify.csv", "01")
    whole = content(drop, [passage.text for passage in telling.anew])
    owners = {
        chunk.id: Owner("top", passage.sku) for (chunk, _), passage in zip(whole.passages, telling.anew, strict=True)
    }
    counter.documents.register(drop, title="Catalog")
    counter.documents.replace(drop, whole, also=lambda db: counter.catalog.replace(db, drop.document_id, feed, owners))

    def told(sku: str) -> Sheet:
        chunk = next(str(chunk) for chunk, owner in owners.items() if owner.sku == sku)
        return counter.facts.of(SIGNER.sign(merchant), [chunk])[chunk]

    together, apart = told(""), told("T-L")
    assert (together["price"].text, together["price"].version, together["price"].key) == (
        "60.00 to 65.50",
        2,
        "top#price",
    )
    assert (together["size"].text, together["stock"].text) == ("Small, Large", "1")
    assert (apart["price"].text, apart["size"].text, apart["stock"].text) == ("65.50", "Large", "0")
    assert apart["price"].key == "top#T-L#price"
    counter.run("update shopwright.product_fact set amount = 5000 where sku = 'T-S' and name = 'price'")
    keys = [together["price"].key, apart["price"].key, "top#stock", "top#nothing", "none#price"]
    assert told("")["price"].text == "50.00 to 65.50"
    assert counter.facts.versions(SIGNER.sign(merchant), keys) == {"top#price": 3, "top#T-L#price": 1, "top#stock": 2}

    by_product = counter.facts.of_variants(SIGNER.sign(merchant), ["top", "none"])
    assert [(one.sku, one.title) for one in by_product["top"]] == [("T-S", "Top, Small"), ("T-L", "Top, Large")]
    small, large = (one.sheet for one in by_product["top"])
    assert (small["price"].text, small["stock"].text, large["stock"].text) == ("50.00", "1", "0")
    assert large == told("T-L")
    asked = [fact.key for sheet in (small, large) for fact in sheet.values()]
    versions = counter.facts.versions(SIGNER.sign(merchant), asked)
    assert versions == {fact.key: fact.version for sheet in (small, large) for fact in sheet.values()}
    assert by_product.keys() == {"top"}
    counter.run("update shopwright.variant set withdrawn = true where sku = 'T-S'")
    assert [one.sku for one in counter.facts.of_variants(SIGNER.sign(merchant), ["top"])["top"]] == ["T-L"]


def test_two_drops_of_two_files_at_once_end_whole(shop: Shop, merchant: Tenant) -> None:
    """Both tell of the same products, in opposite orders: neither may wait for the other for ever."""
    rows = [f"P-{n},Pan {n},{n + 1}.00,GBP,{n},1,red" for n in range(300)]
    counters = [Counter(shop, merchant, name) for name in ("a.csv", "b.csv")]
    failed: list[BaseException] = []

    def drops(counter: Counter, mine: Sequence[str]) -> None:
        try:
            for turn in range(5):
                counter.drop(*(row.replace("red", f"red {turn}") for row in mine))
        except BaseException as error:
            failed.append(error)

    threads = [
        threading.Thread(target=drops, args=(counter, mine))
        for counter, mine in zip(counters, (rows, rows[::-1]), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert failed == []
    assert counters[0].run("select count(*)::int as n from shopwright.product where not withdrawn") == [{"n": 300}]
    colours = counters[0].run("select distinct words from shopwright.product_fact where name = 'colour'")
    assert colours == [{"words": "red 4"}]


def test_two_drops_of_one_file_at_once_leave_one_of_them_whole(shop: Shop, merchant: Tenant) -> None:
    feeds_ = [[f"P-{n},Pan {n},{turn}.00,GBP,{turn},1,red" for n in range(200)] for turn in (1, 2)]
    counters = [Counter(shop, merchant), Counter(shop, merchant)]
    counters[1].turn = 1  # the later event
    start = threading.Barrier(2)

    def drop(counter: Counter, rows: Sequence[str]) -> None:
        start.wait()
        try:
            counter.drop(*rows)
        except AssertionError:
            assert counter is counters[0]  # superseded: only the older may be

    threads = [
        threading.Thread(target=drop, args=(counter, rows)) for counter, rows in zip(counters, feeds_, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert counters[0].run(
        "select distinct f.amount::int as price, s.on_hand from shopwright.product_fact f"
        " join shopwright.stock s using (merchant_id, product_id) where f.name = 'price'"
    ) == [{"price": 200, "on_hand": 2}]


def test_a_reader_never_sees_new_facts_with_old_passages(shop: Shop, counter: Counter) -> None:
    counter.drop(SKILLET.replace("29.50", "0.00"))
    stop = threading.Event()
    seen: set[tuple[str, str]] = set()

    def read() -> None:
        database = shop.database()
        while not stop.is_set():
            with database.as_tenant(SIGNER.sign(counter.merchant)) as db:
                rows = db.execute(
                    "select c.content, f.amount from shopwright.product_passage p"
                    " join shopwright.chunk c on c.merchant_id = p.merchant_id and c.id = p.chunk_id"
                    " join shopwright.product_fact f on f.merchant_id = p.merchant_id"
                    " and f.product_id = p.product_id and f.name = 'price'"
                ).fetchall()
            seen.update((row["content"].split(",")[2], f"{int(row['amount']) // 100}.00") for row in rows)

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(1, 25):
        counter.drop(SKILLET.replace("29.50", f"{turn}.00"))
    stop.set()
    reader.join(20)

    assert len(seen) > 3
    assert all(told == fact for told, fact in seen)


def test_nobody_reads_the_facts_of_another_merchant(shop: Shop) -> None:
    kitchen, outdoor = Counter(shop, KITCHEN), Counter(shop, OUTDOOR)
    kitchen.drop(SKILLET)
    outdoor.drop(SKILLET.replace("29.50", "99.00"))
    theirs = kitchen.chunks["P-1"]
    passport = SIGNER.sign(OUTDOOR)

    assert outdoor.facts.of(passport, [theirs, outdoor.chunks["P-1"]]).keys() == {outdoor.chunks["P-1"]}
    assert outdoor.sheet("P-1")["price"].text == "99.00 GBP"
    kitchen.drop(SKILLET.replace("29.50", "28.00"))
    assert outdoor.facts.versions(passport, ["P-1#price"]) == {"P-1#price": 1}
    assert outdoor.facts.of_variants(passport, ["P-1"])["P-1"][0].sheet["price"].text == "99.00 GBP"
    forged = Signer(lambda: SigningKey("k1", b"z" * 64)).sign(KITCHEN)
    for call in (
        lambda: kitchen.facts.of(forged, [theirs]),
        lambda: kitchen.facts.of_variants(forged, ["P-1"]),
        lambda: kitchen.facts.versions(forged, ["P-1#price"]),
    ):
        with pytest.raises(PassportRefused):
            call()


def test_a_catalog_cannot_be_written_with_another_merchants_passport(shop: Shop) -> None:
    feed: Feed | None = feeds.read(f"{HEADER}\n{SKILLET}\n", "csv")
    assert feed is not None
    theirs: Catalog = CatalogRepository(shop.database(), SIGNER).of(KITCHEN)
    none: Mapping[UUID, Owner] = {}

    def write(db: Cursor) -> Changed:
        return theirs.replace(db, Arrival("documents/kitchen/catalog.csv", "01").document_id, feed, none)

    with pytest.raises(QueryFailed), shop.database().as_tenant(SIGNER.sign(OUTDOOR)) as db:
        write(db)

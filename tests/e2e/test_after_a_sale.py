"""A paid order on the laptop is told to all who act on it; what one of them cannot do waits, and is replayed."""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
import urllib3
from shopwright.checkout import ids
from shopwright.checkout.aurora import MerchantOrders, Orders
from shopwright.checkout.gateways import Told
from shopwright.checkout.order import News, Placing
from shopwright.checkout.quote import Quote, QuotedLine
from shopwright.database.connection import Address, Database
from shopwright.database.secrets import key_in, login_in
from shopwright.tenancy.branding import Branding, Shopfront
from shopwright.tenancy.dynamodb import Shopfronts
from shopwright.tenancy.passport import Signer
from shopwright.tenancy.secretsmanager import Secret
from shopwright.tenancy.tenant import Tenant

from local import merchants, replay
from local.cloud import Running
from tests.e2e.shop import Visitor, eventually
from tests.e2e.stores import Stores

KITCHEN = Tenant("kitchen")
_HTTP = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=30), retries=False)
_SHELVE = (
    "insert into shopwright.product (merchant_id, id, document_id, title) values (%(m)s, %(s)s, 'd', %(s)s)",
    "insert into shopwright.variant (merchant_id, product_id, sku, ordinal, title) "
    "values (%(m)s, %(s)s, %(s)s, 0, %(s)s)",
    "insert into shopwright.stock (merchant_id, product_id, sku, on_hand) values (%(m)s, %(s)s, %(s)s, 9)",
)


@dataclass
class Till:
    """Sells over the cloud's own database, as the steps of a sale do once the gateway has said yes."""

    database: Database
    signer: Signer

    def orders(self, tenant: Tenant) -> MerchantOrders:
        return Orders(self.database, self.signer).of(tenant)

    def shelve(self, tenant: Tenant) -> str:
        sku = f"after-{secrets.token_hex(4)}"
        with self.database.as_tenant(self.signer.sign(tenant)) as db:
            for statement in _SHELVE:
                db.execute(cast("Any", statement), {"m": tenant.merchant_id, "s": sku})
        return sku

    def sell(self, tenant: Tenant, sku: str, subject: str, version: int) -> str:
        """A paid order of one article; gives its id."""
        nonce, now = secrets.token_hex(16), int(time.time())
        line = QuotedLine(sku, sku, sku, 1, 2_000, 2_000, 2_000, 333)
        quote = Quote(
            tenant.merchant_id, subject, nonce, version, (line,), "GBP", 2_000, 395, 399, 2_395, 1, "stripe", "v1.x",
            now, now + 900,
        )  # fmt: skip
        order, saga = ids.order_id(tenant, nonce), ids.saga_id(tenant, nonce)
        orders = self.orders(tenant)
        orders.place(Placing(order, saga, quote, {}, "https://shop.example/paid"))
        orders.reserve(order, for_s=900)
        orders.ask(order)
        orders.tell(order, News(Told.AUTHORIZED, quote.total, f"pi_{order}"))
        orders.confirm(order)
        orders.ask_capture(order)
        orders.tell(order, News(Told.CAPTURED, quote.total, f"pi_{order}"))
        return order


@pytest.fixture(scope="module")
def till(cloud: Running, stores: Stores) -> Iterator[Till]:
    held = stores.service.client("secretsmanager")
    out = cloud.outputs
    database = Database(
        Address(out["DatabaseHost"], int(out["DatabasePort"]), out["DatabaseName"], "disable"),
        login_in(Secret(out["DatabaseSecretArn"], lambda: held)),
    )
    yield Till(database, Signer(key_in(Secret(out["TenantKeySecretArn"], lambda: held))))
    database.close()


@dataclass
class Line:
    """write-receipt's queue, which can be held back until a whole batch waits in it."""

    stores: Stores
    cloud: Running

    def __post_init__(self) -> None:
        self.sqs, self.functions = self.stores.client("sqs"), self.stores.client("lambda")
        name = self.cloud.outputs["WriteReceiptFunctionName"]
        (mapping,) = self.functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        self.mapping = mapping["UUID"]
        self.url = self.cloud.outputs["ReceiptsEventsQueueUrl"]
        self.failed = self.cloud.outputs["ReceiptsFailedQueueUrl"]

    def open(self, *, yes: bool) -> None:
        self.functions.update_event_source_mapping(UUID=self.mapping, Enabled=yes)

    def patience(self, seconds: int) -> None:
        """How long a message that failed rests before it comes again."""
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"VisibilityTimeout": str(seconds)})

    def waiting(self, url: str) -> int:
        told = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"])


@pytest.fixture
def line(stores: Stores, cloud: Running) -> Iterator[Line]:
    held = Line(stores, cloud)
    held.patience(1)
    held.open(yes=False)
    yield held
    held.open(yes=True)
    held.patience(360)
    held.sqs.purge_queue(QueueUrl=held.failed)


def test_good_ones_are_done_once_and_a_poisoned_one_comes_through_after_its_cause_is_gone(
    till: Till,
    line: Line,
    stores: Stores,
    cloud: Running,
    kitchen_shopper: Visitor,
    kitchen: Visitor,
    outdoor_shopper: Visitor,
) -> None:
    nameless = Tenant(f"nameless-{secrets.token_hex(3)}")  # a shop that nobody has given a branding yet
    subject, sku = f"user#{merchants.shop('kitchen').users['shopper']}", till.shelve(KITCHEN)
    base = int(time.time())
    before = generation(stores)
    good = [till.sell(KITCHEN, sku, subject, base + number) for number in range(3)]
    poisoned = till.sell(nameless, till.shelve(nameless), "user#nobody", 1)
    publish(stores, cloud, lambda: line.waiting(line.url) >= 4)
    line.sqs.send_message(QueueUrl=line.url, MessageBody="what nobody can read")

    line.open(yes=True)
    for order in good:
        lent = eventually(lambda order=order: receipt(kitchen_shopper, order), within_s=60)
        page, file = fetched(lent["html"]), fetched(lent["pdf"])
        assert merchants.shop("kitchen").branding.name.encode() in page
        assert sku.encode() in page
        assert order.encode() in page
        assert file.startswith(b"%PDF-")
    assert eventually(lambda: line.waiting(line.failed) == 2, within_s=60)

    # The shop sees it too, and nobody else does.
    assert receipt(kitchen, good[0])
    assert outdoor_shopper.call("GET", f"/v1/orders/{good[0]}/receipt").status == 404

    # Told once more, nothing is done once more.
    counted = eventually(lambda: sold(stores, sku) == 3 and sold(stores, sku), within_s=30)
    assert eventually(lambda: generation(stores) >= before + 3, within_s=30)
    again(stores, cloud, good)
    publish(stores, cloud, lambda: untold(stores) == 0)
    assert eventually(lambda: line.waiting(line.url) == 0 and all_quiet(line, cloud), within_s=60)
    assert sold(stores, sku) == counted
    assert [versions(stores, cloud, KITCHEN, order) for order in good] == [2, 2, 2]  # a page and a PDF each

    # The cause is cured, and what failed is replayed; what nobody can read stays where it is.
    assert versions(stores, cloud, nameless, poisoned) == 0
    members = stores.client("dynamodb")
    Shopfronts(cloud.outputs["MembersTable"], members).put(
        nameless, Shopfront(branding=Branding(name="Nameless No More", currency="GBP"))
    )
    said: list[str] = []
    assert replay.replay(stores.service, "receipts-failed", limit=None, dry=False, say=said.append) == 1
    assert "1 replayed, 1 that nobody can read, 1 in the queue now" in said[0]
    assert eventually(lambda: versions(stores, cloud, nameless, poisoned) == 2, within_s=30)
    assert line.waiting(line.failed) == 1


def publish(stores: Stores, cloud: Running, done: Callable[[], bool]) -> None:
    """The schedule's call, until it has had its effect."""

    def told() -> bool:
        stores.service.call("publish-events", {})
        return done()

    eventually(told, within_s=30)


def again(stores: Stores, cloud: Running, orders: list[str]) -> None:
    """The publisher forgets that it has told of these, as when it ends between telling and noting it."""
    with stores.owner.postgres.connect(cloud.outputs["DatabaseName"]) as connection:
        connection.execute(
            b"update shopwright.outbox set published_at = null where order_id = any (%s) and kind = 'OrderPaid'",
            (orders,),
        )
        connection.commit()


def untold(stores: Stores) -> int:
    return int(stores.rows("select count(*) from shopwright.outbox where published_at is null")[0][0])


def sold(stores: Stores, sku: str) -> int:
    return int(stores.rows("select coalesce(sum(units), 0) from shopwright.sales_article where sku = %s", sku)[0][0])


def generation(stores: Stores) -> int:
    rows = stores.rows("select number from shopwright.generation where merchant_id = 'kitchen'")
    return int(rows[0][0]) if rows else 0


def all_quiet(line: Line, cloud: Running) -> bool:
    return not any(line.waiting(cloud.outputs[f"{what}EventsQueueUrl"]) for what in ("Receipts", "Stock", "Sales"))


def receipt(visitor: Visitor, order: str) -> Any:
    """Where the receipt can be fetched; None while there is none."""
    answer = visitor.call("GET", f"/v1/orders/{order}/receipt")
    assert answer.status in (200, 404), answer
    return answer.body if answer.status == 200 else None


def fetched(url: str) -> bytes:
    answer = _HTTP.request("GET", url)
    assert answer.status == 200, answer.data[:300]
    return answer.data


def versions(stores: Stores, cloud: Running, tenant: Tenant, order: str) -> int:
    """How many versions of files there are of this order."""
    found = stores.client("s3").list_object_versions(
        Bucket=cloud.outputs["ReceiptsBucket"], Prefix=f"receipts/{tenant.merchant_id}/{order}"
    )
    return len(found.get("Versions", []))

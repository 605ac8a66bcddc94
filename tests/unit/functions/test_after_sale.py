"""What is done after a sale: each who acts on it does so by the database's word, once, and fails by itself."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import count_sale
import orders as orders_function
import pytest
import replay_events
import tell_stock
import write_receipt
from moto import mock_aws
from shopwright.checkout import s3 as adapter
from shopwright.checkout.aurora import Announcement, EventUnknown
from shopwright.checkout.event import OrderEvent
from shopwright.checkout.gateways import Event, Told
from shopwright.checkout.gateways import message as webhook_message
from shopwright.checkout.gateways.message import WebhookMessage
from shopwright.checkout.ids import new_id
from shopwright.checkout.order import Order, OrderLine, OrderUnknown, Paying, State, Status
from shopwright.checkout.s3 import LENT_S, MerchantReceipts, Receipts, ReceiptsRefused
from shopwright.checkout.sns import Topic
from shopwright.documents import sqs
from shopwright.documents.sqs import Queue
from shopwright.money import Money
from shopwright.tenancy.branding import Branding, Shopfront
from shopwright.tenancy.credentials import Credentials
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit
from tests.unit.functions.ingestion import context

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OUTDOOR, KITCHEN = Tenant("outdoor"), Tenant("kitchen")
ORDER = "o-ycutd4qccypdhlcpurs3ceb232"
PAID_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
ANN = gateway.member(subject="user#ann", role="shopper", scopes=("shop/chat",))
BRAND = Branding(name="Fernhollow Outfitters", currency="EUR")


def an_order(order_id: str = ORDER, subject: str = "user#ann") -> Order:
    return Order(
        id=order_id,
        saga_id="s-1",
        subject=subject,
        status=Status.PAID,
        reason="",
        lines=(OrderLine("FH-TEN-121", "fh-ten-121", "Larkmoss 2 Trekking Tent", 1, 19_400, 19_400),),
        delivery_minor=500,
        tax_minor=3_721,
        delivery_tax_minor=93,
        total=Money(19_900, "EUR"),
        cart_version=1,
        created_at=PAID_AT,
        changed_at=PAID_AT,
        payment=Paying(
            state=State.CAPTURED,
            gateway="stripe",
            reference="pi_secret",
            instrument="v1.instrument",
            challenge="v1.challenge",
            proof="v1.proof",
            reason="",
            return_url="",
            captures=1,
            undos=1,
            held=True,
            changed_at=PAID_AT,
        ),
    )


def told(kind: str = "OrderPaid", order_id: str = ORDER) -> Announcement:
    body = {
        "order_id": order_id,
        "total_minor": 19_900,
        "currency": "EUR",
        "lines": [{"sku": "FH-TEN-121", "product_id": "fh-ten-121", "quantity": 1}],
    }
    return Announcement(new_id(), order_id, kind, body, PAID_AT)


@dataclass
class Orders:
    """One merchant's orders and what was told of them, in memory; counts by event, as PostgreSQL does."""

    events: dict[str, Announcement] = field(default_factory=dict)
    taken: set[tuple[str, str]] = field(default_factory=set)
    counted: list[str] = field(default_factory=list)
    generation: int = 1
    sold_out: tuple[str, ...] = ()
    known: dict[str, Order] = field(default_factory=lambda: {ORDER: an_order()})

    def tell(self, kind: str = "OrderPaid", order_id: str = ORDER) -> str:
        """One more event; gives its message."""
        event = told(kind, order_id)
        self.events[event.id] = event
        return published(event)

    def told(self, event_id: str) -> Announcement:
        if event_id not in self.events:
            raise EventUnknown
        return self.events[event_id]

    def look(self, order_id: str) -> Order:
        if order_id not in self.known:
            raise OrderUnknown
        return self.known[order_id]

    def count_sale(self, event_id: str) -> bool:
        first = self._first(event_id, "sales")
        if first:
            self.counted.append(event_id)
        return first

    def stock_changed(self, event_id: str) -> tuple[str, ...] | None:
        if not self._first(event_id, "stock"):
            return None
        self.generation += 1
        return self.sold_out

    def _first(self, event_id: str, taker: str) -> bool:
        self.told(event_id)
        before = len(self.taken)
        self.taken.add((event_id, taker))
        return len(self.taken) > before


class Sns:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def publish(self, *, TopicArn: str, Message: str, MessageAttributes: Any) -> None:  # noqa: N803 - the SDK's names
        self.messages.append(Message)


def published(event: Announcement, tenant: Tenant = OUTDOOR) -> str:
    """The message as the product's own publisher writes it."""
    sns = Sns()
    Topic("arn:topic", lambda: cast("Any", sns)).publish(tenant, event)
    return sns.messages[0]


def batch(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": str(number), "body": body, "eventSource": "aws:sqs"} for number, body in enumerate(bodies)
        ]
    }


def failed(came: Any) -> list[str]:
    return [one["itemIdentifier"] for one in came["batchItemFailures"]]


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


@pytest.fixture
def s3() -> "S3Client":
    client = adapter.client.__wrapped__(Credentials())  # the product's own, made anew
    client.create_bucket(Bucket="receipts")
    return client


def receipts(s3: "S3Client", tenant: Tenant = OUTDOOR) -> MerchantReceipts:
    return Receipts("receipts", lambda credentials: s3).of(tenant)


def kept(s3: "S3Client") -> dict[str, bytes]:
    found = s3.list_objects_v2(Bucket="receipts").get("Contents", [])
    return {one["Key"]: s3.get_object(Bucket="receipts", Key=one["Key"])["Body"].read() for one in found}


def write(s3: "S3Client", orders: Orders, *bodies: str, branding: Branding | None = BRAND) -> list[str]:
    """One batch to write-receipt; gives the numbers of those that come back."""
    desk = write_receipt.Desk(
        cast("Any", lambda tenant: orders),
        lambda tenant: None if branding is None else Shopfront(branding=branding),
        lambda tenant: receipts(s3, tenant),
    )
    return failed(write_receipt.build(lambda: desk)(batch(*bodies), context()))


def test_a_paid_order_is_given_a_page_and_a_pdf_in_its_shops_folder(s3: "S3Client") -> None:
    orders = Orders()

    assert write(s3, orders, orders.tell()) == []

    found = kept(s3)
    assert set(found) == {f"receipts/outdoor/{ORDER}.html", f"receipts/outdoor/{ORDER}.pdf"}
    page = found[f"receipts/outdoor/{ORDER}.html"].decode()
    for said in ("Fernhollow Outfitters", "Larkmoss 2 Trekking Tent", "199.00 EUR", "2026-11-24 09:00 UTC", "Stripe"):
        assert said in page
    assert found[f"receipts/outdoor/{ORDER}.pdf"].startswith(b"%PDF-")
    for secret in ("pi_secret", "v1.", "ann"):
        assert secret not in page


def test_a_refunded_order_is_given_a_receipt_that_says_so_beside_the_first(s3: "S3Client") -> None:
    orders = Orders()
    write(s3, orders, orders.tell("OrderRefunded"))  # events may come in any order
    write(s3, orders, orders.tell())

    found = kept(s3)
    first, then = (found[f"receipts/outdoor/{ORDER}{more}.html"].decode() for more in ("", "-refunded"))
    assert "Refunded" not in first
    assert "Given back" not in first
    for said in ("<dt>Refunded</dt>", "2026-11-24 09:00 UTC", "Given back", "199.00 EUR"):
        assert said in then
    assert f"/outdoor/{ORDER}.html?" in ask(s3, orders).body["html"]
    orders.known[ORDER] = replace(orders.known[ORDER], status=Status.REFUNDED)
    assert f"/outdoor/{ORDER}-refunded.html?" in ask(s3, orders).body["html"]
    s3.delete_object(Bucket="receipts", Key=f"receipts/outdoor/{ORDER}-refunded.html")
    assert f"/outdoor/{ORDER}.html?" in ask(s3, orders).body["html"]  # it is not written yet: the first one, meanwhile


def test_an_event_that_comes_again_leaves_the_receipt_as_it_was_even_when_the_brand_has_changed(s3: "S3Client") -> None:
    orders = Orders()
    message = orders.tell()
    write(s3, orders, message)
    before = kept(s3)

    assert write(s3, orders, message, message, branding=Branding(name="Other Name", currency="EUR")) == []

    assert kept(s3) == before


def test_a_receipt_that_was_half_written_is_finished(s3: "S3Client") -> None:
    orders = Orders()
    message = orders.tell()
    write(s3, orders, message)
    before = kept(s3)
    s3.delete_object(Bucket="receipts", Key=f"receipts/outdoor/{ORDER}.html")

    write(s3, orders, message)

    assert kept(s3) == before


def test_only_the_message_that_cannot_be_worked_off_comes_back(s3: "S3Client") -> None:
    orders = Orders()
    good, invented = orders.tell(), published(told())
    placed, lost = orders.tell("OrderPlaced"), orders.tell(order_id="o-" + "a" * 26)

    assert write(s3, orders, "{}", invented, placed, lost, good) == ["0", "1", "2", "3"]

    assert len(kept(s3)) == 2


def test_a_shop_without_branding_gives_no_receipt_until_it_has_one(s3: "S3Client") -> None:
    orders = Orders()
    message = orders.tell()

    assert write(s3, orders, message, branding=None) == ["0"]
    assert kept(s3) == {}
    assert write(s3, orders, message) == []
    assert len(kept(s3)) == 2


def test_a_bucket_that_is_not_there_is_our_mistake_and_no_receipt_is_claimed(s3: "S3Client") -> None:
    nowhere = Receipts("nowhere", lambda credentials: s3).of(OUTDOOR)

    with pytest.raises(ReceiptsRefused):
        nowhere.keep(ORDER, html="", pdf=b"")


def ask(s3: "S3Client", orders: Orders, row: Member = ANN, order_id: str = ORDER) -> Answer:
    nothing: Any = None
    desk = orders_function.Desk(
        members=FakeMembers(row),
        trail=FakeAudit(),
        orders=cast("Any", lambda tenant: orders),
        challenge=nothing,
        keep_proof=nothing,
        wake=nothing,
        again=nothing,
        receipts=lambda tenant: receipts(s3, tenant),
    )
    handler = orders_function.build(lambda: desk)
    path = f"/v1/orders/{order_id}/receipt"
    return gateway.send(handler, gateway.request("GET", path, token=gateway.claims(row)))


def test_whoever_bought_it_and_the_shop_are_lent_the_receipt_for_minutes(s3: "S3Client") -> None:
    orders = Orders()
    write(s3, orders, orders.tell())

    for row in (ANN, gateway.member(subject="user#mary", role="merchant", scopes=("shop/chat",))):
        answer = ask(s3, orders, row)
        assert answer.status == 200
        assert answer.body["expires_in"] == LENT_S == 300
        for name in ("html", "pdf"):
            assert f"/outdoor/{ORDER}.{name}?" in answer.body[name]
            assert "X-Amz-Expires=300" in answer.body[name]
            assert "X-Amz-Signature=" in answer.body[name]


def test_nobody_else_learns_that_there_is_one(s3: "S3Client") -> None:
    orders = Orders()
    write(s3, orders, orders.tell())
    bob = gateway.member(subject="user#bob", role="shopper", scopes=("shop/chat",))

    assert ask(s3, orders, bob).status == 404
    assert ask(s3, orders, bob).body["error"] == ask(s3, orders, ANN, "o-" + "a" * 26).body["error"] == "OrderUnknown"


def test_an_order_without_a_receipt_says_so(s3: "S3Client") -> None:
    answer = ask(s3, Orders())

    assert (answer.status, answer.body["error"]) == (404, "ReceiptNotWritten")


def test_a_receipt_of_another_shop_has_no_name_here(s3: "S3Client") -> None:
    receipts(s3, KITCHEN).keep(ORDER, html="kitchen's", pdf=b"%PDF-")

    assert ask(s3, Orders()).status == 404


def test_a_sale_is_counted_once_however_often_it_is_told() -> None:
    orders = Orders()
    message, other = orders.tell(), orders.tell("OrderRefunded")
    handler = count_sale.build(lambda: count_sale.Desk(cast("Any", lambda tenant: orders)))

    assert failed(handler(batch(message, message, "{}", other), context())) == ["2"]
    assert failed(handler(batch(message), context())) == []

    assert orders.counted == [OrderEvent.model_validate_json(one).id for one in (message, other)]


def test_kept_answers_end_once_for_each_change_and_the_last_one_sold_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    orders = Orders(sold_out=("FH-TEN-121",))
    paid, refunded = orders.tell(), orders.tell("OrderRefunded")
    handler = tell_stock.build(lambda: tell_stock.Desk(cast("Any", lambda tenant: orders)))

    assert failed(handler(batch(paid, paid, refunded), context())) == []

    assert orders.generation == 3
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["ArticlesSoldOut"] for line in lines if "ArticlesSoldOut" in line] == [[1.0]]
    (said,) = [line for line in lines if line.get("message") == "sold out"]
    assert (said["merchant_id"], said["skus"]) == ("outdoor", ["FH-TEN-121"])


def webhook(number: int) -> str:
    event = Event(f"evt_{number}", Told.CAPTURED, "captured", "pi_1", "s-1.1", ORDER, Money(19_900, "EUR"), PAID_AT)
    return webhook_message.of(OUTDOOR, "stripe", event).model_dump_json()


@pytest.mark.parametrize("what", ["stock", "webhooks"])
def test_an_event_goes_to_the_consumer_that_failed_and_what_is_none_stays(what: str) -> None:
    client = sqs.client.__wrapped__()
    urls = {name: client.create_queue(QueueName=name)["QueueUrl"] for name in (f"{what}-failed", f"{what}-events")}
    way = replay_events.Way(
        Queue(urls[f"{what}-failed"], lambda: client),
        Queue(urls[f"{what}-events"], lambda: client).send,
        WebhookMessage if what == "webhooks" else OrderEvent,
    )
    orders = Orders()
    messages = [webhook(number) if what == "webhooks" else orders.tell() for number in range(12)]
    for body in (*messages, "not an event"):
        client.send_message(QueueUrl=urls[f"{what}-failed"], MessageBody=body)
    handler = replay_events.build(lambda: replay_events.Desk({f"{what}-failed": way}))
    call = {"queue": f"{what}-failed"}

    looked = handler({**call, "dry": True}, context())
    assert (looked["replayed"], looked["poison"], looked["left"]) == (12, 1, 13)
    came = handler(call, context())
    assert (came["replayed"], came["poison"], came["left"]) == (12, 1, 1)

    got: list[str] = []
    while some := client.receive_message(QueueUrl=urls[f"{what}-events"], MaxNumberOfMessages=10).get("Messages"):
        got += [one["Body"] for one in some]
    assert sorted(got) == sorted(messages)

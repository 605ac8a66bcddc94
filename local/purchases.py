"""A demo's shopper who buys: this changes when what is shown of a purchase, and of one that comes to nothing, does.

Everything goes over the API as a shopper's page would send it; what the gateway's double holds is read in its ledger.
"""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopwright.money import Money

from local import operate, web
from local.api import Order, Shop
from local.cloud import Cloud, Running
from local.instruments import Wanted, instruments, wanted
from local.merchants import Merchant

SETTLED = frozenset({"paid", "cancelled", "refunded"})
PATIENCE_S = 60.0
LOOK_S = 0.1
RETURN_URL = "http://127.0.0.1/paid"  # nobody goes there: this shopper has no browser
# The bank's question stands for a quarter of an hour (checkout/limits.toml). Nobody waits for that in a demo.
_A_QUARTER = "16 minutes"


class WentOtherwise(Exception):
    """A purchase ended in another way than it should."""


@dataclass(frozen=True, slots=True)
class Bought:
    """One purchase, with what was true before it and what is after it."""

    order: Order
    seen: tuple[str, ...]  # how far the order was, in order
    seconds: float
    left_before: int | None
    left_after: int | None
    cart: int  # lines that are in the cart now
    ledger: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Till:
    """One shopper before one shop's till, with the laptop's owner beside them."""

    merchant: Merchant
    shopper: Shop
    owner: Cloud
    running: Running

    @property
    def wanted(self) -> Wanted:
        return wanted(self.merchant.id)

    def fill(self) -> None:
        self.shopper.put(self.wanted.sku, self.wanted.quantity)

    def buy(self, does: str, *, walk_away: bool = False) -> Bought:
        """Quote, consent, and whatever comes of it. `walk_away`: the shopper never answers their bank."""
        before, began = self.shopper.left(self.wanted.sku), time.monotonic()
        paid_with = next(one for one in instruments(self.merchant.gateway) if one.does == does)
        quoted = self.shopper.quote(paid_with.instrument)
        order_id = self.shopper.agree(quoted, key=secrets.token_hex(8), return_url=RETURN_URL).order_id
        seen: list[str] = []
        if walk_away:
            self._until(order_id, frozenset({"action_needed"}), seen)
            self.later(order_id)
        order = self._until(order_id, SETTLED, seen)
        seconds = time.monotonic() - began
        return Bought(
            order,
            tuple(seen),
            seconds,
            before,
            self.shopper.left(self.wanted.sku),
            self._cart(empty=order.status == "paid"),
            self.ledger(order_id),
        )

    def receipt(self, order_id: str, folder: Path) -> tuple[Path, Path]:
        """Where the order's receipt lies now, as a page and as a file to keep; it follows the event `OrderPaid`."""
        deadline = time.monotonic() + PATIENCE_S
        while (written := self.shopper.receipt(order_id)) is None:
            if time.monotonic() > deadline:
                raise WentOtherwise(f"{self.merchant.name}: no receipt of {order_id} was written.")
            time.sleep(LOOK_S)
        folder.mkdir(parents=True, exist_ok=True)
        page, file = folder / f"{order_id}.html", folder / f"{order_id}.pdf"
        page.write_bytes(web.fetch(written.html))
        file.write_bytes(web.fetch(written.pdf))
        return page, file

    def ledger(self, order_id: str) -> Mapping[str, Any]:
        """What the double holds of this order."""
        rows = web.call("GET", f"{self.owner.gateways_url}/_ledger?order={order_id}").rows
        return rows[0] if rows else {}

    def _until(self, order_id: str, states: frozenset[str], seen: list[str]) -> Order:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            order = self.shopper.order(order_id)
            if not seen or seen[-1] != order.status:
                seen.append(order.status)
            if order.status in states:
                return order
            if time.monotonic() > deadline or order.status in SETTLED:
                raise WentOtherwise(f"{self.merchant.name}: {order_id} is {order.status}, after {', '.join(seen)}.")
            time.sleep(LOOK_S)

    def later(self, order_id: str) -> None:
        """A quarter of an hour later: the payment's clock is put back, and the machine looks, as it does by itself."""
        token = ""
        deadline = time.monotonic() + PATIENCE_S
        while not token:
            if time.monotonic() > deadline:
                raise WentOtherwise(f"{self.merchant.name}: nothing waits for the bank's answer of {order_id}.")
            with self.owner.postgres.connect(self.running.outputs["DatabaseName"]) as connection:
                row = connection.execute(
                    "update shopwright.payment set changed_at = changed_at - %s::interval "
                    "where merchant_id = %s and order_id = %s and state = 'challenged' and wake <> '' returning wake",
                    (_A_QUARTER, self.merchant.id, order_id),
                ).fetchone()
                connection.commit()
            token = str(row[0]) if row else ""
            time.sleep(0 if token else LOOK_S)
        operate.at_home(self.running).client("stepfunctions").send_task_success(taskToken=token, output="{}")

    def _cart(self, *, empty: bool) -> int:
        """How many lines the cart has; one that is bought is emptied a moment after its order says so."""
        deadline = time.monotonic() + PATIENCE_S
        while (lines := len(self.shopper.cart().lines)) and empty and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        return lines


class Ear:
    """A queue of ours at the topic of order events."""

    def __init__(self, service: operate.Service, queue_url: str) -> None:
        self._service = service
        self._queue_url = queue_url
        self._heard: list[dict[str, Any]] = []

    def hear(self, kind: str, order_id: str) -> dict[str, Any]:
        """This event of this order, without waiting for the minute in which the outbox is told anyway."""
        sqs, deadline = self._service.client("sqs"), time.monotonic() + PATIENCE_S
        failed = ""
        while time.monotonic() < deadline:
            for event in self._heard:
                if (event["kind"], event["order_id"]) == (kind, order_id):
                    return event
            try:
                self._service.call("publish-events", {})
            except operate.FunctionFailed as failure:  # as after its schedule's turn: it comes again
                failed = f" {failure}"
            got = sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            self._heard += [json.loads(message["Body"]) for message in got.get("Messages", [])]
        raise WentOtherwise(f"Nothing was told of {order_id}: no {kind} came.{failed}")


@contextmanager
def listening(running: Running) -> Iterator[Ear]:
    """Listen to the topic for a while."""
    service = operate.at_home(running)
    sqs, sns = service.client("sqs"), service.client("sns")
    url = sqs.create_queue(QueueName=f"listening-{secrets.token_hex(4)}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    told = sns.subscribe(
        TopicArn=service.output("OrdersTopicArn"),
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    try:
        yield Ear(service, url)
    finally:
        sns.unsubscribe(SubscriptionArn=told)
        sqs.delete_queue(QueueUrl=url)


def money(minor: int, currency: str) -> str:
    return str(Money(minor, currency))

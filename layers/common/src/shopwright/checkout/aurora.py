"""Orders, their stock, their money's log and their books in PostgreSQL: changes when their tables do.

Every change locks the order's row first, and what belongs together is written in one transaction: a step that is
repeated, a webhook that comes twice and a sweeper that comes in between meet here, one after the other.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shopwright.checkout.cart import REMEMBERED, Bought, LeftOut, Line
from shopwright.checkout.gateways import Event, Told
from shopwright.checkout.ids import new_id
from shopwright.checkout.order import (
    HOLDS,
    OF_AN_AMOUNT,
    Heard,
    News,
    Order,
    OrderLine,
    OrderUnknown,
    Paying,
    Placing,
    State,
    Status,
    after,
)
from shopwright.checkout.quote import CartBeingBought, Quote
from shopwright.checkout.sales import MOST_POPULAR, Popular, Sales, Sold
from shopwright.checkout.terms import Terms, TermsMissing
from shopwright.database import generation
from shopwright.database.connection import Cursor, Database, Reads, Row
from shopwright.database.paging import cursor_of, moment, read_cursor
from shopwright.database.queries import Queries
from shopwright.errors import Conflict, NotFound
from shopwright.money import Money
from shopwright.tenancy.passport import Passport, Signer
from shopwright.tenancy.tenant import Tenant

_QUERIES = Queries.beside(__file__)
_PAID_WITHIN_S = 3600.0  # far longer than a paid order takes to leave its cart


class OutOfStock(Conflict):
    """There are not as many left as the order needs."""

    def __init__(self, title: str) -> None:
        super().__init__(f"There are not enough of {title} left. You were not charged, and your cart is kept.")


class OrderOver(Conflict):
    """The order has been given up meanwhile: no step of it goes forward any more."""

    def __init__(self) -> None:
        super().__init__("This order has been cancelled.")


class HoldLost(Conflict):
    """What was kept for the order is kept no more."""

    def __init__(self) -> None:
        super().__init__("This took too long, and the goods are no longer kept for you. You were not charged.")


class NotAuthorized(Conflict):
    """Nothing is confirmed before the money for it is held."""

    def __init__(self) -> None:
        super().__init__("The payment for this order has not been authorized.")


class OrderNotPaid(Conflict):
    """Only what was paid can be given back."""

    def __init__(self) -> None:
        super().__init__("Only an order that has been paid can be refunded.")


class RefundedWithoutGoods(Conflict):
    """The goods cannot come back by a refund that was begun without them."""

    def __init__(self) -> None:
        super().__init__(
            "This order is refunded already, without its goods going back on the shelf. To sell them again, drop a "
            "feed with the new count."
        )


class OrderPaidAlready(Conflict):
    """What was paid is refunded and not cancelled."""

    def __init__(self) -> None:
        super().__init__("This order has been paid: refund it instead.")


class EventUnknown(NotFound):
    """Nothing was ever told under this id: whoever sent the message made it up."""

    def __init__(self) -> None:
        super().__init__("There is no such event of an order.")


@dataclass(frozen=True, slots=True)
class Logged:
    """One thing that was asked of a gateway or told by one."""

    id: str
    kind: str
    amount: Money
    reference: str
    told: str | None
    applied: bool
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Announcement:
    """What others are to be told."""

    id: str
    order_id: str
    kind: str
    body: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an order and its gateway differ."""

    order_id: str
    kind: str
    ours: str
    theirs: str


class Orders:
    """Every merchant's orders; `of` gives those of one."""

    def __init__(self, database: Database, signer: Signer) -> None:
        self._database = database
        self._signer = signer

    def of(self, tenant: Tenant) -> "MerchantOrders":
        """One merchant's orders: nothing can be read or written without saying whose."""
        return MerchantOrders(self._database, self._signer, tenant)

    def standing_still(self, *, for_s: int, again_s: int, at_most: int) -> tuple[tuple[Tenant, str], ...]:
        """Orders of all merchants that nobody has worked on for so long, and no sweeper has looked at in `again_s`,
        those first that have waited longest for either."""
        rows = self._database.run(_QUERIES["standing_still"], {"for_s": for_s, "again_s": again_s, "limit": at_most})
        return tuple((Tenant(row["merchant_id"]), row["order_id"]) for row in rows)

    def merchants_telling(self, *, at_most: int = 500) -> tuple[Tenant, ...]:
        """Who has something to tell."""
        rows = self._database.run(_QUERIES["merchants_telling"], {"limit": at_most})
        return tuple(Tenant(row["merchant_id"]) for row in rows)

    def reconciliations_due(self, day: date, *, days_back: int) -> tuple[tuple[Tenant, date], ...]:
        """Whose orders are to be held against their gateway, those first who have waited longest for it; and since
        which day, `days_back` at most, they have not been."""
        rows = self._database.run(_QUERIES["reconciliations_due"], {"day": day, "days_back": days_back})
        return tuple((Tenant(row["merchant_id"]), row["since"]) for row in rows)


class MerchantOrders:
    """One merchant's orders."""

    def __init__(self, database: Database, signer: Signer, tenant: Tenant) -> None:
        self._database = database
        self._signer = signer
        self._tenant = tenant

    def terms(self) -> Terms:
        """The merchant's own terms, or TermsMissing."""
        with self._open() as db:
            row = db.execute(_QUERIES["terms"], self._values()).fetchone()
        if row is None:
            raise TermsMissing
        return _terms(row)

    def set_terms(self, terms: Terms) -> Terms:
        """These terms from now on."""
        values = self._values(
            currency=terms.currency,
            delivery=terms.delivery.minor,
            free_from=None if terms.free_from is None else terms.free_from.minor,
            tax_rate=terms.tax_rate,
            other_rates=json.dumps(dict(terms.other_rates)),
        )
        with self._open() as db:
            row = db.execute(_QUERIES["set_terms"], values).fetchone()
        if row is None:
            raise LookupError("PostgreSQL gave no row for terms that were written.")
        return _terms(row)

    def under_way(self, subject: str) -> tuple[Bought, ...]:
        """What a shopper's orders have that are not over, the oldest first; and what of those was just paid, which the
        cart itself names once it is taken out."""
        with self._open() as db:
            values = self._values(subject=subject, paid_within_s=_PAID_WITHIN_S, remembered=REMEMBERED)
            rows = db.execute(_QUERIES["under_way"], values).fetchall()
        return tuple(
            Bought(row["id"], tuple(Line(line["sku"], line["quantity"]) for line in json.loads(row["terms"])["lines"]))
            for row in rows
        )

    def place(self, placing: Placing) -> None:
        """Write down what was agreed to. Again is no harm; CartBeingBought when an order that the quote knew nothing of
        is buying any of it. Two agreements of one shopper come here one after the other."""
        quote = placing.quote
        with self._open() as db:
            self._run(db, "one_agreement", subject=quote.subject)
            there = self._row(db, "look", placing.order_id)
            if there is not None:
                if there["quote_hash"] != quote.hash:
                    raise LookupError("An order was agreed to with another quote.")
                return
            self._check_bought_once(db, quote)
            self._run(
                db,
                "place",
                order=placing.order_id,
                saga=placing.saga_id,
                subject=quote.subject,
                terms=quote.text().decode(),
                quote_hash=quote.hash,
                consent=json.dumps(dict(placing.consent)),
                cart_version=quote.cart_version,
                total=quote.total_minor,
                currency=quote.currency,
            )
            self._run(
                db,
                "place_payment",
                order=placing.order_id,
                gateway=quote.gateway,
                instrument=quote.instrument,
                return_url=placing.return_url,
            )

    def look(self, order_id: str) -> Order:
        """The order as it stands, or OrderUnknown."""
        with self._open() as db:
            row = self._row(db, "look", order_id)
        if row is None:
            raise OrderUnknown
        return _order(row)

    def page(
        self, *, subject: str | None = None, limit: int = 20, cursor: str | None = None
    ) -> tuple[tuple[Order, ...], str | None]:
        """One page of orders, the newest first, and where the next one begins."""
        at, last = read_cursor(cursor, 2) if cursor is not None else (None, None)
        values = self._values(
            subject=subject, limit=limit + 1, after_time=None if at is None else moment(at), after_id=last
        )
        with self._open() as db:
            rows = db.execute(_QUERIES["of_subject"], values).fetchall()
        found = tuple(_order(row) for row in rows[:limit])
        more = len(rows) > limit
        return found, cursor_of(found[-1].created_at.isoformat(), found[-1].id) if more else None

    def named(self, gateway: str, *, name: str, order_id: str, reference: str) -> str | None:
        """The id of the order that a gateway speaks of; None: it is none of this merchant's and this gateway's."""
        values = self._values(
            gateway=gateway, saga=name.rpartition(".")[0] or name, order=order_id, reference=reference
        )
        with self._open() as db:
            row = db.execute(_QUERIES["named"], values).fetchone()
        return None if row is None else str(row["id"])

    def reserve(self, order_id: str, *, for_s: float) -> None:
        """Hold every line of the order, or none and OutOfStock. What is held already stays as it is."""
        with self._open() as db:
            order = self._held(db, order_id)
            if order.is_undone:
                raise OrderOver
            if order.status is not Status.STARTED:
                return
            for line in sorted(order.lines, key=lambda line: (line.product_id, line.sku)):
                article = {"product": line.product_id, "sku": line.sku, "quantity": line.quantity}
                known = {(row["product_id"], row["sku"]) for row in self._reserved(db, order_id)}
                if (line.product_id, line.sku) in known:
                    continue
                kept = db.execute(_QUERIES["reserve"], self._values(order=order_id, for_s=for_s, **article)).fetchone()
                if kept is None:
                    raise OutOfStock(line.title)
                if kept["counted"] and db.execute(_QUERIES["hold_stock"], self._values(**article)).fetchone() is None:
                    raise OutOfStock(line.title)
            self._run(db, "touch_order", order=order_id)

    def ask(self, order_id: str) -> Order:
        """Write down that the money is about to be asked for: from here on only the gateway knows. Not without the
        goods being kept."""
        with self._open() as db:
            order = self._held(db, order_id)
            self._check_kept(db, order)
            if order.payment.state is State.NONE:
                self._log(db, order, "authorize_asked")
                self._run(db, "turn_payment", order=order_id, state=State.ASKED.value, **_SAME)
                self._run(db, "touch_order", order=order_id)
            return order

    def persist(self, order_id: str, reference: str) -> None:
        """The gateway's own name for the payment. It never changes once it is known."""
        with self._open() as db:
            if db.execute(_QUERIES["persist"], self._values(order=order_id, reference=reference)).fetchone() is None:
                raise LookupError("A payment was given a second reference.")

    def note(self, order_id: str, kind: str, detail: str = "") -> None:
        """One more line of the log, which changes nothing."""
        with self._open() as db:
            self._log(db, self._held(db, order_id), kind, detail=detail)

    def tell(self, order_id: str, news: News) -> Heard:
        """What a gateway has told: it is logged, and when it is news, everything that follows from it happens here. An
        answer to the bank is used up here and not before: else the bank's next question is lost with a process."""
        with self._open() as db:
            order = self._held(db, order_id)
            if news.proof:
                self._run(db, "unprove", order=order_id, proof=news.proof)
            before = None if news.told_as is None else self._before(db, news.told_as)
            if before is not None:
                return Heard(order, applied=False, applied_before=before)
            then = after(order.payment.state, news.told)
            if then is None and _reopens(order, news):
                then = State.AUTHORIZED
            if then is None and _answers_late(order, news):
                then = after(State.ASKED, news.told)
            if then is None and news.challenge and order.payment.state is State.CHALLENGED:
                then = State.CHALLENGED  # the first that says what the shopper has to do, or one more thing to do
            if news.amount is not None and news.told in OF_AN_AMOUNT and news.amount != order.total:
                then = None
            self._log(db, order, news.told.value, news=news, applied=then is not None)
            if then is None:
                # A capture that is told while it is being undone is in the books all the same.
                if news.told is Told.CAPTURED and order.payment.state is State.UNDOING:
                    self._book(db, order, "capture")
                return Heard(order, applied=False)
            failed = then in (State.UNDO_FAILED, State.AUTHORIZED) and order.payment.state in (
                State.UNDOING,
                State.VOIDED,
            )
            self._run(
                db,
                "turn_payment",
                order=order_id,
                state=then.value,
                reference=news.reference if not order.payment.reference else "",
                challenge=news.challenge,
                reason=news.detail if then is State.DECLINED else "",
                captures=0,
                undos=int(failed),
            )
            if then is State.CAPTURED:
                self._captured(db, order)
            if then is State.REFUNDED:
                self._refunded(db, order)
            self._run(db, "touch_order", order=order_id)
            again = then in HOLDS and order.status is Status.CANCELLED
            if again:
                self._turn(db, order_id, Status.UNDOING)
            return Heard(self._held(db, order_id), applied=True, again=again)

    def confirm(self, order_id: str) -> None:
        """Place the order: the goods are kept and the money is held. Again is no harm."""
        with self._open() as db:
            order = self._held(db, order_id)
            if order.status in (Status.PLACED, Status.PAID, Status.REFUNDING, Status.REFUNDED):
                return
            self._check_kept(db, order)
            if order.payment.state not in HOLDS:
                raise NotAuthorized
            self._turn(db, order_id, Status.PLACED)
            self._announce(db, order, "OrderPlaced")
            if order.payment.state is State.CAPTURED:  # told before we were
                self._captured(db, self._held(db, order_id))

    def ask_capture(self, order_id: str) -> Order:
        """Write down that the money is about to be taken. Not for an order that has been given up."""
        with self._open() as db:
            order = self._held(db, order_id)
            if order.is_undone:
                raise OrderOver
            if order.status is Status.PLACED and order.payment.state is State.AUTHORIZED:
                self._log(db, order, "capture_asked")
                self._run(db, "turn_payment", order=order_id, state=State.CAPTURING.value, **_SAME)
                self._run(db, "touch_order", order=order_id)
            return order

    def undo(self, order_id: str, why: str) -> Order:
        """Begin to give the order up, unless it is paid or over: from here on no step goes forward."""
        with self._open() as db:
            order = self._held(db, order_id)
            if order.status in (Status.STARTED, Status.PLACED):
                self._turn(db, order_id, Status.UNDOING, why)
            return self._held(db, order_id)

    def sweep(self, order_id: str) -> Order:
        """The order, as a sweeper finds it: its next turn is after everybody else's."""
        with self._open() as db:
            self._run(db, "swept", order=order_id)
            return self._held(db, order_id)

    def expire(self, order_id: str) -> bool:
        """Begin to give up an order whose hold has run out. Never one whose money may be held: that is not asked for
        yet, or the shopper's bank is still waiting for them."""
        with self._open() as db:
            order = self._held(db, order_id)
            if order.status is not Status.STARTED:
                return False
            kept = self._reserved(db, order_id)
            if kept and not any(row["expired"] for row in kept):
                return False
            if order.payment.state not in (State.NONE, State.CHALLENGED, State.DECLINED):
                return False
            self._turn(db, order_id, Status.UNDOING, "expired")
            return True

    def undoing(self, order_id: str, reference: str) -> None:
        """The gateway has received the void or the refund, and will tell what became of it."""
        with self._open() as db:
            order = self._held(db, order_id)
            if order.payment.state in (State.UNDOING, State.VOIDED, State.REFUNDED):
                return
            self._log(db, order, "undo_received", detail=reference)
            self._run(db, "turn_payment", order=order_id, state=State.UNDOING.value, **_SAME)
            self._run(db, "touch_order", order=order_id)

    def wait(self, order_id: str) -> None:
        """It is looked after, and waits for its gateway: no sweeper need begin it again."""
        with self._open() as db:
            self._run(db, "touch_order", order=order_id)

    def settle(self, order_id: str) -> Order:
        """The end of an undoing, once nothing of the money is held: release the goods once, and say so."""
        with self._open() as db:
            order = self._held(db, order_id)
            if order.status is Status.UNDOING:
                for row in self._turned(db, order_id, "held", "released"):
                    if row["counted"]:
                        self._stock(db, "release_stock", row)
                self._turn(db, order_id, Status.CANCELLED)
                self._announce(db, order, "OrderCancelled")
            self._run(db, "resolve", order=order_id)
            return self._held(db, order_id)

    def refund(self, order_id: str, *, restock: bool) -> Order:
        """Begin to give the money back, as the merchant wishes. Again is no harm; RefundedWithoutGoods when only the
        second was to bring the goods back."""
        with self._open() as db:
            order = self._held(db, order_id)
            if order.status in (Status.REFUNDING, Status.REFUNDED):
                if restock and not order.restock:
                    raise RefundedWithoutGoods
                return order
            if order.status is not Status.PAID:
                raise OrderNotPaid
            self._turn(db, order_id, Status.REFUNDING, "refunded_by_shop", restock=restock)
            return self._held(db, order_id)

    def cancel(self, order_id: str) -> Order:
        """Begin to give it up, as the merchant wishes; OrderPaidAlready when its money has been taken."""
        order = self.undo(order_id, "cancelled_by_shop")
        if not order.is_undone:
            raise OrderPaidAlready
        return order

    def prove(self, order_id: str, proof: str) -> Order:
        """What the shopper's browser brought back, by its name in the vault."""
        with self._open() as db:
            order = self._held(db, order_id)
            self._run(db, "prove", order=order_id, proof=proof)
            self._run(db, "touch_order", order=order_id)
            return order

    def unprove(self, order_id: str, proof: str) -> None:
        """What the shopper's browser brought back was of no use; what it has brought meanwhile stays."""
        with self._open() as db:
            self._run(db, "unprove", order=order_id, proof=proof)

    def listen(self, order_id: str, wake: str) -> Order:
        """Whom to wake when something is told of this order; gives the order as it is at that moment."""
        with self._open() as db:
            order = self._held(db, order_id)
            self._run(db, "listen", order=order_id, wake=wake)
            return order

    def park(self, order_id: str, why: str) -> None:
        """It could not be undone: it waits for an operator."""
        with self._open() as db:
            self._run(db, "park", order=order_id, why=why)
            self._run(db, "touch_order", order=order_id)

    def resume(self, order_id: str) -> int:
        """An operator has it tried again; gives how often it was parked, 0 when it is not."""
        with self._open() as db:
            row = db.execute(_QUERIES["resume"], self._values(order=order_id)).fetchone()
            if row is not None:
                self._run(db, "undo_anew", order=order_id)
                self._run(db, "undo_from_now", order=order_id)
        return 0 if row is None else int(row["times"])

    def keep_unplaced(self, gateway: str, event: Event, why: str) -> None:
        """What a gateway told that we cannot place waits for an operator."""
        with self._open() as db:
            self._run(
                db,
                "unplaced",
                gateway=gateway,
                told=event.id,
                kind=event.type,
                reference=event.reference,
                name=event.name or event.order_id,
                amount=None if event.amount is None else event.amount.minor,
                currency=None if event.amount is None else event.amount.currency,
                why=why,
            )

    def log_of(self, order_id: str) -> tuple[Logged, ...]:
        """Everything that happened to its money, in order."""
        with self._open() as db:
            rows = db.execute(_QUERIES["log_of"], self._values(order=order_id)).fetchall()
        return tuple(
            Logged(
                row["id"],
                row["kind"],
                Money(row["amount_minor"], row["currency"]),
                row["reference"],
                row["told"],
                row["applied"],
                row["detail"],
                row["at"],
            )
            for row in rows
        )

    def books(self, order_id: str) -> dict[str, int]:
        """What the books say of an order: each account's sum."""
        with self._open() as db:
            rows = db.execute(_QUERIES["books"], self._values(order=order_id)).fetchall()
        return {row["account"]: row["amount"] for row in rows}

    def announcements(self, *, at_most: int = 100) -> tuple[Announcement, ...]:
        """What has not been told yet, the oldest first."""
        with self._open() as db:
            rows = db.execute(_QUERIES["unannounced"], self._values(limit=at_most)).fetchall()
        return tuple(_announcement(row) for row in rows)

    def announced(self, ids: Sequence[str]) -> None:
        """These have been told."""
        with self._open() as db:
            self._run(db, "announced", ids=list(ids))

    def told(self, event_id: str) -> Announcement:
        """What was told under this id, or EventUnknown."""
        with self._open() as db:
            return self._told(db, event_id)

    def count_sale(self, event_id: str) -> bool:
        """Count what was sold, or what came back, on its day; once for an event: False, it was counted before."""
        with self._open() as db:
            event = self._taken(db, event_id, "sales")
            if event is None:
                return False
            sold, back = int(event.kind == "OrderPaid"), int(event.kind == "OrderRefunded")
            if not sold and not back:
                return True
            total = event.body["total_minor"]
            self._run(
                db,
                "count_day",
                at=event.at,
                currency=event.body["currency"],
                orders=sold,
                total=sold * total,
                refunds=back,
                refunded=back * total,
            )
            for line in event.body["lines"]:
                self._run(
                    db,
                    "count_article",
                    at=event.at,
                    product=line["product_id"],
                    sku=line["sku"],
                    orders=sold,
                    units=sold * line["quantity"],
                    refunded=back * line["quantity"],
                )
            return True

    def stock_changed(self, event_id: str) -> tuple[str, ...] | None:
        """Shoppers are told the new stock: what was kept before is of the generation before. Gives those of the order's
        articles of which none is left; None: this was done for the event before. The stock itself was taken with the
        payment, and is not touched here."""
        with self._open() as db:
            event = self._taken(db, event_id, "stock")
            if event is None:
                return None
            db.execute(generation.NEXT, self._values())
            rows = db.execute(_QUERIES["sold_out"], self._values(order=event.order_id)).fetchall()
        return tuple(str(row["sku"]) for row in rows)

    def of_day(self, day: date, *, since: date, after_id: str | None, at_most: int = 200) -> tuple[str, ...]:
        """The ids of a day's orders, and of those of before that changed since another day began."""
        values = self._values(day=day, since=since, after=after_id, limit=at_most)
        with self._open() as db:
            rows = db.execute(_QUERIES["of_day"], values).fetchall()
        return tuple(str(row["id"]) for row in rows)

    def reconciled(self, day: date, *, checked: int, unasked: int, differences: Sequence[Difference]) -> None:
        """What came of a day, in place of what came of it before."""
        with self._open() as db:
            self._run(db, "forget_reconciliation", day=day)
            self._run(db, "reconciled", day=day, checked=checked, unasked=unasked, differences=len(differences))
            for one in differences:
                self._run(db, "differs", day=day, order=one.order_id, kind=one.kind, ours=one.ours, theirs=one.theirs)

    def _open(self) -> AbstractContextManager[Cursor]:
        return self._database.as_tenant(self._signer.sign(self._tenant))

    def _values(self, **values: object) -> dict[str, object]:
        return {"merchant": self._tenant.merchant_id, **values}

    def _run(self, db: Cursor, query: str, **values: object) -> None:
        db.execute(_QUERIES[query], self._values(**values))

    def _row(self, db: Cursor, query: str, order_id: str) -> Row | None:
        return db.execute(_QUERIES[query], self._values(order=order_id)).fetchone()

    def _told(self, db: Cursor, event_id: str) -> Announcement:
        row = db.execute(_QUERIES["told"], self._values(id=event_id)).fetchone()
        if row is None:
            raise EventUnknown
        return _announcement(row)

    def _taken(self, db: Cursor, event_id: str, taker: str) -> Announcement | None:
        """The event, for whoever acts on it in this transaction; None when they have done so before."""
        event = self._told(db, event_id)
        first = db.execute(_QUERIES["take"], self._values(id=event_id, taker=taker)).fetchone()
        return None if first is None else event

    def _held(self, db: Cursor, order_id: str) -> Order:
        """The order, for this transaction alone."""
        row = self._row(db, "hold", order_id)
        if row is None:
            raise OrderUnknown
        return _order(row)

    def _reserved(self, db: Cursor, order_id: str) -> list[Row]:
        return db.execute(_QUERIES["reserved"], self._values(order=order_id)).fetchall()

    def _check_kept(self, db: Cursor, order: Order) -> None:
        if order.is_undone:
            raise OrderOver
        kept = self._reserved(db, order.id)
        if len(kept) != len(order.lines) or any(row["state"] != "held" for row in kept):
            raise HoldLost

    def _check_bought_once(self, db: Cursor, quote: Quote) -> None:
        known = sorted({one.order_id for one in quote.left_out})
        values = self._values(
            subject=quote.subject, cart_version=quote.cart_version, known=known, issued_at=quote.issued_at
        )
        wanted = {line.sku for line in quote.lines}
        for row in db.execute(_QUERIES["buying_too"], values).fetchall():
            theirs = json.loads(row["terms"])["lines"]
            shared = [line for line in theirs if line["sku"] in wanted]
            if not shared and row["cart_version"] != quote.cart_version:
                continue
            raise CartBeingBought(
                [LeftOut(row["id"], line["sku"], line["title"], line["quantity"]) for line in shared or theirs]
            )

    def _before(self, db: Cursor, told: str) -> bool | None:
        """Was this news when it was told before? None: it never was told."""
        row = db.execute(_QUERIES["told_before"], self._values(told=told)).fetchone()
        return None if row is None else bool(row["applied"])

    def _log(
        self, db: Cursor, order: Order, kind: str, *, news: News | None = None, applied: bool = True, detail: str = ""
    ) -> None:
        amount = order.total if news is None or news.amount is None else news.amount
        self._run(
            db,
            "log",
            id=new_id(),
            order=order.id,
            kind=kind,
            amount=amount.minor,
            currency=amount.currency,
            reference=order.payment.reference if news is None else news.reference,
            told=None if news is None else news.told_as,
            applied=applied,
            detail=detail if news is None else news.detail,
        )

    def _turn(self, db: Cursor, order_id: str, status: Status, why: str = "", *, restock: bool = False) -> None:
        self._run(db, "turn_order", order=order_id, status=status.value, reason=why, restock=restock)

    def _turned(self, db: Cursor, order_id: str, before: str, then: str) -> list[Row]:
        """The reservations that were in one state and are in another now, in the order in which stock is taken."""
        rows = db.execute(
            _QUERIES["turn_reservations"], self._values(order=order_id, **{"from": before, "to": then})
        ).fetchall()
        return sorted(rows, key=lambda row: (row["product_id"], row["sku"]))

    def _stock(self, db: Cursor, query: str, row: Row) -> None:
        self._run(db, query, product=row["product_id"], sku=row["sku"], quantity=row["quantity"])

    def _captured(self, db: Cursor, order: Order) -> None:
        """The money is ours: it goes into the books, and a placed order is paid and its goods are sold."""
        self._book(db, order, "capture")
        if order.status is not Status.PLACED:
            return
        for row in self._turned(db, order.id, "held", "sold"):
            if row["counted"]:
                self._stock(db, "sell_stock", row)
        self._turn(db, order.id, Status.PAID)
        self._announce(db, order, "OrderPaid")

    def _refunded(self, db: Cursor, order: Order) -> None:
        """The money is the shopper's again: the books lose what they had, and a paid order is refunded."""
        self._book(db, order, "capture")
        self._book(db, order, "refund")
        if order.status not in (Status.PAID, Status.REFUNDING):
            return
        if order.restock:
            for row in self._turned(db, order.id, "sold", "returned"):
                if row["counted"]:
                    self._stock(db, "return_stock", row)
        self._turn(db, order.id, Status.REFUNDED)
        self._announce(db, order, "OrderRefunded")

    def _book(self, db: Cursor, order: Order, kind: str) -> None:
        """Both sides of a capture or of a refund, once."""
        if db.execute(_QUERIES["entered"], self._values(order=order.id, kind=kind)).fetchone() is not None:
            return
        sign = 1 if kind == "capture" else -1
        total, tax, delivery = order.total.minor, order.tax_minor, order.delivery_minor
        goods = total - delivery
        delivery_tax = order.delivery_tax_minor
        sides = {
            "gateway": total,
            "goods": -(goods - (tax - delivery_tax)),
            "delivery": -(delivery - delivery_tax),
            "tax": -tax,
        }
        transaction = new_id()
        for account, amount in sides.items():
            self._run(
                db,
                "enter",
                transaction=transaction,
                account=account,
                order=order.id,
                kind=kind,
                amount=sign * amount,
                currency=order.total.currency,
            )

    def _announce(self, db: Cursor, order: Order, kind: str) -> None:
        body = {
            "order_id": order.id,
            "total_minor": order.total.minor,
            "currency": order.total.currency,
            "lines": [
                {"sku": line.sku, "product_id": line.product_id, "quantity": line.quantity} for line in order.lines
            ],
        }
        self._run(db, "announce", id=new_id(), order=order.id, kind=kind, body=json.dumps(body))


def sales_of(database: Reads, passport: Passport) -> Sales:
    """What the passport's merchant has sold in thirty days, as of the last refresh."""
    sold = database.call(passport, _QUERIES["sales"], {})
    popular = database.call(passport, _QUERIES["popular"], {"at_most": MOST_POPULAR})
    return Sales(tuple(Sold(**row) for row in sold), tuple(Popular(**row) for row in popular))


_SAME: dict[str, object] = {"reference": "", "challenge": "", "reason": "", "captures": 0, "undos": 0}


def _answers_late(order: Order, news: News) -> bool:
    """Is it what became of the asking, which nobody has known until now? A payment that was declined holds nothing,
    whatever is being undone; what else was answered counts when there was nothing to let go of."""
    declined = news.told is Told.DECLINED and order.payment.state is State.UNDOING and not order.payment.held
    return declined or order.is_unseen


def _reopens(order: Order, news: News) -> bool:
    """Was the money held after we had let go of it? Then it must be let go of again; what was told late was before."""
    if news.told is not Told.AUTHORIZED or order.payment.state not in (State.UNDOING, State.VOIDED):
        return False
    return news.at is None or news.at > order.payment.changed_at


def _terms(row: Row) -> Terms:
    currency = row["currency"]
    return Terms(
        delivery=Money(row["delivery_minor"], currency),
        free_from=None if row["free_from"] is None else Money(row["free_from"], currency),
        tax_rate=row["tax_rate"],
        other_rates=row["other_rates"],
        version=row["version"],
    )


def _order(row: Row) -> Order:
    terms = json.loads(row["terms"])
    names = ("sku", "product_id", "title", "quantity", "unit_minor", "total_minor")
    return Order(
        id=row["id"],
        saga_id=row["saga_id"],
        subject=row["subject"],
        status=Status(row["status"]),
        reason=row["reason"],
        lines=tuple(OrderLine(**{name: line[name] for name in names}) for line in terms["lines"]),
        delivery_minor=terms["delivery_minor"],
        tax_minor=terms["tax_minor"],
        delivery_tax_minor=terms["tax_minor"] - sum(line["tax_minor"] for line in terms["lines"]),
        total=Money(row["total_minor"], row["currency"]),
        cart_version=row["cart_version"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        payment=Paying(
            state=State(row["state"]),
            gateway=row["gateway"],
            reference=row["reference"],
            instrument=row["instrument"],
            challenge=row["challenge"],
            proof=row["proof"],
            reason=row["pay_reason"],
            return_url=row["return_url"],
            captures=row["captures"],
            undos=row["undos"],
            changed_at=row["payment_at"],
            held=row["held"],
            wake=row["wake"],
        ),
        surcharge_minor=terms.get("surcharge_minor", 0),
        restock=row["restock"],
        parked=row["parked"],
        undo_since=row["undo_since"],
        paid_at=row["paid_at"],
        ended_at=row["ended_at"],
    )


def _announcement(row: Row) -> Announcement:
    return Announcement(row["id"], row["order_id"], row["kind"], row["body"], row["at"])

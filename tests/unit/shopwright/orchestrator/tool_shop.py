"""A small shop for the tests of tools: what lies on its desk, and callers of two merchants."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shopwright.catalog.facts import Kind, Sheet, Told
from shopwright.catalog.offer import Listed, Offer
from shopwright.checkout import cart as carting
from shopwright.checkout.cart import Bought
from shopwright.checkout.order import OrderUnknown
from shopwright.checkout.terms import Terms
from shopwright.errors import Unavailable
from shopwright.money import Money
from shopwright.orchestrator import tools
from shopwright.orchestrator.registry import Registry
from shopwright.orchestrator.toolbox import Buying, Call, Desk, Sought, box
from shopwright.retrieval.search import Passage
from shopwright.signals import heuristic
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

from tests.fakes.carts import FakeCarts

SCOPES = frozenset({"shop/chat"})
ANN = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", SCOPES)
BOB = Caller(Tenant("outdoor"), Role.SHOPPER, "user#bob", SCOPES)
KIT = Caller(Tenant("kitchen"), Role.SHOPPER, "user#ann", SCOPES)
MERCHANT = Caller(Tenant("outdoor"), Role.MERCHANT, "user#owner", SCOPES)


def listed(product_id: str, euros: int, *, is_out: bool = False, place: int = 0, currency: str = "EUR") -> Listed:
    price = Money(euros * 100, currency)
    return Listed(product_id, product_id.title(), (f"{product_id}-1",), price, price, is_out, 0 if is_out else 5, place)


def passage(number: int, similarity: float = 0.8) -> Passage:
    return Passage(
        f"c-{number}",
        "d-1",
        1,
        "Guide",
        ("Care",),
        0,
        9,
        "documents/guide.md",
        f"Words {number}.",
        similarity,
        None,
        similarity,
    )


@dataclass
class Shop:
    """One merchant's shelves, and a note of whom each question was for."""

    passages: list[Passage] = field(default_factory=lambda: [passage(1), passage(2, 0.6)])
    products: list[Listed] = field(default_factory=lambda: [listed("tent", 199, place=1), listed("stove", 49, place=2)])
    asked: list[tuple[str, object]] = field(default_factory=list)
    handed: list[tuple[str, tools.HandOver]] = field(default_factory=list)
    mistakes: list[tuple[str, BaseException]] = field(default_factory=list)
    sessions: list[str | None] = field(default_factory=list)
    down: bool = False
    nobody_takes_over: bool = False

    def __post_init__(self) -> None:
        self.carts = FakeCarts(lambda: 1_790_000_000)
        self.orders: dict[str, tuple[str, str, str]] = {}  # whose they are, and how far
        self.under_way: list[Bought] = []
        self.desk = Desk(
            search=self._search,
            named=lambda caller, words, limit: (),
            passage=lambda caller, product: self.passages[0] if self.passages else None,
            products=self._products,
            facts=self._facts,
            predict=heuristic.predict,
            cart=carting.Desk(open=self.carts.open, change=self.carts.change, offers=self._offers),
            hand_over=self._hand_over,
            buying=Buying(
                terms=lambda caller: Terms(Money(495, "EUR"), None, 2000),
                under_way=lambda caller: self.under_way,
                status=self._status,
            ),
        )
        self.registry = Registry(box(self.desk), report=lambda tool, mistake: self.mistakes.append((tool, mistake)))

    def _status(self, caller: Caller, order_id: str) -> str:
        merchant, subject, status = self.orders.get(order_id, ("", "", ""))
        if (merchant, subject) != (caller.tenant.merchant_id, caller.subject):
            raise OrderUnknown
        return status

    def _whose(self, caller: Caller, what: object) -> None:
        if self.down:
            raise Unavailable("The database did not answer.")
        self.asked.append((caller.tenant.merchant_id, what))

    def _search(self, caller: Caller, question: str, limit: int) -> Sequence[Passage]:
        self._whose(caller, question)
        return self.passages[:limit]

    def _products(self, caller: Caller, sought: Sought) -> Sequence[Listed]:
        low, high = sought.price.low, sought.price.high
        self._whose(caller, sought.price)
        fit = [
            one
            for one in self.products
            if (sought.product_ids is None or one.product_id in sought.product_ids)
            and not (sought.only_available and one.is_out)
            and (low is None or (one.low is not None and one.low.minor >= low))
            and (high is None or (one.high is not None and one.high.minor <= high))
        ]
        return fit[: sought.limit]

    def _facts(self, caller: Caller, product_id: str, sku: str) -> Sheet:
        self._whose(caller, (product_id, sku))
        if product_id not in {one.product_id for one in self.products}:
            return {}
        return {
            "price": Told(product_id, sku, "price", Kind.MONEY, "199.00", "EUR", 7),
            "colour": Told(product_id, sku, "colour", Kind.WORDS, "green", "", 1),
        }

    def _offers(self, caller: Caller, skus: Sequence[str]) -> dict[str, tuple[Offer, ...]]:
        self._whose(caller, tuple(skus))
        known = {sku: one for one in self.products for sku in one.skus}
        return {
            sku: (Offer(sku, known[sku].product_id, known[sku].title, "", known[sku].low, 1, "", known[sku].left),)
            for sku in skus
            if sku in known
        }

    def _hand_over(self, call: Call, wanted: tools.HandOver) -> str:
        if self.nobody_takes_over:
            raise Unavailable("Hand-overs cannot be kept at the moment.")
        self.handed.append((call.caller.subject, wanted))
        self.sessions.append(call.session_id)
        return f"h-{len(self.handed)}"

"""Carts in memory. They pass the contract tests of the real ones (test_carts.py of the checkout)."""

from collections.abc import Callable

from shopwright.checkout.cart import Cart, CartUnavailable, Change, Kept, changed
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.tenant import Tenant


class FakeCarts:
    """Remembers every cart of everybody; `down = True` makes it a table that does not answer."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.kept: dict[tuple[str, str], Kept] = {}
        self.down = False

    def of(self, tenant: Tenant, subject: str) -> "FakeCart":
        return FakeCart(self, (tenant.merchant_id, subject))

    def open(self, caller: Caller) -> Cart:
        return self.of(caller.tenant, caller.subject).open()

    def change(
        self, caller: Caller, change: Change, request_id: str | None = None, if_version: int | None = None
    ) -> Cart:
        return self.of(caller.tenant, caller.subject).change(change, request_id=request_id, if_version=if_version)


class FakeCart:
    """What one subject of one merchant sees of them."""

    def __init__(self, table: FakeCarts, whose: tuple[str, str]) -> None:
        self._table = table
        self._whose = whose

    def open(self) -> Cart:
        return self._read().cart

    def change(self, change: Change, *, request_id: str | None = None, if_version: int | None = None) -> Cart:
        after = changed(self._read(), change, request_id=request_id, if_version=if_version, now=self._table.now())
        self._table.kept[self._whose] = after
        return after.cart

    def _read(self) -> Kept:
        if self._table.down:
            raise CartUnavailable
        kept = self._table.kept.get(self._whose, Kept())
        if kept.cart.expires_at > self._table.now():
            return kept
        return Kept(Cart(kept.cart.version, taken=kept.cart.taken))

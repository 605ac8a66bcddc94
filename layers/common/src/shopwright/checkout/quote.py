"""The full terms of buying a cart, signed and for a short while: changes when a shopper must be told something more.

What is signed is the canonical form of everything that a shopper agrees to; whoever changes a character of it has no
quote any more. It holds no token of a payment: `instrument` is the name under which our vault keeps it, which is made
with a key of the merchant's and is the same only for the same instrument of the same shopper.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from shopwright.checkout.canonical import Json, canonical
from shopwright.checkout.cart import Bought, LeftOut, Priced, Shown, besides, cut
from shopwright.checkout.terms import Terms, tax_in
from shopwright.errors import Conflict, Invalid
from shopwright.money import NO_CURRENCY, Money, exponent
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.passport import SigningKey
from shopwright.tenancy.secretsmanager import Secret, SecretMalformed

LIFETIME_S = 15 * 60
MOST_BYTES = 60 * 1024  # a quote comes back whole, in a body of 64 KiB, written in as many bytes as JSON allows
_SAID = 3  # of what is left out, in a refusal
_DOMAIN = b"shopwright quote 1\n"


class CartEmpty(Conflict):
    """There is nothing to buy."""

    def __init__(self) -> None:
        super().__init__("There is nothing in the cart. Put something into it first.")


class LineTroubled(Conflict):
    """A line of the cart cannot be bought as it stands."""


class PricesUnknown(Conflict):
    """The catalog did not answer, and nothing can be quoted without it."""

    def __init__(self) -> None:
        super().__init__("Prices are not known at the moment. Please try again.")


class CurrencyUnfit(Conflict):
    """The cart's prices are not in the one currency that the shop takes orders in."""


class QuoteTooLong(Conflict):
    """More than can be agreed to at once: the quote could be made, and never sent back."""

    def __init__(self) -> None:
        super().__init__("There is too much in this cart for one order. Order a part of it first.")


class CartBeingBought(Conflict):
    """What is in the cart is being bought already, in another order of the shopper's."""

    def __init__(self, goods: Sequence[LeftOut]) -> None:
        said = [f"{one.quantity} x {one.title} (order {one.order_id})" for one in goods[:_SAID]]
        more = f" and {len(goods) - _SAID} more" if len(goods) > _SAID else ""
        super().__init__(
            f"This of your cart is being paid for in another order: {', '.join(said)}{more}. Wait until that order has "
            "ended, or take it out of the cart. To buy more of it besides, put more into the cart."
        )


class QuoteForged(Invalid):
    """The quote is not one that we made: a character of it has changed, or it never was one."""

    def __init__(self) -> None:
        super().__init__("This is not a quote as we gave it. Ask for a new one.")


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line, at the price of that moment. Amounts are in minor units of the quote's currency and include tax."""

    sku: str
    product_id: str
    title: str
    quantity: int
    unit_minor: int
    total_minor: int
    tax_rate: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Quote:
    """Everything that a shopper agrees to."""

    merchant_id: str
    subject: str
    nonce: str
    cart_version: int
    lines: tuple[QuotedLine, ...]
    currency: str
    goods_minor: int
    delivery_minor: int
    tax_minor: int  # included in goods and delivery
    total_minor: int
    terms_version: int
    gateway: str
    instrument: str
    issued_at: int
    expires_at: int
    surcharge_minor: int = 0  # the part of delivery's that bulky goods cost
    left_out: tuple[LeftOut, ...] = ()  # it names every order under way that has an article of these lines

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    def json(self) -> dict[str, Json]:
        """As it is sent, signed and stored."""
        said: dict[str, Json] = {
            **asdict(self),
            "lines": [asdict(line) for line in self.lines],
            "left_out": [asdict(one) for one in self.left_out],
        }
        return said

    def text(self) -> bytes:
        """The bytes that are signed."""
        return canonical(self.json())

    @property
    def hash(self) -> str:
        """What a consent is bound to."""
        return hashlib.sha256(self.text()).hexdigest()

    @property
    def id(self) -> str:
        """The same as long as the shopper would be told the same: without what makes each quote one of a kind."""
        same = replace(self, nonce="", gateway="", instrument="", issued_at=0, expires_at=0)
        return f"q-{same.hash[:32]}"


def make(
    caller: Caller,
    cart: Priced,
    terms: Terms,
    *,
    under_way: Sequence[Bought],
    gateway: str,
    instrument: str,
    now: float,
    nonce: str | None = None,
) -> Quote:
    """The terms of buying this cart now, or what stands in the way.

    What the shopper's orders under way have of it is not bought again. They are read before the cart is: an order that
    is paid in between has either been taken out of the cart, which says so, or is left out here.
    """
    if not cart.prices_known:
        raise PricesUnknown
    if not cart.lines:
        raise CartEmpty
    wanted, left_out = besides(cart, under_way)
    if not wanted:
        raise CartBeingBought(left_out)
    lines = tuple(_line(shown, terms) for shown in wanted)
    goods = sum(line.total_minor for line in lines)
    surcharge = max((_surcharge(shown, terms) for shown in wanted), default=0)  # they come together
    delivery = terms.delivery_for(goods) + surcharge
    total = goods + delivery
    Money(total, terms.currency)  # refuses what is beyond any price
    made = Quote(
        merchant_id=caller.tenant.merchant_id,
        subject=caller.subject,
        nonce=secrets.token_hex(16) if nonce is None else nonce,
        cart_version=cart.cart.version,
        lines=lines,
        currency=terms.currency,
        goods_minor=goods,
        delivery_minor=delivery,
        tax_minor=sum(line.tax_minor for line in lines) + tax_in(delivery, terms.tax_rate),
        total_minor=total,
        terms_version=terms.version,
        gateway=gateway,
        instrument=instrument,
        issued_at=int(now),
        expires_at=int(now) + LIFETIME_S,
        surcharge_minor=surcharge,
        left_out=left_out,
    )
    if len(json.dumps(made.json())) > MOST_BYTES:
        raise QuoteTooLong
    return made


def pay_with(quote: Quote, instrument: str) -> Quote:
    """The same terms, paid with the instrument that the vault keeps under this name."""
    return replace(quote, instrument=instrument)


def differences(agreed: Quote, now: Quote) -> tuple[str, ...]:
    """What has changed since the shopper was told, in words for them; nothing when they would be told the same."""
    changed: list[str] = []
    if agreed.currency != now.currency:
        changed.append(f"The currency is {now.currency} and not {agreed.currency}.")
    before = {line.sku: line for line in agreed.lines}
    after = {line.sku: line for line in now.lines}
    for sku, line in before.items():
        here = after.get(sku)
        if here is None:
            changed.append(f"{line.title} is not in the cart any more.")
        elif here.quantity != line.quantity:
            changed.append(f"The cart has {here.quantity} of {line.title} and not {line.quantity}.")
        elif here.unit_minor != line.unit_minor:
            was, costs = Money(line.unit_minor, agreed.currency), Money(here.unit_minor, now.currency)
            changed.append(f"{line.title} costs {costs} and not {was}.")
        elif here.tax_rate != line.tax_rate:
            changed.append(f"The tax on {line.title} has changed.")
    changed += [f"{line.title} has come into the cart." for sku, line in after.items() if sku not in before]
    if agreed.delivery_minor != now.delivery_minor:
        charge = Money(now.delivery_minor, now.currency)
        changed.append(f"Delivery costs {charge} and not {Money(agreed.delivery_minor, agreed.currency)}.")
    if agreed.total_minor != now.total_minor:
        changed.append(f"The total is {now.total} and not {agreed.total}.")
    if agreed.left_out != now.left_out and not changed:
        changed.append("What of the cart is being paid for in another order has changed.")
    if agreed.cart_version != now.cart_version and not changed:
        changed.append("The cart has been changed.")
    if agreed.id != now.id and not changed:
        changed.append("The shop's terms have changed.")
    return tuple(changed)


class Signatures:
    """Signs quotes and knows its own again. `keys` are all that count now, the one to sign with first."""

    def __init__(self, keys: Callable[[], tuple[SigningKey, ...]]) -> None:
        self._keys = keys

    def sign(self, quote: Quote) -> str:
        """The quote's signature: the key's name and HMAC-SHA-256."""
        key = self._keys()[0]
        return f"{key.kid}.{_mac(key, quote)}"

    def check(self, quote: Quote, signature: str) -> None:
        """Raise QuoteForged unless we signed exactly this."""
        kid, _, given = signature.partition(".")
        key = next((key for key in self._keys() if key.kid == kid), None)
        if key is None or not hmac.compare_digest(_mac(key, quote).encode(), given.encode("utf-8", "replace")):
            raise QuoteForged


def keys_in(secret: Secret) -> Callable[[], tuple[SigningKey, ...]]:
    """The keys that a secret `{"kid", "key"}` holds, the newest first; while one takes the other's place it also has
    `old_kid` and `old_key`, for as long as a quote lives."""

    def keys() -> tuple[SigningKey, ...]:
        held = secret.json()
        try:
            newest = SigningKey(held["kid"], held["key"].encode())
        except KeyError as missing:
            raise SecretMalformed(f"The quotes' secret lacks {missing}.") from None
        older = SigningKey(held["old_kid"], held["old_key"].encode()) if "old_kid" in held else None
        return (newest,) if older is None else (newest, older)

    return keys


def _mac(key: SigningKey, quote: Quote) -> str:
    return hmac.new(key.key, _DOMAIN + quote.text(), hashlib.sha256).hexdigest()


def _in_currency(price: Money, currency: str, name: str) -> int:
    """A price in the minor units of the shop's terms. One of which nobody said the currency was counted with two
    decimals, and is in the shop's own: 500 yen were written as 500, and not as 50000."""
    if price.currency == currency:
        return price.minor
    if price.currency != NO_CURRENCY:
        raise CurrencyUnfit(f"{name} is priced in {price.currency}; the shop takes orders in {currency}.")
    minor = Decimal(price.amount).scaleb(exponent(currency))
    if minor != int(minor):
        raise CurrencyUnfit(f"{name} is priced at {price.amount}, which is no amount of {currency}.")
    return int(minor)


def _surcharge(shown: Shown, terms: Terms) -> int:
    """What delivering this article costs on top of delivery, however many of it there are."""
    offer = shown.offer
    return 0 if offer is None or offer.surcharge is None else _in_currency(offer.surcharge, terms.currency, offer.title)


def _line(shown: Shown, terms: Terms) -> QuotedLine:
    offer, quantity = shown.offer, shown.line.quantity
    name = (shown.was or shown.line.sku) if offer is None else offer.title
    match shown.trouble:
        case None:
            pass
        case "too_few_left" if offer is not None:
            raise LineTroubled(f"There are only {offer.left} of {name} left. Take fewer.")
        case "out_of_stock":
            raise LineTroubled(f"{name} is sold out. Remove it from the cart.")
        case "no_price":
            raise LineTroubled(f"{name} has no price at the moment. Remove it from the cart, or ask the shop.")
        case _:
            raise LineTroubled(f"The shop does not sell {name} any more. Remove it from the cart.")
    if offer is None or offer.price is None:
        raise LineTroubled(f"{name} cannot be bought at the moment.")
    unit_minor = _in_currency(offer.price, terms.currency, name)
    rate, total = terms.rate_of(shown.line.sku), unit_minor * quantity
    return QuotedLine(
        sku=shown.line.sku,
        product_id=offer.product_id,
        title=cut(offer.name),
        quantity=quantity,
        unit_minor=unit_minor,
        total_minor=total,
        tax_rate=rate,
        tax_minor=tax_in(total, rate),
    )
